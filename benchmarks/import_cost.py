"""Print which modules ``import plugindex`` and a warm start pull in, and what they cost.

``python benchmarks/import_cost.py [--rounds N]``. Each line is a fresh process, once as people
start Python and once bare (no site, no environment); times are medians of alternating rounds.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

import trees
from arguments import parser
from contenders import CONTENDERS, OURS
from samples import output_of
from stage import Stage

_COUNT = 20
_PROGRAM = """\
import sys
from time import perf_counter_ns
sys.path[:0] = {path!r}
sys.dont_write_bytecode = True
before = set(sys.modules)
start = perf_counter_ns()
{action}
print(perf_counter_ns() - start, *sorted(set(sys.modules) - before))
"""
_STARTED, _BARE = "as started", "bare"
_FLAGS = {_STARTED: (), _BARE: ("-I", "-S")}
_IMPORT = f"from {CONTENDERS[OURS].module} import {CONTENDERS[OURS].name}"


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, None, 9).parse_args()
    with tempfile.TemporaryDirectory(prefix="plugindex-benchmark-") as folder:
        stage = Stage(Path(folder), [])
        print(_table(stage, stage.build("light", _COUNT, (OURS,)), options.rounds))


def bare(stage: Stage, rounds: int) -> float:
    """Return the milliseconds of the import that a program needs, in a bare interpreter."""
    return median(_run(stage, "-", _IMPORT, _BARE)[0] for _ in range(rounds))


def _actions(package: str) -> dict[str, str]:
    base = f"from {package}.base import Base"
    return {
        "import plugindex": "import plugindex",
        _IMPORT: _IMPORT,
        f"list {_COUNT} plugins, warm": f"{base}\nlist(Base.__registry__)",
        "one key, warm": f"{base}\nBase.__registry__['{trees.keys(_COUNT)[1]}']",
    }


def _table(stage: Stage, package: str, rounds: int) -> str:
    found: dict[tuple[str, str], list[tuple[float, list[str]]]] = {}
    for _ in range(rounds + 1):
        for title, action in _actions(package).items():
            for start in _FLAGS:
                found.setdefault((title, start), []).append(_run(stage, package, action, start))
    lines = []
    for (title, start), runs in found.items():
        modules = runs[-1][1]
        own = [name for name in modules if name.startswith("plugindex")]
        other = [name for name in modules if not name.startswith(("plugindex", "plugs_"))]
        spent = median(milliseconds for milliseconds, _ in runs[1:])
        lines.append(
            f"{title}, {start}: {spent:.1f} ms, {len(own)} of plugindex, {len(other)} other"
        )
        lines.append(f"    {' '.join(name.removeprefix('plugindex.') for name in own)}")
        lines.append(f"    other: {' '.join(other)}")
    return "\n".join(lines)


def _run(stage: Stage, package: str, action: str, start: str) -> tuple[float, list[str]]:
    home, path = stage.environment(OURS, package), stage.path(OURS, package)
    program = _PROGRAM.format(path=path, action=action)
    command = [sys.executable, *_FLAGS[start], "-c", program]
    spent, *modules = output_of(command, home, f"{action}, {start}").split()
    return int(spent) / 1e6, modules


if __name__ == "__main__":
    main()
