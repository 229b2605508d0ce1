"""A lock between processes, so that a cold start by many does the work once."""

from __future__ import annotations

import os
import stat
import time

from plugindex.files import NOFOLLOW, Refused, make_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

try:
    from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
except ImportError:  # Windows: every process does the work, and the last one's file stays
    flock = None  # type: ignore[assignment]

_FLAGS = os.O_RDWR | os.O_CREAT | NOFOLLOW
_FLAGS |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.001, 0.02


class Lock:
    """Hold the file lock beside *path* for a ``with`` block, or go on without it.

    Never run foreign code inside the block: it may wait for a process that waits for this one.
    Read the file again once inside, for another process may have done the work by then.

    Args:
        path: the file that the lock guards; the lock is ``<path>.lock``, which its holder removes.
        wait_s: how long to wait for another holder at most.

    Attributes:
        held: whether the lock is held.
    """

    __slots__ = ("_descriptor", "_path", "_wait_s", "held")

    def __init__(self, path: str, wait_s: float = 5.0) -> None:
        self._path = path + ".lock"
        self._wait_s = wait_s
        self._descriptor = -1
        self.held = False

    def __enter__(self) -> Self:
        if flock is None:
            return self
        deadline = time.monotonic() + self._wait_s
        pause = _FIRST_PAUSE_S
        while self._opened() and not self._taken() and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
        return self

    def _opened(self) -> bool:
        """Open the file at the path, unless the one that is open lies there still."""
        if self._descriptor >= 0:
            if _lies_at(self._path, self._descriptor):
                return True
            self._close()
        try:
            self._descriptor = _open(self._path)
        except (OSError, ValueError, Refused):  # no folder to write: no cache to guard
            return False
        return True

    def __exit__(self, *_: object) -> None:
        if self._descriptor < 0:
            return
        held, self.held = self.held, False
        try:
            if held:
                self._remove()
                # Closing is not enough: a forked child may share the open file.
                flock(self._descriptor, LOCK_UN)
        except OSError:  # a file system that lost its lock has released it
            return
        finally:
            self._close()

    def _taken(self) -> bool:
        try:
            flock(self._descriptor, LOCK_EX | LOCK_NB)
        except OSError:
            return False
        # Its last holder may have removed it since it was opened; then it guards nothing any more.
        self.held = _lies_at(self._path, self._descriptor)
        return self.held

    def _remove(self) -> None:
        """Remove the file while it is held, so that nobody can hold it and another file too."""
        if _lies_at(self._path, self._descriptor):
            os.unlink(self._path)

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        os.close(descriptor)


def _lies_at(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(descriptor))
    except OSError:
        return False


def _open(path: str) -> int:
    make_folder(os.path.dirname(path))
    descriptor = os.open(path, _FLAGS, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused("it is not a regular file")
        os.fchmod(descriptor, 0o600)  # whatever the umask: the next process must open it too
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
