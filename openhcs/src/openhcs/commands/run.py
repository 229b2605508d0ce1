"""``openhcs run``: a plate through the steps, to images, numbers and pictures."""

from __future__ import annotations

from openhcs.core.command_line import FINDINGS, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to *parser*."""
    from openhcs.pipeline.executors import EXECUTORS, WITH_ADDRESS

    add = parser.add_argument
    add("plate", metavar="PLATE", help="the plate's folder, which is only read")
    add("--steps", required=True, metavar="FILE", help="the TOML file of the steps")
    add("--out", required=True, metavar="DIR", help="the folder for the results")
    add("--executor", default="local", choices=EXECUTORS, help="who runs the wells")
    add("--workers", default=0, type=_count, metavar="N", help="how many wells at once")
    others = " or ".join(WITH_ADDRESS)
    add("--address", default="", metavar="ADDR", help=f"of workers already there ({others})")
    add("--microscope", default="auto", metavar="KEY", help="take this handler, don't detect")
    add("--wells", default=(), type=_names, metavar="A01,B02", help="run only these")
    add("--colormap", default="viridis", metavar="NAME", help="of the pictures")
    add("--format", default="EDDU_metaxpress", metavar="KEY", help="of the result table")
    add("--json", action="store_true", help="print the report as JSON")


def _count(text: str) -> int:
    """Return *text* as a number of workers."""
    from argparse import ArgumentTypeError

    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no number of workers; give 1 or more")
    return int(text)


def _names(text: str) -> tuple[str, ...]:
    """Return the names of wells in *text*."""
    from argparse import ArgumentTypeError

    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise ArgumentTypeError(f"{text!r} names no wells; write A01,B02")
    return names


def run(options: argparse.Namespace) -> int:
    """Run the job and print where the results are; return 1 if there were problems."""
    from openhcs.pipeline.progress import ProgressBar
    from openhcs.pipeline.run import Order, run_plate

    told = {k: v for k, v in vars(options).items() if k not in ("json", "format", "command", "run")}
    progress = ProgressBar()
    try:
        report = run_plate(Order(**told, table_format=options.format), progress)
    finally:
        progress.end()
    if options.json:
        import json

        tell(json.dumps(report))
    else:
        tell("\n".join(report_lines(report, options.out)))
    return FINDINGS if report["problems"] else 0


def report_lines(report: dict[str, Any], out: str) -> Iterator[str]:
    """Yield the report of a run in the folder *out* as lines for people."""
    plate, run = report["plate"], report["run"]
    wells = f"{len(report['wells'])} of {len(plate['wells'])}, {len(run['wells'])} in this run"
    files = {"images": "store", "table": "table"}
    yield f"plate:     {plate['plate']} ({plate['microscope']}, {plate['images']} images)"
    yield f"wells:     {wells}, {run['seconds']:.1f} s"
    for label, name in files.items():
        yield f"{label + ':':<11}{out}/{report[name]}"
    yield f"pictures:  {', '.join(f'{out}/{name}' for name in report['pictures'])}"
    yield f"report:    {out}/run.json"
    yield f"problems:  {len(report['problems']) or 'none'}"
