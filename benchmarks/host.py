"""Measure the host's five registries and its enums, and print tables and aims.

``python benchmarks/host.py [--rounds N] [--json FILE] [--page FILE]``. It needs the host installed
(``pip install -e . -e ./openhcs``) and what ``benchmarks/requirements.txt`` lists; colormaps are
napari's where it is installed, else matplotlib's.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import host_cases
import host_report
from arguments import parser
from host_stage import LIBRARIES, HostStage
from page import machine, put
from samples import Table
from stage import SETTLED_S

_MARKS = "run"


def main() -> int:
    """Run what the command line asks for."""
    options = parser(__doc__, _MARKS).parse_args()
    with tempfile.TemporaryDirectory(prefix="plugindex-benchmark-") as folder:
        told = machine(f"{options.rounds}")
        stage = HostStage(Path(folder))
        for name in LIBRARIES.keys() - set(stage.contenders):
            print(f"left out: {name} is not installed")
        time.sleep(SETTLED_S)
        _measure(stage, told, options)
    return 0


def _measure(stage: HostStage, told: str, options: argparse.Namespace) -> None:
    rows = host_cases.measure(stage, options.rounds)
    parts = [told, host_report.table(rows)]
    print("\n\n".join(parts), flush=True)
    enums = host_cases.measure_enums(stage, options.rounds)
    idle = host_cases.measure_idle(stage, options.rounds)
    source = "napari" if find_spec("napari") else "matplotlib"
    lines = host_report.aims(rows)
    parts.append(host_report.enums(enums, source, idle))
    parts.append("aims\n" + "\n".join(f"  {line}" for line in lines))
    print("\n" + "\n\n".join(parts[-2:]))
    if options.page:
        put(options.page, "\n\n".join(parts), _MARKS)
    if options.json:
        _write(options.json, rows, enums, lines)


def _write(path: str, rows: dict[str, Table], enums: dict[str, Table], lines: list[str]) -> None:
    plain = {
        subject: {
            case: {name: result.plain() for name, result in row.items()}
            for case, row in cases.items()
        }
        for subject, cases in (rows | enums).items()
    }
    Path(path).write_text(json.dumps({"host": plain, "aims": lines}, indent=1) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
