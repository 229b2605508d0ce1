"""What all command lines of openhcs share: exit codes, and how a wrong option is refused."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

FINDINGS = 1  # done, and something is to be looked at
MISUSE = 2  # bad input
INTERRUPTED = 130  # as a shell has it: 128 and the number of the signal


class CommandParser(argparse.ArgumentParser):
    """Refuses a wrong command line as all of openhcs does: with the remedy, and exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(MISUSE, f"openhcs: {message}\n  fix:   see {self.prog} --help\n")
