"""The temporary folder of a run: copies of the libraries, generated trees, homes, child program."""

from __future__ import annotations

import os
import py_compile
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import trees

LIBRARIES = {"plugindex": "plugindex", "metaclass-registry": "metaclass_registry"}
LISTERS = ("plugindex", "metaclass-registry", "import loop")
FLOORS = ("bare cost", "cold floor")  # no library: they work on the files of plugindex
# Each process has folders of its own, so that nothing is read or written that is the user's.
_HOMES = ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")


class Sample:
    """What one process told: seconds in it and around it, and what it found.

    *imported* counts plugin modules; *read* (modules read instead) and *modules* (all that were
    imported since the clock started) are 0 where the child doesn't tell them.
    """

    def __init__(self, output: str, outside_ns: int) -> None:
        inside, self.count, self.checksum, self.imported, *more = map(int, output.split())
        self.read, self.modules = more or (0, 0)
        self.inside_ms = inside / 1e6
        self.process_ms = outside_ns / 1e6


def measured(command: list[str], environment: dict[str, str], told: str) -> Sample:
    """Return what one process told that runs *command*; *told* names it where it fails.

    Raises:
        SystemExit: it failed.
    """
    start = time.perf_counter_ns()
    output = output_of(command, environment, told)
    return Sample(output, time.perf_counter_ns() - start)


def output_of(command: list[str], environment: dict[str, str], told: str) -> str:
    """Return what *command* prints; raise as :func:`measured`."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode or not done.stdout:
        raise SystemExit(f"{told} failed:\n{done.stderr}")
    return done.stdout


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
    if source:
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
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        compiled_program("floor.py", folder)
        self.child = compiled_program("child.py", folder)
        self.listers = tuple(name for name in LISTERS if self._copy_library(name))

    def _copy_library(self, contender: str) -> bool:
        target = self._library(contender)
        target.mkdir(parents=True)
        return contender not in LIBRARIES or compiled_copy(LIBRARIES[contender], target)

    def _library(self, contender: str) -> Path:
        return self.folder / "lib" / contender.replace(" ", "-")

    def tree(self, contender: str, package: str) -> Path:
        """Return the folder of *package* as *contender* sees it."""
        owner = "plugindex" if contender in FLOORS else contender
        return self.folder / "trees" / owner.replace(" ", "-") / package

    def home(self, contender: str, package: str) -> Path:
        """Return the folder in which *contender* keeps what it knows of *package*."""
        return self.folder / "homes" / contender.replace(" ", "-") / package

    def index(self, package: str) -> Path:
        """Return the index file that plugindex wrote for *package*.

        Raises:
            SystemExit: there is none, or it doesn't hold every key.
        """
        found = list(self.home("plugindex", package).rglob("*_registry.json"))
        if len(found) != 1:
            raise SystemExit(f"plugindex wrote {len(found)} index files for {package}, not one")
        text = found[0].read_text()
        if not all(f'"{key}"' in text for key in trees.keys(int(package.rpartition("_")[2]))):
            raise SystemExit(f"{found[0]} doesn't hold every key of {package}")
        return found[0]

    def build(self, kind: str, count: int) -> None:
        """Generate the trees of *count* plugins."""
        for contender in self.listers:
            parent = self.tree(contender, "-").parent
            trees.generate(parent, contender, kind, count)

    def run(
        self, contender: str, case: str, package: str, key: str = "-", *, writes: bool = False
    ) -> Sample:
        """Run one measured process; *writes* says whether it writes bytecode as it imports.

        Raises:
            SystemExit: it failed.
        """
        place = str(self.tree(contender, package)) if contender in FLOORS else package
        index = str(self.index(package)) if contender == "bare cost" else "-"
        command = [sys.executable, str(self.child), contender, case, place, key, index]
        environment = self.environment(contender, package)
        if writes:
            del environment["PYTHONDONTWRITEBYTECODE"]
        return measured(command, environment, f"{contender}, {case}, {package}")

    def path(self, contender: str, package: str) -> list[str]:
        """Return what *contender* needs on ``sys.path``: its library and its tree."""
        return [str(self._library(contender)), str(self.tree(contender, package).parent)]

    def environment(self, contender: str, package: str) -> dict[str, str]:
        """Return the environment variables of a process of *contender*."""
        return environment_of(self.home(contender, package), self.path(contender, package))

    def forget(self, contender: str, package: str) -> None:
        """Remove what *contender* keeps of *package*."""
        shutil.rmtree(self.home(contender, package), ignore_errors=True)
