"""Run the attacks and print the table: ``python tests/attacks/table.py [--scale N] [--page FILE]``.

``--scale 1`` takes about a minute and is what the tests run; the counts grow in proportion.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[0] = str(ROOT / "tests")

import pages  # noqa: E402 - they lie beside this file
from attacks import families, scores  # noqa: E402


def main():
    """Run what the command line names; exit with 1 if anything was found."""
    options = _options()
    started = time.monotonic()
    found = []
    for family, name in families.ATTACKS:
        if family.FAMILY in options.family:
            found.append(families.run(family, name, options.scale))
            if found[-1].faults:
                print(found[-1].told(), file=sys.stderr, flush=True)
    text = f"{_machine(options.scale)}\n\n{scores.table(found)}"
    print(f"{text}\n\n{time.monotonic() - started:.0f} s")
    if options.page:
        pages.put(Path(options.page), text)
    return 1 if any(score.faults for score in found) else 0


def _options():
    names = list(dict.fromkeys(family.FAMILY for family in families.FAMILIES))
    parser = argparse.ArgumentParser(description="Attack the engine and count what goes wrong.")
    parser.add_argument("--scale", type=float, default=1.0, help="how many times as many tries")
    parser.add_argument("--family", nargs="+", choices=names, default=names)
    parser.add_argument("--page", metavar="FILE", help="put what is printed between its marks")
    return parser.parse_args()


def _machine(scale):
    day = datetime.date.today().isoformat()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    user = "root" if os.geteuid() == 0 else "an ordinary user"
    return f"{day}, {python}, {system}, as {user}, scale {scale:g}"


if __name__ == "__main__":
    sys.exit(main())
