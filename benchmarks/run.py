"""Measure plugindex against other ways to know all plugins, and print tables and aims.

``python benchmarks/run.py [--plugins 4,20,100,1000] [--kinds light,heavy] [--rounds N]
[--json FILE] [--page FILE]``. What is compared with is listed in ``benchmarks/requirements.txt``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

import cases
import report
import trees
from stage import LISTERS, Stage


def main() -> int:
    """Run what the command line asks for."""
    options = _options()
    kinds = [kind for kind in options.kinds if _possible(kind)]
    with tempfile.TemporaryDirectory(prefix="plugindex-benchmark-") as folder:
        stage = Stage(Path(folder))
        for name in LISTERS:
            if name not in stage.listers:
                print(f"left out: {name} is not installed")
        if report.OURS not in stage.listers:
            print("plugindex is not installed: pip install -e .", file=sys.stderr)
            return 2
        return _measure(stage, kinds, options)


def _options() -> argparse.Namespace:
    parser = _parser(__doc__)
    parser.add_argument("--plugins", type=_numbers, default=[4, 20, 100, 1000], metavar="N,N")
    parser.add_argument("--kinds", type=_kinds, default=["light", "heavy"], metavar="KIND,KIND")
    return parser.parse_args()


def plain_options(about: str) -> argparse.Namespace:
    """Return what a command line asks of a benchmark whose docstring is *about*."""
    return _parser(about).parse_args()


def _parser(about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--rounds", type=positive, default=7, help="median of that many (7)")
    parser.add_argument("--json", metavar="FILE", help="write every sample to FILE")
    parser.add_argument("--page", metavar="FILE", help="put what is printed between its marks")
    return parser


def positive(text: str) -> int:
    """Return the number that *text* is."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def _numbers(text: str) -> list[int]:
    return [positive(part) for part in text.split(",")]


def _kinds(text: str) -> list[str]:
    kinds = text.split(",")
    if not set(kinds) <= {"light", "heavy"}:
        raise argparse.ArgumentTypeError("light, heavy or both")
    return kinds


def _possible(kind: str) -> bool:
    missing = trees.missing(kind)
    if missing:
        print(f"left out: {kind} plugins import what is not installed: {', '.join(missing)}")
    return not missing


def _measure(stage: Stage, kinds: list[str], options: argparse.Namespace) -> int:
    told = [machine(options.rounds)]
    print(told[0], flush=True)
    tables: report.Tables = {}
    for kind in kinds:
        for count in options.plugins:
            tables[kind, count] = cases.measure(stage, kind, count, options.rounds)
            told.append(report.table(kind, count, tables[kind, count]))
            print("\n" + told[-1], flush=True)
    imports = cases.measure_imports(stage, options.rounds)
    lookups = _lookups(stage, tables, options.rounds)
    lines = report.aims(tables, imports, lookups)
    told.append(report.small_table(imports, lookups))
    told.append("aims\n" + "\n".join(f"  {line}" for line in lines))
    print("\n" + "\n\n".join(told[-2:]))
    if options.page:
        put(options.page, "\n\n".join(told))
    if options.json:
        _write(options.json, tables, imports, lookups, lines)
    return 0


def put(path: str, text: str, name: str = "run") -> None:
    """Put *text* between the marks called *name* of the page at *path*.

    Raises:
        SystemExit: the page has no such marks.
    """
    marks = [f"<!-- {name}: {side} -->" for side in ("begin", "end")]
    page = Path(path).read_text()
    before, begin, rest = page.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not (begin and end):
        raise SystemExit(f"{path} has no lines {' and '.join(marks)}")
    Path(path).write_text(f"{before}{begin}\n```text\n{text}\n```\n{end}{after}")


def _lookups(stage: Stage, tables: report.Tables, rounds: int) -> dict[str, list[float]]:
    if not tables:
        return {}
    kind, count = min(tables, key=lambda place: (place[0] != "light", -place[1]))
    return cases.measure_lookups(stage, trees.package_name(kind, count), count, min(rounds, 5))


def machine(rounds: int) -> str:
    """Return a line about what a run of *rounds* is measured with."""
    cores = os.cpu_count()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.machine()}"
    busy = f", load {os.getloadavg()[0]:.1f} before the run" if hasattr(os, "getloadavg") else ""
    return f"{python}, {system}, {cores} cores{busy}; medians of {rounds} alternating rounds"


def _write(
    path: str,
    tables: report.Tables,
    imports: cases.Row,
    lookups: dict[str, list[float]],
    lines: list[str],
) -> None:
    plain = {
        f"{kind} {count}": {case: _plain(row) for case, row in rows.items()}
        for (kind, count), rows in tables.items()
    }
    everything = {
        "tables": plain,
        "import": _plain(imports),
        "lookup_ns": {
            name: dict(zip(("own", "plain"), pair, strict=True)) for name, pair in lookups.items()
        },
        "aims": lines,
    }
    Path(path).write_text(json.dumps(everything, indent=1) + "\n")


def _plain(row: cases.Row) -> dict[str, object]:
    return {name: result.plain() for name, result in row.items()}


if __name__ == "__main__":
    raise SystemExit(main())
