"""Sum up what imports took: per plugin, per dependency, and all together."""

from __future__ import annotations

import sys

from plugindex.names import root
from plugindex.readings import median
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plugindex.readings import Imported, Reading

_ROUGH = 1.5
_NOTHING = 5_000_000  # nanoseconds; below that a machine's noise is as large
APPLICATION, STANDARD, THIRD_PARTY = "application", "standard", "third-party"


class Dependency(Record):
    """Modules with one top-level package, *name*, that imports brought in.

    *cost* is nanoseconds of their own, each module once. *plugins* are the modules of the plugins
    that need them.
    """

    name: str
    kind: str
    cost: int
    modules: int
    plugins: tuple[str, ...] = ()


class Cost(Record):
    """What importing one module costs, and the *keys* and *references* of the plugins it holds.

    *state* is "measured", "failed" or "unavailable", the last two with a *reason*. *runs* are the
    totals of all runs, the least first.
    """

    module: str
    keys: tuple[object, ...]
    references: tuple[str, ...]
    state: str
    reason: str = ""
    own: int = 0
    total: int = 0
    modules: int = 0
    compiled: int = 0
    dependencies: tuple[Dependency, ...] = ()
    imports: tuple[Imported, ...] = ()
    runs: tuple[int, ...] = ()

    @property
    def brought(self) -> list[Imported]:
        """What the import brought in, the module itself left out."""
        return [one for one in self.imports if one[0] != self.module]

    @property
    def wavers(self) -> bool:
        """Say whether the runs differ so much that the figure is rough."""
        return bool(self.runs) and self.runs[-1] > max(_ROUGH * self.runs[0], _NOTHING)


def summed(cost: Cost, reading: Reading, application: str) -> Cost:
    """Return *cost* with what a *reading* says."""
    fields = {
        "own": reading.own,
        "total": reading.total,
        "modules": len(reading.brought),
        "compiled": reading.compiled,
        "dependencies": tuple(dependencies([(cost.module, reading.brought)], application)),
        "imports": reading.imports,
        "runs": reading.runs,
    }
    changed: Cost = cost.replace(**fields)
    return changed


def dependencies(
    taken: Iterable[tuple[str, Sequence[Imported]]], application: str
) -> list[Dependency]:
    """Return what imports brought in by top-level package, the dearest first.

    Args:
        taken: plugins' modules, and what importing each brought in.
        application: the root package of the application.
    """
    costs: dict[str, dict[str, list[int]]] = {}
    needed: dict[str, dict[str, None]] = {}
    for plugin, imports in taken:
        for name, own in imports:
            top = root(name)
            costs.setdefault(top, {}).setdefault(name, []).append(own)
            needed.setdefault(top, {})[plugin] = None
    found = [
        Dependency(top, _kind(top, application), _once(modules), len(modules), tuple(needed[top]))
        for top, modules in costs.items()
    ]
    return sorted(found, key=lambda one: (-one.cost, one.name))


def together(costs: Iterable[Cost]) -> int:
    """Return what importing all of them in one process costs: each module once."""
    owns: dict[str, list[int]] = {}
    for cost in costs:
        for name, own in cost.imports:
            owns.setdefault(name, []).append(own)
    return _once(owns)


def _once(owns: dict[str, list[int]]) -> int:
    """Add up the modules, each once: the median where several plugins brought it in."""
    return sum(map(median, owns.values()))


def _kind(top: str, application: str) -> str:
    if top == application:
        return APPLICATION
    return STANDARD if top in sys.stdlib_module_names else THIRD_PARTY
