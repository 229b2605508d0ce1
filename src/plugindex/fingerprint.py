"""What import would run of a module, told by content alone: not by path, time or machine.

Of a source that is the digest of its text. Of a ``.pyc`` it is a digest of the code that follows
the header, less the one thing in it that tells where it was compiled: the name of the source file,
which marshal writes once, as the first of its kind, and refers to from then on. So whoever knows
where it stands in one compilation can leave it out of another, without building the code.
"""

from __future__ import annotations

from _frozen_importlib_external import MAGIC_NUMBER

from plugindex import bytecode, stamp
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.bytecode import Inputs
    from plugindex.records import ModuleFile

_HEADER = 16  # bytes of a .pyc before its code (PEP 552)
_REFERRED = 0x80  # marshal's flag of a value that is referred to again
_SHORT, _LONG = b"zZ", b"aAut"  # marshal's kinds of text, by the size of their length


class Fingerprint(Record):
    """The content of one module.

    *source* is the digest of its text. *start* is where the name of the source file stands in its
    ``.pyc``, and *code* the digest of the rest; "" where compilations of the same text differ.
    """

    source: str
    start: int = 0
    code: str = ""


def code_digest(data: bytes, start: int) -> str:
    """Return what stands for the code of a ``.pyc``, wherever its source lay.

    Args:
        data: what the ``.pyc`` holds.
        start: where the name of the source file begins in it.

    Raises:
        LookupError, ValueError: there is no text at that place.
    """
    kind = data[start]
    if kind & ~_REFERRED in _SHORT:
        end = start + 2 + data[start + 1]
    elif kind & ~_REFERRED in _LONG:
        end = start + 5 + int.from_bytes(data[start + 1 : start + 5], "little")
    else:
        raise ValueError("no text begins there")
    return stamp.digest(data[_HEADER:start] + bytes([kind & _REFERRED]) + data[end:])


def inputs_of(file: ModuleFile, expected: Fingerprint) -> Inputs | None:
    """Return the files that decide what import runs of *file*, None if it isn't what is expected.

    Nothing is compiled or unmarshalled. What can't be told without it isn't expected.
    """
    if file.kind == "source":
        return _of_source(file, expected)
    if file.kind == "bytecode":
        return _of_bytecode(file, expected)
    return _of_archive(file, expected) if file.kind == "loader" else None


def _of_source(file: ModuleFile, expected: Fingerprint) -> Inputs | None:
    source = stamp.take(file.path)
    if source is None:
        return None
    cached = bytecode.cache_path(file.path)
    found = stamp.read_stamped(cached, bytecode.LARGEST_FILE) if cached else None
    if found is None:
        absent: Inputs = ((cached, None, ""),) if cached else ()
        return _of_text(file, source, expected, absent)
    data, taken = found
    beside: Inputs = ((cached, taken, stamp.digest(data)),)
    try:
        text = bytecode.check(data, file, source)
    except bytecode.Invalid:
        return _of_text(file, source, expected, beside)
    # A source that changed after its .pyc was written may be hidden by it, which reading reports.
    if source[3] > taken[1] and _of_text(file, source, expected, ()) is None:
        return None
    content = "" if text is None else stamp.digest(text)
    return ((file.path, source, content), *beside) if _is_code(data, expected) else None


def _of_text(
    file: ModuleFile, source: stamp.Stamp, expected: Fingerprint, beside: Inputs
) -> Inputs | None:
    """Compare the source itself, which import would compile."""
    text = stamp.read(file.path, bytecode.LARGEST_FILE)
    if text is None or stamp.digest(text) != expected.source:
        return None
    return ((file.path, source, expected.source), *beside)


def _of_bytecode(file: ModuleFile, expected: Fingerprint) -> Inputs | None:
    found = stamp.read_stamped(file.path, bytecode.LARGEST_FILE)
    if found is None or not _is_code(found[0], expected):
        return None
    return ((file.path, found[1], stamp.digest(found[0])),)


def _is_code(data: bytes, expected: Fingerprint) -> bool:
    """Tell whether a ``.pyc`` of this interpreter holds the code that is expected."""
    if not expected.code or data[:4] != MAGIC_NUMBER:
        return False
    try:
        return code_digest(data, expected.start) == expected.code
    except (LookupError, ValueError):
        return False


def _of_archive(file: ModuleFile, expected: Fingerprint) -> Inputs | None:
    """Compare a module in a zip archive; other loaders may run anything, whatever a file says."""
    data = archived(file.loader, file.path)
    if data is None:
        return None
    compiled = file.path.endswith(".pyc")
    if not (_is_code(data, expected) if compiled else stamp.digest(data) == expected.source):
        return None
    return ((file.path, stamp.take(file.path), ""),)


def archived(loader: Any, path: str) -> bytes | None:
    """Return what a zip archive holds at *path*, None where there is no such thing."""
    from zipimport import zipimporter
    from zlib import error

    if type(loader) is not zipimporter:
        return None
    try:
        return loader.get_data(path)
    except (OSError, EOFError, ValueError, ImportError, error):
        return None
