"""What decoding damaged content raises, whichever library does it."""

from __future__ import annotations

import lzma
import struct
import zlib

# Numbers and types that don't fit, sizes beyond all memory, compressed data that ends or makes no
# sense; the errors of the decompressors have no base in common with the others but Exception.
DAMAGE = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)
