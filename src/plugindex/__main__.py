"""The command ``plugindex``, also ``python -m plugindex``."""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_STARTED = time.perf_counter()
_MISUSE = 2
_INTERRUPTED, _NO_READER = 130, 141  # what a shell reports for SIGINT and SIGPIPE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 sound, 1 findings, 2 misuse."""
    try:
        if arguments is None:
            _search_here()
            arguments = sys.argv[1:]
        from plugindex.cli import run

        code = run(arguments, _STARTED)
        _flush()
        return code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return _NO_READER
    except OSError as error:  # a full disk behind the output, above all
        print(f"plugindex: {error.filename or 'the output'}: {error.strerror}", file=sys.stderr)
        _drop_output()
        return _MISUSE


def _search_here() -> None:
    """Search the working folder instead of the script's, as ``python -m plugindex`` does."""
    script = os.path.dirname(os.path.realpath(sys.argv[0]))
    if not sys.flags.safe_path and sys.path and os.path.realpath(sys.path[0] or ".") == script:
        sys.path[0] = ""


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def _drop_output() -> None:
    """Let the interpreter's last flush go nowhere: its reader has gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
