"""The texts that a module of Cython holds: as they are, or packed as its versions pack them.

All names that its code looks up, and those of its class statements, are among them.
Source: ``generate_pystring_constants`` of ``Cython/Compiler/Code.py`` and ``Cython/LZSS.py`` in
https://github.com/cython/cython.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKED = b"decompress"  # what reports that unpacking failed
_LZSS = b"LZSS"
_LARGEST_BLOCK = 1 << 22  # bytes
_LONGEST_STEP = 8 * 258  # bytes that a step may add
_ZLIB_STARTS = (b"\x78\xda", b"\x78\x9c", b"\x78\x01", b"\x78\x5e")
# The first bytes have nothing to refer back to, so they stand there, behind a set bit for each.
_LZSS_START = re.compile(
    rb"(?=\xff[\t-\r\x1b\x20-\x7e\x80-\xf4]{8}"
    rb"|[\x1f\x3f\x5f\x7f\x9f\xbf\xdf\xff][\t-\r\x1b\x20-\x7e]{5}|[\x0f-\xff]\n   )"
)
_ALWAYS = (b"__main__", b"__name__", b"__test__")  # names in every module


def texts(data: bytes) -> bytes | None:
    """Return the texts in a Cython module's file, maybe among other bytes; None if not got at."""
    if _PACKED not in data or all(one + b"\0" in data for one in _ALWAYS):
        return data  # one that names a function so itself has its names as they are
    found = _unpacked_by_lzss(data) if _LZSS in data else _inflated(data)
    return b"\n".join(text for text in found if all(one in text for one in _ALWAYS)) or None


def _inflated(data: bytes) -> Iterator[bytes]:
    """Yield what zlib inflates of *data*: Cython packs a module's texts into one such block."""
    import zlib

    for mark in _ZLIB_STARTS:
        start = data.find(mark)
        while start >= 0:
            inflater = zlib.decompressobj()
            try:
                text = inflater.decompress(data[start : start + _LARGEST_BLOCK], _LARGEST_BLOCK)
            except zlib.error:
                text = b""
            if inflater.eof:
                yield text
            start = data.find(mark, start + 1)


def _unpacked_by_lzss(data: bytes) -> Iterator[bytes]:
    """Yield what may have been packed, up to the first null byte: names stand before any."""
    for match in _LZSS_START.finditer(data):
        text = bytearray()
        place: int | None = match.start()
        while place is not None and 0 not in text[-_LONGEST_STEP:]:
            place = _unpack_eight(data, place, text)
        found = bytes(text).partition(b"\0")[0]
        if _ALWAYS[0] in found and _is_text(found):
            yield found
            return  # there is but one


def _is_text(found: bytes) -> bool:
    """Tell whether bytes are UTF-8, as far as the names go; texts that are no names come first."""
    last = max(found.rfind(name) for name in _ALWAYS)
    return found[:last].decode(errors="replace").find("\ufffd") < 0


def _unpack_eight(data: bytes, place: int, text: bytearray) -> int | None:
    """Unpack the next eight bytes or references; return where it goes on, None if it doesn't."""
    try:
        flags, place = data[place], place + 1
        for bit in range(8):
            if flags >> bit & 1:
                text.append(data[place])
                place += 1
            else:
                place, start, length = _reference(data, place, len(text))
                if start < 0 or len(text) > _LARGEST_BLOCK:
                    return None
                text += text[start : start + length]
    except IndexError:  # the file ends
        return None
    return place


def _reference(data: bytes, place: int, end: int) -> tuple[int, int, int]:
    """Return where the next reference ends, and the start and length of what it refers to."""
    low, high = data[place], data[place + 1]
    place += 2
    if not low & 0x80:
        back, length = low, high
    elif not high & 0x80:
        back, length = 0x80 + (((high << 2) & 0x180) | (low & 0x7F)), high & 0x1F
    else:
        back, length = 0x80 + ((high & 0x7F) << 7 | (low & 0x7F)), data[place]
        place += 1
    length += 3
    return place, end - back - length, length
