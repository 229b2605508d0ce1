"""One child interpreter: started with its input closed and its output captured, and ended."""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from subprocess import Popen
    from typing import BinaryIO

    from plugindex.answer import Answer

CHILD = "PLUGINDEX_CHILD"  # set in the child's environment: a child starts no child

_GRACE_S = 1.0  # after its own time limit a child that doesn't end by itself is killed
_POLL_S = 0.1
_OUTPUT_MAX = 1 << 24  # what modules print is cut to nothing beyond this


def refusal() -> str:
    """Return why this process can't start a child, or nothing."""
    if os.environ.get(CHILD):
        return "this process was started to import modules, and starts no further one"
    if getattr(sys, "frozen", False):
        return "this is a frozen application: it has no interpreter to start"
    if not os.path.basename(sys.executable or "").lower().startswith("py"):
        return f"sys.executable is {sys.executable or 'empty'}, which is no Python interpreter"
    if os.name != "posix":
        return f"child interpreters need file descriptors to be passed, which {os.name} can't do"
    return ""


def search_path(path: Sequence[str] | None = None) -> list[str]:
    """Return the search path of a child: *path*, or this process's, and the engine's folder."""
    folders, own = list(sys.path if path is None else path), engine()
    return folders if own in folders else [*folders, own]


def engine() -> str:
    """Return the folder in which this package lies."""
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def environment() -> dict[str, str]:
    """Return the environment variables of a child."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", CHILD: "1"}


def converse(
    boot: str,
    words: Sequence[str],
    answer: Answer,
    *,
    limit_s: float,
    step_s: float,
    given: Sequence[int] = (),
) -> None:
    """Run one child to its end, or to its limit, and let *answer* take in what it tells.

    Args:
        boot: the child's program; ``sys.argv[1]`` is the descriptor that takes the answer.
        words: the rest of ``sys.argv``.
        answer: what listens.
        limit_s: the time for everything together.
        step_s: the time from one line of the answer to the next.
        given: the descriptors that the child gets besides.
    """
    with scratch() as output:
        reading, writing = os.pipe()
        command = [sys.executable, *flags(), "-c", boot, str(writing), *words]
        try:
            child = _start(command, output.fileno(), (writing, *given))
        except OSError as error:
            os.close(reading)
            answer.refuse(f"{sys.executable} can't be started: {error}")
            return
        finally:
            os.close(writing)
        try:
            _listen(child.pid, reading, output.fileno(), answer, limit_s, step_s)
        finally:
            os.close(reading)
            _end(child, answer)
        answer.explain(child.returncode, output.fileno())


def scratch() -> BinaryIO:
    """Return a nameless file to append to, in memory where the system has such."""
    import fcntl
    import tempfile

    if hasattr(os, "memfd_create"):
        file: BinaryIO = open(os.memfd_create("plugindex"), "r+b", buffering=0)  # noqa: SIM115
    else:
        file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by the caller
    # Cutting the file must not leave a hole where the next write would have gone.
    fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) | os.O_APPEND)
    return file


def _start(command: Sequence[str], output: int, given: Sequence[int]) -> Popen[bytes]:
    import subprocess

    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=given,
        start_new_session=True,
        env=environment(),
    )


def flags() -> list[str]:
    """Return the options that make a child's import system work as this process's does."""
    given = ["-B", "-W", "ignore"] + ["-O"] * sys.flags.optimize
    switches = {"isolated": "-I", "ignore_environment": "-E", "no_user_site": "-s", "no_site": "-S"}
    given += [option for name, option in switches.items() if getattr(sys.flags, name)]
    given += ["-P"] if sys.flags.safe_path else []
    for name, value in sys._xoptions.items():
        if name not in ("importtime", "tracemalloc", "faulthandler"):
            given += ["-X", name if value is True else f"{name}={value}"]
    return given


def _listen(
    pid: int, reading: int, output: int, answer: Answer, limit_s: float, step_s: float
) -> None:
    """Take what the child tells until it has told all, ends, or overruns its time."""
    import select

    poll = select.poll()
    poll.register(reading, select.POLLIN)
    deadline = time.monotonic() + limit_s + _GRACE_S
    while not answer.complete:
        now = time.monotonic()
        limit = min(deadline, answer.since + step_s + _GRACE_S)
        if now > limit:
            answer.overdue = max(0.001, limit - _GRACE_S - answer.since)
            return
        if poll.poll(min(_POLL_S, limit - now) * 1000 + 1):
            data = os.read(reading, 1 << 16)
            if not data or not answer.take(data):
                return
        elif _has_ended(pid):  # a process that it left behind may hold the pipe open
            return
        if os.fstat(output).st_size > _OUTPUT_MAX:
            os.ftruncate(output, 0)


def _has_ended(pid: int) -> bool:
    try:
        # Not reaped here: while the number is taken, killing the group can't hit a stranger.
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # this process ignores the end of its children
        return True


def _end(child: Popen[bytes], answer: Answer) -> None:
    """End the child with all that it started."""
    import contextlib
    import signal

    if not answer.complete and not answer.overdue:
        _await_end(child.pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _await_end(pid: int) -> None:
    """Give a child that closed its pipe the moment that it needs to leave its exit status."""
    deadline = time.monotonic() + _GRACE_S
    while not _has_ended(pid) and time.monotonic() < deadline:
        time.sleep(0.005)
