"""Compare a reader with the oracle from the command line: `python tests/oracle [PATH...]`."""

from __future__ import annotations

import argparse
import os
import sys
import time

if not __package__:  # run as a folder: make the package importable under its own name
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from oracle.comparing import Outcome, compare_in_processes, corpus, source_files

DEFAULT_READER = "plugindex.reader:facts"


def arguments() -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(prog="oracle", description=__doc__)
    parser.add_argument("path", nargs="*", help="files or folders; none is the whole corpus")
    parser.add_argument("--reader", default=DEFAULT_READER, help="MODULE:FUNCTION to compare")
    parser.add_argument("--first", type=int, default=20, help="differences to print")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def report(outcome: Outcome, first: int, seconds: float) -> None:
    """Print the counts and the first differences."""
    print(f"{outcome} in {seconds:.0f} s")
    for difference in outcome.differences[:first]:
        print(difference)
    print(f"{len(outcome.differences)} differences")


def main() -> int:
    """Compare and return 1 where there is a difference."""
    given = arguments()
    started = time.perf_counter()
    paths = source_files(given.path) if given.path else corpus()
    outcome = compare_in_processes(paths, given.reader, given.processes)
    report(outcome, given.first, time.perf_counter() - started)
    return int(bool(outcome.differences))


if __name__ == "__main__":
    sys.exit(main())
