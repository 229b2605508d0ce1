"""What the opcodes of CPython 3.11 to 3.13 do to the operand stack of the symbolic machine.

Names and stack effects are those of the ``dis`` documentation of the three versions. An opcode
that is missing here, in :mod:`plugindex.bindings`, :mod:`plugindex.containers` and
:mod:`plugindex.invocations` makes the module unreadable, never wrong.
"""

from __future__ import annotations

import sys
from opcode import opmap

from plugindex import opcodes
from plugindex.conditions import Unreadable
from plugindex.expressions import (
    NONE,
    literal,
    operate,
    subscript,
    undecided,
)
from plugindex.pathstate import NULL
from plugindex.walker import ACTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from plugindex.expressions import Value
    from plugindex.machine import Frame

    Action = Callable[[Frame, int], None]

_BINARY_SIGNS = ("+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^")
_SIGNS = frozenset({"+", "&", "//", "*", "%", "|", "-", "/", "^"})
_COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")
_CODE = type((lambda: None).__code__)
_FOR_ITER = opcodes.numbers("FOR_ITER")
_UNKNOWN = undecided("an operation")
_TEXT = undecided("formatted text")
_NAMING = frozenset("cgfPVas")  # values that may be a text


def operation(*names: str) -> Callable[[Action], Action]:
    """Enter a function as what the opcodes *names* do, where this interpreter has them."""

    def enter(action: Action) -> Action:
        for name in names:
            if opmap.get(name, 256) < 256:
                ACTIONS[opmap[name]] = action
        return action

    return enter


def pop(frame: Frame, count: int) -> list[Value]:
    """Take the *count* uppermost values off the stack."""
    if not count:
        return []
    items = frame.stack[-count:]
    if len(items) < count:
        raise Unreadable("an unbalanced stack")
    del frame.stack[-count:]
    return items


def _fixed(pops: int, pushes: int) -> Action:
    def action(frame: Frame, argument: int) -> None:
        pop(frame, pops)
        frame.stack.extend([_UNKNOWN] * pushes)

    return action


for _pops, _pushes, _names in (
    (1, 0, "PRINT_EXPR POP_EXCEPT DELETE_ATTR"),
    (4, 0, "STORE_SLICE"),
    (0, 1, "GET_LEN MATCH_MAPPING MATCH_SEQUENCE MATCH_KEYS LOAD_LOCALS GET_ANEXT"
           " RETURN_GENERATOR"),
    (1, 1, "GET_AITER YIELD_VALUE GET_AWAITABLE GET_YIELD_FROM_ITER"
           " ASYNC_GEN_WRAP"),
    (2, 1, "FORMAT_WITH_SPEC"),
    (2, 2, "CHECK_EG_MATCH"),
    (3, 1, "MATCH_CLASS"),
    (3, 2, "CLEANUP_THROW"),
    (2, 0, "END_ASYNC_FOR"),
    (1, 2, "BEFORE_ASYNC_WITH"),
):  # fmt: skip
    operation(*_names.split())(_fixed(_pops, _pushes))


# -- the stack ------------------------------------------------------------------------------------


@operation("POP_TOP")
def _pop_top(frame: Frame, argument: int) -> None:
    frame.stack.pop()


@operation("END_FOR")
def _end_for(frame: Frame, argument: int) -> None:
    del frame.stack[-2 if sys.version_info < (3, 13) else -1 :]


@operation("PUSH_NULL")
def _push_null(frame: Frame, argument: int) -> None:
    frame.stack.append(NULL)


@operation("COPY")
def _copy(frame: Frame, argument: int) -> None:
    frame.stack.append(frame.stack[-argument])


@operation("SWAP")
def _swap(frame: Frame, argument: int) -> None:
    stack = frame.stack
    stack[-1], stack[-argument] = stack[-argument], stack[-1]


@operation("LOAD_CONST")
def _load_const(frame: Frame, argument: int) -> None:
    value = frame.code.co_consts[argument]
    kind = type(value)
    if kind is str or value is None:
        frame.stack.append(("c", value))
    elif kind is _CODE:
        frame.stack.append(("code", value))
    else:
        whole = frame.body.everything
        frame.stack.append(("c", value) if whole else literal(value))


@operation("FORMAT_VALUE")
def _format_value(frame: Frame, argument: int) -> None:
    value = pop(frame, 2 if argument & 4 else 1)[0]
    plain = argument in (0, 1)  # neither a conversion but str(), nor a specification
    frame.stack.append(_formatted(value) if plain else _TEXT)


@operation("BUILD_STRING")
def _build_string(frame: Frame, argument: int) -> None:
    first, *others = pop(frame, argument) or [("c", "")]
    for other in others:
        if _TEXT not in (first, other):
            first = operate("+", first, other)
        elif first != _TEXT and frame.body.keeps_tables:
            first = ("o", "+", first, _TEXT)  # how the name of a module begins
        else:
            first = _TEXT
    frame.stack.append(first)


@operation("FORMAT_SIMPLE")
def _format_simple(frame: Frame, argument: int) -> None:
    frame.stack.append(_formatted(frame.stack.pop()))


@operation("CONVERT_VALUE")
def _convert_value(frame: Frame, argument: int) -> None:
    if argument != 1:  # repr() or ascii()
        frame.stack[-1] = _TEXT


def _formatted(value: Value) -> Value:
    if value == _TEXT or value[0] not in _NAMING:
        return _TEXT
    return value if value[0] == "c" and type(value[1]) is str else operate("text", value)


@operation("GET_ITER")
def _get_iter(frame: Frame, argument: int) -> None:
    # What a loop of a module runs over is kept, for the loops that are unrolled.
    if not frame.moving or frame.raw[frame.offset + 2] not in _FOR_ITER:
        frame.stack[-1] = _UNKNOWN


# -- operators ------------------------------------------------------------------------------------


@operation("UNARY_NEGATIVE")
def _negative(frame: Frame, argument: int) -> None:
    frame.stack[-1] = operate("neg", frame.stack[-1])


@operation("UNARY_POSITIVE")
def _positive(frame: Frame, argument: int) -> None:
    frame.stack[-1] = operate("pos", frame.stack[-1])


@operation("UNARY_INVERT")
def _invert(frame: Frame, argument: int) -> None:
    frame.stack[-1] = operate("~", frame.stack[-1])


@operation("UNARY_NOT")
def _not(frame: Frame, argument: int) -> None:
    value = frame.stack[-1]
    if value[0] in ("T", "p"):
        frame.stack[-1] = ("T", frame.body.conditions.negated(frame.condition(value)))
    else:
        frame.stack[-1] = operate("not", value)


def _operate(frame: Frame, sign: str) -> None:
    left, right = pop(frame, 2)
    if left[0] == "p" and right == NONE and sign in ("is", "is not"):
        condition = frame.is_none(left)
        flip = frame.body.conditions.negated
        frame.stack.append(("T", condition if sign == "is" else flip(condition)))
    elif left[0] == "T" or right[0] == "T":
        frame.stack.append(undecided("an operator on a test"))
    else:
        frame.stack.append(operate(sign, left, right))


@operation("BINARY_OP")
def _binary_op(frame: Frame, argument: int) -> None:
    sign = _BINARY_SIGNS[argument % 13]
    if sign in _SIGNS:
        _operate(frame, sign)
    else:
        pop(frame, 2)
        frame.stack.append(undecided(f"the operator {sign}"))


@operation("COMPARE_OP")
def _compare_op(frame: Frame, argument: int) -> None:
    shift = {11: 0, 12: 4}.get(sys.version_info[1], 5)
    _operate(frame, _COMPARISONS[argument >> shift])


@operation("IS_OP")
def _is_op(frame: Frame, argument: int) -> None:
    _operate(frame, "is not" if argument else "is")


@operation("CONTAINS_OP")
def _contains_op(frame: Frame, argument: int) -> None:
    key, container = frame.stack[-2:]
    if key[0] == "c" and container[0] == "x":
        from plugindex.unrolling import holds

        held = holds(frame, container, key[1])
        if held is not None:
            pop(frame, 2)
            frame.stack.append(("c", held is not bool(argument)))
            return
    _operate(frame, "not in" if argument else "in")


@operation("BINARY_SUBSCR")
def _binary_subscr(frame: Frame, argument: int) -> None:
    value, index = pop(frame, 2)
    _subscript(frame, value, index)


@operation("BINARY_SLICE")
def _binary_slice(frame: Frame, argument: int) -> None:
    value, *parts = pop(frame, 3)
    _subscript(frame, value, ("slice", tuple(parts)))


def _subscript(frame: Frame, value: Value, index: Value) -> None:
    own = _held(frame, value, index) if frame.moving and value[0] == "x" else None
    result = own or subscript(value, index)
    if own is None and result[0] != "c" and value[0] not in ("f", "k"):
        frame.may_raise("a missing key")
    if frame.alive:
        frame.stack.append(result)


def _held(frame: Frame, value: Value, index: Value) -> Value | None:
    from plugindex.unrolling import held

    return held(frame, value, index)
