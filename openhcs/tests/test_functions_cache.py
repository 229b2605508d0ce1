"""What is known of functions is kept for the version of their library, and only while it holds."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from importlib import import_module

import pytest

from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES
from openhcs.processing.func_registry import ProcessingContract, all_functions, resolve_function

FUNCTIONS = """
def _count():
    with open({calls!r}, "a") as file:
        file.write("x")

def {name}(image):
    _count()
    return image

def other(image):
    return image
"""
LIBRARY = """
import os
from openhcs.processing.backends.lib_registry import LibraryRegistryBase

class TameRegistry(LibraryRegistryBase):
    _registry_name = "tame"
    decided_by = ("tame_functions",)

    def version(self):
        return os.environ.get("TAME_VERSION", "1")

    def modules(self):
        return (("", "tame_functions"),)

    def try_out(self):
        if "TAME_BROKEN" in os.environ:
            raise RuntimeError("broken")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a library of two functions, one of which counts its calls in ``calls``."""
    (tmp_path / "tame_library.py").write_text(textwrap.dedent(LIBRARY))
    write_functions(tmp_path, "counted")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.syspath_prepend(tmp_path)
    resolve_function.cache_clear()
    with LIBRARY_REGISTRIES.isolated():
        import_module("tame_library")
        yield tmp_path
    for name in ("tame_library", "tame_functions"):
        sys.modules.pop(name, None)
    resolve_function.cache_clear()


def write_functions(folder, name):
    text = FUNCTIONS.format(calls=str(folder / "calls"), name=name)
    (folder / "tame_functions.py").write_text(text)


def calls(folder):
    path = folder / "calls"
    return len(path.read_text()) if path.exists() else 0


def cache_file(folder, library="tame"):
    return folder / "data" / "openhcs" / "cache" / f"{library}_function_metadata.json"


def test_all_functions_are_listed_by_reference(folder):
    found = all_functions(["openhcs", "tame"])
    assert found["openhcs:max_projection"].contract is ProcessingContract.VOLUMETRIC_TO_SLICE
    assert all(reference == about.reference for reference, about in found.items())
    assert list(found)[-2:] == ["tame:counted", "tame:other"]


def test_what_was_tried_once_is_not_tried_again(folder):
    found = all_functions(["tame"])
    before = calls(folder)
    assert before > 0
    assert all_functions(["tame"]) == found
    resolve_function("tame:counted")
    assert calls(folder) == before


def test_a_function_tried_alone_is_known_but_does_not_stand_for_all(folder):
    resolve_function("tame:other")
    assert "other" in cache_file(folder).read_text()
    assert list(all_functions(["tame"])) == ["tame:counted", "tame:other"]


def test_a_function_tried_alone_is_not_tried_again_by_another_process(folder):
    resolve_function("tame:counted")
    before = calls(folder)
    resolve_function.cache_clear()  # what another process starts with
    resolve_function("tame:counted")
    assert calls(folder) == before > 0


def test_another_version_of_the_library_is_tried_anew(folder, monkeypatch):
    all_functions(["tame"])
    before = calls(folder)
    monkeypatch.setenv("TAME_VERSION", "2")
    all_functions(["tame"])
    assert calls(folder) == 2 * before


def test_changed_files_of_the_functions_are_tried_anew(folder):
    all_functions(["tame"])
    write_functions(folder, "renamed")
    assert list(all_functions(["tame"])) == ["tame:other", "tame:renamed"]


def test_a_library_that_cannot_be_used_has_no_functions_and_nothing_is_kept(folder, monkeypatch):
    monkeypatch.setenv("TAME_BROKEN", "1")
    assert all_functions(["tame"]) == {}
    assert not cache_file(folder).exists()
    monkeypatch.delenv("TAME_BROKEN")
    assert len(all_functions(["tame"])) == 2


@pytest.mark.parametrize("text", ["", "[]"])
def test_a_damaged_file_is_made_anew(folder, text):
    all_functions(["tame"])
    cache_file(folder).write_text(text)
    assert len(all_functions(["tame"])) == 2


def test_switched_off_caching_writes_nothing(folder, monkeypatch):
    monkeypatch.setenv("OPENHCS_DISABLE_REGISTRY_CACHE", "1")
    assert all_functions(["openhcs"])
    assert resolve_function("tame:counted")
    assert not (folder / "data").exists()


def test_listing_known_functions_imports_no_library(folder):
    code = """
import sys
from openhcs.processing.func_registry import all_functions
print(len(all_functions(["openhcs"])), "numpy" in sys.modules)
"""
    for imports in ("True", "False"):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == ["7", imports], done.stderr


@pytest.mark.parametrize("safe", ["", "1"])
def test_scripts_in_two_folders_share_what_is_known_without_those_on_the_path(
    folder, monkeypatch, safe
):
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("PYTHONSAFEPATH", safe)
    counts = []
    for name in ("one", "two"):
        script = folder / name / "script.py"
        script.parent.mkdir()
        script.write_text(
            "import tame_library\n"
            "from openhcs.processing.func_registry import all_functions\n"
            "assert all_functions(['tame'])\n"
        )
        subprocess.run([sys.executable, script], check=True)
        counts.append(calls(folder))
    assert (counts[0] == counts[1]) == bool(safe)


def test_the_library_of_ours_is_decided_by_the_files_of_its_functions():
    decided_by = LIBRARY_REGISTRIES["openhcs"].decided_by
    for candidate in LIBRARY_REGISTRIES["openhcs"]().candidates():
        assert any(candidate.module.startswith(package + ".") for package in decided_by)


def test_what_took_too_long_is_not_held_against_a_function(folder):
    from openhcs.processing.backends.lib_registry.function_cache import (
        TOO_SLOW,
        all_known_or_tried,
        metadata_cache,
    )
    from openhcs.processing.contracts import Classification

    library = LIBRARY_REGISTRIES["tame"]()
    good = library.classify(library.candidate("other"))
    slow = Classification("counted", "", "", reason=TOO_SLOW)
    assert all_known_or_tried(library, lambda: [slow, good]) == [slow, good]
    assert set(metadata_cache(library).load_cache() or ()) == {"", "other"}
    assert resolve_function("tame:counted").metadata.name == "counted"
