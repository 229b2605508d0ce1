"""What the opcodes of CPython 3.11 to 3.13 do to the operand stack of the symbolic machine.

Names and stack effects are those of the ``dis`` documentation of the three versions. An opcode
that is missing here, in :mod:`plugindex.bindings` and in :mod:`plugindex.invocations` makes the
module unreadable, never wrong.
"""

from __future__ import annotations

import sys
from opcode import opmap

from plugindex.expressions import (
    LEAVES,
    NONE,
    bounded,
    is_bounded,
    literal,
    operate,
    subscript,
    undecided,
)
from plugindex.walker import ACTIONS, NULL, Unreadable

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
_MOST_ITEMS = 1000
_MOST_PAIRS = 100
_UNKNOWN = undecided("an operation")
_LARGE = undecided("large data")


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
    (1, 1, "GET_ITER GET_AITER FORMAT_SIMPLE YIELD_VALUE GET_AWAITABLE GET_YIELD_FROM_ITER"
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
    pop(frame, 2 if argument & 4 else 1)
    frame.stack.append(undecided("formatted text"))


@operation("BUILD_STRING")
def _build_string(frame: Frame, argument: int) -> None:
    pop(frame, argument)
    frame.stack.append(undecided("formatted text"))


# -- containers -----------------------------------------------------------------------------------


@operation("BUILD_TUPLE", "BUILD_LIST", "BUILD_SET")
def _build_items(frame: Frame, argument: int) -> None:
    items = pop(frame, argument)
    large = len(items) >= _MOST_ITEMS
    frame.stack.append(_LARGE if large else bounded(("l", tuple(items))))


@operation("BUILD_MAP")
def _build_map(frame: Frame, argument: int) -> None:
    items = pop(frame, 2 * argument)
    large = argument > _MOST_PAIRS
    frame.stack.append(_LARGE if large else bounded(("m", tuple(items))))


@operation("BUILD_CONST_KEY_MAP")
def _build_const_key_map(frame: Frame, argument: int) -> None:
    *values, keys = pop(frame, argument + 1)
    if argument > _MOST_PAIRS or keys[0] != "c":
        frame.stack.append(_LARGE)
        return
    items: list[Value] = []
    for key, value in zip(keys[1], values, strict=True):
        items += [literal(key), value]
    frame.stack.append(bounded(("m", tuple(items))))


@operation("BUILD_SLICE")
def _build_slice(frame: Frame, argument: int) -> None:
    frame.stack.append(("slice", tuple(pop(frame, argument))))


def _add(frame: Frame, depth: int, kind: str, *items: Value) -> None:
    """Put *items* into the container at *depth*, which is of *kind* or nothing known."""
    target = frame.stack[-depth]
    if target[0] != kind:
        return
    grown = (kind, (*target[1], *items))
    large = len(grown[1]) > (_MOST_ITEMS if kind == "l" else 2 * _MOST_PAIRS)
    if large or not (all(item[0] in LEAVES for item in items) or is_bounded(grown)):
        grown = _LARGE
    frame.stack[-depth] = grown


@operation("LIST_APPEND", "SET_ADD")
def _append(frame: Frame, argument: int) -> None:
    _add(frame, argument, "l", frame.stack.pop())


@operation("LIST_EXTEND", "SET_UPDATE")
def _extend(frame: Frame, argument: int) -> None:
    items = frame.stack.pop()
    target = frame.stack[-argument]
    if target[0] == "l" and items[0] in ("c", "l"):
        frame.stack[-argument] = operate("+", target, items)
    else:
        _add(frame, argument, "l", ("S", items))


@operation("MAP_ADD")
def _map_add(frame: Frame, argument: int) -> None:
    _add(frame, argument, "m", *pop(frame, 2))


@operation("DICT_UPDATE", "DICT_MERGE")
def _dict_update(frame: Frame, argument: int) -> None:
    items = frame.stack.pop()
    _add(frame, argument, "m", *(items[1] if items[0] == "m" else (("S", items),)))


@operation("UNPACK_SEQUENCE")
def _unpack_sequence(frame: Frame, argument: int) -> None:
    value = frame.stack.pop()
    items: tuple[Value, ...] = ()
    if value[0] == "l":
        items = value[1]
    elif value[0] == "c" and isinstance(value[1], tuple):
        items = tuple(literal(item) for item in value[1])
    if len(items) != argument or any(item[0] == "S" for item in items):
        items = (undecided("unpacked"),) * argument
    frame.stack.extend(reversed(items))


@operation("UNPACK_EX")
def _unpack_ex(frame: Frame, argument: int) -> None:
    frame.stack.pop()
    frame.stack.extend([undecided("unpacked")] * (1 + (argument & 255) + (argument >> 8)))


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
    result = subscript(value, index)
    if result[0] != "c" and value[0] not in ("f", "k"):
        frame.may_raise("a missing key")
    if frame.alive:
        frame.stack.append(result)
