"""The program of the fresh interpreter that imports modules and tells what that gave.

:mod:`plugindex.sandbox` starts it and holds the other end. It answers with one JSON object a line:
``{"ready": true}``, then for each module ``{"start": name}`` and ``{"done": name, "seconds": s,
"problem": {...} | null, "alone": bool}``, then ``{"listings": [...], "recovered": [...], "asked":
{...}}`` with one listing for each scope. A line that never comes tells the parent which module
ended the interpreter.
"""

from __future__ import annotations

import os
import sys
import time

# Also what is used late is imported first: afterwards the import system may lie in ruins.
from plugindex import dropped, introspect, journal, witness
from plugindex.errors import MissingKeyError
from plugindex.names import root
from plugindex.portable import scope_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, TracebackType
    from typing import Any, NoReturn

    from plugindex.journal import Journal

_OWN_DESCRIPTORS = 200  # and above
_TAIL = 2_000  # what a module printed is kept up to so many bytes, from its end


class TimeLimit(BaseException):
    """The time that a module has was used up; not an Exception, so that few handlers catch it."""


def main(request: dict[str, Any], answer: int) -> NoReturn:
    """Import what *request* names, write the outcome to *answer* and end the process.

    Args:
        request: ``modules`` (or object references of discovery functions), ``scopes`` (their
            fields), ``others`` (modules outside of them whose classes count), ``dropped`` (plugin
            folders by package), ``limit`` and ``module_limit`` in seconds, ``details`` (False
            leaves out all but keys and references).
        answer: the file descriptor that takes the answer.
    """
    report = Report(answer)
    _prepare(report)
    for package, folder in request["dropped"].items():
        dropped.know(package, folder)
    seen = journal.begin()
    report.tell({"ready": True})
    witnessed = witness.begin()
    failed, recovered = _import_all(request, report)
    asked = witnessed.told()
    listings = [_listing(fields, request, seen, failed, report) for fields in request["scopes"]]
    report.tell({"listings": listings, "recovered": recovered, "asked": asked})
    # Foreign threads and exit handlers get no say: they could keep the process for ever.
    os._exit(0)


class Report:
    """The way to the parent, and the file that takes what modules print."""

    __slots__ = ("answer", "encode", "output")

    def __init__(self, answer: int) -> None:
        import fcntl
        import json

        self.encode = json.dumps
        # Descriptors of our own, out of the way: a module may put another file in the place of
        # standard output, or use a low number that it expects its starter to have given it.
        self.output = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, _OWN_DESCRIPTORS)
        self.answer = fcntl.fcntl(answer, fcntl.F_DUPFD_CLOEXEC, _OWN_DESCRIPTORS)
        os.close(answer)

    def tell(self, message: dict[str, Any]) -> None:
        """Send one line."""
        data = self.encode(message).encode() + b"\n"
        while data:
            data = data[os.write(self.answer, data) :]

    def forget_output(self) -> None:
        """Drop what was printed so far."""
        _flush()
        os.ftruncate(self.output, 0)

    def printed(self) -> str:
        """Return the end of what was printed since, as a part of a message."""
        _flush()
        size = os.fstat(self.output).st_size
        tail = os.pread(self.output, _TAIL, max(0, size - _TAIL)).decode(errors="replace")
        return f" (it printed: {tail.strip()})" if tail.strip() else ""


def _flush() -> None:
    for stream in (sys.__stdout__, sys.__stderr__, sys.stdout, sys.stderr):
        try:
            stream.flush()  # type: ignore[union-attr]
        except Exception:  # noqa: BLE001 - foreign code may have put anything in its place
            continue


def _prepare(report: Report) -> None:
    import faulthandler
    import signal

    sys.argv[:] = [""]
    faulthandler.enable(report.output)
    signal.signal(signal.SIGALRM, _time_is_up)


def _time_is_up(_signal: int, _frame: FrameType | None) -> None:
    raise TimeLimit


def _import_all(request: dict[str, Any], report: Report) -> tuple[set[str], list[str]]:
    """Import every module; return those that failed, and those that then came with another."""
    deadline = time.monotonic() + request["limit"]
    failed = []
    for name in request["modules"]:
        report.tell({"start": name})
        started = time.monotonic()
        limit = min(request["module_limit"], deadline - started)
        problem, alone = _import(name, limit, request, report)
        seconds = time.monotonic() - started
        failed += [name] if problem else []
        report.tell({"done": name, "seconds": seconds, "problem": problem, "alone": alone})
    recovered = [name for name in failed if _recovered(name)]
    return set(failed) - set(recovered), recovered


def _recovered(name: str) -> bool:
    """Say whether a later import brought in a module that failed at its own turn (a cycle)."""
    module, parent = sys.modules.get(name), name.rpartition(".")[0]
    spec = getattr(module, "__spec__", None)
    there = module is not None and not getattr(spec, "_initializing", False)
    return there and (not parent or _recovered(parent))


def _import(
    name: str, limit: float, request: dict[str, Any], report: Report
) -> tuple[dict[str, Any] | None, bool]:
    """Import one module, or call one function, within *limit* seconds.

    Returns:
        what went wrong, and whether it may go well after other modules were imported.
    """
    if limit <= 0:
        text = "not imported, because the time for all modules was used up"
        return _problem("undecided", text), False
    owner = os.getpid()
    report.forget_output()
    try:
        _alarm(limit)
        if ":" in name:
            introspect.call(name, scope_from(request["scopes"][0]))
        else:
            _import_module(name)
        _alarm(0)
    # Foreign code runs here, and whatever it raises (SystemExit, KeyboardInterrupt: the user's
    # Ctrl-C never gets into this session) concerns that module alone.
    except BaseException as error:  # noqa: BLE001
        _alarm(0)
        return _failure(name, error, limit, report), _may_lack_others(name, error)
    finally:
        if os.getpid() != owner:  # the module forked, and this is the other one
            os._exit(0)
    return None, False


def _import_module(name: str) -> None:
    """Import one module as a fresh process would, the packages around it first.

    What a package imports before it fails stays in ``sys.modules``, where an import finds it and
    doesn't ask for the package again.
    """
    parts = name.split(".")
    for end in range(1, len(parts)):
        __import__(".".join(parts[:end]))
    __import__(name)


def _may_lack_others(name: str, error: BaseException) -> bool:
    """Tell whether an import may fail so because other modules weren't imported before.

    A module in a circle of imports fails where it is the first, and the name that it lacks is of a
    module that fails with it. One may need an attribute or an entry that another has set. Whoever
    finds no driver or no settings says so with an ImportError that names no module, or with an
    exception of his own.
    """
    if isinstance(error, ImportError):
        return root(error.name or "") == root(name) and error.name not in sys.modules
    sure = (OSError, MemoryError, SyntaxError)  # nor does an order mend these
    of_python = type(error).__module__ == "builtins"
    return of_python and isinstance(error, Exception) and not isinstance(error, sure)


def _alarm(seconds: float) -> None:
    import signal

    # It repeats, because the first may fall into a handler that swallows it.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.25 if seconds else 0)


def _failure(name: str, error: BaseException, limit: float, report: Report) -> dict[str, Any]:
    file, line = _place(name, error)
    if isinstance(error, TimeLimit):
        return _problem("crashed", f"importing it took more than {limit:.3g} s", file, line)
    if isinstance(error, SyntaxError):
        return _problem("syntax-error", error.msg or "invalid syntax", file, line)
    if isinstance(error, MissingKeyError):
        return {**_problem("missing-key", error.cause, file, line), "hint": error.fix}
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _problem("missing-requirement", _text(error), file, line)
    return _problem("import-failed", _text(error) + report.printed(), file, line)


def _problem(kind: str, message: str, file: str = "", line: int = 0) -> dict[str, Any]:
    return {"kind": kind, "message": message, "file": file, "line": line}


def _text(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a foreign __str__ may do anything
        text = "its message can't be shown"
    return f"{type(error).__name__}: {text}"[:_TAIL] if text else type(error).__name__


def _place(name: str, error: BaseException) -> tuple[str, int]:
    """Return the file and line where *error* concerns the module *name*, or arose."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0
    frames = [f for f in _frames(error.__traceback__) if not f[1].startswith("<frozen ")]
    own = [f for f in frames if f[0] == name]
    _, file, line = (own or frames or [("", "", 0)])[-1]
    return ("", 0) if file == __file__ else (file, line)


def _frames(traceback: TracebackType | None) -> list[tuple[str, str, int]]:
    found = []
    while traceback is not None:
        frame = traceback.tb_frame
        module = frame.f_globals.get("__name__", "")
        found.append((module, frame.f_code.co_filename, traceback.tb_lineno))
        traceback = traceback.tb_next
    return found


def _listing(
    fields: dict[str, Any],
    request: dict[str, Any],
    seen: Journal,
    failed: set[str],
    report: Report,
) -> dict[str, Any]:
    scope = scope_from(fields)
    _alarm(request["module_limit"])
    try:
        return introspect.listing(scope, seen, failed, request["details"], request["others"])
    # Metaclasses and descriptors of foreign classes run while they are looked at.
    except BaseException as error:  # noqa: BLE001
        problem = _failure("", error, request["module_limit"], report)
        return {"plugins": [], "problems": [{**problem, "module": scope.package}]}
    finally:
        _alarm(0)
