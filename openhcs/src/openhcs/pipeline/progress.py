"""Tell on standard error how a run gets on: a bar on a terminal, else a line for each well."""

from __future__ import annotations

import io
import sys

from openhcs.core.command_line import silence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

WIDTH = 24
ERASE = "\r\x1b[K"
MOST_PROBLEMS = 20  # lines; the report has them all


class ProgressBar:
    """Shows how many wells are finished, and each problem as soon as it is known.

    A run goes on, untold, where nothing can be written any more: its reader, such as head, has
    gone, or the disk is full.

    Args:
        stream: where to write to.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr or io.StringIO()  # some are started without one
        self.is_terminal = self.stream.isatty()
        self.done = self.total = self.problems = 0

    def begin(self, total: int, finished: int) -> None:
        """Say that *finished* of *total* wells were finished by an earlier run."""
        self.total, self.done = total, finished
        if finished:
            self._line(f"{finished} of {total} wells were finished before")

    def well(self, record: dict[str, Any]) -> None:
        """Say that a well is finished, and what went wrong in it."""
        self.done += 1
        for problem in record["problems"]:
            self.problem(problem)
        if self.is_terminal:
            self._bar(f"{record['well']} finished")
        else:
            self._line(f"{record['well']} finished ({self.done} of {self.total})")

    def step(self, well: str, step: str, status: str) -> None:
        """Say what a well is at; shown on a terminal only."""
        if self.is_terminal:
            self._bar(f"{well} {step}: {status}")

    def problem(self, problem: dict[str, Any]) -> None:
        """Print one problem; after the first ones only their number is counted."""
        self.problems += 1
        if self.problems > MOST_PROBLEMS:
            return
        place = "{well} site {site} channel {channel}, {step}".format_map(problem)
        self._line(f"openhcs: {place}: {problem['message']}\n  file:  {problem['file']}")

    def end(self) -> None:
        """Leave the cursor on a new line, and say how many problems were not shown."""
        if self.is_terminal:
            self._write(ERASE)
        if self.problems > MOST_PROBLEMS:
            self._line(f"openhcs: {self.problems - MOST_PROBLEMS} problems more")

    def _bar(self, text: str) -> None:
        filled = WIDTH * self.done // max(1, self.total)
        bar = "#" * filled + "." * (WIDTH - filled)
        self._write(f"{ERASE}[{bar}] {self.done}/{self.total} wells  {text[:40]}")

    def _line(self, text: str) -> None:
        self._write((ERASE if self.is_terminal else "") + text + "\n")

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError:
            silence(self.stream)
