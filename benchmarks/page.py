"""What a run was measured with, and its place in a page of the documentation."""

from __future__ import annotations

import os
import platform
import sysconfig
import time
from argparse import ArgumentTypeError
from pathlib import Path


def machine(rounds: str) -> str:
    """Return a line about what a run of that many *rounds* is measured with."""
    busy = f", load {os.getloadavg()[0]:.1f} before the run" if hasattr(os, "getloadavg") else ""
    return (
        f"{today()}, {interpreter()}, {hardware()}{busy}, {installed()} distributions installed; "
        f"medians of {rounds} alternating rounds"
    )


def today() -> str:
    """Return the date."""
    return time.strftime("%Y-%m-%d")


def interpreter() -> str:
    """Return what runs the benchmark."""
    return f"{platform.python_implementation()} {platform.python_version()}"


def hardware() -> str:
    """Return what the machine is, without its name."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def installed() -> int:
    """Return how many distributions lie beside the interpreter: all look at their metadata."""
    return len(list(Path(sysconfig.get_path("purelib")).glob("*.dist-info")))


def place(path: str, name: str) -> str:
    """Return *path* if the page there has a place called *name*.

    Raises:
        ArgumentTypeError: it hasn't, or there is no page.
    """
    try:
        _parted(path, name)
    except OSError as error:
        raise ArgumentTypeError(f"{path}: {error.strerror}") from None
    except ValueError:
        marks = " and ".join(_marks(name))
        raise ArgumentTypeError(f"{path} has no lines {marks}") from None
    return path


def put(path: str, text: str, name: str) -> None:
    """Put *text* between the marks called *name* of the page at *path*."""
    before, after = _parted(path, name)
    begin, end = _marks(name)
    Path(path).write_text(f"{before}{begin}\n```text\n{text}\n```\n{end}{after}")


def _marks(name: str) -> list[str]:
    return [f"<!-- {name}: {side} -->" for side in ("begin", "end")]


def _parted(path: str, name: str) -> tuple[str, str]:
    page = Path(path).read_text()
    begin, end = (page.index(mark) for mark in _marks(name))
    return page[:begin], page[end + len(_marks(name)[1]) :]
