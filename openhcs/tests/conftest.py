from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Whether imports write bytecode decides whether an index is a hit; tests about that clear it.
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def hcs_data() -> Path:
    """The real instrument files, or a skip that says where they were looked for."""
    folder = Path(os.environ.get("PLUGINDEX_HCS_DATA") or ROOT.parent / "shared" / "data" / "hcs")
    if not folder.is_dir():
        pytest.skip(f"no instrument files at {folder}; PLUGINDEX_HCS_DATA may name their folder")
    return folder


LIST_ALL = """
from openhcs.core.registries import all_registries
for registry in all_registries().values():
    list(registry)
"""


@pytest.fixture(scope="session", autouse=True)
def indexed_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for user data in which the registries' indexes are, for what tests share."""
    folder = tmp_path_factory.mktemp("indexed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder))
        subprocess.run([sys.executable, "-c", LIST_ALL], check=True)
        yield folder


@pytest.fixture(autouse=True)
def own_data_home(indexed_home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch):
    """Give each test a copy, so that it finds the indexes and nothing that another test has kept.

    A test that is about an empty folder makes one itself.
    """
    folder = tmp_path_factory.mktemp("data")
    for index in indexed_home.glob("openhcs/cache/*_registry.json"):
        copy = folder / index.relative_to(indexed_home)
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy(index, copy)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))


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
