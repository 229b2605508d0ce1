"""The command line: ``openhcs run``, ``inspect``, ``plugins`` and ``demo``."""

from __future__ import annotations

import argparse
import errno
import io
import sys

from openhcs import __version__
from openhcs.commands import inspect, plugins, run
from openhcs.core.command_line import INTERRUPTED, MISUSE, CommandParser, silence, tell
from openhcs.errors import OpenHCSError
from plugindex import RegistryError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "run": (run, "run functions on a plate: images, a table, pictures"),
    "inspect": (inspect, "tell what is on a plate"),
    "plugins": (plugins, "list what the registries hold"),
}


def _arguments() -> argparse.ArgumentParser:
    parser = CommandParser(prog="openhcs", description="Work on high-content screening plates.")
    parser.add_argument("--version", action="version", version=f"openhcs {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    demo = commands.add_parser("demo", help="write a small plate and run functions on it")
    demo.add_argument("folder", nargs="?", metavar="FOLDER", help="where to")
    demo.set_defaults(run=_demo)
    return parser


def _demo(options: argparse.Namespace) -> int:
    from openhcs.demo import run_demo

    run_demo(options.folder)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 sound, 1 findings, 2 bad input."""
    options = _arguments().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A file name may hold bytes that no encoding prints.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code: int = options.run(options)
    except (OpenHCSError, RegistryError) as error:
        return _refused(str(error))
    except OSError as error:
        _finish_output()
        return _refused(f"{error}\n  fix:   {_remedy(error)}")
    except KeyboardInterrupt:
        tell("openhcs: interrupted", sys.stderr)
        return INTERRUPTED
    return code


def _finish_output() -> None:
    """Print what is left, or drop it."""
    if sys.stdout is None:  # some are started without one
        return
    try:
        sys.stdout.flush()
    except OSError:
        silence(sys.stdout)


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room where the results go; the same command goes on from there"
    return "check the path and its permissions"


def _refused(why: str) -> int:
    tell(f"openhcs: {why}", sys.stderr)
    return MISUSE


if __name__ == "__main__":
    sys.exit(main())
