"""Measure plugindex against other ways to know all plugins, and print tables, aims and findings.

``python benchmarks/run.py [--quick] [--save FILE] [--compare FILE [--strict]] [--page FILE]``, and
``--help`` for what else. What is compared with is listed in ``benchmarks/requirements.txt``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import aims
import arguments
import cases
import growth
import import_cost
import page
import ratios
import report
import trees
from contenders import PEERS, STEVEDORE
from stage import Stage

_MARKS = "run"
_LARGE = 1000
_KINDS = ("light", "heavy")
# Without --quick a quarter of an hour on two quiet cores, with it under three minutes.
_USUAL = {
    "kinds": list(_KINDS),
    "rounds": 5,
    "large_rounds": 2,
    "plugins": [20, 1000, 5000, 10000],
    "growth": 1000,
    "growth_rounds": 2,
}
_QUICK = {
    "kinds": ["light"],
    "rounds": 3,
    "large_rounds": 1,
    "plugins": [20, 1000],
    "growth": 250,
    "growth_rounds": 2,
}


class Run:
    """What one run measured, and what it printed so far."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.told: list[str] = []
        self.tables: report.Tables = {}

    def tell(self, text: str) -> None:
        """Print a part of the page."""
        print(("\n" if self.told else "") + text, flush=True)
        self.told.append(text)

    def measure(self, stage: Stage) -> None:
        """Measure everything, telling each part as soon as it is there."""
        options = self.options
        self.tell(page.machine(f"{options.rounds} ({options.large_rounds} above {_LARGE:,})"))
        if STEVEDORE in stage.contenders and sys.executable.startswith("/tmp"):
            self.tell("stevedore keeps no cache for an interpreter below /tmp, as this one is")
        self.idle = cases.measure_idle(stage, options.rounds)
        for kind in options.kinds:
            for count in options.plugins:
                if kind == "light" or count <= _LARGE:
                    self._measure_tree(stage, kind, count)
        self.imports = cases.measure_imports(stage, options.rounds)
        self.bare = import_cost.bare(stage, options.rounds)
        self.lookups = self._lookups(stage)
        self.tell(report.small_table(self.imports, self.bare, self.lookups))
        self.tell(report.memory_table(self.tables, self.idle))
        self.times = growth.measure(stage, options.growth, options.growth_rounds)
        self.tell(growth.table(self.times))

    def _measure_tree(self, stage: Stage, kind: str, count: int) -> None:
        rounds = self.options.rounds if count <= _LARGE else self.options.large_rounds
        self.tables[kind, count] = cases.measure(stage, kind, count, rounds)
        self.tell(report.table(kind, count, self.tables[kind, count]))

    def _lookups(self, stage: Stage) -> dict[str, tuple[float, float]]:
        """Look keys up in the tree of at most a thousand light plugins."""
        counts = [count for kind, count in self.tables if kind == "light" and count <= _LARGE]
        if not counts:
            return {}
        package = trees.package_name("light", max(counts))
        return cases.measure_lookups(stage, package, min(self.options.rounds, 5))

    @property
    def kept(self) -> ratios.Kept:
        """What is kept of the run."""
        exponents = growth.exponents(self.times)
        return ratios.of_run(self.tables, self.imports, self.lookups, self.idle, exponents)

    def aims(self) -> list[str]:
        """Return what was reached."""
        return [
            *aims.of_tables(self.tables, self.idle),
            *aims.of_imports(self.imports, self.bare),
            *aims.of_lookups(self.lookups),
            *aims.of_growth(growth.exponents(self.times)),
        ]


def main() -> int:
    """Run what the command line asks for."""
    options = _options()
    options.kinds = [kind for kind in options.kinds if _possible(kind)]
    run = Run(options)
    with tempfile.TemporaryDirectory(prefix="plugindex-benchmark-") as folder:
        stage = Stage(Path(folder), options.peers)
        for name in options.peers:
            if name not in stage.contenders:
                print(f"left out: {name} is not installed")
        run.measure(stage)
    return _conclude(run, options)


def _options() -> argparse.Namespace:
    parser = arguments.parser(__doc__, _MARKS, _USUAL["rounds"])
    add = parser.add_argument
    add("--quick", action="store_true", help="fewer rounds and sizes: under three minutes")
    add("--plugins", type=arguments.numbers, metavar="N,N", help="numbers of plugins")
    add("--large-rounds", type=arguments.positive, metavar="N", help=f"above {_LARGE:,} plugins")
    add("--growth", type=arguments.positive, metavar="N", help="see how costs grow from N to 8 N")
    add("--growth-rounds", type=arguments.positive, metavar="N", help="rounds for that")
    kinds, peers = arguments.OneOf(*_KINDS), arguments.OneOf(*PEERS)
    add("--kinds", type=kinds, metavar="KIND,KIND", help="light, heavy or both")
    add("--peers", type=peers, default=list(peers.names), metavar="PEER,PEER")
    add("--save", metavar="FILE", help="write the ratios to FILE, to be compared with later")
    add("--compare", type=_stored, metavar="FILE", help="tell what got worse since that run")
    add("--tolerance", type=arguments.share, default=0.35, help="what is no finding (0.35)")
    add("--strict", action="store_true", help="exit with 1 if there are findings")
    parser.set_defaults(rounds=None)  # what --quick leaves to be set
    options = parser.parse_args()
    for name, value in (_QUICK if options.quick else _USUAL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


def _stored(path: str) -> ratios.Kept:
    try:
        return ratios.load(path)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _possible(kind: str) -> bool:
    missing = trees.missing(kind)
    if missing:
        print(f"left out: {kind} plugins import what is not installed: {', '.join(missing)}")
    return not missing


def _conclude(run: Run, options: argparse.Namespace) -> int:
    lines = run.aims()
    run.tell("\n".join(["aims", *(f"  {line}" for line in lines)]))
    if options.page:
        page.put(options.page, "\n\n".join(run.told), _MARKS)
    if options.json:
        Path(options.json).write_text(json.dumps(_plain(run, lines), indent=1) + "\n")
    if options.save:
        run.kept.save(options.save)
    if options.compare is None:
        return 0
    told, found = ratios.compared(run.kept, options.compare, options.tolerance)
    print(f"\n{told}")
    return int(options.strict and found > 0)


def _plain(run: Run, lines: list[str]) -> dict[str, object]:
    """Return every sample of the run as JSON values."""
    places = {f"{kind} {count}": rows for (kind, count), rows in run.tables.items()}
    return {
        "tables": {
            place: {case: _row(row) for case, row in rows.items()} for place, rows in places.items()
        },
        "import": _row(run.imports),
        "bare import ms": run.bare,
        "lookup_ns": {n: {"own": own, "plain": plain} for n, (own, plain) in run.lookups.items()},
        "growth": {
            row: {count: [one.told for one in some] for count, some in by_size.items()}
            for row, by_size in run.times.items()
        },
        "aims": lines,
    }


def _row(row: cases.Row) -> dict[str, object]:
    return {name: result.plain() for name, result in row.items()}


if __name__ == "__main__":
    sys.exit(main())
