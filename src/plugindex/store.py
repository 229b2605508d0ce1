"""One cache file: a JSON object in lines, sealed by hashes, read only as far as needed.

Line 1 is ``{"seal":[format,head length,head hash,tail length,tail hash],``. The head follows, one
section per line, then the tail, one object with an entry per line. The head's hash is checked when
the file is read, the tail's when the tail is asked for. Any JSON reader understands the file too.
"""

from __future__ import annotations

import errno
import os

from plugindex.codec import decode, encode, quoted, split_name
from plugindex.files import NOFOLLOW, Refused, TooLarge, opened, read_regular, replace, trusted
from plugindex.stamp import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FORMAT = 1
LIMIT = 64 << 20
_FIRST_READ = 1 << 18  # bytes: seal and head of most files
OK, ABSENT, CORRUPT, REFUSED = "ok", "absent", "corrupt", "refused"
_ABSENT_ERRORS = (errno.ENOENT, errno.ENOTDIR)


class Raw(str):
    """A value that is JSON text already, on one line."""

    __slots__ = ()


class Document:
    """What was found at a cache file's place.

    Attributes:
        verdict: "ok", "absent", "corrupt" or "refused"; a section or tail that turns out bad
            when it is asked for changes it to "corrupt".
        why: what is wrong, for people.
        mark: tells this state of the file from any other.
        path: where the tail is read from when it is asked for.
    """

    __slots__ = ("_entries", "_head", "_seal", "_tail", "mark", "path", "verdict", "why")

    def __init__(self, verdict: str = OK, why: str = "") -> None:
        self.verdict = verdict
        self.why = why
        self._head: dict[str, str] = {}
        self._tail: bytes | None = None
        self._entries: dict[str, Raw] | None = None
        self._seal = ""
        self.mark = ""
        self.path = ""

    def head(self, name: str) -> Any:
        """Return the decoded section *name*, None when there is none or it is corrupt."""
        text = self._head.get(name)
        if text is None:
            return None
        try:
            return decode(text)
        except ValueError as error:
            return self._spoil(f"section {name}: {error}")

    def raw_head(self) -> dict[str, Raw | Any]:
        """Return the sections as undecoded text by name."""
        return {name: Raw(text) for name, text in self._head.items()}

    def raw_tail(self) -> dict[str, Raw]:
        """Return the tail's entries as undecoded text by name, none when they are corrupt."""
        return dict(self._all_entries())

    def entry(self, name: str) -> Raw | None:
        """Return one entry of the tail as undecoded text, None when there is none."""
        return self._all_entries().get(name)

    def _all_entries(self) -> dict[str, Raw]:
        if self.verdict != OK:
            return {}
        try:
            if self._entries is None:
                self._entries = self._checked_tail()
            return self._entries
        except (OSError, Refused, ValueError, MemoryError) as error:
            self._spoil(f"tail: {error or 'out of memory'}")
            return {}

    def _checked_tail(self) -> dict[str, Raw]:
        tail = self._tail if self._tail is not None else self._read_tail()
        if digest(tail) != self._seal:
            raise ValueError("the hash doesn't fit")
        return _entries(tail.decode("ascii").split("\n")[1:-2])

    def _read_tail(self) -> bytes:
        data = read_regular(self.path, LIMIT, NOFOLLOW, trusted)
        if not data.startswith(self.mark.encode("ascii")):
            raise ValueError("the file was replaced meanwhile")
        return data[-_unseal(self.mark)[3] :]

    def _spoil(self, why: str) -> None:
        self.verdict, self.why, self._head, self._tail = CORRUPT, why, {}, b""


def read(path: str) -> Document:
    """Return what lies at *path*; no content, type or owner of it is an error.

    A link, or a file that is not regular, not one's own, linked twice or writable by others is
    refused.
    """
    try:
        return _read_head(path)
    except OSError as error:
        if error.errno in _ABSENT_ERRORS:
            return Document(ABSENT)
        return Document(REFUSED, f"it can't be opened: {error.strerror}")
    except (TooLarge, MemoryError) as error:
        return Document(CORRUPT, str(error) or "it doesn't fit into memory")
    except (Refused, ValueError) as error:
        return Document(REFUSED, str(error))


def _read_head(path: str) -> Document:
    """Read as far as the head goes: a listing that holds needs no more."""
    with opened(path, LIMIT, NOFOLLOW, trusted) as (descriptor, status):
        size = status.st_size
        data = os.read(descriptor, _FIRST_READ)
        document = Document()
        try:
            _, head_length, *_ = _unseal(data.partition(b"\n")[0].decode("ascii"))
            missing = data.index(b"\n") + 1 + head_length - len(data)
            if missing > 0:
                data += os.read(descriptor, min(missing, size))
            _fill(document, data, size)
        except (ValueError, MemoryError) as error:
            document._spoil(str(error) or "out of memory")
    document.path = path
    return document


def parse(data: bytes) -> Document:
    """Return the document that *data* holds, or a corrupt one: a pure function of the bytes."""
    document = Document()
    try:
        _fill(document, data, len(data))
        document._tail = data[-_unseal(document.mark)[3] :]
    except (ValueError, MemoryError) as error:
        document._spoil(str(error) or "out of memory")
    return document


def _fill(document: Document, data: bytes, size: int) -> None:
    line, newline, _ = data.partition(b"\n")
    _, head_length, head_seal, tail_length, document._seal = _unseal(line.decode("ascii"))
    document.mark = line.decode("ascii")
    start = len(line) + len(newline)
    end = start + head_length
    if size != end + tail_length:
        raise ValueError(f"it has {size} bytes, not {end + tail_length}")
    head = data[start:end]
    if digest(head) != head_seal:
        raise ValueError("head: the hash doesn't fit")
    document._head = _sections(head.decode("ascii").split("\n")[:-1])


def _unseal(line: str) -> list[Any]:
    start, end = '{"seal":', ","
    if len(line) > 200 or not (line.startswith(start) and line.endswith(end)):
        raise ValueError("the first line is no seal")
    seal: list[Any] = decode(line[len(start) : -len(end)])
    # Only the very text that the writer makes is a seal, so a changed byte can't go unseen.
    if not isinstance(seal, list) or [type(part) for part in seal] != [int, int, str, int, str]:
        raise ValueError("the first line is no seal")
    if seal[0] != FORMAT:
        raise ValueError(f"format {seal[0]} is not known")
    if min(seal[1], seal[3]) < 0 or _seal_line(seal) != line:
        raise ValueError("the first line is no seal")
    return seal


def _seal_line(seal: list[Any]) -> str:
    return f'{{"seal":{encode(seal)},'


def _sections(lines: list[str]) -> dict[str, str]:
    sections = {}
    for line in lines:
        name, colon, text = line.partition('":')
        if not (colon and name[:1] == '"' and text[-1:] == ",") or name[1:] in sections:
            raise ValueError("head: a line is no section")
        sections[name[1:]] = text[:-1]
    return sections


def _entries(lines: list[str]) -> dict[str, Raw]:
    lines = [] if lines == [""] else lines
    entries = {}
    for line in lines:
        name, colon, text = line.partition('":')
        if name[:1] != '"' or not colon:
            raise ValueError("a line is no entry")
        name = name[1:]
        if "\\" in name:
            name, text = split_name(line)
        entries[name] = Raw(text.removesuffix(","))
    if len(entries) != len(lines):
        raise ValueError("an entry stands twice")
    return entries


def write(path: str, head: Mapping[str, Any], tail_name: str, tail: Mapping[str, Any]) -> str:
    """Write a document to *path* at once, and return "" or the reason why it could not be.

    Args:
        path: the file; its folder is made, private, if need be.
        head: JSON values (or ``Raw`` text) by section name, an identifier.
        tail_name: the name of the tail's object.
        tail: JSON values (or ``Raw`` text) by entry name, any text.

    Raises:
        TypeError: a value is no JSON value.
        ValueError: a value is not finite or nested too deeply, or a name is no identifier.
    """
    data = pack(head, tail_name, tail)
    if len(data) > LIMIT:
        return f"it would be larger than {LIMIT} bytes"
    try:
        replace(path, data)
    except OSError as error:
        return f"{path} can't be written: {error.strerror or error}"
    except (Refused, ValueError) as error:
        return str(error)
    return ""


def pack(head: Mapping[str, Any], tail_name: str, tail: Mapping[str, Any]) -> bytes:
    """Return the bytes of a document; arguments and errors are those of ``write``."""
    names = [*head, tail_name, "seal"]
    if len(set(names)) != len(names) or not all(name.isidentifier() for name in names):
        raise ValueError(f"section names must be different identifiers: {names}")
    if not all(isinstance(name, str) for name in tail):
        raise TypeError("the names of a tail's entries must be str")
    first = "".join([f'"{name}":{_text(value)},\n' for name, value in head.items()])
    inside = ",\n".join([f"{quoted(name)}:{_text(value)}" for name, value in tail.items()])
    front = first.encode("ascii")
    back = f'"{tail_name}":{{\n{inside}\n}}}}\n'.encode("ascii")
    seal = _seal_line([FORMAT, len(front), digest(front), len(back), digest(back)])
    return seal.encode("ascii") + b"\n" + front + back


def _text(value: object) -> str:
    if not isinstance(value, Raw):
        return encode(value)
    if "\n" in value:
        raise ValueError("raw text must stand on one line")
    return value
