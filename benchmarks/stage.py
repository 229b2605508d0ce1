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


class Sample:
    """What one process told: seconds in it and around it, and what it found."""

    def __init__(self, output: str, outside_ns: int) -> None:
        inside, self.count, self.checksum, self.imported = map(int, output.split())
        self.inside_ms = inside / 1e6
        self.process_ms = outside_ns / 1e6


class Stage:
    """Everything that the measured processes use, below one temporary *folder*.

    Libraries are copied and compiled so that work on their sources can't disturb a run, and so
    that no contender pays for stale bytecode of its own.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.child = folder / "child.pyc"
        py_compile.compile(str(Path(__file__).with_name("child.py")), str(self.child), doraise=True)
        self.listers = tuple(name for name in LISTERS if self._copy_library(name))

    def _copy_library(self, contender: str) -> bool:
        target = self._library(contender)
        target.mkdir(parents=True)
        if contender not in LIBRARIES:
            return True
        spec = find_spec(LIBRARIES[contender])
        if spec is None or not spec.submodule_search_locations:
            return False
        source, name = spec.submodule_search_locations[0], LIBRARIES[contender]
        shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        trees.compile_tree(target / name)
        return True

    def _library(self, contender: str) -> Path:
        return self.folder / "lib" / contender.replace(" ", "-")

    def tree(self, contender: str, package: str) -> Path:
        """Return the folder of *package* as *contender* sees it."""
        owner = "plugindex" if contender == "bare cost" else contender
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
        bare = contender == "bare cost"
        place = str(self.tree(contender, package)) if bare else package
        index = str(self.index(package)) if bare else "-"
        command = [sys.executable, str(self.child), contender, case, place, key, index]
        environment = self.environment(contender, package)
        if writes:
            del environment["PYTHONDONTWRITEBYTECODE"]
        start = time.perf_counter_ns()
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        outside = time.perf_counter_ns() - start
        if done.returncode or not done.stdout:
            raise SystemExit(f"{contender}, {case}, {package} failed:\n{done.stderr}")
        return Sample(done.stdout, outside)

    def path(self, contender: str, package: str) -> list[str]:
        """Return what *contender* needs on ``sys.path``: its library and its tree."""
        return [str(self._library(contender)), str(self.tree(contender, package).parent)]

    def environment(self, contender: str, package: str) -> dict[str, str]:
        """Return the environment variables of a process of *contender*."""
        home = self.home(contender, package)
        own = {name: str(home / name.lower()) for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME")}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "XDG_"))}
        # So that a case finds what was prepared; only the case that is about writing unsets it.
        path = os.pathsep.join(self.path(contender, package))
        return kept | own | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    def forget(self, contender: str, package: str) -> None:
        """Remove what *contender* keeps of *package*."""
        shutil.rmtree(self.home(contender, package), ignore_errors=True)
