"""The cases: what is prepared before each process, and rounds in which contenders alternate."""

from __future__ import annotations

import os
import time
from statistics import median

import trees
from stage import FLOORS, Sample, Stage

# In this order: editing and removing bytecode leave fresh files, whose stamps aren't trusted.
WRITING = "cold, no .pyc"  # as Python starts by default: who imports writes bytecode, too
NOT_WRITING = "cold, no .pyc, -B"  # nobody writes bytecode
CASES = ("list warm", "one key", "load all", "list cold", "after one edit", WRITING, NOT_WRITING)
# A stamp is trusted when it is two seconds old; a real package is.
SETTLED_S = 2.5
_ONE_KEY_IMPORTS = 1
_FLOORS = {"list warm": ("bare cost",), "list cold": ("cold floor",)}


class Result:
    """The samples of one contender in one case."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []

    @property
    def inside(self) -> float:
        """The median of the milliseconds from the library's import to the result."""
        return median(sample.inside_ms for sample in self.samples)

    @property
    def process(self) -> float:
        """The median of the milliseconds of whole processes."""
        return median(sample.process_ms for sample in self.samples)

    @property
    def imported(self) -> int:
        """How many plugin modules a process imported, at most."""
        return max(sample.imported for sample in self.samples)

    @property
    def read(self) -> int:
        """How many modules a process read, at most."""
        return max(sample.read for sample in self.samples)

    @property
    def modules(self) -> int:
        """How many modules a process imported in all, at most."""
        return max(sample.modules for sample in self.samples)

    def plain(self) -> dict[str, object]:
        """Return everything as JSON values."""
        return {
            "inside_ms": self.inside,
            "process_ms": self.process,
            "imported": self.imported,
            "read": self.read,
            "modules": self.modules,
            "inside_ms_all": [sample.inside_ms for sample in self.samples],
            "process_ms_all": [sample.process_ms for sample in self.samples],
        }


Row = dict[str, Result]


def measure(stage: Stage, kind: str, count: int, rounds: int) -> dict[str, Row]:
    """Return, by case and contender, what *rounds* alternating rounds gave."""
    package = trees.package_name(kind, count)
    stage.build(kind, count)
    time.sleep(SETTLED_S)
    for contender in stage.listers * 2:  # fills the disk cache, then writes each index
        stage.run(contender, "list", package)
    return {case: _case(stage, case, package, count, rounds) for case in CASES}


def _case(stage: Stage, case: str, package: str, count: int, rounds: int) -> Row:
    contenders = stage.listers + _FLOORS.get(case, ())
    row = {contender: Result() for contender in contenders}
    for number in range(rounds):
        for contender in contenders:
            _prepare(stage, case, contender, package, number)
            sample = _sample(stage, case, contender, package, count)
            row[contender].samples.append(sample)
    _same_work(case, package, row, count)
    return row


def _sample(stage: Stage, case: str, contender: str, package: str, count: int) -> Sample:
    action = case if case in ("one key", "load all") else "list"
    key = trees.keys(count)[count // 2]
    return stage.run(contender, action, package, key, writes=case == WRITING)


def _prepare(stage: Stage, case: str, contender: str, package: str, number: int) -> None:
    root = stage.tree(contender, package)
    if "cold" in case:
        stage.forget(contender, package)
    if case in (WRITING, NOT_WRITING):
        trees.drop_bytecode(root)
    if case == "after one edit":
        _edit(root, number)


def _edit(root: os.PathLike[str], number: int) -> None:
    file = trees.edited_file(root)
    with open(file, "a") as source:
        source.write(f"# edit {number}\n")
    # metaclass-registry takes what changed within a second for unchanged.
    later = file.stat().st_mtime + 2
    os.utime(file, (later, later))


def _same_work(case: str, package: str, row: Row, count: int) -> None:
    """Stop the run if contenders did not find the same plugins, or one key imported several."""
    wanted = 1 if case == "one key" else count
    samples = {name: result.samples for name, result in row.items() if name not in FLOORS}
    found = {(one.count, one.checksum) for some in samples.values() for one in some}
    if len(found) != 1 or next(iter(found))[0] != wanted:
        raise SystemExit(f"{case} of {package}: the contenders listed different keys: {found}")
    if case == "one key" and row["plugindex"].imported != _ONE_KEY_IMPORTS:
        raise SystemExit(f"one key of {package} imported {row['plugindex'].imported} plugins")
    if ("list" in case or "cold" in case) and row["plugindex"].imported:
        raise SystemExit(f"{case} of {package} imported {row['plugindex'].imported} plugins")


def measure_imports(stage: Stage, rounds: int) -> Row:
    """Return the cost of ``from library import AutoRegisterMeta`` for each library."""
    libraries = [name for name in stage.listers if name != "import loop"]
    row = {name: Result() for name in libraries}
    for _ in range(rounds + 1):
        for name in libraries:
            row[name].samples.append(stage.run(name, "import", "-"))
    for result in row.values():
        del result.samples[0]  # that one filled the disk cache
    return row


def measure_lookups(stage: Stage, package: str, count: int, rounds: int) -> dict[str, list[float]]:
    """Return nanoseconds per lookup of a loaded key, and the same in a plain dict subclass."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in stage.listers}
    for _ in range(rounds):
        for name, pairs in found.items():
            sample = stage.run(name, "lookup", package, trees.keys(count)[count // 2])
            pairs.append((sample.inside_ms, sample.count / 1e6))
    return {
        name: [median(side) for side in zip(*pairs, strict=True)] for name, pairs in found.items()
    }
