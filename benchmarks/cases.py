"""The cases: what is prepared before each process, and rounds in which contenders alternate."""

from __future__ import annotations

import os
from statistics import median

import trees
from contenders import (
    ALL,
    CASES,
    COLD,
    CONTENDERS,
    EDITED,
    IDLE,
    LEAST,
    MAPPINGS,
    NOT_WRITING,
    ONE,
    OURS,
    THEN_ONE,
    WARM,
    WRITING,
)
from samples import Result, Row, Sample, Table
from stage import Stage

_LARGE = 1000  # plugins, above which the cases without bytecode are left out: compiling is no feat
_ACTIONS = {ONE, THEN_ONE, ALL}  # the others list


def measure(stage: Stage, kind: str, count: int, rounds: int) -> Table:
    """Return, by case and contender, what *rounds* alternating rounds gave."""
    package = stage.build(kind, count, stage.contenders)
    keeping = [name for name in stage.contenders if {WARM, COLD} <= {*CONTENDERS[name].cases}]
    for contender in keeping * 2:  # fills the disk cache, then writes each index
        stage.run(contender, "list", package)
    cases = [case for case in CASES if count <= _LARGE or case not in (WRITING, NOT_WRITING)]
    return {case: _case(stage, case, package, rounds) for case in cases}


def _case(stage: Stage, case: str, package: str, rounds: int) -> Row:
    contenders = [name for name in stage.contenders if case in CONTENDERS[name].cases]
    row = {contender: Result() for contender in contenders}
    for number in range(rounds):
        for contender in contenders:
            _prepare(stage, case, contender, package, number)
            row[contender].samples.append(_sample(stage, case, contender, package))
    _same_work(case, package, row)
    return row


def _sample(stage: Stage, case: str, contender: str, package: str) -> Sample:
    action = case if case in _ACTIONS else "list"
    return stage.run(contender, action, package, _key(package), writes=case == WRITING)


def _key(package: str) -> str:
    count = trees.count_of(package)
    return trees.keys(count)[count // 2]


def _prepare(stage: Stage, case: str, contender: str, package: str, number: int) -> None:
    root = stage.tree(contender, package)
    if "cold" in case and contender not in LEAST:
        stage.forget(contender, package)
    if case in (WRITING, NOT_WRITING):
        trees.drop_bytecode(root)
    if case == EDITED:
        edit(root, number)


def edit(root: os.PathLike[str], number: int) -> None:
    """Change one source below *root*, for the time of that *number*."""
    file = trees.edited_file(root)
    with open(file, "a") as source:
        source.write(f"# edit {number}\n")
    # metaclass-registry takes what changed within a second for unchanged.
    later = file.stat().st_mtime + 2
    os.utime(file, (later, later))


def _same_work(case: str, package: str, row: Row) -> None:
    """Stop the run if contenders did not find the same plugins, or ours imported too many."""
    wanted = 1 if case in (ONE, THEN_ONE) else trees.count_of(package)
    samples = {name: result.samples for name, result in row.items() if name not in LEAST}
    found = {one.found for some in samples.values() for one in some}
    if len(found) != 1 or next(iter(found))[0] != wanted:
        raise SystemExit(f"{case} of {package}: the contenders listed different keys: {found}")
    allowed = {ONE: 1, THEN_ONE: 1, ALL: wanted}.get(case, 0)
    if row[OURS].imported != allowed:
        raise SystemExit(f"{case} of {package} imported {row[OURS].imported} plugins")


def measure_imports(stage: Stage, rounds: int) -> Row:
    """Return what it costs to import what a program needs of each library."""
    row = {name: Result() for name in stage.contenders if CONTENDERS[name].module}
    for _ in range(rounds + 1):
        for name, result in row.items():
            result.samples.append(stage.run(name, "import", "-", CONTENDERS[name].module))
    for result in row.values():
        del result.samples[0]  # that one filled the disk cache
    return row


def measure_idle(stage: Stage, rounds: int) -> Result:
    """Return what a process costs that imports nothing and lists nothing."""
    result = Result()
    result.samples = [stage.run(IDLE, "list", "-") for _ in range(rounds)]
    return result


def measure_lookups(stage: Stage, package: str, rounds: int) -> dict[str, tuple[float, float]]:
    """Return nanoseconds per lookup of a loaded key, and the same in a plain dict subclass."""
    names = [name for name in MAPPINGS if name in stage.contenders]
    found: dict[str, list[Sample]] = {name: [] for name in names}
    for _ in range(rounds):
        for name, samples in found.items():
            samples.append(stage.run(name, "lookup", package, _key(package)))
    return {name: _lookup(samples) for name, samples in found.items()}


def _lookup(samples: list[Sample]) -> tuple[float, float]:
    own, plain = (median(one[name] for one in samples) / 1e6 for name in ("inside", "plain"))
    return own, plain
