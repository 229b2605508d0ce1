"""Import modules in a child interpreter, so that none of their code runs in this one."""

from __future__ import annotations

import os
import sys
import time

from plugindex import introspect
from plugindex.keys import EnumKey
from plugindex.records import Plugin, Problem, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from subprocess import Popen
    from typing import Any, BinaryIO

    from plugindex.config import Scope

CHILD = "PLUGINDEX_CHILD"  # set in the child's environment: a child starts no child

_GRACE_S = 1.0  # after its own time limit a child that doesn't end by itself is killed
_POLL_S = 0.1
_OUTPUT_MAX = 1 << 24  # what modules print is cut to nothing beyond this
_ANSWER_MAX = 1 << 28
_BOOT = """\
import json, os, sys
with open(int(sys.argv[1])) as file:
    request = json.load(file)
sys.path[:] = request["path"]
from plugindex.child import main
main(request, int(sys.argv[2]))
"""


class Examination(Record):
    """What importing modules in one child interpreter gave.

    *plugins* is in the order of modules and then of definition. *failures* has the module names
    that can't be imported, *problems* what else is wrong. *seconds* is how long each import took
    at its turn, whatever it imported in its turn included. *refused* says why no child could be
    started; all else is empty then.
    """

    plugins: tuple[Plugin, ...] = ()
    failures: Mapping[str, Problem] = {}
    problems: tuple[Problem, ...] = ()
    seconds: Mapping[str, float] = {}
    refused: str = ""


def examine(modules: Sequence[str], scope: Scope, **options: Any) -> Examination:
    """Import *modules* and list the plugins of one *scope*; the rest as :func:`examine_all`."""
    return examine_all(modules, [scope], **options)[0]


def examine_all(
    modules: Sequence[str],
    scopes: Sequence[Scope],
    *,
    path: Sequence[str] | None = None,
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
    request = _request(modules, scopes, path, module_limit_s, details)
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
    modules: Sequence[str],
    scopes: Sequence[Scope],
    path: Sequence[str] | None,
    module_limit_s: float,
    details: bool,
) -> dict[str, Any]:
    engine = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders = list(sys.path if path is None else path)
    return {
        "path": folders if engine in folders else [*folders, engine],
        "modules": list(modules),
        "scopes": [introspect.scope_fields(scope) for scope in scopes],
        "module_limit": module_limit_s,
        "details": details,
    }


def _lost(answer: _Answer, modules: Sequence[str]) -> dict[str, Problem]:
    """Return the modules that can't be imported because the one being imported ended it all."""
    culprit = answer.current
    inside = [name for name in modules if name.startswith(culprit + ".")]
    text = f"importing its package {culprit} ends the interpreter"
    lost = {name: Problem("crashed", name, text) for name in inside}
    hint = f'{sys.executable} -c "import {culprit}"'
    return lost | {culprit: Problem("crashed", culprit, answer.ending, hint, *answer.place)}


def _ask(request: dict[str, Any]) -> _Answer:
    """Run one child to its end, or to its limit, and return what it told."""
    import json

    answer = _Answer()
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


def _listen(pid: int, reading: int, output: int, answer: _Answer, request: dict[str, Any]) -> None:
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


def _end(child: Popen[bytes], answer: _Answer) -> None:
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


class _Answer:
    """What a child has told so far."""

    def __init__(self) -> None:
        self.current = ""  # the module being imported
        self.since = time.monotonic()
        self.complete = False
        self.overdue = 0.0
        self.refused = ""
        self.ending = ""
        self.place = ("", 0)
        self._ready = False
        self._size = 0
        self._rest = b""
        self._done: dict[str, dict[str, Any]] = {}
        self._end: dict[str, Any] = {}

    def take(self, data: bytes) -> bool:
        """Take in a piece of the answer; False when it can't be the child program's."""
        import json

        self._size += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            for line in lines:
                self._take_line(json.loads(line))
        except (ValueError, KeyError, TypeError):
            return False
        return self._size < _ANSWER_MAX

    def _take_line(self, line: dict[str, Any]) -> None:
        self.since = time.monotonic()
        if "start" in line:
            self.current = line["start"]
        elif "done" in line:
            self.current = ""
            self._done[line["done"]] = line
        elif "listings" in line:
            self._end, self.complete = line, True
        else:
            self._ready = line["ready"]

    def refuse(self, reason: str) -> _Answer:
        """Note that no child could be started."""
        self.refused = reason
        return self

    def explain(self, status: int, output: int) -> None:
        """Put into words how a child ended that did not tell everything."""
        if self.complete:
            return
        printed = os.pread(output, 4000, 0).decode(errors="replace").strip()
        self.place = _crash_place(printed)
        self.ending = _ending(status, self.overdue) + (
            f" (it printed: {printed})" if printed else ""
        )
        if not self._ready and not self.overdue:
            self.refused = f"{sys.executable} doesn't run the engine's program: {self.ending}"

    def outcome(self, crashed: Mapping[str, Problem], index: int) -> Examination:
        """Return everything told about one scope as frozen values."""
        if self.refused:
            return Examination(refused=self.refused)
        listing = self._end["listings"][index] if self.complete else self._lost_listing()
        return Examination(
            plugins=tuple(_plugin(fields) for fields in listing["plugins"]),
            failures={**self._failures(), **crashed},
            problems=tuple(Problem(**fields) for fields in listing["problems"]),
            seconds={name: line["seconds"] for name, line in self._done.items()},
        )

    def _failures(self) -> dict[str, Problem]:
        recovered = self._end.get("recovered", ())
        return {
            name: Problem(module=name, **line["problem"])
            for name, line in self._done.items()
            if line["problem"] and name not in recovered
        }

    def _lost_listing(self) -> dict[str, Any]:
        text = f"the interpreter that imported the modules was lost: {self.ending}"
        problem = {"kind": "crashed", "module": "", "message": text}
        return {"plugins": [], "problems": [problem]}


def _ending(status: int, overdue: float) -> str:
    import signal

    if overdue:
        return f"importing it took more than {overdue:.3g} s"
    if status < 0:
        return f"importing it ended the interpreter with {signal.Signals(-status).name}"
    return f"importing it ended the interpreter with exit status {status}"


def _crash_place(printed: str) -> tuple[str, int]:
    """Return the file and line that a fatal error's traceback names first."""
    import re

    match = re.search(r'^  File "(.+)", line (\d+) in ', printed, re.MULTILINE)
    return (match[1], int(match[2])) if match else ("", 0)


def _plugin(fields: dict[str, Any]) -> Plugin:
    decoded = dict(fields, key=restored(fields["key"]))
    for name in ("attributes", "secondary"):
        decoded[name] = {n: restored(v) for n, v in fields.get(name, {}).items()}
    return Plugin(**decoded)


def restored(value: Any) -> Hashable:
    """Return the value that :func:`plugindex.introspect.portable` made JSON of."""
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    ((kind, inner),) = value.items()
    if kind == "enum":
        return EnumKey(*inner[:3], *(restored(part) for part in inner[3:]))
    if kind == "bytes":
        return bytes.fromhex(inner)
    if kind == "tuple":
        return tuple(restored(item) for item in inner)
    if kind == "frozenset":
        return frozenset(restored(item) for item in inner)
    raise ValueError(f"{kind} is no kind of stored key")
