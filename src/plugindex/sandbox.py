"""Import modules in a child interpreter, so that none of their code runs in this one."""

from __future__ import annotations

import os
import sys
import time

from plugindex.answer import Answer, Examination
from plugindex.portable import scope_fields
from plugindex.records import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from subprocess import Popen
    from typing import Any, BinaryIO

    from plugindex.config import Scope

CHILD = "PLUGINDEX_CHILD"  # set in the child's environment: a child starts no child

_GRACE_S = 1.0  # after its own time limit a child that doesn't end by itself is killed
_POLL_S = 0.1
_OUTPUT_MAX = 1 << 24  # what modules print is cut to nothing beyond this
_BOOT = """\
import json, os, sys
with open(int(sys.argv[1])) as file:
    request = json.load(file)
sys.path[:] = request["path"]
from plugindex.child import main
main(request, int(sys.argv[2]))
"""


def examine(modules: Sequence[str], scope: Scope, **options: Any) -> Examination:
    """Import *modules* and list the plugins of one *scope*; the rest as :func:`examine_all`."""
    return examine_all(modules, [scope], **options)[0]


def examine_all(
    modules: Sequence[str],
    scopes: Sequence[Scope],
    *,
    path: Sequence[str] | None = None,
    others: Sequence[str] = (),
    dropped: Mapping[str, str] | None = None,
    limit_s: float = 60.0,
    module_limit_s: float = 20.0,
    details: bool = True,
) -> list[Examination]:
    """Import *modules* in their order in a fresh interpreter and list the plugins of *scopes*.

    A module that ends the interpreter is left out of a further one, which imports all the others
    again, so that everything listed was held by one process.

    Args:
        modules: full names, in the order of import.
        scopes: what to list.
        path: the child's ``sys.path``; this process's by default.
        others: modules whose classes count, though they lie outside of the scopes' packages.
        dropped: plugin folders by the package that stands for them.
        limit_s: the time for everything together.
        module_limit_s: the time for each module.
        details: False lists keys and references alone, which is faster.

    Returns:
        One examination for each scope.
    """
    reason = _refusal()
    if reason:
        return [Examination(refused=reason)] * len(scopes)
    deadline = time.monotonic() + limit_s
    request = _request(modules, scopes, path)
    request |= {"others": list(others), "dropped": dict(dropped or {})}
    request |= {"module_limit": module_limit_s, "details": details}
    crashed: dict[str, Problem] = {}
    while True:
        request["limit"] = max(0.0, deadline - time.monotonic())
        answer = _ask(request)
        if answer.complete or not answer.current:
            return [answer.outcome(crashed, index) for index in range(len(scopes))]
        crashed |= _lost(answer, request["modules"])
        request["modules"] = [name for name in request["modules"] if name not in crashed]


def _refusal() -> str:
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


def _request(
    modules: Sequence[str], scopes: Sequence[Scope], path: Sequence[str] | None
) -> dict[str, Any]:
    engine = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders = list(sys.path if path is None else path)
    return {
        "path": folders if engine in folders else [*folders, engine],
        "modules": list(modules),
        "scopes": [scope_fields(scope) for scope in scopes],
    }


def _lost(answer: Answer, modules: Sequence[str]) -> dict[str, Problem]:
    """Return the modules that can't be imported because the one being imported ended it all."""
    culprit = answer.current
    inside = [name for name in modules if name.startswith(culprit + ".")]
    text = f"importing its package {culprit} ends the interpreter"
    lost = {name: Problem("crashed", name, text) for name in inside}
    hint = f'{sys.executable} -c "import {culprit}"'
    return lost | {culprit: Problem("crashed", culprit, answer.ending, hint, *answer.place)}


def _ask(request: dict[str, Any]) -> Answer:
    """Run one child to its end, or to its limit, and return what it told."""
    import json

    answer = Answer()
    with _scratch() as question, _scratch() as output:
        question.write(json.dumps(request).encode())
        question.seek(0)
        reading, writing = os.pipe()
        try:
            child = _start(question.fileno(), output.fileno(), writing)
        except OSError as error:
            os.close(reading)
            return answer.refuse(f"{sys.executable} can't be started: {error}")
        finally:
            os.close(writing)
        try:
            _listen(child.pid, reading, output.fileno(), answer, request)
        finally:
            os.close(reading)
            _end(child, answer)
        answer.explain(child.returncode, output.fileno())
    return answer


def _scratch() -> BinaryIO:
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


def _start(question: int, output: int, answer: int) -> Popen[bytes]:
    import subprocess

    command = [sys.executable, *_flags(), "-c", _BOOT, str(question), str(answer)]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=(question, answer),
        start_new_session=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", CHILD: "1"},
    )


def _flags() -> list[str]:
    """Return the options that make a child's import system work as this process's does."""
    flags = ["-B", "-W", "ignore"] + ["-O"] * sys.flags.optimize
    switches = {"isolated": "-I", "ignore_environment": "-E", "no_user_site": "-s", "no_site": "-S"}
    flags += [option for name, option in switches.items() if getattr(sys.flags, name)]
    flags += ["-P"] if sys.flags.safe_path else []
    for name, value in sys._xoptions.items():
        if name not in ("importtime", "tracemalloc", "faulthandler"):
            flags += ["-X", name if value is True else f"{name}={value}"]
    return flags


def _listen(pid: int, reading: int, output: int, answer: Answer, request: dict[str, Any]) -> None:
    """Take what the child tells until it has told all, ends, or overruns its time."""
    import select

    poll = select.poll()
    poll.register(reading, select.POLLIN)
    deadline = time.monotonic() + request["limit"] + _GRACE_S
    while not answer.complete:
        now = time.monotonic()
        limit = min(deadline, answer.since + request["module_limit"] + _GRACE_S)
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
