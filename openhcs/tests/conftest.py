from __future__ import annotations

import os
import shutil
import subprocess
import sys
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


LIST_ALL = """
from openhcs.commands.plugins import registries
for registry in registries().values():
    list(registry)
"""


@pytest.fixture(scope="session")
def indexed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for user data in which the registries' indexes are."""
    folder = tmp_path_factory.mktemp("indexed")
    variables = os.environ | {"XDG_DATA_HOME": str(folder)}
    subprocess.run([sys.executable, "-c", LIST_ALL], env=variables, check=True)
    return folder


@pytest.fixture(autouse=True)
def own_data_home(indexed_home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch):
    """Keep the user's own cache out of the tests, and let the processes that they start find one.

    Those that are about an empty one make it themselves.
    """
    folder = tmp_path_factory.mktemp("data")
    shutil.copytree(indexed_home, folder, dirs_exist_ok=True)
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
