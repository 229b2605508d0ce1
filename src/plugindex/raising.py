"""Which ``except`` clause or context manager catches an exception that reading knows of."""

from __future__ import annotations

import builtins

from plugindex.expressions import as_items
from plugindex.success import SETTING, STANDARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.conditions import Condition
    from plugindex.expressions import Value
    from plugindex.walker import Walker

# What an error ("E", kind, ...) is, where its kind isn't the name of a builtin exception. A "call"
# raises anything.
_KINDS: dict[str, type[BaseException]] = {
    "import": ImportError, "name": NameError, "attr": AttributeError,
}  # fmt: skip
_SETTING_FAILS = {AttributeError, TypeError}
_EVERY = {Exception, BaseException}
_LACKING = {ImportError, ModuleNotFoundError}
# Modules of the standard library, of which no function finds that a module is missing unless it
# is given what does.
_COMPLETE = frozenset({
    "collections", "contextlib", "copy", "datetime", "functools", "itertools", "json", "locale",
    "logging", "math", "operator", "os", "os.path", "pathlib", "platform", "re", "string", "struct",
    "sys", "textwrap", "threading", "time", "types", "typing", "warnings",
})  # fmt: skip
_LOOKING = {("inspect", "signature")}  # only looks at the function that it is given
_PLAIN = frozenset(
    {"bool", "float", "frozenset", "int", "len", "max", "min", "set", "str", "tuple"}
)
_ENDING_CALLS = {("sys", "exit"), ("os", "_exit")}
# Context managers of the standard library that never swallow an exception.
_TRANSPARENT = {
    ("warnings", "catch_warnings"), ("contextlib", "nullcontext"), ("contextlib", "closing"),
    ("contextlib", "redirect_stdout"), ("contextlib", "redirect_stderr"), ("io", "open"),
    ("threading", "Lock"), ("threading", "RLock"), ("decimal", "localcontext"),
    ("os", "scandir"), ("zipfile", "ZipFile"), ("importlib.resources", "path"),
    ("importlib.resources", "as_file"), ("importlib.resources", "open_text"),
}  # fmt: skip


def ends_import(callee: Value) -> bool:
    """Tell whether calling *callee* raises SystemExit."""
    return callee[:2] in (("g", "exit"), ("g", "quit")) or _library_name(callee) in _ENDING_CALLS


def publishes(callee: Value) -> bool:
    """Tell whether a call leaves the names in ``__all__`` alone to those who import the module.

    Source: https://github.com/glyph/publication.
    """
    return _library_name(callee) == ("publication", "publish")


def _library_name(value: Value) -> tuple[str, str] | None:
    if value[0] == "f":
        return value[1], value[2]
    return (value[1][1], value[2]) if value[0] == "a" and value[1][0] == "i" else None


def kind_of_call(value: Value) -> str:
    """Return of what kind the exceptions are that a value may raise, if it is a call."""
    if value[0] != "x":
        return "call"
    callee = value[1]
    name = _library_name(callee)
    if name in _LOOKING:
        return STANDARD
    complete = name is not None and name[0] in _COMPLETE
    plain = complete or (callee[0] == "g" and callee[1] in _PLAIN)
    return STANDARD if plain and all(map(_is_standard, value[2])) else "call"


def _is_standard(value: Value) -> bool:
    """Tell whether a value is a literal, or made by the standard library of such alone."""
    return value[0] == "c" or kind_of_call(value) == STANDARD


def raised_by(items: list[Value]) -> Value:
    """Return the error that ``raise`` raises, from its operands."""
    error = items[0][1] if items[0][0] == "x" else items[0]
    if error[0] == "E":
        return error
    return ("E", error[1] if error[0] in "gn" and _builtin(error[1]) else "call")


def matches(frame: Walker, error: Value, types: Value) -> Condition:
    """Return the condition under which an ``except`` clause for *types* catches *error*."""
    if error[0] == "p":
        return frame.any_of(error, lambda one: matches(frame, one, types))
    error = error if error[0] == "E" else ("E", "call")
    items = as_items(types)
    clauses = (types,) if items is None else items
    kind = _KINDS.get(error[1]) or _builtin(error[1])
    if kind is None:
        return _catches_any(frame, error, clauses)
    result: Condition = False
    for item in clauses:
        result = frame.body.conditions.either(result, _caught(frame, error, kind, item))
        if result is True:
            return True
    return result


def _catches_any(frame: Walker, error: Value, clauses: tuple[Value, ...]) -> Condition:
    """Return the condition under which one of *clauses* catches what isn't told."""
    caught = {_builtin(clause[1]) if clause[0] == "g" else None for clause in clauses}
    if not caught.isdisjoint(_EVERY) or (error[1] == SETTING and caught >= _SETTING_FAILS):
        return True
    if not clauses or (error[1] == STANDARD and caught <= _LACKING):
        return False
    return frame.body.fresh(f"which exception is raised, line {frame.line()}")


def _caught(frame: Walker, error: Value, kind: type[BaseException], clause: Value) -> Condition:
    caught = _builtin(clause[1]) if clause[0] == "g" else None
    if caught is not None and issubclass(kind, caught):
        return True
    if kind is ImportError and caught is ModuleNotFoundError and error[2:]:
        found = frame.body.variable("import", error[2], ()) if error[2] else True
        return frame.body.conditions.negated(found)
    if kind is SystemExit or caught is not None:
        return False
    return frame.body.fresh(f"whether a clause at line {frame.line()} catches {kind.__name__}")


def _builtin(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def suppressed(frame: Walker, manager: Value, error: Value) -> Condition:
    """Return the condition under which a ``with`` block's manager swallows *error*."""
    if manager[0] == "x":
        name = _library_name(manager[1])
        if name == ("contextlib", "suppress"):
            return matches(frame, error, ("l", manager[2]))
        if name in _TRANSPARENT or manager[1][:2] == ("g", "open"):
            return False
    return frame.body.fresh("a context manager may swallow an exception")
