"""The tables and aims of the host, as plain text."""

from __future__ import annotations

from aims import verdict
from contenders import OURS, PEER
from host_cases import ALL, COLD, NO_CACHE, WARM
from samples import Result, Row, Table

_WARM_RATIO = 10.0
_NUMBERS = "{:9.1f}{:9.1f}{:6}{:8}{:6}"
_TITLES = "{:>9}{:>9}{:>6}{:>8}{:>6}"
_NAMES = ("inside", "process", "read", "plugins", "all")


def table(rows: dict[str, Table]) -> str:
    """Return the table of registries: milliseconds, modules, and how many times we are faster."""
    titles = _TITLES.format(*_NAMES)
    lines = [
        f"  {'':10}{OURS:>{len(titles)}}{PEER:>{len(titles)}}{'faster by':>17}",
        f"  {'':10}{titles}{titles}{'inside':>9}{'process':>8}",
    ]
    for subject, cases in rows.items():
        lines.append(subject)
        lines += [f"  {case:10}{_both(row)}" for case, row in cases.items()]
    return "\n".join(lines)


def _both(row: Row) -> str:
    ours, peer = row[OURS], row.get(PEER)
    if peer is None:
        return _cells(ours)
    ratios = (peer.inside / ours.inside, peer.process / ours.process)
    return _cells(ours) + _cells(peer) + "{:8.2f}x{:7.2f}x".format(*ratios)


def _cells(result: Result) -> str:
    told = (result.inside, result.process, result.read, result.imported, result.modules)
    return _NUMBERS.format(*told)


def enums(rows: dict[str, Table], source: str, idle: Result) -> str:
    """Return the table of enums; *source* names the library that colormaps come from."""
    lines = [f"  {'':10}{_TITLES.format(*_NAMES)}{'no cache is':>14}"]
    for enum, cases in rows.items():
        slowest = cases[NO_CACHE][OURS].inside
        lines.append(f"{enum}{f' of {source}' if 'colormap' in enum else ''}")
        lines += [
            f"  {case:10}{_cells(row[OURS])}{slowest / row[OURS].inside:13.1f}x"
            for case, row in cases.items()
        ]
    lines.append(f"a process that starts and ends: {idle.process:.1f} ms")
    return "\n".join(lines)


def aims(rows: dict[str, Table]) -> list[str]:
    """Return a line for each aim that this run can judge."""
    lines = [_imports(rows)]
    warm, cold = rows[ALL][WARM], rows[ALL][COLD]
    if PEER in warm:
        lines += [_warm(warm), _cold(cold[OURS].inside, warm[PEER].inside)]
    return lines


def _imports(rows: dict[str, Table]) -> str:
    listed = [cases for subject, cases in rows.items() if "used" not in subject]
    most = max(row[OURS].imported for cases in listed for row in cases.values())
    return f"{verdict(most == 0)}  listing imports {most} plugin modules (aim: 0)"


def _warm(row: Row) -> str:
    ratio = row[PEER].inside / row[OURS].inside
    text = f"{ratio:.1f} times faster than {PEER}'s warm start (aim: {_WARM_RATIO:g})"
    return f"{verdict(ratio >= _WARM_RATIO)}  {ALL} listed warm: {text}"


def _cold(ours: float, peer: float) -> str:
    text = f"{ours:.1f} ms, {PEER}'s warm start {peer:.1f} ms (aim: less)"
    return f"{verdict(ours < peer)}  {ALL} listed cold: {text}"
