"""A profile as bars in a terminal."""

from __future__ import annotations

from plugindex import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plugindex.costs import Cost, Dependency
    from plugindex.profiling import Profile

_TOP = 3  # dependencies that are named beside a plugin
_LISTED = 12  # dependencies in the table of all


def show(found: Profile, budget: float | None) -> None:
    """Print the profile of one registry."""
    if not found.plugins:
        output.say(f"{found.scope.name}: no plugin in {found.scope.package}")
        return
    _print_plugins(found)
    _print_dependencies(found.dependencies)
    _print_others(found, "failed", found.failed)
    _print_others(found, "unavailable", found.unavailable)
    for line in [*over(found, budget), *notes(found)]:
        output.say(line)


def title(found: Profile) -> str:
    """Say in one line what the registry's plugins cost."""
    count = len(found.measured)
    text = f"{found.scope.name} in {found.scope.package}: {count} module{'s' * (count != 1)}"
    text += f", {ms(found.together)} ms together" if count else " measured"
    return f"{text}; {found.base.module} before them: {ms(found.base.total)} ms"


def label(found: Profile, cost: Cost, most: int = 3) -> str:
    """Return the keys that a module brings; where a class is its own key, without the package."""
    inside = f"{found.scope.package}."
    shown = [
        output.shown(key.removeprefix(inside) if key in cost.references else key)
        for key in cost.keys[:most]
    ]
    return ", ".join(shown) + (f" and {len(cost.keys) - most} more" if cost.keys[most:] else "")


def ms(nanoseconds: float) -> str:
    """Return milliseconds to one decimal."""
    return f"{nanoseconds / 1e6:,.1f}"


def over(found: Profile, budget: float | None) -> list[str]:
    """Name the plugins that are over the budget."""
    excess = [f"{label(found, one)} {ms(one.total)} ms" for one in found.over(budget)]
    return [f"over the budget of {budget:g} ms: {'; '.join(excess)}"] if excess else []


def notes(found: Profile) -> list[str]:
    """Return what a reader must know to take the figures right."""
    told = []
    compiled = max((one.compiled for one in found.measured), default=0)
    if compiled:
        fix = "an ordinary import, or python -m compileall, takes that off"
        count = f"{compiled} module{'s' * (compiled != 1)}"
        told.append(f"the cost includes compiling, up to {count} a plugin; {fix}")
    if any(one.wavers for one in found.measured):
        told.append("the runs differ much, so take the figures for rough: the machine is busy")
    if found.left:
        told.append(f"not measured: {found.left} more; raise --limit, or name keys")
    return told


def _print_plugins(found: Profile) -> None:
    largest = max((one.total for one in found.measured), default=0)
    rows = [_row(found, one, largest) for one in found.measured]
    names = ["plugin", "cost", "total ms", "own ms", "modules", "needs most, ms"]
    output.table(title(found), names, _right(rows, (2, 3, 4)))
    if rows:
        own, rest = output.bars()
        output.say(f"  {own} its own module, {rest} what it brought in first")


def _row(found: Profile, cost: Cost, largest: int) -> list[str]:
    bar = output.bar(cost.own, cost.total, largest)
    figures = [ms(cost.total), ms(cost.own), str(cost.modules)]
    needs = top(cost.dependencies, _TOP) if cost.imports else "(comes with the base)"
    return [label(found, cost), bar, *figures, needs]


def top(dependencies: Sequence[Dependency], most: int) -> str:
    """Name the dearest dependencies with their cost."""
    return ", ".join(f"{one.name} {ms(one.cost)}" for one in dependencies[:most])


def _print_dependencies(found: Sequence[Dependency]) -> None:
    if not found:
        return
    largest = found[0].cost
    rows = [
        [
            one.name,
            output.bar(0, one.cost, largest),
            ms(one.cost),
            str(one.modules),
            str(len(one.plugins)),
            one.kind,
        ]
        for one in found[:_LISTED]
    ]
    names = ["dependency", "cost", "once ms", "modules", "needed by", "kind"]
    output.table("what they need, each module once", names, _right(rows, (2, 3, 4)))
    if found[_LISTED:]:
        cost = sum(one.cost for one in found[_LISTED:])
        output.say(f"  and {len(found) - _LISTED} more, {ms(cost)} ms")


def _right(rows: Sequence[list[str]], columns: Iterable[int]) -> list[list[str]]:
    """Align the numbers in *columns* to the right."""
    for column in columns:
        width = max((len(row[column]) for row in rows), default=0)
        for row in rows:
            row[column] = row[column].rjust(width)
    return list(rows)


def _print_others(found: Profile, state: str, costs: Sequence[Cost]) -> None:
    if costs:
        rows = [[state, label(found, one), one.module, one.reason] for one in costs]
        output.table(f"{len(rows)} {state}", ["", "", "", ""], rows)
