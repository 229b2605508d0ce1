"""What all command lines of openhcs share: exit codes, and how a wrong option is refused."""

from __future__ import annotations

import argparse
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn, TextIO

FINDINGS = 1  # done, and something is to be looked at
MISUSE = 2  # bad input
INTERRUPTED = 130  # as a shell has it: 128 and the number of the signal


class CommandParser(argparse.ArgumentParser):
    """Refuses a wrong command line as all of openhcs does: with the remedy, and exit code 2."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse *args* and refuse what is left, so that each command names its own help."""
        found, left = super().parse_known_args(args, namespace)
        if left:
            self.error(f"unrecognized arguments: {' '.join(left)}")
        return found, left

    def error(self, message: str) -> NoReturn:
        self.exit(MISUSE, f"openhcs: {message}\n  fix:   see {self.prog} --help\n")


def tell(text: str, stream: TextIO | None = None) -> None:
    """Print *text*, and drop it where the reader, such as head, has seen enough.

    What a command does never hangs on whether somebody still reads what it prints.

    Args:
        text: one line or more.
        stream: where to; standard output by default.
    """
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        import sys

        silence(stream or sys.stdout)


def silence(stream: TextIO) -> None:
    """Let all that is still printed to *stream* go nowhere.

    The interpreter would try, and fail, once more at its end, and change the exit code for it.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
