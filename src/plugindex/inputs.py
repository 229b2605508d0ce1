"""The files that decided what a cache holds: their stamps, and whether they still hold."""

from __future__ import annotations

from plugindex import stamp, store
from plugindex.errors import Miss

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_HASH_LIMIT = 64 << 20


def take_files(mtimes: Mapping[str, float]) -> dict[str, list[Any]]:
    """Return what each file looks like, to be stored with what was made from them.

    Args:
        mtimes: when each was last changed, as told before they were used.

    Raises:
        Miss: one has changed since.
    """
    return {path: _take_file(path, mtime) for path, mtime in mtimes.items()}


def _take_file(path: str, mtime: float) -> list[Any]:
    before = stamp.take(path)
    if before is not None and abs(before[1] / 1e9 - mtime) > 1e-6:
        raise Miss("not stored", f"{path} changed meanwhile")
    data = stamp.read(path, _HASH_LIMIT)
    if stamp.take(path) != before:
        raise Miss("not stored", f"{path} changed meanwhile")
    return [before, None if data is None else stamp.digest(data), mtime]


def check_files(document: store.Document, getter: Callable[[], Mapping[str, float]] | None) -> None:
    """Check that the files from which *document* was made are as they were.

    Args:
        document: the cache file.
        getter: returns the files that would decide now; None if only the stored ones are known.

    Raises:
        Miss: one changed, appeared or went.
    """
    files = document.head("files")
    if not isinstance(files, dict):
        raise Miss("corrupt", document.why or "it names no files")
    now = {} if getter is None else getter()
    if getter is not None and now.keys() != files.keys():
        other = sorted(now.keys() ^ files.keys())
        raise Miss("stale", f"other files decide it now: {', '.join(other[:3])}")
    written = int(document.head("timestamp") * 1e9)
    for path, known in files.items():
        if not _unchanged(path, known, written, now.get(path)):
            raise Miss("stale", f"{path} changed")


def _unchanged(path: str, known: object, written: int, mtime: float | None) -> bool:
    if not isinstance(known, list) or len(known) != 3:
        return False
    seen, content, told = known
    now = stamp.take(path)
    if now is None:  # a getter may name what is no file; its word is all there is
        return seen is None and mtime is not None and mtime == told
    if list(now) == seen and not stamp.too_fresh(now, written):
        return True
    data = stamp.read(path, _HASH_LIMIT)
    return data is not None and stamp.digest(data) == content
