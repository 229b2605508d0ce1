"""The index that a package ships: used where the content is the same, and nowhere else."""

from __future__ import annotations

import compileall
import json
import os
import shutil
import sys
import zipfile
from pathlib import Path
from py_compile import PycInvalidationMode
from sysconfig import get_path

import pytest

from plugindex import store

pytest_plugins = ["shipping_app"]

KEYS = ["one", "uno", "two"]
HASHED = [PycInvalidationMode.CHECKED_HASH, PycInvalidationMode.UNCHECKED_HASH]


@pytest.fixture
def shipped(shipping):
    """The application with its index."""
    shipping.build()
    return shipping


# -- the first start ---------------------------------------------------------------------------


def test_without_it_the_first_start_reads_every_module(shipping):
    told = shipping.list()
    assert (told["keys"], told["read"] >= 5) == (KEYS, True)


def test_the_first_start_reads_and_imports_nothing(shipped):
    told = shipped.list()
    assert (told["keys"], told["read"], told["child"], told["imported"]) == (KEYS, 0, 0, [])
    assert told["keys"] == shipped.truth()
    assert told["problems"] == ["missing-requirement"]


def test_it_unmarshals_and_compiles_nothing(shipped):
    compileall.compile_dir(shipped.package, quiet=1)
    for _ in ("with byte code", "without"):
        code = """
import sys
from APP.base import REG
REG.refresh()  # loads what lists
seen = []
sys.addaudithook(lambda event, args: seen.append(event))
REG.refresh()
print(list(REG), [e for e in seen if e in ("marshal.loads", "compile", "exec", "import")])
"""
        assert shipped.app.run(code, HOME="", XDG_DATA_HOME="") == f"{KEYS} []"
        shipped.drop_bytecode()


def test_it_opens_one_file_for_each_module(shipped):
    code = """
import json, os, sys
from APP.base import REG
list(REG)
seen = []
sys.addaudithook(lambda event, args: seen.append(str(args[0])) if event == "open" else None)
REG.refresh()
here = [one for one in seen if "APP" in one or "app_kit" in one]
print(json.dumps([os.path.basename(one) for one in here if os.path.exists(one)]))
"""
    opened = json.loads(shipped.app.run(code, HOME="", XDG_DATA_HOME=""))
    sources = [f"{name}.py" for name in ("__init__", "base", "p_one", "p_three", "p_two")]
    assert sorted(opened) == sorted([*sources, shipped.file.name, "RECORD"])


def test_the_byte_code_that_an_installer_wrote_elsewhere_is_known(shipped, tmp_path):
    """As ``pip install --target`` does, which compiles in a temporary folder."""
    other = tmp_path / "a much longer name of a folder" / "elsewhere"
    shutil.copytree(shipped.package, other)
    compileall.compile_dir(other, quiet=1)
    for folder in other.rglob("__pycache__"):
        shutil.copytree(folder, shipped.package / folder.relative_to(other))
    told = shipped.list()
    assert (told["keys"], told["read"]) == (KEYS, 0)


@pytest.mark.parametrize("mode", HASHED)
def test_byte_code_with_a_hash_of_its_source_is_known(shipped, mode):
    compileall.compile_dir(shipped.package, quiet=1, invalidation_mode=mode)
    told = shipped.list()
    assert (told["keys"], told["read"]) == (KEYS, 0)


def test_modules_without_sources_are_known_by_their_byte_code(shipped):
    compileall.compile_dir(shipped.package, quiet=1, legacy=True)
    for file in shipped.package.glob("*.py"):
        file.unlink()
    told = shipped.list()
    assert (told["keys"], told["read"]) == (KEYS, 0)


def test_times_don_t_matter(shipped):
    for file in shipped.package.rglob("*"):
        os.utime(file, (1, 1))
    assert shipped.list()["read"] == 0


def test_what_a_start_with_a_cache_folder_keeps_holds_and_is_renewed_in_parts(shipped, tmp_path):
    data = {"HOME": "", "XDG_DATA_HOME": str(tmp_path / "cache")}
    first, second = shipped.list(**data), shipped.list(**data)
    assert (first["read"], first["cache"]) == (0, "cold")
    assert (second["read"], second["cache"], second["keys"]) == (0, "hit", KEYS)
    shipped.app.plugin("p_one", ("One", "name = 'changed'"))
    third = shipped.list(**data)
    assert (third["keys"], third["read"], third["cache"]) == (["changed", "two"], 1, "partial")
    shipped.app.base("__registry_key__ = 'other'")
    assert shipped.list(**data)["keys"] == []


def test_a_requirement_that_is_there_now_makes_its_plugin_available(shipped):
    (shipped.folder / "not_there_yet.py").write_text("")
    told = shipped.list()
    assert told["keys"] == shipped.truth() == ["one", "uno", "three", "two"]
    assert told["imported"] == []


# -- what isn't what was shipped -----------------------------------------------------------------


@pytest.mark.parametrize("compiled", [True, False])
def test_an_edited_module_is_read_and_the_others_are_not(shipped, compiled):
    if compiled:
        compileall.compile_dir(shipped.package, quiet=1)
    shipped.app.plugin("p_two", ("Two", "name = 'edited'"))
    told = shipped.list()
    assert (told["keys"], told["read"]) == (["one", "uno", "edited"], 1)


def test_an_edit_of_the_same_size_and_times_is_seen(shipped):
    file = shipped.package / "p_two.py"
    before = file.stat()
    file.write_text(file.read_text().replace("'two'", "'owt'"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert shipped.list()["keys"] == ["one", "uno", "owt"] == shipped.truth()


def test_byte_code_that_hides_what_was_shipped_counts_as_for_import(shipped):
    """An older file of the same size and second was compiled; import runs that."""
    file = shipped.package / "p_two.py"
    text, before = file.read_text(), file.stat()
    file.write_text(text.replace("'two'", "'old'"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    compileall.compile_dir(shipped.package, quiet=1)
    file.write_text(text)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert shipped.list()["keys"] == ["one", "uno", "old"] == shipped.truth()


def test_byte_code_that_hides_an_edit_of_what_was_shipped_is_reported(shipped):
    compileall.compile_dir(shipped.package, quiet=1)
    file = shipped.package / "p_two.py"
    before = file.stat()
    file.write_text(file.read_text().replace("'two'", "'new'"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    told = shipped.list()
    assert told["keys"] == KEYS == shipped.truth()
    assert told["problems"] == ["missing-requirement", "stale-bytecode"]


def test_an_edited_base_makes_all_be_resolved_anew(shipped):
    shipped.app.base("__registry_key__ = 'name'\nname = None", after="Base.extra = 1")
    told = shipped.list()
    assert (told["keys"], told["read"] > 0) == (KEYS, True)
    shipped.app.base("__registry_key__ = 'other'")
    assert shipped.list()["keys"] == []


def test_new_and_removed_modules_are_seen(shipped):
    shipped.app.plugin("p_zero", ("Zero", "name = 'zero'"))
    (shipped.package / "p_two.py").unlink()
    assert shipped.list()["keys"] == ["one", "uno", "zero"] == shipped.truth()


def test_a_package_of_that_name_before_it_on_the_path_counts(shipped, tmp_path):
    other = tmp_path / "before" / shipped.app.name
    shutil.copytree(shipped.package, other)
    (other / "p_two.py").write_text("")
    path = f"{tmp_path / 'before'}{os.pathsep}{shipped.folder}"
    assert shipped.list("-P", PYTHONPATH=path)["keys"] == ["one", "uno"]


def test_undecided_modules_are_imported_in_a_child_as_ever(shipping):
    shipping.app.plugin("p_four", ("Four", "name = '-'.join(['f', 'our'])"))
    shipping.app.plugin("p_five", "import os", ("Five", "name = os.environ.get('FIVE', 'five')"))
    shipping.build()
    told = shipping.list(FIVE="cinq")
    assert set(told["keys"]) == {*KEYS, "f-our", "cinq"}
    assert (told["child"], told["imported"]) == (2, [])


def test_another_minor_version_ignores_it(shipped, tmp_path):
    def other(head, tail):
        head["interpreter"][1] = "00000000"

    shipped.reseal(other)
    told = shipped.list()
    assert (told["keys"], told["read"] >= 5) == (KEYS, True)
    assert "another Python" in shipped.report()[0]["why"]


def test_another_patch_level_reads_only_the_modules_that_ask_for_it(shipping):
    shipping.app.plugin(
        "p_six", "import sys\nif sys.version_info < (3, 0):\n    pass", ("Six", "name = 'six'")
    )
    shipping.build()
    assert shipping.list()["read"] == 0

    def other(head, tail):
        head["hexversion"] += 0x100

    shipping.reseal(other)
    told = shipping.list()
    assert (told["keys"], told["read"]) == (["one", "uno", "six", "two"], 1)


def test_optimized_interpreters_ignore_it(shipped):
    told = shipped.list("-O")
    assert (told["keys"], told["read"] >= 5) == (KEYS, True)


def test_one_of_another_version_of_plugindex_is_ignored(shipped):
    shipped.reseal(lambda head, tail: head.update(cache_version="0.0"))
    assert shipped.list()["keys"] == KEYS
    assert "other schema" in shipped.report()[0]["why"]


def test_one_that_no_record_lists_is_ignored_as_in_an_editable_install(shipped):
    shutil.rmtree(shipped.info)
    told = shipped.list()
    assert (told["keys"], told["read"] >= 5) == (KEYS, True)
    assert "editable" in shipped.report()[0]["why"]


def test_switching_caches_off_does_not_change_the_answer(shipped):
    told = shipped.list(**{f"{shipped.app.name.upper()}_DISABLE_REGISTRY_CACHE": "1"})
    assert told["keys"] == KEYS


# -- archives, read-only installs --------------------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True])
def test_an_archive_lists_without_reading(shipped, tmp_path, compiled):
    if compiled:
        compileall.compile_dir(shipped.package, quiet=1, legacy=True)
        for file in shipped.package.glob("*.py"):
            file.unlink()
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for file in sorted(shipped.folder.rglob("*")):
            out.write(file, file.relative_to(shipped.folder))
    shutil.rmtree(shipped.package)
    told = shipped.list(PYTHONPATH=str(archive))
    assert (told["keys"], told["read"], told["child"], told["imported"]) == (KEYS, 0, 0, [])


def test_an_archive_with_another_module_in_it_reads_that(shipped, tmp_path):
    shipped.app.plugin("p_two", ("Two", "name = 'edited'"))
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for file in sorted(shipped.folder.rglob("*")):
            out.write(file, file.relative_to(shipped.folder))
    shutil.rmtree(shipped.package)
    told = shipped.list(PYTHONPATH=str(archive))
    assert (told["keys"], told["read"]) == (["one", "uno", "edited"], 1)


# -- several distributions ---------------------------------------------------------------------


def add_provider(shipping, ship, host=""):
    """Install a distribution of its own with a package of plugins beside the application."""
    name = f"{shipping.app.name}_more"
    package = shipping.folder / name
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "extra.py").write_text(
        f"from {shipping.app.name}.base import Base\nclass Extra(Base):\n    name = 'extra'\n"
    )
    info = shipping.folder / "more_kit-2.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text(f"[{shipping.app.name}.plugins]\nmore = {name}\n")
    if ship:
        named = ["--host", host] if host else []
        shipping.command("build", name, "--distribution", "more-kit", *named)
    rows = [f"{name}/{file.name},,\n" for file in package.iterdir()]
    (info / "RECORD").write_text("".join(rows))
    return package


@pytest.mark.parametrize(("ship", "read"), [(True, 0), (False, 2)])
def test_each_distribution_ships_for_itself(shipped, ship, read):
    add_provider(shipped, ship)
    told = shipped.list()
    assert (told["keys"], told["read"], told["imported"]) == ([*KEYS, "extra"], read, [])


def test_plugins_of_a_host_that_is_there_are_resolved_when_they_are_built(shipped):
    shipped.drop_bytecode()
    add_provider(shipped, True, shipped.app.name)
    told = shipped.list()
    assert (told["keys"], told["read"], told["imported"]) == ([*KEYS, "extra"], 0, [])
    shipped.app.base("__registry_key__ = 'other'")
    assert shipped.list()["keys"] == []


def test_what_was_made_for_a_host_is_checked_for_it(shipped):
    package = add_provider(shipped, True, shipped.app.name)
    asked = ("check", package.name, "--distribution", "more-kit")
    assert "up to date" in shipped.command(*asked)
    file = package / "extra.py"
    file.write_text(file.read_text().replace("'extra'", "'other'"))
    assert f"--host {shipped.app.name}" in shipped.command(*asked, code=1)


def test_what_one_ships_is_used_where_another_is_stale(shipped):
    package = add_provider(shipped, True)
    file = package / "extra.py"
    file.write_text(file.read_text().replace("'extra'", "'other'"))
    told = shipped.list()
    assert (told["keys"], told["read"]) == ([*KEYS, "other"], 1)
    host, provider = shipped.report()
    assert (host["distribution"], host["used"], host["why"]) == ("app_kit", 5, "")
    assert (provider["distribution"], provider["used"]) == ("more_kit", 1)
    assert provider["read"] == [f"{package.name}.extra"]


def test_the_host_may_ship_nothing(shipping):
    add_provider(shipping, True)
    told = shipping.list()
    assert (told["keys"], told["imported"]) == ([*KEYS, "extra"], [])
    host, provider = shipping.report()
    assert (host["why"], provider["used"]) == ("it ships no index", 2)


# -- what is said ------------------------------------------------------------------------------


def test_doctor_says_that_it_is_used(shipped):
    told = json.loads(shipped.command("doctor", f"{shipped.app.name}.base:REG", "--json"))
    (step,) = [one for one in told["registries"][0]["steps"] if one["name"] == "shipped"]
    assert step["verdict"] == "ok"
    assert "5 of 5 modules" in step["text"]


def test_doctor_names_the_module_that_is_not_what_was_shipped(shipped):
    shipped.app.plugin("p_two", ("Two", "name = 'edited'"))
    told = json.loads(shipped.command("doctor", f"{shipped.app.name}.base:REG", "edited", "--json"))
    (step,) = [one for one in told["registries"][0]["steps"] if one["name"] == "shipped"]
    assert (step["verdict"], "p_two isn't what was shipped" in step["text"]) == ("note", True)


def test_one_for_another_python_is_named(shipped):
    shipped.file.rename(shipped.package / "plugindex.cpython-39-linux.json")
    (report,) = shipped.report()
    assert (report["path"], "plugindex.cpython-39-linux.json" in report["why"]) == ("", True)


# -- build and check ---------------------------------------------------------------------------


def test_building_imports_nothing_and_is_the_same_each_time(shipping):
    (shipping.package / "p_zzz.py").write_text("raise SystemExit('imported')")
    shipping.build(PYTHONHASHSEED="1")
    first = shipping.file.read_bytes()
    shipping.drop_bytecode()
    os.utime(shipping.package / "p_one.py", (5, 5))
    shipping.build(PYTHONHASHSEED="2")
    assert shipping.file.read_bytes() == first
    assert str(shipping.folder).encode() not in first


def test_a_copy_elsewhere_ships_the_same(shipped, tmp_path):
    shutil.copytree(shipped.package, tmp_path / "copy" / shipped.app.name)
    other = tmp_path / "other.json"
    shipped.build("--root", str(tmp_path / "copy"), "--output", str(other))
    assert other.read_bytes() == shipped.file.read_bytes()


def test_check_is_satisfied_with_what_build_wrote(shipped):
    named = ("check", shipped.app.name, "--distribution", "app-kit")
    assert "up to date" in shipped.command(*named)
    assert json.loads(shipped.command(*named, "--json"))["different"] == {}


def test_check_names_what_differs_and_the_command(shipped):
    shipped.app.plugin("p_two", ("Two", "name = 'edited'"))
    shipped.app.plugin("p_new", ("New", "name = 'new'"))
    (shipped.package / "p_one.py").unlink()
    told = shipped.command("check", shipped.app.name, "--distribution", "app-kit", code=1)
    assert f"{shipped.app.name}.p_two: not what it says" in told
    assert f"{shipped.app.name}.p_new: not in it" in told
    assert f"{shipped.app.name}.p_one: no longer there" in told
    assert f"fix:     plugindex build {shipped.app.name} --distribution app-kit" in told


def test_check_misses_a_file_that_is_not_there(shipping):
    told = shipping.command("check", shipping.app.name, "--distribution", "x", code=1)
    assert "there is no such file" in told


def test_check_looks_at_the_files_for_other_interpreters_too(shipped):
    other = shipped.package / "plugindex.cpython-39-win32.json"
    shutil.copy(shipped.file, other)
    named = ("check", shipped.app.name, "--distribution", "app-kit")
    shipped.command(*named)
    shipped.app.plugin("p_two", ("Two", "name = 'edited'"))
    shipped.build()
    told = shipped.command(*named, code=1)
    assert f"{other.name}: {shipped.app.name}.p_two: it was made from another text" in told


def test_check_takes_any_bytes_for_what_they_are(shipped):
    named = ("check", shipped.app.name, "--distribution", "app-kit")
    for data in (b"", b"{}", b"\xff" * 100, store.pack({"modules": 5}, "records", {"=": 1})):
        shipped.file.write_bytes(data)
        assert "Traceback" not in shipped.command(*named, code=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "there is no module nowhere"),
        (["src/APP"], "is no dotted name"),
        (["APP.base", "--distribution", "x"], "can't ship an index"),
        (["APP", "--root", "no_such_folder"], "no_such_folder is no folder"),
        (["APP"], "which distribution has"),
        (["APP", "--distribution", "x", "--host", "no_such_host"], "no module no_such_host"),
        (["APP", "--distribution", "x", "--output", "no/such/folder/x.json"], "can't be written"),
    ],
)
def test_bad_input_is_one_message(shipping, arguments, said):
    arguments = [one.replace("APP", shipping.app.name) for one in arguments]
    told = shipping.command("build", *arguments, code=2)
    assert said in told
    assert told.startswith("plugindex: ")
    assert "Traceback" not in told


def test_the_distribution_is_the_one_of_the_project(shipping):
    (shipping.folder / "pyproject.toml").write_text("[project]\nname = 'app-kit'\n")
    shipping.command("build", shipping.app.name)
    shipping.record()
    assert shipping.list()["read"] == 0


def test_a_project_file_that_can_not_be_read_is_named(shipping):
    (shipping.folder / "pyproject.toml").write_text("[project\n")
    assert "pyproject.toml can't be read" in shipping.command("build", shipping.app.name, code=2)


def test_a_module_that_can_not_be_compiled_ships_nothing_and_stops_nothing(shipping):
    (shipping.package / "p_bad.py").write_text("def broken(:\n")
    (shipping.package / "p_nul.py").write_bytes(b"x = '\0'\n")
    shipping.build()
    told = shipping.list()
    assert (told["keys"], told["problems"].count("syntax-error")) == (KEYS, 2)


def test_a_real_package_is_listed_the_same_and_read_less(shipping):
    """pip's modules call, decorate and import as real ones do; its commands are no registry."""
    pip = Path(get_path("purelib"), "pip")
    shutil.copytree(pip, shipping.folder / "pip", ignore=shutil.ignore_patterns("__pycache__"))
    commands = ["--package", "pip", "--base", "pip._internal.cli.base_command:Command"]
    listing = ["list", *commands, "--no-cache", "--json"]
    before = json.loads(shipping.command(*listing))
    shipping.command("build", "pip", "--distribution", "pip-copy")
    (file,) = (shipping.folder / "pip").glob("plugindex.*")
    info = shipping.folder / "pip_copy-1.0.dist-info"
    info.mkdir()
    (info / "RECORD").write_text(f"pip/{file.name},,\n")
    for compiled in (False, True):
        if compiled:
            compileall.compile_dir(shipping.folder / "pip", quiet=1)
        after = json.loads(shipping.command(*listing))
        assert after["registries"] == before["registries"]
        assert after["stats"]["read"] < before["stats"]["read"] / 2


def test_the_interpreter_that_is_named_is_this_one(shipped):
    assert sys.implementation.cache_tag in shipped.file.name
