"""Which code a module file holds: that which import would run, with nothing written."""

import importlib.util
import os
import py_compile
import sys
import zipfile
import zipimport

import pytest

from plugindex import bytecode
from plugindex.records import ModuleFile

HASHED = py_compile.PycInvalidationMode.CHECKED_HASH
UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "mod.py"
    path.write_text("x = 'old'\n")
    return path


def constants(path, kind="source", **more):
    """Return the texts among the constants of the code that is read, or its problem's kind."""
    reading = bytecode.load(ModuleFile("mod", kind, str(path), **more))
    if reading.problem is not None:
        return reading.problem.kind
    return [one for one in reading.code.co_consts if isinstance(one, str)]


def edit_unseen(path):
    """Change a file's text, not its size nor the second in which it was changed."""
    before = os.stat(path)
    path.write_text("x = 'new'\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_source_without_bytecode_is_compiled_and_nothing_is_written(source):
    assert constants(source) == ["old"]
    assert os.listdir(source.parent) == ["mod.py"]


def test_valid_bytecode_is_read_and_both_files_are_inputs(source):
    cached = py_compile.compile(str(source))
    reading = bytecode.load(ModuleFile("mod", "source", str(source)))
    assert [entry[0] for entry in reading.inputs] == [str(source), cached]
    assert reading.stale is None


def test_an_edit_makes_bytecode_invalid(source):
    py_compile.compile(str(source))
    source.write_text("x = 'newer'\n")
    assert constants(source) == ["newer"]


def test_a_hidden_edit_gives_what_import_runs_and_says_so(source):
    py_compile.compile(str(source))
    edit_unseen(source)
    reading = bytecode.load(ModuleFile("mod", "source", str(source)))
    assert "old" in reading.code.co_consts
    assert reading.stale.kind == "stale-bytecode"


def test_checked_hashes_see_every_edit(source):
    py_compile.compile(str(source), invalidation_mode=HASHED)
    assert constants(source) == ["old"]
    edit_unseen(source)
    assert constants(source) == ["new"]


def test_unchecked_hashes_hide_edits_as_they_do_from_import(source):
    py_compile.compile(str(source), invalidation_mode=UNCHECKED)
    source.write_text("x = 'newer'\n")
    assert constants(source) == ["old"]


def test_sourceless_bytecode_is_read(source, tmp_path):
    compiled = py_compile.compile(str(source), cfile=str(tmp_path / "alone.pyc"))
    assert constants(compiled, "bytecode") == ["old"]


@pytest.mark.parametrize("keep", [0, 4, 15, 16, 30])
def test_damaged_bytecode_is_unreadable_or_passed_over(source, tmp_path, keep):
    compiled = py_compile.compile(str(source), cfile=str(tmp_path / "alone.pyc"))
    with open(compiled, "r+b") as file:
        file.truncate(keep)
    assert constants(compiled, "bytecode") == "unreadable"


def test_bytecode_of_another_interpreter_is_passed_over(source):
    cached = py_compile.compile(str(source))
    with open(cached, "r+b") as file:
        file.write(b"\0\0\r\n")
    assert constants(source) == ["old"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"x = (\n", "syntax-error"), (b"x = '\0'\n", "syntax-error"),
        (b"# coding: none-such\n", "syntax-error"), (b"x = '\xff'\n", "syntax-error"),
        (b"(" * 5000, "syntax-error"),
    ],
    ids=["unclosed", "null byte", "unknown encoding", "wrong encoding", "too deep"],
)  # fmt: skip
def test_a_source_that_does_not_compile_is_a_problem_of_its_file(tmp_path, text, kind):
    path = tmp_path / "mod.py"
    path.write_bytes(text)
    assert constants(path) == kind


def test_a_file_that_is_gone_is_unreadable(tmp_path):
    assert constants(tmp_path / "none.py") == "unreadable"
    assert constants(tmp_path / "none.pyc", "bytecode") == "unreadable"


def test_a_module_in_a_zip_is_read_through_its_loader(tmp_path):
    path = tmp_path / "lib.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mod.py", "x = 'zipped'\n")
    assert constants(path, "loader", loader=zipimport.zipimporter(str(path))) == ["zipped"]


def test_a_kind_without_code_is_no_problem():
    reading = bytecode.load(ModuleFile("sys", "builtin"))
    assert (reading.code, reading.problem) == (None, None)


def test_compiling_warns_nobody(tmp_path):
    path = tmp_path / "mod.py"
    path.write_text("x = 'a' is 'a'\ny = '\\d'\n")
    assert "a" in constants(path)


def test_the_path_of_bytecode_is_the_one_that_import_uses(source, monkeypatch, tmp_path):
    expected = importlib.util.cache_from_source(str(source))
    assert bytecode.cache_path(str(source)) == expected
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "elsewhere"))
    assert bytecode.cache_path(str(source)) == importlib.util.cache_from_source(str(source))
