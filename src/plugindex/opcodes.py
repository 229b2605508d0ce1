"""Byte code as instructions and basic blocks, for CPython 3.11, 3.12 and 3.13.

Sources: the layout of instructions, inline caches and jumps is that of ``Lib/dis.py``; the
exception table is described in ``Objects/exception_handling_notes.txt`` of CPython.
"""

from __future__ import annotations

import sys
from opcode import opmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

SUPPORTED = sys.implementation.name == "cpython" and (3, 11) <= sys.version_info[:2] <= (3, 13)

NAMES = {number: name for name, number in opmap.items()}
EXTENDED_ARG = opmap["EXTENDED_ARG"]

_FORWARD = {
    "FOR_ITER", "SEND", "JUMP_FORWARD", "JUMP_IF_FALSE_OR_POP", "JUMP_IF_TRUE_OR_POP",
    "POP_JUMP_FORWARD_IF_FALSE", "POP_JUMP_FORWARD_IF_TRUE", "POP_JUMP_FORWARD_IF_NONE",
    "POP_JUMP_FORWARD_IF_NOT_NONE", "POP_JUMP_IF_FALSE", "POP_JUMP_IF_TRUE",
    "POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE",
}  # fmt: skip
_BACKWARD = {
    "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "POP_JUMP_BACKWARD_IF_FALSE",
    "POP_JUMP_BACKWARD_IF_TRUE", "POP_JUMP_BACKWARD_IF_NONE", "POP_JUMP_BACKWARD_IF_NOT_NONE",
}  # fmt: skip
FORWARD = frozenset(opmap[name] for name in _FORWARD if name in opmap)
BACKWARD = frozenset(opmap[name] for name in _BACKWARD if name in opmap)
JUMPS = FORWARD | BACKWARD
ALWAYS = frozenset(
    opmap[name]
    for name in ("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT")
    if name in opmap
)
ENDS = frozenset(
    opmap[name]
    for name in ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE")
    if name in opmap
)


def instructions(code: CodeType) -> list[tuple[int, int, int, int]]:
    """Return (offset, opcode, argument, jump target or -1) of every instruction of *code*."""
    raw = code.co_code
    result = []
    append = result.append
    argument = 0
    size = len(raw)
    offset = start = 0
    while offset < size:
        number = raw[offset]
        argument = argument << 8 | raw[offset + 1]
        offset += 2
        if number == EXTENDED_ARG:
            continue
        while offset < size and not raw[offset]:  # inline caches read as opcode 0
            offset += 2
        target = -1
        if number in JUMPS:
            target = offset + 2 * argument if number in FORWARD else offset - 2 * argument
        append((start, number, argument, target))
        start, argument = offset, 0
    return result


def handlers(code: CodeType) -> list[tuple[int, int, int, int, bool]]:
    """Return (start, end, target, stack depth, keeps lasti) of each exception table entry."""
    table = iter(code.co_exceptiontable)
    result = []
    for first in table:
        start = _varint(table, first) * 2
        length = _varint(table, next(table)) * 2
        target = _varint(table, next(table)) * 2
        depth = _varint(table, next(table))
        result.append((start, start + length, target, depth >> 1, bool(depth & 1)))
    return result


def _varint(table: object, byte: int) -> int:
    value = byte & 63
    while byte & 64:
        byte = next(table)  # type: ignore[call-overload]
        value = value << 6 | byte & 63
    return value


def order(starts: dict[int, list[int]], entry: int = 0) -> tuple[list[int], set[tuple[int, int]]]:
    """Sort basic blocks so that each comes after its forward predecessors.

    Args:
        starts: block start to the starts of its successors.

    Returns:
        the block starts in reverse post-order, and the (from, to) back edges of loops.
    """
    done: list[int] = []
    back: set[tuple[int, int]] = set()
    state = {entry: 1}  # 1: on the path, 2: finished
    path = [(entry, iter(starts[entry]))]
    while path:
        block, rest = path[-1]
        for successor in rest:
            if successor not in state:
                state[successor] = 1
                path.append((successor, iter(starts[successor])))
                break
            if state[successor] == 1:
                back.add((block, successor))
        else:
            state[block] = 2
            done.append(block)
            path.pop()
    return done[::-1], back
