"""Hand an array to another process of this machine through shared memory, and leak none.

The sender makes a segment and keeps it until the answer has come; the receiver copies it and
removes it. Whoever comes second finds it gone, which is no error. Where a process dies in between,
Python's resource tracker removes what that process had open, so nobody has to clean up by hand.
"""

from __future__ import annotations

import os
import re
import secrets

from openhcs.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from multiprocessing.shared_memory import SharedMemory

    from numpy import ndarray

# A receiver opens nothing but what a sender of ours has made; the number is the sender's process.
# macOS allows 31 characters.
_NAME = re.compile(r"openhcs_\d+_[0-9a-f]{12}")
# Linux shows the segments as files here, which lets their pages be claimed beforehand.
_FOLDER = "/dev/shm"
_SIZES = {"int": (8, 16, 32, 64), "uint": (8, 16, 32, 64), "float": (16, 32, 64)}
DTYPES = ("bool", *(f"{kind}{bits}" for kind, sizes in _SIZES.items() for bits in sizes))


def share(array: ndarray) -> SharedMemory:
    """Copy *array* into a new segment, row by row and in this machine's byte order.

    The caller ends it with :func:`discard`, whatever happens in between.

    Raises:
        StorageError: when the array holds something else than numbers, or the memory is full.
    """
    if array.dtype.name not in DTYPES:
        raise StorageError(
            f"an array of {array.dtype} can't be shared with a viewer",
            fix=f"convert it to one of {', '.join(DTYPES)}",
        )
    segment = _new_segment(array.nbytes)
    try:
        _claim(segment)
        _fill(segment, array)
    except BaseException:
        discard(segment)
        raise
    return segment


def take(name: str, shape: tuple[int, ...], dtype: str) -> ndarray:
    """Return a copy of the array in the segment *name*, and remove the segment.

    Raises:
        StorageError: when there is no such segment, or it is no array of this shape and type.
    """
    from multiprocessing.shared_memory import SharedMemory

    if not _NAME.fullmatch(name) or dtype not in DTYPES:
        raise _refused(f"{name!r} of {dtype!r} is no shared array of a sender of ours")
    try:
        segment = SharedMemory(name)
    except (OSError, ValueError) as error:  # ValueError: made, but still of size 0
        raise _refused(f"the shared memory {name} is gone: {error}") from error
    try:
        return _copy(segment, shape, dtype)
    finally:
        discard(segment)


def discard(segment: SharedMemory) -> None:
    """Close *segment* and remove it, if the other side hasn't."""
    segment.close()
    try:
        segment.unlink()
    except FileNotFoundError:
        _forget(segment)


def _refused(summary: str) -> StorageError:
    return StorageError(
        summary, fix="run the viewer on the sender's machine; if it does, send the image again"
    )


def _new_segment(size: int) -> SharedMemory:
    from multiprocessing.shared_memory import SharedMemory

    # An image of no pixels still takes a segment, and none may be of size 0.
    name = f"openhcs_{os.getpid()}_{secrets.token_hex(6)}"
    return SharedMemory(name, create=True, size=max(size, 1))


def _claim(segment: SharedMemory) -> None:
    """Take the segment's pages now: where there are none, writing would end the process."""
    try:
        with open(os.path.join(_FOLDER, segment.name), "r+b") as pages:
            os.posix_fallocate(pages.fileno(), 0, segment.size)
    except FileNotFoundError:
        return  # another system, which reports a lack of memory by itself
    except OSError as error:
        raise StorageError(
            f"shared memory has no room for an image of {segment.size} bytes: {error.strerror}",
            file=_FOLDER,
            fix="enlarge it (with Docker: --shm-size), or send fewer images at a time",
        ) from error


def _fill(segment: SharedMemory, array: ndarray) -> None:
    import numpy

    view = numpy.ndarray(array.shape, array.dtype.name, buffer=segment.buf)
    numpy.copyto(view, array)


def _copy(segment: SharedMemory, shape: tuple[int, ...], dtype: str) -> ndarray:
    import numpy

    try:
        return numpy.ndarray(shape, dtype, buffer=segment.buf).copy()
    except (TypeError, ValueError) as error:
        raise _refused(f"{segment.name} is no array of {shape} {dtype}: {error}") from error


def _forget(segment: SharedMemory) -> None:
    """Take *segment* off the resource tracker's list, which would remove it again at exit.

    The tracker may be shared with the side that removed the segment, and so have dropped it
    already; it complains about a name that it doesn't know, so the name is told to it first.
    """
    if os.name != "posix":
        return
    from multiprocessing import resource_tracker

    resource_tracker.register(f"/{segment.name}", "shared_memory")
    resource_tracker.unregister(f"/{segment.name}", "shared_memory")
