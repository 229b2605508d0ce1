"""A bar on the terminal for what takes long the first time."""

from __future__ import annotations

import sys

WIDTH = 30


class ProgressBar:
    """Show on standard error how far something is, if that is a terminal.

    Args:
        title: what is done.
        total: how many steps it has.
    """

    def __init__(self, title: str, total: int) -> None:
        self._title = title
        self._total = total
        self._done = 0
        self._shown = sys.stderr is not None and sys.stderr.isatty()

    def advance(self, name: str) -> None:
        """Tell that one more step is done, the one called *name*."""
        self._done += 1
        full = WIDTH * self._done // max(self._total, 1)
        bar = "#" * full + "." * (WIDTH - full)
        self._show(f"\r{self._title} [{bar}] {self._done}/{self._total} {name:32.32}")

    def close(self) -> None:
        """Take the bar away."""
        self._show("\r\x1b[K")

    def _show(self, text: str) -> None:
        if self._shown:
            sys.stderr.write(text)
            sys.stderr.flush()
