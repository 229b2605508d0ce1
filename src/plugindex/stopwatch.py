"""The program of the fresh interpreter that takes the time of one plugin's import.

:mod:`plugindex.measuring` starts it. It imports only what an interpreter starts with or has built
in, for what it brought in would be missing from the plugin's bill. It therefore writes its JSON by
hand: ``{"ready": true}``, then ``{"start": name}`` and ``{"took": name,
"imports": [[name, ns], ...], "compiled": n}`` or ``{"failed": name, ...}`` for each
module, then ``{"complete": true}``.
"""

from __future__ import annotations

import _frozen_importlib
import _frozen_importlib_external
import os
import sys
from _thread import get_ident
from time import perf_counter_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn

_OWN_DESCRIPTORS = 200  # out of the way of a module that expects low numbers to be free
_TEXT_MAX = 2_000
_ESCAPES = {code: f"\\u{code:04x}" for code in (*range(32), 34, 92)}


def main(answer: int, uncharged: Sequence[str], module: str) -> NoReturn:
    """Import modules, write what the imports took to *answer* and end the process.

    Args:
        answer: the file descriptor that takes the answer.
        uncharged: what is imported before *module*, the base and its package.
        module: the module whose import is measured.
    """
    import faulthandler

    faulthandler.enable(2)
    sys.argv[:] = [""]
    os.dup2(answer, _OWN_DESCRIPTORS, inheritable=False)
    os.close(answer)
    watch = Stopwatch()
    watch.start()
    _tell('{"ready": true}')
    if all(_measure(name, watch) for name in (*uncharged, module)):
        _tell('{"complete": true}')
    # Foreign threads and exit handlers get no say: they could keep the process for ever.
    os._exit(0)


class Stopwatch:
    """What each import took of its own, less what it brought in.

    It stands around the import system's one entrance for modules that aren't loaded. The statement
    and ``importlib.import_module`` both go through it; ``-X importtime`` sees the statement alone.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[str, int]] = []
        self.compiled = 0
        self._inside: dict[int, list[int]] = {}  # by thread, what the imports under way brought in
        self._load: Any = getattr(_frozen_importlib, "_find_and_load", None)
        self._compile = _frozen_importlib_external.SourceLoader.source_to_code

    def start(self) -> None:
        """Take the time of every import from now on."""
        _frozen_importlib._find_and_load = self._timed  # type: ignore[attr-defined]
        compiling: Any = lambda *a, **k: self._compiling(*a, **k)  # noqa: E731 - becomes a method
        _frozen_importlib_external.SourceLoader.source_to_code = compiling  # type: ignore[method-assign]

    def import_(self, name: str) -> None:
        """Import a module and forget what was taken before."""
        self.taken, self.compiled = [], 0
        is_new, started = name not in sys.modules, perf_counter_ns()
        __import__(name)
        whole = perf_counter_ns() - started
        if is_new and not self.taken:  # the import system has another entrance, or somebody's own
            self.taken.append((name, whole))

    def _compiling(self, *arguments: Any, **named: Any) -> Any:
        self.compiled += 1
        return self._compile(*arguments, **named)

    def _timed(self, name: str, import_: Callable[..., Any]) -> Any:
        if name in sys.modules:  # another thread is at it, or a cycle closes
            return self._load(name, import_)
        inside = self._inside.setdefault(get_ident(), [])
        inside.append(0)
        started = perf_counter_ns()
        charged = 0
        try:
            module = self._load(name, import_)
            charged = perf_counter_ns() - started
            self.taken.append((name, charged - inside[-1]))
            return module
        finally:
            brought = inside.pop()
            if inside:  # what an attempt that failed cost is the importer's own
                inside[-1] += charged or brought


def _measure(name: str, watch: Stopwatch) -> bool:
    """Import one module and tell what that took; False if it failed."""
    owner = os.getpid()
    _tell(f'{{"start": {_quoted(name)}}}')
    try:
        watch.import_(name)
    # Foreign code runs here, and whatever it raises concerns that module alone.
    except BaseException as error:  # noqa: BLE001
        if os.getpid() == owner:
            _tell(_failure(name, error))
        return False
    finally:
        if os.getpid() != owner:  # the module forked, and this is the other one
            os._exit(0)
    _tell(_success(name, watch))
    return True


def _success(name: str, watch: Stopwatch) -> str:
    imports = ",".join(f"[{_quoted(one)},{own}]" for one, own in watch.taken)
    taken = f'"imports": [{imports}], "compiled": {watch.compiled}'
    return f'{{"took": {_quoted(name)}, {taken}}}'


def _failure(name: str, error: BaseException) -> str:
    try:
        text = f"{type(error).__name__}: {error}".removesuffix(": ")
    except Exception:  # noqa: BLE001 - a foreign __str__ may do anything
        text = type(error).__name__
    file, line = _place(name, error)
    told = f'"reason": {_quoted(text[:_TEXT_MAX])}, "file": {_quoted(file)}, "line": {line}'
    return f'{{"failed": {_quoted(name)}, {told}}}'


def _place(name: str, error: BaseException) -> tuple[str, int]:
    """Return the file and line of module *name* where *error* concerns it, or nothing."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0
    place, trace = ("", 0), error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == name:
            place = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    return place


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _tell(line: str) -> None:
    data = line.encode("utf-8", "backslashreplace") + b"\n"
    while data:
        data = data[os.write(_OWN_DESCRIPTORS, data) :]
