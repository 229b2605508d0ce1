"""What a file or folder looked like, to see later whether it changed."""

from __future__ import annotations

import os
from _blake2 import blake2b

from plugindex.files import Refused, drain, opened, read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Stamp: TypeAlias = tuple[int, int, int, int]

OWN = "*"  # before what stands for a content: it counts only if nobody else can have written it
_SECOND = 10**9
_RACY = 2 * _SECOND  # file systems and kernels keep times as coarse as this
_IMAGE = 315_705_600 * _SECOND  # 1980-01-03: builders set 0, 1 s or the first day of zip's calendar


def take(path: str) -> Stamp | None:
    """Return the stamp of *path* as (size, mtime in ns, inode, ctime in ns), None when absent."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns


def too_fresh(stamp: Stamp, now_ns: int) -> bool:
    """Tell whether a change after *now_ns* could have left *stamp* as it is.

    It could when a time of the stamp is not two seconds older than *now_ns*, or is one that image
    builders put on every file. The content has to decide then.

    Args:
        stamp: what ``take`` returned.
        now_ns: the wall clock when the stamp was taken, as ``time.time_ns`` gives it.
    """
    return max(stamp[1], stamp[3]) > now_ns - _RACY or is_constant(stamp)


def is_constant(stamp: Stamp) -> bool:
    """Tell whether *stamp* has the times of an image, which a rebuilt one may repeat."""
    _, modified, _, changed = stamp
    # A read-only image repeats one whole second as every time of a file.
    return modified < _IMAGE or (modified == changed and modified % _SECOND == 0)


def digest(data: bytes) -> str:
    """Return the content hash of *data*."""
    return blake2b(data, digest_size=16).hexdigest()


def read_stamped(path: str, limit: int) -> tuple[bytes, Stamp] | None:
    """Return the bytes of a file and the stamp that it had when it was opened; see ``read``."""
    try:
        with opened(path, limit) as (descriptor, status):
            stamp = (status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns)
            return drain(descriptor, status.st_size, limit), stamp
    except (OSError, ValueError, Refused):
        return None


def read(path: str, limit: int) -> bytes | None:
    """Return the bytes of the regular file *path*, None when it is none or holds over *limit*.

    A pipe, socket or device is never waited for.
    """
    try:
        return read_regular(path, limit)
    except (OSError, ValueError, Refused):
        return None
