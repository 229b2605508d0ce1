"""What the opcodes for functions, classes, calls and exceptions do to a frame of the machine."""

from __future__ import annotations

import sys

from plugindex.expressions import MODULES, NONE, call, literal, undecided
from plugindex.machine import Frame
from plugindex.operations import operation, pop
from plugindex.pathstate import NULL
from plugindex.raising import kind_of_call, matches, raised_by, suppressed
from plugindex.unstated import statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

    from plugindex.expressions import Value

_PLACING = ("setdefault", "update", "__setitem__")
BUILD = ("build",)
_ASSERTION = ("E", "AssertionError")
# Builtins whose calls bring no class into a module and end no import.
_HARMLESS = frozenset({
    "print", "len", "range", "set", "dict", "list", "tuple", "property", "staticmethod",
    "classmethod", "isinstance", "issubclass", "hasattr", "frozenset", "object", "str", "int",
    "float", "bool", "bytes", "bytearray", "sorted", "zip", "enumerate", "max", "min", "repr",
    "iter", "next", "id", "hash", "abs", "ord", "chr", "super", "any", "all", "sum", "slice",
    "globals", "locals",
})  # fmt: skip
_VIEW = "MappingProxyType"
_SAFE = ("hasattr", "isinstance", "globals", "locals")  # that don't even raise


# -- functions, classes and calls -----------------------------------------------------------------


@operation("LOAD_BUILD_CLASS")
def _load_build_class(frame: Frame, argument: int) -> None:
    frame.stack.append(BUILD)


@operation("MAKE_FUNCTION")
def _make_function(frame: Frame, argument: int) -> None:
    code: CodeType = frame.stack.pop()[1]
    key = (code.co_qualname, code.co_firstlineno)
    frame.body.codes[key] = code
    if argument and sys.version_info < (3, 13):
        given = iter(pop(frame, (argument & 15).bit_count()))
        if argument & 3:
            placed = next(given) if argument & 1 else NONE
            frame.body.defaults[key] = (placed, next(given) if argument & 2 else NONE)
    frame.stack.append(("d", *key))


@operation("SET_FUNCTION_ATTRIBUTE")
def _set_function_attribute(frame: Frame, argument: int) -> None:
    value, function = pop(frame, 2)
    if argument in (1, 2) and function[0] == "d":
        placed, named = frame.body.defaults.get(function[1:3], (NONE, NONE))
        both = (value, named) if argument == 1 else (placed, value)
        frame.body.defaults[function[1:3]] = both
    frame.stack.append(function)


@operation("KW_NAMES")
def _kw_names(frame: Frame, argument: int) -> None:
    frame.keywords = frame.code.co_consts[argument]


@operation("CALL")
def _call(frame: Frame, argument: int) -> None:
    names, frame.keywords = frame.keywords, ()
    _call_with(frame, pop(frame, argument), names)


@operation("CALL_KW")
def _call_kw(frame: Frame, argument: int) -> None:
    names = frame.stack.pop()[1]
    _call_with(frame, pop(frame, argument), names)


@operation("CALL_FUNCTION_EX")
def _call_function_ex(frame: Frame, argument: int) -> None:
    table = frame.stack.pop() if argument & 1 else None
    star = frame.stack.pop()
    args = list(star[1]) if star[0] == "l" else [("S", star)]
    if star[0] == "c" and isinstance(star[1], tuple):
        args = [literal(item) for item in star[1]]
    named = _keywords(table) if table is not None else []
    names = tuple(name for name, _ in named)
    _call_with(frame, [*args, *(value for _, value in named)], names)


def _keywords(table: Value) -> list[tuple[str, Value]]:
    """Return the keyword arguments in a table that is spread, those not spelled out as "**"."""
    if table[0] != "m":
        return [("**", table)]
    result = []
    items = iter(table[1])
    for item in items:
        if item[0] == "S":
            result.append(("**", item[1]))
        else:
            result.append((item[1] if item[0] == "c" else "**", next(items, NONE)))
    return result


def _call_with(frame: Frame, args: list[Value], names: tuple[str, ...]) -> None:
    first, second = pop(frame, 2)
    if first is NULL:
        callee = second
    else:
        callee = first
        if second is not NULL:
            args = [second, *args]
    if callee is BUILD:
        split = len(args) - len(names)
        keywords = tuple(zip(names, args[split:], strict=True))
        value = frame.build_class(args[:split], keywords)
    else:
        value = _plain_call(frame, callee, args, names)
    if frame.alive:
        frame.stack.append(value)


def _plain_call(frame: Frame, callee: Value, args: list[Value], names: tuple[str, ...]) -> Value:
    if callee[0] == "d" and "<generic parameters of" in callee[1]:
        return frame.inline(callee)
    if callee[0] == "exit":
        return undecided("what leaving a block gives")
    if "**" in names:
        args, names = _spelled_out(args, names)
    elif len(args) > 1 and frame.kind == "module" and not frame.body.everything:
        stated = statement(callee, args, names)
        if stated is not None:
            return frame.enter_class(*stated)
    if callee[0] == "a" and callee[2] in _PLACING and callee[1] in MODULES and args:
        name = undecided("modules") if callee[2] == "update" else args[0]
        frame.body.place(name, frame.reached)
    if callee[-1] == _VIEW and any(held is arg for arg in args for held in frame.names.values()):
        args = [undecided("a container that may change")]
    value = call(callee, tuple([_argument(arg) for arg in args]), names)
    if value[0] == "x" and not (callee[0] == "g" and callee[1] in _HARMLESS):
        frame.called(value)
    elif value[0] != "c" and callee[1] not in _SAFE:
        frame.may_raise("a call may raise", kind_of_call(value))
    return value


def _spelled_out(args: list[Value], names: tuple[str, ...]) -> tuple[list[Value], tuple[str, ...]]:
    """Leave out the keyword arguments that are not spelled out, but for a mark."""
    split = len(args) - len(names)
    named = [(n, v) for n, v in zip(names, args[split:], strict=True) if n != "**"]
    return args[:split] + [v for _, v in named], (*(n for n, _ in named), "**")


def _argument(value: Value) -> Value:
    if value[0] == "T":
        return undecided("a test")
    return undecided("starred") if value[0] in ("null", "code") else value


@operation("RETURN_VALUE")
def _return_value(frame: Frame, argument: int) -> None:
    frame.returns.append((frame.reached, frame.stack.pop()))


@operation("RETURN_CONST")
def _return_const(frame: Frame, argument: int) -> None:
    frame.returns.append((frame.reached, literal(frame.code.co_consts[argument])))


# -- exceptions and context managers --------------------------------------------------------------


@operation("PUSH_EXC_INFO")
def _push_exc_info(frame: Frame, argument: int) -> None:
    frame.stack.insert(-1, ("handling", frame.stack[-1]))


@operation("CHECK_EXC_MATCH")
def _check_exc_match(frame: Frame, argument: int) -> None:
    types = frame.stack.pop()
    frame.stack.append(("T", matches(frame, frame.stack[-1], types)))


@operation("LOAD_ASSERTION_ERROR")
def _load_assertion_error(frame: Frame, argument: int) -> None:
    frame.stack.append(_ASSERTION)


@operation("RAISE_VARARGS")
def _raise_varargs(frame: Frame, argument: int) -> None:
    items = pop(frame, argument)
    if items:
        error = raised_by(items)
    else:
        handling = (value[1] for value in reversed(frame.stack) if value[0] == "handling")
        error = next(handling, ("E", "call"))
    frame.throw(True, error)


@operation("RERAISE")
def _reraise(frame: Frame, argument: int) -> None:
    frame.throw(True, frame.stack.pop())


@operation("PREP_RERAISE_STAR", "CALL_INTRINSIC_2")
def _group(frame: Frame, argument: int) -> None:
    # What is left of a group to raise, None if all was handled; or a bound type parameter.
    pop(frame, 2)
    frame.stack.append(undecided("what is left of a group"))


@operation("BEFORE_WITH")
def _before_with(frame: Frame, argument: int) -> None:
    manager = frame.stack.pop()
    frame.stack += [("exit", manager), undecided("bound by with")]


@operation("WITH_EXCEPT_START")
def _with_except_start(frame: Frame, argument: int) -> None:
    manager = frame.stack[-4]
    manager = manager[1] if manager[0] == "exit" else NONE
    frame.stack.append(("T", suppressed(frame, manager, frame.stack[-1])))
