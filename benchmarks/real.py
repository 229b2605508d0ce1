"""List class hierarchies of packages that nobody here wrote: reading them against importing them.

``python benchmarks/real.py [--rounds N] [--json FILE] [--page FILE]``. Packages that aren't
installed are left out; ``benchmarks/requirements.txt`` lists them.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from arguments import parser
from page import machine, put
from samples import Result, Row, Sample, measured
from stage import compiled_copy, compiled_program, environment_of, package_folder

HIERARCHIES = (
    ("pip", "pip._internal.cli.base_command:Command"),
    ("pygments", "pygments.lexer:Lexer"),
    ("numpy", "numpy.polynomial._polybase:ABCPolyBase"),
    ("scipy", "scipy.stats._distn_infrastructure:rv_generic"),
    ("matplotlib", "matplotlib.artist:Artist"),
)
COLD, WARM, IMPORTING, FLOOR = WAYS = ("read, cold", "read, warm", "import all", "cold floor")
_ACTIONS = {COLD: "reading", WARM: "reading", IMPORTING: "importing", FLOOR: "cold floor"}
_MARKS = "real"
_NAMED = 3  # of the classes in which two ways differ


class Hierarchy:
    """The classes below one base in one installed package, and what each way found of them."""

    def __init__(self, package: str, base: str, folder: Path) -> None:
        self.package = package
        self.base = base
        self.folder = folder
        self.found: dict[str, set[str]] = {}
        self.failing: set[str] = set()
        self.row: Row = {way: Result() for way in WAYS}

    @property
    def title(self) -> str:
        """What is listed."""
        return f"{self.package}: {len(self.found[IMPORTING])} classes below {self.base}"

    def take(self, way: str, lines: list[str]) -> None:
        """Keep what a process wrote: classes, and after a "!" modules that can't be imported."""
        self.found[way] = {line for line in lines if line[0] != "!"}
        if way == IMPORTING:
            self.failing = {line[1:] for line in lines if line[0] == "!"}

    def _fails(self, module: str) -> bool:
        """Tell whether *module* or a package around it can't be imported."""
        return any(f"{module}.".startswith(f"{failing}.") for failing in self.failing)

    def differences(self) -> tuple[list[str], int]:
        """Return how reading differs, and how many classes more stand in modules that fail.

        That a module fails can't be read: it takes the running of it.
        """
        read, imported = self.found[COLD], self.found[IMPORTING]
        more = read - imported
        failing = {name for name in more if self._fails(name.partition(":")[0])}
        told = [f"+{name}" for name in sorted(more - failing)]
        return told + [f"-{name}" for name in sorted(imported - read)], len(failing)


class RealStage:
    """The temporary folder: a compiled copy of our library, and its data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        compiled_program("floor.py", folder)
        self.child = compiled_program("real_child.py", folder)
        if not compiled_copy("plugindex", folder / "lib"):
            raise SystemExit("plugindex is not installed: pip install -e .")

    def run(self, hierarchy: Hierarchy, way: str, *, writes: bool = False) -> Sample:
        """Run one measured process; *writes* says whether it writes bytecode as it imports."""
        home, told = self.folder / "home", self.folder / "found"
        if way == COLD:
            shutil.rmtree(home, ignore_errors=True)
        environment = environment_of(home, [str(self.folder / "lib")])
        if writes:
            del environment["PYTHONDONTWRITEBYTECODE"]
        subject = [hierarchy.package, hierarchy.base, str(hierarchy.folder), str(told)]
        command = [sys.executable, str(self.child), _ACTIONS[way], *subject]
        sample = measured(command, environment, f"{way}, {hierarchy.package}")
        hierarchy.take(way, told.read_text().splitlines())
        return sample


def main() -> int:
    """Run what the command line asks for."""
    options = parser(__doc__, _MARKS).parse_args()
    told = [machine(f"{options.rounds}"), _header()]
    print("\n\n".join(told), flush=True)
    measured_ones = []
    with tempfile.TemporaryDirectory(prefix="plugindex-benchmark-") as folder:
        stage = RealStage(Path(folder))
        for hierarchy in _installed():
            measure(stage, hierarchy, options.rounds)
            measured_ones.append(hierarchy)
            told.append("\n".join(lines(hierarchy)))
            print(told[-1], flush=True)
    if options.page:
        put(options.page, "\n\n".join([told[0], "\n".join(told[1:])]), _MARKS)
    if options.json:
        _write(options.json, measured_ones)
    return 0


def _installed() -> Iterator[Hierarchy]:
    for package, base in HIERARCHIES:
        folder = package_folder(package)
        if folder is None:
            print(f"left out: {package} is not installed")
        else:
            yield Hierarchy(package, base, folder)


def measure(stage: RealStage, hierarchy: Hierarchy, rounds: int) -> None:
    """Run all ways in alternation, after one of each that fills the disk cache."""
    # Installed packages keep their bytecode where they are; what was missing is there afterwards.
    for way in (IMPORTING, FLOOR, COLD):
        stage.run(hierarchy, way, writes=True)
    for _ in range(rounds):
        for way, result in hierarchy.row.items():
            result.samples.append(stage.run(hierarchy, way))


def _header() -> str:
    clocks = f"{'inside':>10}{'import all':>12}{'floor':>9}{'process':>11}{'import all':>12}"
    return f"  {'':12}{clocks}{'read':>8}{'imported':>10}"


def lines(hierarchy: Hierarchy) -> list[str]:
    """Return the table of one hierarchy: milliseconds, ratios and numbers of modules."""
    told = [hierarchy.title]
    told += [f"  {way:12}{_cells(hierarchy.row, one)}" for way, one in hierarchy.row.items()]
    differing, failing = hierarchy.differences()
    if failing:
        told.append(f"  read, too: {failing} classes of modules that fail when they are imported")
    if differing:
        shown = ", ".join(differing[:_NAMED]) + (" ..." if len(differing) > _NAMED else "")
        told.append(f"  DIFFERENT: {len(differing)} classes (+ read, - imported): {shown}")
    return told


def _cells(row: Row, result: Result) -> str:
    clocks = f"{result.inside:7.1f} ms{_times(row[IMPORTING].inside / result.inside, 12)}"
    clocks += _times(result.inside / row[FLOOR].inside, 9)
    clocks += f"{result.process:8.1f} ms{_times(row[IMPORTING].process / result.process, 12)}"
    return f"{clocks}{result.read:8}{result.imported:10}"


def _times(ratio: float, width: int) -> str:
    return f"{ratio:{width - 1}.2f}x"


def _write(path: str, hierarchies: list[Hierarchy]) -> None:
    plain = {
        f"{one.package} {one.base}": {way: result.plain() for way, result in one.row.items()}
        for one in hierarchies
    }
    Path(path).write_text(json.dumps({"real": plain}, indent=1) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
