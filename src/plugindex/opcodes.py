"""Byte code as raw instructions, for CPython 3.11, 3.12 and 3.13.

Sources: the layout of instructions, inline caches and jumps is that of ``Lib/dis.py``; the
exception table is described in ``Objects/exception_handling_notes.txt`` of CPython.
"""

from __future__ import annotations

import opcode
import sys
from opcode import opmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

SUPPORTED = sys.implementation.name == "cpython" and (3, 11) <= sys.version_info[:2] <= (3, 13)

NAMES = {number: name for name, number in opmap.items()}
EXTENDED_ARG = opmap["EXTENDED_ARG"]


def numbers(*names: str) -> frozenset[int]:
    """Return the numbers of those opcodes of *names* that this interpreter has."""
    return frozenset(opmap[name] for name in names if opmap.get(name, 256) < 256)


FORWARD = numbers(
    "FOR_ITER", "SEND", "JUMP_FORWARD", "JUMP_IF_FALSE_OR_POP", "JUMP_IF_TRUE_OR_POP",
    "POP_JUMP_FORWARD_IF_FALSE", "POP_JUMP_FORWARD_IF_TRUE", "POP_JUMP_FORWARD_IF_NONE",
    "POP_JUMP_FORWARD_IF_NOT_NONE", "POP_JUMP_IF_FALSE", "POP_JUMP_IF_TRUE",
    "POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE",
)  # fmt: skip
BACKWARD = numbers(
    "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "POP_JUMP_BACKWARD_IF_FALSE",
    "POP_JUMP_BACKWARD_IF_TRUE", "POP_JUMP_BACKWARD_IF_NONE", "POP_JUMP_BACKWARD_IF_NOT_NONE",
)  # fmt: skip
JUMPS = FORWARD | BACKWARD
ALWAYS = numbers("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT")
RETURNS = numbers("RETURN_VALUE", "RETURN_CONST")
ENDS = RETURNS | numbers("RAISE_VARARGS", "RERAISE")


def _widths() -> list[int]:
    """Return how many bytes each opcode takes, inline caches included."""
    entries = opcode._inline_cache_entries  # type: ignore[attr-defined]
    widths = [2] * 256
    for number, name in NAMES.items():
        if number < 256:
            caches = entries.get(name, 0) if isinstance(entries, dict) else entries[number]
            widths[number] += 2 * caches
    return widths


WIDTHS = _widths()
# Marks by opcode: where a block ends. bytes.translate and bytes.find look for them in C.
_MARKS = bytes(1 if number in JUMPS or number in ENDS else 0 for number in range(256))


def is_straight(code: CodeType, raw: bytes) -> bool:
    """Tell whether *code* runs from its first instruction to its last, nothing caught."""
    return not code.co_exceptiontable and JUMPS.isdisjoint(raw[::2])


def endings(raw: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield (offset, opcode, offset behind it, jump target or -1) of what ends a block."""
    marks = raw[::2].translate(_MARKS)
    place = marks.find(1)
    while place >= 0:
        offset = 2 * place
        number = raw[offset]
        behind = offset + WIDTHS[number]
        target = -1
        if number in JUMPS:
            distance = 2 * _argument(raw, offset)
            target = behind + distance if number in FORWARD else behind - distance
        yield offset, number, behind, target
        place = marks.find(1, place + 1)


def _argument(raw: bytes, offset: int) -> int:
    argument, shift = raw[offset + 1], 8
    while offset >= 2 and raw[offset - 2] == EXTENDED_ARG:
        offset -= 2
        argument |= raw[offset + 1] << shift
        shift += 8
    return argument


def named(
    code: CodeType, wanted: frozenset[int], start: int, end: int
) -> Iterator[tuple[int, int]]:
    """Yield (opcode, argument) of the instructions between two offsets that are *wanted*."""
    raw = code.co_code
    for offset in range(start, end, 2):
        if raw[offset] in wanted:
            yield raw[offset], _argument(raw, offset)


def mentions(code: CodeType, name: str) -> bool:
    """Tell whether *code* itself uses *name* as a name or as a text."""
    texts = (one for one in code.co_consts if type(one) is str)
    return name in code.co_names or name in texts


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


def _varint(table: Iterator[int], byte: int) -> int:
    value = byte & 63
    while byte & 64:
        byte = next(table)
        value = value << 6 | byte & 63
    return value
