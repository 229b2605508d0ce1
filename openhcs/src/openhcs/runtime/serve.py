"""Start a server: ``python -m openhcs.runtime.serve TYPE --port 7777``."""

from __future__ import annotations

import contextlib
import os
import sys

from openhcs.core.command_line import MISUSE, CommandParser, tell
from openhcs.errors import OpenHCSError, ServerError
from openhcs.runtime.lookup import server_class
from openhcs.runtime.server_log import hold_log
from openhcs.runtime.transport import LOOPBACK, MODES, server_address
from openhcs.runtime.zmq_base import ZMQ_SERVERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from openhcs.runtime.transport import Address
    from openhcs.runtime.zmq_base import ZMQServer

HELP = """usage: python -m openhcs.runtime.serve TYPE [options]

Start a server. TYPE is one of {}; TYPE --help tells its options."""


def _parser(server_type: str, served: type[ZMQServer]) -> CommandParser:
    told = (served.__doc__ or "").partition("\n")[0]
    prog = f"python -m openhcs.runtime.serve {server_type}"
    parser = CommandParser(prog=prog, description=told)
    parser.add_argument(
        "--port", type=int, default=served.default_port, help="data port; control is 1000 above"
    )
    parser.add_argument("--host", default=LOOPBACK, help="interface to listen on, for tcp")
    parser.add_argument("--transport-mode", choices=MODES, help="ipc unless on Windows")
    parser.add_argument(
        "--persistent", action="store_true", help="go on when the process that started it ends"
    )
    parser.add_argument("--log-file-path", default="", help="append all output to this file")
    parser.add_argument("--lifeline", action="store_true", help="end when standard input ends")
    served.add_arguments(parser)
    return parser


def serve(server_type: str, arguments: Sequence[str]) -> None:
    """Run a server of *server_type* until it is told to end.

    Raises:
        ServerError: when there is no such server, it lacks something here, or it can't listen
            where it is told to.
    """
    served = server_class(server_type)
    options = _parser(server_type, served).parse_args(arguments)
    address = server_address(options.port, options.transport_mode, options.host)
    if options.log_file_path:
        _log_to(options.log_file_path)
    served.check_available()
    _start_logging(address)
    server = served.from_options(address, options.log_file_path, options)
    if options.persistent:
        _leave_session()
    _end_in_time(server, options)
    server.run()


def _log_to(path: str) -> None:
    """Append the output of this process, and of those it starts, to the file at *path*."""
    try:
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise ServerError(
            f"the log can't be written: {error.strerror}", file=path, fix="choose another file"
        ) from error
    hold_log(log)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)


def _start_logging(address: Address) -> None:
    import logging

    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=form)
    log = logging.getLogger("openhcs.runtime")
    log.info("starting at %s and %s", address.data, address.control)
    if address.mode == "tcp" and address.host != LOOPBACK:
        log.warning("whoever reaches %s can have jobs run here; there is no password", address.host)


def _leave_session() -> None:
    """Survive the end of the terminal and of the process that started this one."""
    if hasattr(os, "setsid"):
        with contextlib.suppress(PermissionError):  # it leads a session or a group already
            os.setsid()


def _end_in_time(server: ZMQServer, options: argparse.Namespace) -> None:
    import signal

    from openhcs.runtime.lifeline import watch_parent, watch_stdin

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    if options.persistent and hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if not options.persistent:
        watch_parent(server.stop)
    if options.lifeline:
        watch_stdin(server.stop)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 after an orderly end, 2 on bad input."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] in (["-h"], ["--help"]):
        tell(HELP.format(", ".join(ZMQ_SERVERS)))
        return 0
    try:
        if not given or given[0].startswith("-"):
            raise ServerError("name the type of the server", fix=f"one of {', '.join(ZMQ_SERVERS)}")
        serve(given[0], given[1:])
    except OpenHCSError as error:
        tell(f"openhcs: {error}", sys.stderr)
        return MISUSE
    return 0


if __name__ == "__main__":
    sys.exit(main())
