"""How large the instances of the types are that an extension module's file holds, by ELF.

A type in C stands in the file as a structure that points to its name, and says the size of its
instances next (``PyTypeObject``: https://docs.python.org/3/c-api/typeobj.html, ``PyType_Spec``:
https://docs.python.org/3/c-api/type.html). The linker lists every such pointer
(https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html). An instance is never smaller than
one of the base class; so most classes are told from exceptions.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Segment = tuple[int, int, int]  # where it lies in the file, in memory, and its size

_MAGIC = b"\x7fELF\x02\x01"  # 64 bits, the least significant byte first
_LOADED, _DYNAMIC = 1, 2  # of the program header: PT_LOAD, PT_DYNAMIC
_RELA, _RELA_SIZE, _RELR = 7, 8, 36  # of the dynamic section
_POINTER = 8


class StaticTypes:
    """The structures of one file by the text that they point to first.

    Raises:
        ValueError: the file isn't laid out as expected, so nothing is told.
    """

    def __init__(self, data: bytes) -> None:
        if not data.startswith(_MAGIC):
            raise ValueError("no 64-bit ELF file")
        self._data = data
        try:
            self._segments, dynamic = _layout(data)
            self._slots = self._pointers(dict(_pairs(data, *dynamic)))
        except struct.error as error:
            raise ValueError("a damaged ELF file") from error

    def sizes(self, place: int) -> Iterator[int]:
        """Yield what follows each pointer to the byte at *place*: a type's size, where it is one.

        Only the lower half counts; the upper is that of items in a ``PyType_Spec``.
        """
        address = _moved(place, self._segments, lambda one: (one[0], one[1], one[2]))
        for slot in self._slots.get(address, ()):
            start = self._in_file(slot + _POINTER)
            yield 0 if start is None else struct.unpack_from("<i", self._data, start)[0]

    def _pointers(self, dynamic: dict[int, int]) -> dict[int | None, list[int]]:
        """Return which slots point to an address, from the table of relocations with addends."""
        start, size = self._in_file(dynamic.get(_RELA, -1)), dynamic.get(_RELA_SIZE, 0)
        if start is None or _RELR in dynamic:
            raise ValueError("pointers are listed in another way")
        table = struct.unpack_from(f"<{size // 8}q", self._data, start)
        slots: dict[int | None, list[int]] = {}
        for slot, address in zip(table[::3], table[2::3], strict=True):
            slots.setdefault(address, []).append(slot)
        return slots

    def _in_file(self, address: int) -> int | None:
        return _moved(address, self._segments, lambda one: (one[1], one[0], one[2]))


def _layout(data: bytes) -> tuple[list[Segment], tuple[int, int]]:
    """Return the segments that are loaded, and where the dynamic section lies and its size."""
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    segments, dynamic = [], (0, 0)
    for number in range(count):
        kind, _, place, address, _, length = struct.unpack_from(
            "<IIQQQQ", data, table + number * size
        )
        if kind == _LOADED:
            segments.append((place, address, length))
        elif kind == _DYNAMIC:
            dynamic = (place, length)
    return segments, dynamic


def _pairs(data: bytes, place: int, size: int) -> Iterator[tuple[int, int]]:
    for start in range(place, place + size, 16):
        yield struct.unpack_from("<QQ", data, start)


def _moved(
    place: int, segments: list[Segment], ends: Callable[[Segment], tuple[int, int, int]]
) -> int | None:
    """Return where a place in a file lies in memory, or the other way round."""
    for source, target, size in map(ends, segments):
        if source <= place < source + size:
            return place - source + target
    return None
