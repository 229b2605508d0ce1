from __future__ import annotations

import stat
from pathlib import Path

import pytest

import plugindex
from openhcs.core import auto_register_meta, registry_cache
from openhcs.core.natural import natural_key, well_key
from openhcs.core.xdg_paths import get_openhcs_cache_dir
from openhcs.errors import OpenHCSError


@pytest.mark.parametrize("module", [auto_register_meta, registry_cache])
def test_the_old_names_are_the_engines_own(module):
    for name in module.__all__:
        assert getattr(module, name) is getattr(plugindex, name)


def test_the_cache_folder_is_made_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = get_openhcs_cache_dir()
    assert folder == tmp_path / "data" / "openhcs" / "cache"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert get_openhcs_cache_dir() == folder


@pytest.mark.parametrize("value", ["", "relative/data"])
def test_a_relative_data_home_is_ignored(tmp_path, monkeypatch, value):
    monkeypatch.setenv("XDG_DATA_HOME", value)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert get_openhcs_cache_dir() == tmp_path / ".local" / "share" / "openhcs" / "cache"
    assert not Path("relative").exists()


def test_the_cache_folder_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENHCS_CACHE_DIR", str(tmp_path / "chosen"))
    assert get_openhcs_cache_dir() == tmp_path / "chosen"


def test_the_registries_keep_their_index_in_the_cache_folder():
    from openhcs.microscopes import MICROSCOPE_HANDLERS

    path = Path(MICROSCOPE_HANDLERS.cache_path)
    assert path.name == "microscope_handler_registry.json"
    assert path.is_relative_to(get_openhcs_cache_dir())


def test_a_user_without_a_home_is_told(monkeypatch):
    for variable in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, "")
    with pytest.raises(OpenHCSError, match="set HOME"):
        get_openhcs_cache_dir()


def test_names_are_ordered_as_people_count():
    assert sorted(["s10", "s9", "s09", "t1"], key=natural_key) == ["s09", "s9", "s10", "t1"]


@pytest.mark.parametrize(
    "wells",
    [
        ["A1", "A2", "A10", "B1", "Z48", "AA01", "AF02", "AF48"],
        ["R01C02", "R01C10", "R02C01", "R12C01"],
        ["well 2", "well 10", "A01"],
    ],
)
def test_wells_are_ordered_by_row_and_column(wells):
    backwards = wells[::-1]
    assert sorted(backwards, key=well_key) == wells
