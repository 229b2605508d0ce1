"""Give what is finished its name on a disk; of several that want a free name, one gets it."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from openhcs.errors import path_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def part_of_file(file: Path) -> Iterator[Path]:
    """Give a name beside *file* for what will become it; nothing is left there afterwards.

    Listings skip "._" names. It is as short for a long name, which has no room for an ending.
    """
    part = file.with_name(f"._{os.urandom(8).hex()}.part")
    try:
        yield part
    except OSError as error:
        if error.errno is None or error.filename != os.fspath(part):
            raise
        raise path_error(error.errno, file) from error
    finally:
        part.unlink(missing_ok=True)


def place(part: Path, file: Path, overwrite: bool) -> None:
    """Make *part*, a file beside it, the file *file*: a reader sees all of it or nothing.

    Raises:
        FileExistsError: when something is at *file* by now and *overwrite* is false.
    """
    if overwrite:
        os.replace(part, file)
    else:
        _rename_file(part, file)


def move_file(source: Path, destination: Path) -> None:
    """Move the file or link *source* to *destination*, also to another disk; raise as `place`."""
    try:
        _rename_file(source, destination)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy_file(source, destination, follow=False)
        source.unlink()


def copy_file(source: Path, destination: Path, *, follow: bool = True) -> None:
    """Copy the file *source*, or the link if *follow* is false, to *destination*; raise so too."""
    with part_of_file(destination) as part:
        shutil.copy2(source, part, follow_symlinks=follow)
        place(part, destination, overwrite=False)


def _rename_file(source: Path, destination: Path) -> None:
    """Rename *source*, but not over anything, as only Windows does by itself."""
    if os.name == "nt":
        os.rename(source, destination)
        return
    try:
        os.link(source, destination, follow_symlinks=False)
    except FileExistsError:
        raise path_error(errno.EEXIST, destination) from None
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise
        _rename_without_links(source, destination)
    else:
        _drop_old_name(source, destination)


def _drop_old_name(source: Path, destination: Path) -> None:
    try:
        os.unlink(source)
    except OSError:  # the folder of the source can't be written to
        os.unlink(destination)
        raise


def _rename_without_links(source: Path, destination: Path) -> None:
    """Rename *source* where the file system has one name for a file: an empty one keeps it free."""
    os.close(os.open(destination, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    try:
        os.replace(source, destination)
    except BaseException:
        os.unlink(destination)
        raise


def move_folder(source: Path, destination: Path) -> None:
    """Move the folder *source* to *destination*, also to another disk; raise as `place`."""
    if os.name == "nt":
        os.rename(source, destination)
        return
    os.mkdir(destination)  # unlike a rename, it fails where there is even an empty folder
    try:
        os.rename(source, destination)
    except OSError as error:
        if error.errno != errno.EXDEV:
            os.rmdir(destination)
            raise
        shutil.copytree(source, destination, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(source)
