"""The tables of a profile's page, as HTML."""

from __future__ import annotations

from html import escape

from plugindex import output, profile_text
from plugindex.costs import APPLICATION, STANDARD, THIRD_PARTY
from plugindex.profile_text import label, ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plugindex.costs import Cost, Dependency
    from plugindex.profiling import Profile

_OWN = "own"
PARTS = {
    _OWN: "the plugin's module",
    APPLICATION: "the application's other modules",
    THIRD_PARTY: "third-party packages",
    STANDARD: "the standard library",
}
_NUMBER = ' class="number"'
_LISTED = 15  # dependencies beside which the others are folded away


def text(value: str) -> str:
    """Return *value* as text of a page: foreign code may say anything."""
    return escape(output.clean(value).encode("utf-8", "backslashreplace").decode())


def plugins(found: Profile, budget: float | None) -> str:
    """Return the measured plugins, the dearest first."""
    largest = max((one.total for one in found.measured), default=0)
    excess = found.over(budget)
    rows = [_plugin(found, one, largest, one in excess) for one in found.measured]
    return _table(("Plugin", "Cost", "#Total ms", "#Own ms", "#Modules"), rows)


def _plugin(found: Profile, cost: Cost, largest: int, over: bool) -> str:
    mark = ' <em class="over">over budget</em>' if over else ""
    name = f'<th scope="row" title="{text(cost.module)}">{text(label(found, cost))}{mark}</th>'
    figures = [ms(cost.total), ms(cost.own), str(cost.modules)]
    chart = _bar(_shares(cost), largest) + _needs(cost)
    return f"<tr>{name}<td>{chart}</td>{_cells(figures)}</tr>\n"


def _needs(cost: Cost) -> str:
    """Return the dearest dependencies, and behind them all."""
    if not cost.imports:
        return "comes with the base"
    items = [f"<li>{text(profile_text.top([one], 1))} ms</li>" for one in cost.dependencies]
    dearest = text(profile_text.top(cost.dependencies, 3))
    return _folded(dearest, f"<ul>{''.join(items)}</ul>") if items else ""


def _folded(summary: str, inside: str) -> str:
    return f"<details><summary>{summary}</summary>{inside}</details>"


def _shares(cost: Cost) -> dict[str, int]:
    """Return what a plugin costs by the kind of what it brought in."""
    shares = dict.fromkeys(PARTS, 0) | {_OWN: cost.own}
    for one in cost.dependencies:
        shares[one.kind] += one.cost
    return shares


def _bar(shares: dict[str, int], largest: int) -> str:
    pieces = "".join(
        f'<i class="{name}" style="width:{100 * share / largest:.2f}%" '
        f'title="{PARTS[name]}: {ms(share)} ms"></i>'
        for name, share in shares.items()
        if share
    )
    return f'<div class="bar">{pieces}</div>'


def dependencies(found: Profile) -> str:
    """Return what the plugins brought in, the dearest first; the many small ones folded away."""
    brought = found.dependencies
    labels = {one.module: label(found, one) for one in found.measured}
    rows = [_dependency(one, brought[0].cost, labels) for one in brought]
    names = ("Dependency", "Cost", "#Once ms", "#Modules", "Needed by")
    rest = _table(names, rows[_LISTED:])
    return (
        ("<h3>What they need, each module once</h3>\n" if rows else "")
        + _table(names, rows[:_LISTED])
        + (_folded(f"{len(rows[_LISTED:])} more", rest) if rest else "")
    )


def _dependency(one: Dependency, largest: int, labels: dict[str, str]) -> str:
    bar = _bar({one.kind: one.cost}, largest)
    needed = text(", ".join(labels[name] for name in one.plugins))
    needed = _folded(str(len(one.plugins)), needed) if len(one.plugins) > 3 else needed
    cells = _cells([ms(one.cost), str(one.modules)])
    name = f'<th scope="row">{text(one.name)}</th>'
    return f"<tr>{name}<td>{bar}</td>{cells}<td>{needed}</td></tr>\n"


def others(found: Profile, heading: str, costs: Sequence[Cost]) -> str:
    """Return plugins without figures, and why."""
    rows = [
        f'<tr><th scope="row">{text(label(found, one))}</th><td>{text(one.module)}</td>'
        f"<td>{text(one.reason)}</td></tr>\n"
        for one in costs
    ]
    return f"<h3>{heading}</h3>\n" + _table(("Plugin", "Module", "Reason"), rows) if rows else ""


def _table(names: Sequence[str], rows: Sequence[str]) -> str:
    """Return a table, nothing without rows; a name that begins with # heads numbers."""
    if not rows:
        return ""
    head = "".join(
        f'<th scope="col"{_NUMBER if name[0] == "#" else ""}>{name.lstrip("#")}</th>'
        for name in names
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody>\n</table>\n"


def _cells(figures: Iterable[str]) -> str:
    return "".join(f"<td{_NUMBER}>{figure}</td>" for figure in figures)
