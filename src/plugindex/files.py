"""Read and replace whole files so that no planted, foreign or odd file can harm."""

from __future__ import annotations

import os
import stat
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_READ |= getattr(os, "O_CLOEXEC", 0)
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW
_WRITE |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_POSIX = hasattr(os, "geteuid")
OTHERS_WRITE = "other users may write it"
_TEMPORARY = ".plugindex-"
_STRAY_AGE_S = 3600


class Refused(Exception):
    """A file or folder that must not be trusted or used; the text says why."""


class TooLarge(Refused):
    """A file with more bytes than anyone of us writes."""


def read_regular(
    path: str, limit: int, flags: int = 0, check: Callable[[os.stat_result], None] | None = None
) -> bytes:
    """Return the bytes of the regular file at *path*, never waiting for a pipe or device.

    Args:
        path: the file.
        limit: the most bytes to read.
        flags: further flags for opening, such as ``NOFOLLOW``.
        check: called with the open file's status; it raises ``Refused`` to stop.

    Raises:
        OSError: the file can't be opened or read.
        Refused: it is no regular file, too large, or *check* says so.
    """
    with opened(path, limit, flags, check) as (descriptor, status):
        return drain(descriptor, status.st_size, limit)


class opened:
    """Open a regular file for reading; enter with its descriptor and status.

    Arguments and errors are those of ``read_regular``.
    """

    def __init__(
        self,
        path: str,
        limit: int,
        flags: int = 0,
        check: Callable[[os.stat_result], None] | None = None,
    ) -> None:
        self.path, self.limit, self.flags, self.check = path, limit, flags, check

    def __enter__(self) -> tuple[int, os.stat_result]:
        self.descriptor = os.open(self.path, _READ | self.flags)
        try:
            status = os.fstat(self.descriptor)
            self._accept(status)
        except BaseException:
            os.close(self.descriptor)
            raise
        return self.descriptor, status

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)

    def _accept(self, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise Refused("it is not a regular file")
        if self.check is not None:
            self.check(status)
        if status.st_size > self.limit:
            raise TooLarge(f"it is larger than {self.limit} bytes")


def drain(descriptor: int, size: int, limit: int) -> bytes:
    """Return what an open file of *size* bytes holds, also where it has grown since.

    Raises:
        OSError: it can't be read.
        TooLarge: it has grown beyond *limit*.
    """
    data = os.read(descriptor, size + 1)
    if len(data) == size:  # the one read that nearly every file takes
        return data
    while more := os.read(descriptor, 1 << 20):
        data += more
        if len(data) > limit:
            raise TooLarge(f"it is larger than {limit} bytes")
    return data


def trusted(status: os.stat_result) -> None:
    """Refuse a file that another user owns, may write, or holds a second name of."""
    if not _POSIX:
        return
    _own(status)
    if status.st_nlink > 1:  # none when a writer has just replaced the file that we opened
        raise Refused("it has a second name (a hard link)")


def _own(status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        raise Refused("it belongs to another user")
    if status.st_mode & 0o022:
        raise Refused(OTHERS_WRITE)


def distrust(path: str) -> str:
    """Return why the file or folder at *path* must not be trusted, "" if it may be."""
    if not _POSIX:
        return ""
    try:
        _own(os.stat(path))
        if os.lstat(path).st_uid != os.geteuid():
            return "it is another user's link"
    except Refused as why:
        return str(why)
    except OSError as error:
        return error.strerror or "it can't be looked at"
    except ValueError:
        return "nothing can have that name"
    return ""


def mend(path: str, why: str) -> str:
    """Return how to make the file or folder at *path* one that may be trusted."""
    return f"chmod go-w {path}" if why == OTHERS_WRITE else "put one of your own in its place"


def read_own(path: str, limit: int) -> bytes:
    """Return the bytes of a regular file that nobody else can have written.

    Raises:
        OSError: it can't be read.
        Refused: it is no regular file, too large, or another user could have written it.
    """
    return read_regular(path, limit, 0, _own if _POSIX else None)


def make_folder(folder: str) -> None:
    """Make *folder* private to its owner, or check that it is.

    Raises:
        OSError: it can't be made.
        Refused: it belongs to another user, or others may write it.
    """
    if not os.path.isdir(folder):
        _make_missing(folder)
    why = distrust(folder)
    if why:
        raise Refused(f"{folder} is not used as a cache folder: {why}")


def obstacle(path: str) -> str:
    """Return why no file can be put at *path*, as far as that can be told; "" if nothing is."""
    folder = os.path.dirname(path)
    if os.path.isdir(folder) and distrust(folder):
        return f"{folder} is not used: {distrust(folder)}"
    while folder and not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder):
        return f"{folder} is no folder"
    return "" if os.access(folder, os.W_OK | os.X_OK) else f"{folder} can't be written"


def _make_missing(folder: str) -> None:
    parent = os.path.dirname(folder)
    if parent and not os.path.isdir(parent):
        _make_missing(parent)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        if not os.path.isdir(folder):
            raise
    else:
        os.chmod(folder, 0o700)  # the umask may have taken our own rights away


def replace(path: str, data: bytes) -> None:
    """Put *data* at *path* at once: readers see the old file or the new one, whole.

    Raises:
        OSError: it could not be written; what was at *path* is still there.
        Refused: the folder is not private to its owner.
    """
    folder = os.path.dirname(path)
    make_folder(folder)
    sweep(folder)
    temporary = os.path.join(folder, f"{_TEMPORARY}{os.getpid()}-{time.monotonic_ns()}.tmp")
    descriptor = os.open(temporary, _WRITE, 0o600)
    try:
        try:
            _write_all(descriptor, data)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except BaseException:  # also an interrupt must leave no stray file
        _remove(temporary)
        raise


def _write_all(descriptor: int, data: bytes) -> None:
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, 0o600)  # whatever the umask
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sweep(folder: str) -> None:
    """Remove the temporary files that dead writers left in *folder*."""
    try:
        names = [name for name in os.listdir(folder) if name.startswith(_TEMPORARY)]
    except OSError:
        return
    for name in names:
        if _is_stray(os.path.join(folder, name), name[len(_TEMPORARY) :].partition("-")[0]):
            _remove(os.path.join(folder, name))


def _is_stray(path: str, writer: str) -> bool:
    if not writer.isdecimal() or not 0 < int(writer) < 2**31:
        return False
    try:
        if time.time() - os.lstat(path).st_mtime > _STRAY_AGE_S:
            return True
        if sys.platform != "win32":  # where signal 0 would end the process
            os.kill(int(writer), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:  # gone already, or not ours to remove: nothing depends on it
        return
