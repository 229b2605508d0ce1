"""What is to be reached, and whether a run did."""

from __future__ import annotations

from contenders import (
    ALL,
    BARE,
    COLD,
    EDITED,
    FLOOR,
    LOOP,
    NOT_WRITING,
    ONE,
    OURS,
    OWN,
    PEER,
    SAME,
    THEN_ONE,
    WARM,
    WRITING,
)
from report import LEAST_OF, Tables
from samples import Result, Row

# case, peer, and by how many times plugindex is to be faster: light, heavy; at 1,000 plugins.
_RATIOS = (
    (WARM, PEER, 20.0, 50.0),
    (WARM, BARE, 1 / 1.5, 1 / 1.5),
    (ALL, SAME, 1 / 1.05, 1 / 1.05),
    (COLD, PEER, 4.0, 5.0),
    (COLD, FLOOR, 1 / 3, 1 / 3),
    (COLD, LOOP, 1.0, 1.0),
    (WRITING, PEER, 2.0, 2.0),
    (NOT_WRITING, PEER, 2.0, 2.0),
    (EDITED, PEER, 15.0, 15.0),
)
_KINDS = ("light", "heavy")
_HUGE, _LARGE, _SMALL, _SMALL_MS = 10_000, 1000, 50, 15.0
_IMPORT_RATIO, _IMPORT_MS, _LOOKUP_RATIO = 8.0, 3.0, 1.2
_MORE_MS = 1.0
_MEMORY_AT, _MEMORY_SHARE = 5000, 1 / 3
_EXPONENT = 1.3


def verdict(met: bool) -> str:
    """Return the word before an aim."""
    return "met   " if met else "MISSED"


def of_tables(tables: Tables, idle: Result) -> list[str]:
    """Return a line for each aim that the tables can judge."""
    lines = []
    for case, peer, *wanted in _RATIOS:
        for kind, ratio in zip(_KINDS, wanted, strict=True):
            lines.append(_ratio(tables, kind, case, peer, ratio))
    for (kind, count), rows in tables.items():
        lines += [_small(kind, count, case, row) for case, row in rows.items()]
    lines += [_one_key(tables), *_then_one(tables), _edit(tables)]
    lines += [_linear(tables), _memory(tables, idle)]
    return [line for line in lines if line]


def _ratio(tables: Tables, kind: str, case: str, peer: str, wanted: float) -> str:
    row = tables.get((kind, _LARGE), {}).get(case, {})
    if OURS not in row or peer not in row:
        return ""
    ratio = row[peer].inside / row[OURS].inside
    if wanted < 1:
        text = f"{1 / ratio:.2f} times the {peer} (aim: at most {1 / wanted:.3g})"
    else:
        text = f"{ratio:.1f} times faster than {peer} (aim: {wanted:g})"
    met = ratio > wanted if wanted == 1 else ratio >= wanted
    return f"{verdict(met)}  {case}, {kind}, {_LARGE:,}: {text}{_least(case, row, peer)}"


def _least(case: str, row: Row, peer: str) -> str:
    """Tell how far the work that no library can leave out is from *peer*, where that is known."""
    least = LEAST_OF.get(case)
    if least not in row or peer == least:
        return ""
    return f"; the {least} itself: {row[peer].inside / row[least].inside:.1f}"


def _small(kind: str, count: int, case: str, row: Row) -> str:
    listing = "list" in case or "cold" in case
    if count >= _SMALL or not listing or LOOP not in row:
        return ""
    more = row[OURS].inside - row[LOOP].inside
    text = f"{more:+.1f} ms against an import loop (aim: at most +{_SMALL_MS:g})"
    return f"{verdict(more <= _SMALL_MS)}  {case}, {kind}, {count}: {text}"


def _one_key(tables: Tables) -> str:
    numbers = {rows[ONE][OURS].imported for rows in tables.values()}
    if not numbers:
        return ""
    return f"{verdict(numbers == {1})}  one key imports {max(numbers)} plugin module(s) (aim: 1)"


def _then_one(tables: Tables) -> list[str]:
    lines = []
    for (kind, count), rows in tables.items():
        ours, own = rows[THEN_ONE][OURS], rows[THEN_ONE][OWN]
        if count == _LARGE:
            more, modules = ours.inside - own.inside, ours.modules - own.modules
            text = f"{more:+.2f} ms and {modules} modules of the engine more than its plugin's own"
            aim = f"import, {own.inside:.2f} ms (aim: no plugin more, at most {_MORE_MS:g} ms)"
            met = ours.imported == 1 and more <= _MORE_MS
            lines.append(f"{verdict(met)}  one key more, {kind}, {count:,}: {text} {aim}")
    return lines


def _edit(tables: Tables) -> str:
    numbers = {rows[EDITED][OURS].read for rows in tables.values()}
    if not numbers:
        return ""
    return f"{verdict(numbers == {1})}  one edit costs reading {max(numbers)} module(s) (aim: 1)"


def _linear(tables: Tables) -> str:
    small, huge = (tables.get(("light", count), {}).get(WARM) for count in (_LARGE, _HUGE))
    if not (small and huge):
        return ""
    ratio, wanted = huge[OURS].inside / small[OURS].inside, _HUGE / _LARGE
    text = f"{ratio:.1f} times as long as {_LARGE:,} (aim: linear, at most {wanted:g})"
    return f"{verdict(ratio <= wanted)}  {WARM}, light, {_HUGE:,}: {text}"


def _memory(tables: Tables, idle: Result) -> str:
    row = tables.get(("light", _MEMORY_AT), {}).get(WARM, {})
    if PEER not in row:
        return ""
    share = (row[OURS].peak - idle.peak) / (row[PEER].peak - idle.peak)
    text = f"{share:.2f} of the memory of {PEER} (aim: at most {_MEMORY_SHARE:.2f})"
    return f"{verdict(share <= _MEMORY_SHARE)}  {WARM}, light, {_MEMORY_AT:,}: {text}"


def of_imports(row: Row, bare: float) -> list[str]:
    """Return the aims for the import of the library, *bare* in a bare interpreter."""
    text = f"{bare:.1f} ms in a bare interpreter (aim: below {_IMPORT_MS:g})"
    lines = [f"{verdict(bare < _IMPORT_MS)}  import of the library: {text}"]
    if PEER in row:
        ratio = row[PEER].inside / row[OURS].inside
        text = f"{row[OURS].inside:.1f} ms, {ratio:.1f} times cheaper than {PEER}"
        met = ratio >= _IMPORT_RATIO
        lines.append(f"{verdict(met)}  import of the library: {text} (aim: {_IMPORT_RATIO:g})")
    return lines


def of_lookups(lookups: dict[str, tuple[float, float]]) -> list[str]:
    """Return the aim for lookups of a loaded key."""
    if OURS not in lookups:
        return []
    own, plain = lookups[OURS]
    aim = f"(aim: at most {_LOOKUP_RATIO:g})"
    text = f"{own:.0f} ns, {own / plain:.2f} times a plain dict subclass {aim}"
    return [f"{verdict(own / plain <= _LOOKUP_RATIO)}  a loaded key: {text}"]


def of_growth(exponents: dict[str, float | None]) -> list[str]:
    """Return the aim for what grows: no faster than the number of plugins."""
    known = {case: one for case, one in exponents.items() if one is not None}
    return [
        f"{verdict(one <= _EXPONENT)}  {case} grows with the power {one:.2f} of the number"
        f" of plugins (aim: 1, at most {_EXPONENT:g})"
        for case, one in known.items()
    ]
