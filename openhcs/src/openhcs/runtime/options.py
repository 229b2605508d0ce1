"""Options of a command line that starts a server."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

MISUSE = 2


class ServerParser(argparse.ArgumentParser):
    """Refuses a wrong command line as all of openhcs does: with the remedy, and exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(MISUSE, f"openhcs: {message}\n  fix:   see {self.prog} --help\n")


def at_least(smallest: int) -> Callable[[str], int]:
    """Return what reads an option's whole number and refuses one below *smallest*."""

    def number(text: str) -> int:
        value = int(text)
        if value < smallest:
            raise argparse.ArgumentTypeError(f"{value} is less than {smallest}")
        return value

    return number
