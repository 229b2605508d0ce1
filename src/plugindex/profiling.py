"""Profile a registry: which plugins are measured, and what that gave."""

from __future__ import annotations

from plugindex import costs, measuring, output
from plugindex.costs import Cost
from plugindex.names import is_dropped, limits, root
from plugindex.process import search_path
from plugindex.readings import Reading, settled
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugindex.config import Scope
    from plugindex.costs import Dependency
    from plugindex.records import Plugin


class Bounds(Record):
    """How much is measured: *runs* for each module, at most *limit* modules, seconds for each."""

    runs: int = 3
    limit: int = 100
    seconds: float = 60.0


class Profile(Record):
    """What the plugins of one registry cost.

    *base* is what importing the base and its package took before any plugin, *left* the number of
    modules that weren't measured for the limit's sake.
    """

    scope: Scope
    base: Reading
    plugins: tuple[Cost, ...]
    left: int = 0

    @property
    def measured(self) -> list[Cost]:
        """The plugins whose import worked, the dearest first."""
        worked = [one for one in self.plugins if one.state == "measured"]
        return sorted(worked, key=lambda one: (-one.total, one.module))

    @property
    def failed(self) -> list[Cost]:
        """The plugins whose import failed."""
        return [one for one in self.plugins if one.state == "failed"]

    @property
    def unavailable(self) -> list[Cost]:
        """The plugins that lack something, which aren't tried."""
        return [one for one in self.plugins if one.state == "unavailable"]

    def over(self, budget: float | None) -> list[Cost]:
        """Return the plugins that cost more than *budget* milliseconds."""
        return [one for one in self.measured if budget is not None and one.total > budget * 1e6]

    @property
    def together(self) -> int:
        """Nanoseconds that importing all measured plugins in one process costs."""
        return costs.together(self.measured)

    @property
    def dependencies(self) -> list[Dependency]:
        """What the plugins brought in, the dearest first, each module once."""
        taken = [(one.module, one.brought) for one in self.plugins]
        return costs.dependencies(taken, _root(self.scope))


def profile(scope: Scope, plugins: Sequence[Plugin], bounds: Bounds) -> Profile:
    """Measure the modules that hold *plugins*, each in fresh interpreters.

    Raises:
        RegistryError: no child could be started.
    """
    units = _units(plugins)
    chosen = [one for one in units if one.state == "unavailable"]
    tried = [one for one in units if one.state != "unavailable"]
    bases: list[Reading] = []
    for number, unit in enumerate(tried[: bounds.limit], 1):
        output.progress(f"{scope.name}: {number} of {len(tried[: bounds.limit])}, {unit.module}")
        chosen.append(_measured(scope, unit, bases, bounds))
    output.progress("")
    order = {one.module: place for place, one in enumerate(units)}
    chosen.sort(key=lambda one: (order[one.module], one.state))
    return Profile(scope, _middle(scope, bases), tuple(chosen), len(tried[bounds.limit :]))


def _units(plugins: Sequence[Plugin]) -> list[Cost]:
    """Return the modules that hold *plugins*: one import brings all that a module holds."""
    units: dict[tuple[str, str, str], list[Plugin]] = {}
    for one in plugins:
        state = "unavailable" if one.status == "unavailable" else "measured"
        units.setdefault((one.module, state, one.reason), []).append(one)
    return [
        Cost(name, tuple(p.key for p in held), tuple(p.reference for p in held), state, reason)
        for (name, state, reason), held in units.items()
    ]


def _measured(scope: Scope, unit: Cost, bases: list[Reading], bounds: Bounds) -> Cost:
    """Measure one module, and add what its base took to *bases*."""
    if bases and bases[-1].reason:  # no plugin gets anywhere without it
        return unit.replace(state="failed", reason=_reason(bases[-1], unit.module))  # type: ignore[no-any-return]
    home = (
        root(unit.module) if is_dropped(unit.module) else scope.package
    )  # what stands for a folder
    # What the first class statement of a registry that leaves plugins out looks them up by.
    ours = ("plugindex.leaving",) if limits(scope) and not scope.foreign else ()
    before = list(dict.fromkeys((scope.base.partition(":")[0], scope.package, home, *ours)))
    base, found = measuring.measure(unit.module, before, search_path(), bounds.runs, bounds.seconds)
    bases.append(found if found.culprit in before else base)
    if found.reason:
        return unit.replace(state="failed", reason=_reason(found, unit.module))  # type: ignore[no-any-return]
    return costs.summed(unit, found, _root(scope))


def _middle(scope: Scope, bases: Sequence[Reading]) -> Reading:
    """Return what importing the base took, over all interpreters that did."""
    worked = [one for one in bases if one.imports]
    nothing = Reading(scope.base.partition(":")[0])
    return settled(worked) if worked else nothing


def _reason(reading: Reading, module: str) -> str:
    place = f" ({reading.file}, line {reading.line})" if reading.file else ""
    before = f"{reading.culprit}, which comes first: " if reading.culprit != module else ""
    return f"{before}{reading.reason}{place}"


def _root(scope: Scope) -> str:
    return scope.package.partition(".")[0]
