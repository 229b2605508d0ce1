"""Remove the indexes of environments that are gone: nobody else would, and each is whole."""

from __future__ import annotations

import os
import time

from plugindex import store
from plugindex.files import distrust
from plugindex.paths import other_environments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNUSED_S = 90 * 24 * 3600.0


def remove_unused(path: str) -> None:
    """Remove what other environments keep beside *path* and have not read for ninety days.

    Where reading leaves no trace (a disk mounted so), a file counts from when it was written. An
    environment that comes back reads its modules again.

    Args:
        path: an index file that was just written.
    """
    oldest = time.time() - UNUSED_S
    for folder in other_environments(path):
        safe = not (distrust(os.path.dirname(folder)) or distrust(folder))
        unused = list(_unused(folder, oldest)) if safe else []
        removed = [file for file in unused if _done(os.unlink, file)]
        if removed:
            _done(os.rmdir, folder)  # it stays if there is anything else in it


def _done(action: Callable[[str], None], path: str) -> bool:
    try:
        action(path)
    except OSError:  # not empty, gone already, or not ours: nothing depends on it
        return False
    return True


def _unused(folder: str, oldest: float) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                used = max(status.st_atime, status.st_mtime)
                regular = entry.is_file(follow_symlinks=False)
                named = regular and entry.name.endswith(".json")
                if named and used < oldest and store.read(entry.path).verdict == store.OK:
                    yield entry.path
    except OSError:
        return
