"""The tables and the aims, as plain text."""

from __future__ import annotations

from cases import NOT_WRITING, WRITING, Result, Row

OURS, PEER, LOOP = "plugindex", "metaclass-registry", "import loop"
BARE, FLOOR = "bare cost", "cold floor"
# One column for both, since no case has both.
_OTHERS = ((PEER,), (LOOP,), (BARE, FLOOR))
Tables = dict[tuple[str, int], dict[str, Row]]

# kind, case, peer, and by how many times plugindex is to be faster at 1,000 plugins.
_RATIOS = (
    ("light", "list warm", PEER, 15.0),
    ("heavy", "list warm", PEER, 40.0),
    ("light", "list warm", BARE, 0.5),
    ("heavy", "list warm", BARE, 0.5),
    ("light", "list cold", PEER, 4.0),
    ("heavy", "list cold", PEER, 5.0),
    ("light", "list cold", FLOOR, 1 / 3),
    ("heavy", "list cold", FLOOR, 1 / 3),
    ("light", "list cold", LOOP, 1.0),
    ("heavy", "list cold", LOOP, 1.0),
    ("light", WRITING, PEER, 2.0),
    ("heavy", WRITING, PEER, 2.0),
    ("light", NOT_WRITING, PEER, 2.0),
    ("heavy", NOT_WRITING, PEER, 2.0),
    ("light", "after one edit", PEER, 15.0),
    ("heavy", "after one edit", PEER, 15.0),
)
_LARGE, _SMALL, _SMALL_MS = 1000, 50, 15.0
_IMPORT_RATIO, _LOOKUP_RATIO = 8.0, 1.2


def table(kind: str, count: int, rows: dict[str, Row]) -> str:
    """Return the table of one tree: milliseconds, and how many times plugindex is faster."""
    lines = [f"{kind}, {count} plugins", _header()]
    for case, row in rows.items():
        lines += _lines(case, row)
    return "\n".join(lines)


def _header() -> str:
    names = "".join(f"{' / '.join(names):>24}" for names in _OTHERS)
    return f"  {'':20}{'clock':<9}{OURS:>12}{names}"


def _lines(case: str, row: Row) -> list[str]:
    lines = []
    for title, clock in ((case, "inside"), ("", "process")):
        ours = getattr(row[OURS], clock)
        others = [next((row[one] for one in names if one in row), None) for names in _OTHERS]
        cells = "".join(_cell(other, clock, ours) for other in others)
        lines.append(f"  {title:20}{clock:<9}{ours:9.1f} ms{cells}")
    return lines


def _cell(result: Result | None, clock: str, ours: float) -> str:
    if result is None:
        return f"{'-':>24}"
    value: float = getattr(result, clock)
    return f"{value:13.1f} ms{value / ours:7.2f}x"


def aims(tables: Tables, imports: Row, lookups: dict[str, list[float]]) -> list[str]:
    """Return a line for each aim that this run can judge."""
    lines = [_ratio(tables, *aim) for aim in _RATIOS]
    lines += [
        _small(*place, case, row) for place, rows in tables.items() for case, row in _listed(rows)
    ]
    lines.append(_one_key(tables))
    lines += [_import(imports), _lookup(lookups)]
    return [line for line in lines if line]


def verdict(met: bool) -> str:
    """Return the word before an aim."""
    return "met   " if met else "MISSED"


def _ratio(tables: Tables, kind: str, case: str, peer: str, wanted: float) -> str:
    row = tables.get((kind, _LARGE), {}).get(case, {})
    if OURS not in row or peer not in row:
        return ""
    ratio = row[peer].inside / row[OURS].inside
    if wanted < 1:
        text = f"{1 / ratio:.2f} times the {peer} (aim: at most {1 / wanted:g})"
    else:
        text = f"{ratio:.1f} times faster than {peer} (aim: {wanted:g})"
    met = ratio > wanted if wanted == 1 else ratio >= wanted
    return f"{verdict(met)}  {case}, {kind}, {_LARGE:,}: {text}{_least(row, peer)}"


def _least(row: Row, peer: str) -> str:
    """Tell how far the work that no library can leave out is from *peer*, where that is known."""
    least = next((one for one in (BARE, FLOOR) if one in row), peer)
    if peer in (BARE, FLOOR) or least == peer:
        return ""
    return f"; the {least} itself: {row[peer].inside / row[least].inside:.1f}"


def _listed(rows: dict[str, Row]) -> list[tuple[str, Row]]:
    return [(case, row) for case, row in rows.items() if "list" in case or "cold" in case]


def _small(kind: str, count: int, case: str, row: Row) -> str:
    if count >= _SMALL:
        return ""
    more = row[OURS].inside - row[LOOP].inside
    text = f"{more:+.1f} ms against an import loop (aim: at most +{_SMALL_MS:g})"
    return f"{verdict(more <= _SMALL_MS)}  {case}, {kind}, {count}: {text}"


def _one_key(tables: Tables) -> str:
    numbers = {rows["one key"][OURS].imported for rows in tables.values()}
    if not numbers:
        return ""
    return f"{verdict(numbers == {1})}  one key imports {max(numbers)} plugin module(s) (aim: 1)"


def _import(row: Row) -> str:
    if PEER not in row:
        return ""
    ratio = row[PEER].inside / row[OURS].inside
    text = f"{row[OURS].inside:.1f} ms, {ratio:.1f} times cheaper than {PEER}"
    return f"{verdict(ratio >= _IMPORT_RATIO)}  import of the library: {text} (aim: 8)"


def _lookup(lookups: dict[str, list[float]]) -> str:
    if OURS not in lookups:
        return ""
    own, plain = lookups[OURS]
    text = f"{own:.0f} ns, {own / plain:.2f} times a plain dict subclass (aim: at most 1.2)"
    return f"{verdict(own / plain <= _LOOKUP_RATIO)}  a loaded key: {text}"


def small_table(imports: Row, lookups: dict[str, list[float]]) -> str:
    """Return what the imports of the libraries and the lookups of a loaded key cost."""
    lines = ["from LIBRARY import AutoRegisterMeta"]
    ours = imports[OURS].inside
    for name, row in imports.items():
        lines.append(f"  {name:24}{row.inside:9.1f} ms{row.inside / ours:7.2f}x")
    lines.append("one lookup of a loaded key (a million in one process)")
    for name, (own, plain) in lookups.items():
        lines.append(f"  {name:24}{own:9.1f} ns{own / plain:7.2f}x a plain dict subclass")
    return "\n".join(lines)
