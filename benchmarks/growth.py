"""How the costs of plugindex grow with the number of plugins, as a power of it."""

from __future__ import annotations

import sys
from math import log2
from statistics import median

import trees
from cases import edit
from contenders import ALL, COLD, EDITED, OURS, WARM
from samples import Sample, measured
from stage import Stage, compiled_program

_DOUBLINGS = (1, 2, 4, 8)
_SHORT_MS = 10.0
_FAILING = "plugins that fail"
# What a child does in each row.
_ACTIONS = {
    WARM: "list",
    COLD: "list",
    EDITED: "list",
    ALL: "load all",
    "import loop of the same": "import loop",
    "lookups of every key": "lookups",
    "issubclass of every plugin": "issubclass of plugins",
    "issubclass of other classes": "issubclass of others",
    "class statements afterwards": "class statements",
    "keys set by hand": "keys set",
    _FAILING: "failures",
}

Times = dict[str, dict[int, list[Sample]]]  # by row and number of plugins


def measure(stage: Stage, least: int, rounds: int) -> Times:
    """Return the samples of *rounds* rounds over light trees of *least* to 8 times as many."""
    sizes = [least * times for times in _DOUBLINGS]
    child = str(compiled_program("growth_child.py", stage.folder))
    packages = [stage.build("light", count, (OURS,)) for count in sizes]
    found: Times = {row: {count: [] for count in sizes} for row in _ACTIONS}
    for number in range(rounds):
        for row, action in _ACTIONS.items():
            for package in packages:
                _prepare(stage, row, package, number)
                command = [sys.executable, child, action, package]
                environment = stage.environment(OURS, package)
                sample = measured(command, environment, f"growth of {row}, {package}")
                found[row][trees.count_of(package)].append(sample)
    return found


def _prepare(stage: Stage, row: str, package: str, number: int) -> None:
    if row in (COLD, WARM):  # a round starts without the failures that the one before it kept
        stage.forget(OURS, package)
    if row == COLD:
        return
    stage.run(OURS, "list", package)  # so that the clocked process finds an index, and it settled
    if row == EDITED:
        edit(stage.tree(OURS, package), number + 1000)


def exponent(times: dict[int, list[Sample]]) -> float | None:
    """Return the power of the number of plugins with which the CPU time grows.

    What is the same at every size goes out by taking differences: each size is twice the one
    before, so if time grows with a power of the size, what comes between the second size and the
    last is 2 to that power times what comes between the first and the last but one.

    Returns:
        None where the times are too short to tell.
    """
    spent = [_processor(some) for some in times.values()]
    sooner, later = spent[-2] - spent[0], spent[-1] - spent[1]
    return log2(later / sooner) if sooner > _SHORT_MS and later > 0 else None


def exponents(times: Times) -> dict[str, float | None]:
    """Return the exponent of each row."""
    return {row: exponent(one) for row, one in times.items()}


def table(times: Times) -> str:
    """Return the CPU times by number of plugins, the exponents, and the memory that is kept."""
    sizes = list(next(iter(times.values())))
    titles = "".join(f"{count:>10,}" for count in sizes)
    kept = f"blocks kept at {sizes[-1]:,}"
    lines = [f"growth, CPU milliseconds\n  {'plugins':29}{titles}{'power':>8}{kept:>23}"]
    for row, by_size in times.items():
        cells = "".join(f"{_processor(some):10.1f}" for some in by_size.values())
        power = exponent(by_size)
        told = "-" if power is None else f"{power:.2f}"
        blocks = median(one["kept"] for one in by_size[sizes[-1]])
        lines.append(f"  {row:29}{cells}{told:>8}{blocks:23,.0f}")
    return "\n".join(lines)


def _processor(samples: list[Sample]) -> float:
    """Return the least CPU time: what else the machine does can only add to it."""
    return min(one.processor_ms for one in samples)
