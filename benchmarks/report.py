"""The tables of a run, as plain text."""

from __future__ import annotations

from contenders import ALL, BARE, COLD, CONTENDERS, FLOOR, LEAST, OURS, OWN, SAME, THEN_ONE, WARM
from samples import Result, Row, Table

Tables = dict[tuple[str, int], Table]
# What stands in the row of the least work, by case.
LEAST_OF = {WARM: BARE, THEN_ONE: OWN, ALL: SAME, COLD: FLOOR}
_LEAST = "least work"
_CLOCKS = ("inside", "process")


def table(kind: str, count: int, rows: Table) -> str:
    """Return the table of one tree: milliseconds, and how many times plugindex is faster."""
    present = {name for row in rows.values() for name in row}
    names = [name for name in CONTENDERS if name in present and name not in LEAST]
    titles = "".join(f"{case:>18}" for case in rows)
    lines = [f"{kind}, {count:,} plugins", f"  {'':19}{'clock':<8}{titles}"]
    for name in [*names, _LEAST]:
        for clock in _CLOCKS:
            cells = "".join(_cell(row, name, case, clock) for case, row in rows.items())
            lines.append(f"  {name if clock == 'inside' else '':19}{clock:<8}{cells}")
    return "\n".join(lines)


def _cell(row: Row, name: str, case: str, clock: str) -> str:
    result = row.get(LEAST_OF.get(case, "") if name == _LEAST else name)
    if result is None:
        return f"{'-':>18}"
    value, ours = getattr(result, clock), getattr(row[OURS], clock)
    ratio = "" if name == OURS else f"{value / ours:.2f}x"
    return f"{value:10.1f}{ratio:>8}"


def small_table(imports: Row, bare: float, lookups: dict[str, tuple[float, float]]) -> str:
    """Return what imports and lookups cost; *bare* is our import in a bare interpreter."""
    lines = ["import of what a program needs of the library, milliseconds"]
    ours = imports[OURS].inside
    for name, result in imports.items():
        lines.append(f"  {name:19}{result.inside:9.1f}{result.inside / ours:9.2f}x")
    lines.append(f"  {OURS}, without site and environment (-I -S){bare:6.1f}")
    if lookups:
        lines.append("one lookup of a loaded key (a million in one process), nanoseconds")
    for name, (own, plain) in lookups.items():
        lines.append(f"  {name:19}{own:9.1f}{own / plain:9.2f}x a plain dict subclass")
    return "\n".join(lines)


def memory_table(tables: Tables, idle: Result) -> str:
    """Return the memory that a warm listing takes above a bare interpreter, in MiB."""
    places = [place for place in tables if place[0] == "light"]
    names = [name for name in tables[places[0]][WARM] if name != BARE] if places else []
    titles = "".join(f"{count:>18,}" for _, count in places)
    lines = [
        f"peak of memory of a warm listing, MiB above a bare interpreter ({idle.peak:.1f} MiB)",
        f"  {'light plugins':19}{titles}",
    ]
    for name in names:
        cells = "".join(_memory(tables[place][WARM], name, idle) for place in places)
        lines.append(f"  {name:19}{cells}")
    return "\n".join(lines)


def _memory(row: Row, name: str, idle: Result) -> str:
    value = row[name].peak - idle.peak
    ratio = "" if name == OURS else f"{value / (row[OURS].peak - idle.peak):.2f}x"
    return f"{value:10.1f}{ratio:>8}"
