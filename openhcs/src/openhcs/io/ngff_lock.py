"""One lock a store, between threads and processes; the system frees it when its holder dies."""

from __future__ import annotations

import errno
import os
import sys
import time
from pathlib import Path

from openhcs.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

# "._" names are left out of every listing.
LOCK_NAME = "._openhcs.lock"
WAIT_S = 120.0
_PAUSE_S = 0.002
_TAKEN = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


class StoreLock:
    """Hold the lock of the folder *store* for a ``with`` block; it can't be taken twice.

    Args:
        store: the folder, which must be there.
        wait_s: how long to wait for another holder.

    Raises:
        FileNotFoundError: when there is no such folder.
        StorageError: when another holder keeps the lock, or the file system knows no locks.
    """

    def __init__(self, store: str | os.PathLike[str], wait_s: float = WAIT_S) -> None:
        self.path = Path(store, LOCK_NAME)
        self.wait_s = wait_s
        self._descriptor = -1

    def __enter__(self) -> Self:
        deadline = time.monotonic() + self.wait_s
        while not self._taken():
            if time.monotonic() > deadline:
                raise StorageError(
                    f"another process has kept this store's lock for {self.wait_s:g} s",
                    file=self.path,
                    fix="end the process that writes there, or wait for it",
                )
            time.sleep(_PAUSE_S)
        return self

    def __exit__(self, *_: object) -> None:
        try:  # closing is not enough: a forked child may share the open file
            _unlock(self._descriptor)
        finally:
            os.close(self._descriptor)

    def _taken(self) -> bool:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0))
        try:
            if _got(descriptor, self.path):
                self._descriptor, descriptor = descriptor, -1
                return True
            return False
        finally:
            if descriptor >= 0:
                os.close(descriptor)


def _got(descriptor: int, path: Path) -> bool:
    try:
        _lock(descriptor)
        # Whoever held it before may have removed the folder, this file included.
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise StorageError(
            f"this file system can't lock files: {error.strerror}",
            file=path,
            fix="write to a local disk",
        ) from error
