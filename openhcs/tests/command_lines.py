"""Give command lines to openhcs, in this process or in one of its own."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys

from openhcs.__main__ import main

Done = subprocess.CompletedProcess[str]


def in_process(*arguments: object) -> Done:
    """Run a command line in a process of its own."""
    command = [sys.executable, "-W", "error", "-m", "openhcs", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def here(*arguments: object) -> Done:
    """Run a command line in this process: what it raises, a process would print as a traceback."""
    told = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    with contextlib.redirect_stdout(told[0]), contextlib.redirect_stderr(told[1]):
        try:
            code = main(list(map(str, arguments)))
        except SystemExit as ended:  # the way out of a wrong option
            code = ended.code
    out, err = (stream.buffer.getvalue().decode() for stream in told)
    return Done(arguments, code, out, err)


def refused(done: Done, *parts: str) -> None:
    """Check that bad input was named with its remedy, and with all *parts*."""
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert "  fix:   " in done.stderr
    for part in parts:
        assert part in done.stderr
