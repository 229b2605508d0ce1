"""Bring a finished image to its place in a plate, so that whoever is killed leaves a sound one."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

from openhcs.errors import path_error
from openhcs.io.ngff_groups import NODE_NAME
from openhcs.io.ngff_plate import check_owner, fields_of, read_plate, save_plate, save_well

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def refuse_finished(store: Path, well: str, target: Path, overwrite: bool) -> None:
    """Raise FileExistsError if *target* belongs to a finished well, unless *overwrite*."""
    if not overwrite and well in read_plate(store).wells and target.exists():
        raise path_error(errno.EEXIST, target)


@contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """Give a name beside *target* to write to; nothing is left there afterwards."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"._{target.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def take_in(store: Path, well: str, target: Path, part: Path) -> None:
    """Move the finished image *part* to *target* and list it in its well; hold the store's lock.

    Raises:
        StorageError: when another well has that place.
    """
    plate = read_plate(store)
    check_owner(target.parent, well)
    if not (store / NODE_NAME).exists() or (well in plate.wells and target.exists()):
        # At no time does the plate list a well that lacks an image.
        save_plate(store, plate.without(well))
    if target.exists():
        os.rename(target, part.with_suffix(".old"))
    os.rename(part, target)
    shutil.rmtree(part.with_suffix(".old"), ignore_errors=True)
    fields = {*fields_of(target.parent), int(target.name)}
    save_well(target.parent, well, fields)
    if well in plate.wells:
        save_plate(store, plate.with_well(well, len(fields)))


def take_out(store: Path, well: str, target: Path) -> None:
    """Remove the image *target*, and with the last one its well; hold the store's lock."""
    plate = read_plate(store)
    fields = set(fields_of(target.parent)) - {int(target.name)}
    save_plate(store, plate.without(well))
    if not fields:
        remove_well(target.parent)
        return
    save_well(target.parent, well, fields)
    shutil.rmtree(target, ignore_errors=True)
    if well in plate.wells:
        save_plate(store, plate.with_well(well, len(fields)))


def remove_well(folder: Path) -> None:
    """Remove the well's group *folder*, and the row's with its last well."""
    shutil.rmtree(folder, ignore_errors=True)
    row = folder.parent
    if row.is_dir() and os.listdir(row) == [NODE_NAME]:
        (row / NODE_NAME).unlink()
        with suppress(OSError):  # another process has just begun a well of this row
            row.rmdir()
