"""The temporary folder of a run: copies of the libraries, generated trees, homes, child program."""

from __future__ import annotations

import json
import os
import py_compile
import shutil
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import trees
from contenders import BARE, BY_ENTRY_POINTS, CONTENDERS, FLOOR, LEAST, OURS
from samples import Sample, measured

# Each process has folders of its own, so that nothing is read or written that is the user's.
_HOMES = ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
# A stamp is trusted when it is two seconds old; a real package is.
SETTLED_S = 2.5


def environment_of(home: Path, path: list[str]) -> dict[str, str]:
    """Return the environment variables of a process with its data in *home* and *path* to import.

    It writes no bytecode, so that a case finds what was prepared; a case about writing clears that.
    """
    own = {name: str(home / name.lower()) for name in _HOMES}
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "XDG_"))}
    return kept | own | {"PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"}


def compiled_copy(package: str, folder: Path) -> bool:
    """Copy the installed *package* into *folder* and compile it; return whether there is one."""
    source = package_folder(package)
    if source and not (folder / package).exists():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, folder / package, ignore=ignored)
        trees.compile_tree(folder / package)
    return source is not None


def package_folder(package: str) -> Path | None:
    """Return the folder of an installed *package*."""
    spec = find_spec(package)
    found = spec.submodule_search_locations if spec else None
    return Path(found[0]) if found else None


def compiled_program(name: str, folder: Path) -> Path:
    """Compile the program *name* beside this module into *folder*."""
    target = folder / f"{name}c"
    py_compile.compile(str(Path(__file__).with_name(name)), str(target), doraise=True)
    return target


class Stage:
    """Everything that the measured processes use, below one temporary *folder*.

    Libraries are copied and compiled so that work on their sources can't disturb a run, and so
    that no contender pays for stale bytecode of its own.

    Raises:
        SystemExit: plugindex itself isn't installed.
    """

    def __init__(self, folder: Path, peers: list[str]) -> None:
        self.folder = folder
        for name in ("floor.py", "listers.py", "clock.py"):
            compiled_program(name, folder)
        self.child = compiled_program("child.py", folder)
        wanted = [name for name in CONTENDERS if name in (OURS, *peers, *LEAST)]
        self.contenders = tuple(name for name in wanted if self._copy_library(name))
        if OURS not in self.contenders:
            raise SystemExit("plugindex is not installed: pip install -e .")
        self._indices: dict[str, Path] = {}

    def _copy_library(self, contender: str) -> bool:
        package = CONTENDERS[contender].library
        target = self._library(contender)
        target.mkdir(parents=True, exist_ok=True)
        return not package or compiled_copy(package, target)

    def _library(self, contender: str) -> Path:
        return self.folder / "lib" / (CONTENDERS[contender].library or "none")

    def tree(self, contender: str, package: str) -> Path:
        """Return the folder of *package* as *contender* sees it."""
        return self.folder / "trees" / CONTENDERS[contender].tree.replace(" ", "-") / package

    def home(self, contender: str, package: str) -> Path:
        """Return the folder in which *contender* keeps what it knows of *package*."""
        owner = OURS if contender in LEAST else contender
        return self.folder / "homes" / owner.replace(" ", "-") / package

    def distribution(self, package: str) -> Path:
        """Return the folder of the distribution whose entry points are the plugins of *package*."""
        return self.folder / "distributions" / package

    def index(self, package: str) -> Path:
        """Return the index file that plugindex wrote for *package*.

        Raises:
            SystemExit: there is none, or it doesn't hold every key.
        """
        if package not in self._indices:
            self._indices[package] = self._only_index(package)
        return self._indices[package]

    def _only_index(self, package: str) -> Path:
        found = list(self.home(OURS, package).rglob("*_registry.json"))
        if len(found) != 1:
            raise SystemExit(f"plugindex wrote {len(found)} index files for {package}, not one")
        held = json.loads(found[0].read_text())["items"].keys()
        if list(held) != trees.keys(trees.count_of(package)):
            raise SystemExit(f"{found[0]} doesn't hold the keys of {package}")
        return found[0]

    def build(self, kind: str, count: int, contenders: tuple[str, ...]) -> str:
        """Generate the trees of *count* plugins that *contenders* need; return the package."""
        package = trees.package_name(kind, count)
        for owner in dict.fromkeys(CONTENDERS[name].tree for name in contenders):
            if not self.tree(owner, package).exists():
                trees.generate(self.tree(owner, package).parent, owner, kind, count)
        if not self.distribution(package).exists():
            trees.distribute(self.distribution(package), package, count)
        time.sleep(SETTLED_S)
        return package

    def run(
        self, contender: str, case: str, package: str, key: str = "-", *, writes: bool = False
    ) -> Sample:
        """Run one measured process; *writes* says whether it writes bytecode as it imports.

        Raises:
            SystemExit: it failed.
        """
        place = str(self.tree(contender, package)) if contender in (BARE, FLOOR) else package
        index = str(self.index(package)) if contender == BARE else CONTENDERS[contender].name
        command = [sys.executable, str(self.child), contender, case, place, key, index]
        environment = self.environment(contender, package)
        if writes:
            del environment["PYTHONDONTWRITEBYTECODE"]
        return measured(command, environment, f"{contender}, {case}, {package}")

    def path(self, contender: str, package: str) -> list[str]:
        """Return what *contender* needs on ``sys.path``: its library, its tree, its metadata."""
        path = [str(self._library(contender)), str(self.tree(contender, package).parent)]
        return path + [str(self.distribution(package))] * (contender in BY_ENTRY_POINTS)

    def environment(self, contender: str, package: str) -> dict[str, str]:
        """Return the environment variables of a process of *contender*."""
        return environment_of(self.home(contender, package), self.path(contender, package))

    def forget(self, contender: str, package: str) -> None:
        """Remove what *contender* keeps of *package*."""
        shutil.rmtree(self.home(contender, package), ignore_errors=True)
