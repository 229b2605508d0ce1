"""Show the whole at work: registries, a real plate, and a package that nobody here wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from openhcs.errors import OpenHCSError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from plugindex import LazyDiscoveryDict

PIP = ("--package", "pip._internal.commands", "--base", "pip._internal.cli.base_command:Command")


def run_demo(folder: str | None = None) -> None:
    """Write a demo plate, read it, and print what happens at each step.

    Args:
        folder: the new folder to write to; a temporary one, removed at the end, by default.

    Raises:
        OpenHCSError: when something that the demo needs isn't there.
    """
    with tempfile.TemporaryDirectory(prefix="openhcs-demo-") as temporary:
        plate = Path(folder or temporary) / "demo_plate"
        _refuse_existing(plate)
        _show_plate(plate)
        _show_foreign_package(Path(temporary))


def _refuse_existing(plate: Path) -> None:
    if plate.exists():
        raise OpenHCSError(
            "the demo would overwrite a plate", file=plate, fix="name another folder or remove it"
        )


def _show_plate(plate: Path) -> None:
    from openhcs.demo_plate import write_demo_plate
    from openhcs.microscopes import create_microscope_handler

    _heading("The registries, known from code that was read and not run")
    _print_registries()
    _heading("A plate cut from a real image: skimage.data.cell(), a phase image of a cell (CC0)")
    print(f"wrote {write_demo_plate(plate)} images to {plate}")
    handler = create_microscope_handler("auto", plate)
    summary = handler.read_plate(plate).summary()
    _print_table([(name.replace("_", " "), _short(value)) for name, value in summary.items()])
    _show_images(plate)
    _heading("The registries afterwards: only what the plate needed was imported")
    _print_registries()


def _show_images(plate: Path) -> None:
    """Read the images through the disk backend and keep them in the memory one."""
    from openhcs.io import FileManager

    files = FileManager()
    paths = files.list_image_files(plate, "disk", recursive=True)
    start = perf_counter()
    images = files.load_batch(paths, "disk")
    spent = perf_counter() - start
    _heading(f"{len(images)} images read through the disk backend in {spent * 1000:.0f} ms")
    rows = [
        (Path(path).name, str(image.shape), str(image.dtype), f"{image.mean():.0f}")
        for path, image in zip(paths, images, strict=True)
    ]
    _print_table([("image", "shape", "type", "mean"), *rows[:4], ("...", "", "", "")])
    files.save_batch(images, [Path(path).name for path in paths], "memory")
    print(f"kept in the memory backend: {len(files.list_files('.', 'memory'))} images")


def _print_registries() -> None:
    from openhcs.io import STORAGE_BACKENDS
    from openhcs.microscopes import MICROSCOPE_HANDLERS

    rows: list[tuple[str, ...]] = [("registry", "key", "class", "status", "module imported")]
    rows += _registry_rows("microscope handler", MICROSCOPE_HANDLERS)
    rows += _registry_rows("storage backend", STORAGE_BACKENDS)
    _print_table(rows)


def _registry_rows(name: str, registry: LazyDiscoveryDict[Any]) -> Iterable[tuple[str, ...]]:
    for key in registry:
        about = registry.info(key)
        module, _, qualname = about.reference.partition(":")
        imported = "yes" if module in sys.modules else "no"
        yield name, str(key), qualname, about.status, imported


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
    print("commands: " + ", ".join(keys))


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
    print(f"\n{text}\n{'-' * len(text)}")


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {name}" for key, name in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
