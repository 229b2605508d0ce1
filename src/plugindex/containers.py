"""What the opcodes that make and fill tuples, lists, sets and dicts do to the operand stack."""

from __future__ import annotations

from plugindex.expressions import (
    LEAVES,
    UNPACK,
    WHOLE,
    bounded,
    is_bounded,
    literal,
    operate,
    subscript,
    undecided,
)
from plugindex.operations import operation, pop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.expressions import Value
    from plugindex.machine import Frame

_MOST_ITEMS = 1000
_MOST_PAIRS = 100
_MOST_NAMES = 4000  # in a table of a module with a ``__getattr__``
_LARGE = undecided("large data")


@operation("BUILD_TUPLE")
def _build_tuple(frame: Frame, argument: int) -> None:
    _build_items(frame, argument)
    if frame.kind == "module":
        frame.body.tuples.append(frame.stack[-1])


@operation("BUILD_LIST", "BUILD_SET")
def _build_items(frame: Frame, argument: int) -> None:
    items = pop(frame, argument)
    large = len(items) >= _MOST_ITEMS
    frame.stack.append(_LARGE if large else bounded(("l", tuple(items))))


@operation("BUILD_MAP")
def _build_map(frame: Frame, argument: int) -> None:
    frame.stack.append(_table(frame, pop(frame, 2 * argument)))


@operation("BUILD_CONST_KEY_MAP")
def _build_const_key_map(frame: Frame, argument: int) -> None:
    *values, keys = pop(frame, argument + 1)
    if keys[0] != "c":
        frame.stack.append(_LARGE)
        return
    items: list[Value] = []
    for key, value in zip(keys[1], values, strict=True):
        items += [literal(key), value]
    frame.stack.append(_table(frame, items))


def _table(frame: Frame, items: list[Value]) -> Value:
    if frame.body.keeps_tables:
        return _LARGE if len(items) > 2 * _MOST_NAMES else ("m", tuple(items), WHOLE)
    return _LARGE if len(items) > 2 * _MOST_PAIRS else bounded(("m", tuple(items)))


@operation("BUILD_SLICE")
def _build_slice(frame: Frame, argument: int) -> None:
    frame.stack.append(("slice", tuple(pop(frame, argument))))


def _add(frame: Frame, depth: int, kind: str, *items: Value) -> None:
    """Put *items* into the container at *depth*, which is of *kind* or nothing known."""
    target = frame.stack[-depth]
    if target[0] != kind:
        return
    grown = (kind, (*target[1], *items), *target[2:])
    whole = target[2:] == (WHOLE,)
    pairs = _MOST_NAMES if whole else _MOST_PAIRS
    large = len(grown[1]) > (_MOST_ITEMS if kind == "l" else 2 * pairs)
    if not large and not whole:
        for item in items:
            if item[0] not in LEAVES:  # leaves weigh nothing
                large = not is_bounded(grown)
                break
    frame.stack[-depth] = _LARGE if large else grown


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
    if frame.late and value[0] not in "lc?":
        items = tuple(subscript(value, ("c", number)) for number in range(argument))
    elif value[0] == "x":
        items = tuple(bounded(("o", UNPACK, value, ("c", number))) for number in range(argument))
    elif value[0] == "l":
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
