"""Show the whole at work: registries, a real plate, and a package that nobody here wrote."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from openhcs.core.command_line import tell
from openhcs.errors import OpenHCSError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

PLATE, STEPS_FILE = "demo_plate", "steps.toml"
EXECUTORS = ("local", "processes")
STEPS = """
[[step]]
name = "smooth"
function = "skimage:filters.gaussian"
parameters = {sigma = 2, preserve_range = true}

[[step]]
name = "flatten"
function = "openhcs:subtract_background"
parameters = {radius = 20}
"""
PIP = ("--package", "pip._internal.commands", "--base", "pip._internal.cli.base_command:Command")


def run_demo(folder: str | None = None) -> None:
    """Write a demo plate, run functions on it, and print what happens at each step.

    Args:
        folder: where to write to; a new folder for temporary files by default.

    Raises:
        OpenHCSError: when something that the demo needs isn't there.
    """
    home = Path(folder or tempfile.mkdtemp(prefix="openhcs-demo-"))
    _refuse_existing(home)
    plate = home / PLATE
    _heading("The registries, known from code that was read and not run")
    _print_registries()
    _show_plate(plate)
    _show_run(home, plate)
    _heading("The registries afterwards: this process has imported only what the run needed")
    _print_registries()
    with tempfile.TemporaryDirectory(prefix="openhcs-demo-") as scratch:
        _show_foreign_package(Path(scratch))
    tell(f"\nAll that the demo has written is in {home}")


def _refuse_existing(home: Path) -> None:
    for name in (PLATE, STEPS_FILE, *map(_run_name, EXECUTORS)):
        if os.path.lexists(home / name):
            raise OpenHCSError(
                "the demo would write over this",
                file=home / name,
                fix="name another folder or remove it",
            )


def _run_name(executor: str) -> str:
    return f"run_{executor}"


def _show_plate(plate: Path) -> None:
    from openhcs.commands.inspect import summary_lines
    from openhcs.demo_plate import write_demo_plate
    from openhcs.microscopes import create_microscope_handler

    _heading("A plate cut from a real image: skimage.data.cell(), a phase image of a cell (CC0)")
    tell(f"wrote {write_demo_plate(plate)} images to {plate}")
    handler = create_microscope_handler("auto", plate)
    tell("\n".join(summary_lines(handler.read_plate(plate).summary())))


def _show_run(home: Path, plate: Path) -> None:
    """Run the same steps here and in two fresh processes, and print what came out."""
    steps = home / STEPS_FILE
    steps.write_text(STEPS, "utf-8")
    _heading("A job: functions of two libraries, named by reference")
    tell(STEPS.strip())
    reports = {name: _run(home, plate, steps, name) for name in EXECUTORS}
    _heading("One row a well, the same from both")
    _print_features(reports["local"]["wells"])
    same = reports["local"]["wells"] == reports["processes"]["wells"]
    tell(f"the results of both are {'equal' if same else 'DIFFERENT'}")


def _run(home: Path, plate: Path, steps: Path, executor: str) -> dict[str, Any]:
    from openhcs.commands.run import report_lines
    from openhcs.pipeline.progress import ProgressBar
    from openhcs.pipeline.run import Order, run_plate

    out = home / _run_name(executor)
    _heading(f"openhcs run {plate.name} --steps {steps.name} --executor {executor}")
    progress = ProgressBar(sys.stderr if sys.stderr.isatty() else io.StringIO())
    order = Order(str(plate), str(steps), str(out), executor=executor, workers=2, colormap="magma")
    try:
        report = run_plate(order, progress)
    finally:
        progress.end()
    tell("\n".join(report_lines(report, str(out))))
    return report


def _print_features(wells: dict[str, dict[str, Any]]) -> None:
    names = list(next(iter(wells.values()))["features"])
    rows: list[tuple[str, ...]] = [("feature", *wells)]
    for name in names:
        rows.append((name, *(f"{about['features'][name]:.4g}" for about in wells.values())))
    _print_table(rows)


def _print_registries() -> None:
    from openhcs.commands.plugins import plugin_row
    from openhcs.core.registries import all_registries

    rows: list[tuple[str, ...]] = [("registry", "key", "class", "status", "module imported")]
    for name, registry in all_registries().items():
        for row in map(plugin_row, map(registry.info, registry)):
            imported = "yes" if row["imported"] else "no"
            rows.append((name, row["key"], row["class"], row["status"], imported))
    _print_table(rows)


def _show_foreign_package(scratch: Path) -> None:
    """List pip's own commands twice, each time in a fresh process with our scratch cache."""
    _heading("pip's own commands, indexed without importing pip")
    names = ("start", "commands", "modules", "read", "imported", "milliseconds", "whole process")
    rows: list[tuple[str, ...]] = [names]
    for start in ("cold", "warm"):
        listed, spent = _listing(scratch)
        stats = listed["stats"]
        found = str(sum(len(one["plugins"]) for one in listed["registries"]))
        counts = (str(stats[name]) for name in ("modules", "read", "imported"))
        times = (f"{stats['seconds'] * 1000:.1f}", f"{spent * 1000:.0f}")
        rows.append((start, found, *counts, *times))
    _print_table(rows)
    keys = [p["class"].rpartition(":")[2] for one in listed["registries"] for p in one["plugins"]]
    tell("commands: " + ", ".join(keys))


def _listing(scratch: Path) -> tuple[dict[str, Any], float]:
    command = [sys.executable, "-m", "plugindex", "list", *PIP, "--json"]
    environment = os.environ | {"XDG_DATA_HOME": str(scratch / "data")}
    start = perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    spent = perf_counter() - start
    # An exit code of 1 says that there are findings, which foreign code may well have.
    if done.returncode not in (0, 1) or not done.stdout:
        raise OpenHCSError(
            f"plugindex could not list pip's commands: {done.stderr.strip()}",
            fix="check that pip and plugindex are both installed in this environment",
        )
    listed: dict[str, Any] = json.loads(done.stdout)
    return listed, spent


def _heading(text: str) -> None:
    tell(f"\n{text}\n{'-' * len(text)}")


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        tell("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())
