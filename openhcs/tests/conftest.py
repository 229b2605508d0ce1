from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def hcs_data() -> Path:
    """The real instrument files, or a skip that says where they were looked for."""
    folder = Path(os.environ.get("PLUGINDEX_HCS_DATA") or ROOT.parent / "shared" / "data" / "hcs")
    if not folder.is_dir():
        pytest.skip(f"no instrument files at {folder}; PLUGINDEX_HCS_DATA may name their folder")
    return folder


@pytest.fixture(autouse=True)
def own_data_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch):
    """Keep the user's own cache out of the tests."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="session")
def plugin_wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel of the example of a third party's package."""
    import third_party

    folder = tmp_path_factory.mktemp("wheels")
    third_party.build(folder)
    return folder


@pytest.fixture(scope="session")
def plugin_site(plugin_wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which that package is installed."""
    import third_party

    site = tmp_path_factory.mktemp("site")
    third_party.install(plugin_wheels, site)
    return site
