"""Options of a command line that starts a server."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def at_least(smallest: int) -> Callable[[str], int]:
    """Return what reads an option's whole number and refuses one below *smallest*."""

    def number(text: str) -> int:
        value = int(text)
        if value < smallest:
            raise argparse.ArgumentTypeError(f"{value} is less than {smallest}")
        return value

    return number
