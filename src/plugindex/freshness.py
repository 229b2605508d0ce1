"""Whether the files and folders that decided an index are still as they were."""

from __future__ import annotations

import os
import time

from plugindex import stamp
from plugindex.files import distrust
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import Any

_LIMIT = 64 << 20  # bytes of a file whose content is compared
_LIBRARY = os.path.dirname(os.__file__)
_INSTALLED = (os.path.join(_LIBRARY, "site-packages"), os.path.join(_LIBRARY, "dist-packages"))
_OLD = 10**18  # ns, 2001: image builders set older times


class Changes(Record):
    """What is not as it was.

    *modules* are those of which a file changed. *folders* says that a folder's names did.
    *settled* counts what is the same but had to be compared by content, and need not be the next
    time if it is stamped anew; what has the times of an image never settles. *whole* says that an
    archive on the path changed, so that nothing read from it counts.
    """

    modules: frozenset[str] = frozenset()
    folders: bool = False
    settled: int = 0
    whole: bool = False

    @property
    def none(self) -> bool:
        """Whether all is as it was."""
        return not self.modules and not self.folders


def check(
    files: Mapping[str, Any],
    contents: Callable[[Collection[str]], Mapping[str, Any]],
    folders: Iterable[Any],
    checked: int,
    roots: Callable[[], Iterable[str]],
) -> Changes:
    """Compare files and folders with their stamps.

    Args:
        files: the stamp (None: absent) of each file, by folder and name.
        contents: returns [content digest, module] by path for at least the paths that it is given:
            those for which a stamp doesn't do.
        folders: [path, stamp or None, digest] of each folder; see :mod:`plugindex.folders`.
        checked: when the stamps were taken, in ns.
        roots: returns the top-level names that were looked up.
    """
    doubts = doubtful(files, checked)
    changed, settled = _compared(files, contents(doubts), doubts) if doubts else (set(), 0)
    moved = whole = False
    for path, known, digest in folders:
        now = stamp.take(path)
        if _same(now, known) and (
            now is None or not stamp.too_fresh(now, checked) or _of_interpreter(path)
        ):
            continue
        from plugindex.folders import SEARCHED, holds, listed

        if now is None or known is None or not holds(path, digest, roots):
            moved = True
            whole = whole or (listed(path) is None and known is not None)
        elif digest[:1] != SEARCHED:  # one that a program writes into costs a listing, no writing
            settled += _is_settled(now)
    return Changes(frozenset(changed), moved, settled, whole)


def _is_settled(now: stamp.Stamp) -> bool:
    """Tell whether a stamp of now can be trusted at the next start."""
    return not stamp.too_fresh(now, now_ns())


def _same(now: stamp.Stamp | None, known: Any) -> bool:
    return known is None if now is None else bool(list(now) == known)


def doubtful(files: Mapping[str, Any], checked: int) -> dict[str, stamp.Stamp | None]:
    """Return the stamps of now of the files for which the one of then doesn't do."""
    doubts: dict[str, stamp.Stamp | None] = {}
    stat, limit = os.stat, checked - 2 * 10**9
    for folder, names in files.items():
        for name, known in names.items():
            path = folder + name
            try:
                now = stat(path)
            except (OSError, ValueError):
                if known is not None:
                    doubts[path] = None
                continue
            modified, changed = now.st_mtime_ns, now.st_ctime_ns
            seen = [now.st_size, modified, now.st_ino, changed]
            if seen == known and _OLD < modified < limit > changed and modified % 10**9:
                continue  # what too_fresh says of most files, without the call
            taken = (now.st_size, modified, now.st_ino, changed)
            if seen != known or (stamp.too_fresh(taken, checked) and not _of_interpreter(path)):
                doubts[path] = taken
    return doubts


def _of_interpreter(path: str) -> bool:
    """Tell whether *path* came with the interpreter, whose version stands in the index.

    Its times may be the constant ones of an image; its contents change with the version.
    """
    return path.startswith(_LIBRARY) and not path.startswith(_INSTALLED)


def _compared(
    files: Mapping[str, Any],
    contents: Mapping[str, Any],
    doubts: Mapping[str, stamp.Stamp | None],
) -> tuple[set[str], int]:
    """Return the modules of the files that changed, and how many others have come to rest."""
    changed: set[str] = set()
    settled = 0
    stamps = by_path(files)
    for path, now in doubts.items():
        digest, module = contents[path]
        if now is None or not same_content(path, stamps[path], now, digest):
            changed.add(module)
        else:
            settled += _is_settled(now)
    return changed, settled


def same_content(path: str, known: Any, now: stamp.Stamp, digest: str) -> bool:
    """Tell whether a file whose stamp isn't as it was, or is too fresh, holds what it held."""
    if known is None:
        return False
    if not digest:  # only the stamp decided: a .pyc names its source's size and second
        return bool(list(now) == known)
    if digest[:1] == stamp.OWN and distrust(path):
        return False
    data = stamp.read(path, _LIMIT)
    return data is not None and stamp.digest(data) == digest.removeprefix(stamp.OWN)


def now_ns() -> int:
    """Return the wall clock in ns."""
    return time.time_ns()


def by_folder(stamps: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the stamps of paths by folder and name, as an index stores them."""
    result: dict[str, dict[str, Any]] = {}
    for path, taken in stamps.items():
        cut = path.rfind(os.sep) + 1
        result.setdefault(path[:cut], {})[path[cut:]] = taken
    return result


def constant(stamps: Mapping[str, Any]) -> list[str]:
    """Return the paths of which the content is compared at every start."""
    return [
        path
        for path, taken in stamps.items()
        if taken is not None and stamp.is_constant(taken) and not _of_interpreter(path)
    ]


def by_path(files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the stamps that an index stores by their paths."""
    return {
        folder + name: taken for folder, names in files.items() for name, taken in names.items()
    }


def restamped(files: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return stamps of now for *files*, whose contents were found to be the same."""
    return {f: {name: stamp.take(f + name) for name in names} for f, names in files.items()}
