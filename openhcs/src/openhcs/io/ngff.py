"""Write and read plates as OME-NGFF 0.5 (zarr format 3), a well at a time and by many processes.

Each process writes wells of its own::

    for well in wells:
        if well not in finished_wells(store):
            start_well(store, well)
            for field, image in enumerate(images):
                write_field(store, well, field, image, channel_names=names, pixel_size_um=0.65)
            finish_well(store, well)

An image appears whole or not at all, and the plate lists a well only once it is finished. So a
process may be killed at any time: the plate opens, and the next run does the wells that are not in
``finished_wells``.
"""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from openhcs.errors import StorageError, path_error
from openhcs.io.ngff_fields import part_of, refuse_finished, remove_well, take_in
from openhcs.io.ngff_image import (
    Chunking,
    checked_image,
    image_details,
    read_pixels,
    write_image,
)
from openhcs.io.ngff_lock import StoreLock
from openhcs.io.ngff_plate import fields_of, read_plate, save_plate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    import numpy as np

    StorePath = str | os.PathLike[str]

__all__ = [
    "Chunking",
    "FieldImage",
    "discard_well",
    "finish_well",
    "finished_wells",
    "read_field",
    "start_well",
    "well_fields",
    "write_field",
    "write_plate_metadata",
]


@dataclass(frozen=True)
class FieldImage:
    """The image of one field: its pixels with the axes t, c, z, y, x, and what is known of it."""

    data: np.ndarray[Any, Any]
    channel_names: tuple[str, ...]
    pixel_size_um: float | None
    z_step_um: float | None


def write_field(
    store: StorePath,
    well: str,
    field: int,
    image: Any,
    *,
    channel_names: Sequence[str | None] | None = None,
    pixel_size_um: float | None = None,
    z_step_um: float | None = None,
    overwrite: bool = False,
    chunking: Chunking = Chunking.FILE,
    filenames: Mapping[str, tuple[int, int, int]] | None = None,
) -> None:
    """Write the image of one field of a well; make the store where it is missing.

    The image of a well that isn't finished is replaced; what a killed writer left is nobody's.

    Args:
        store: the folder of the plate; name it ``<plate>.zarr``.
        well: the name of the well: ``A01``, ``AA01`` or ``R01C01``.
        field: the number of the field, from 0.
        image: numbers with the axes t, c, z, y, x.
        channel_names: a name for each channel, None for one without; by default none is told.
        pixel_size_um: the width and height of a pixel in micrometres.
        z_step_um: the distance of two planes in micrometres.
        overwrite: replace the image also if the well is finished.
        chunking: whether each plane is a file of the store, or the whole image.
        filenames: the name of each plane, to its place on the axes t, c and z; under these names
            the ``zarr`` backend finds the planes.

    Raises:
        StorageError: when the image, its names or its number can't be stored.
        FileExistsError: when the well is finished, has the field and *overwrite* is false.
    """
    pixels = checked_image(image, 5, store)
    if channel_names is not None and len(channel_names) != pixels.shape[1]:
        raise StorageError(
            f"{len(channel_names)} channel names don't fit {pixels.shape[1]} channels",
            fix="name each channel; None stands for one without a name",
        )
    if field < 0:
        raise StorageError(f"there is no field {field}", fix="number fields from 0")
    folder = Path(store)
    target = folder / read_plate(folder).path_of(well) / str(int(field))
    refuse_finished(folder, well, target, overwrite)
    with part_of(target) as part:
        write_image(
            part,
            pixels,
            name="/".join(target.parts[-3:]),
            channel_names=channel_names,
            pixel_size_um=pixel_size_um,
            z_step_um=z_step_um,
            chunking=chunking,
            filenames=filenames,
        )
        with StoreLock(folder):
            refuse_finished(folder, well, target, overwrite)
            take_in(folder, well, target, part)


def write_plate_metadata(
    store: StorePath,
    *,
    name: str | None = None,
    rows: Iterable[str] | None = None,
    columns: Iterable[str] | None = None,
    acquisition: str | None = None,
) -> None:
    """Say of the plate what its wells don't tell; what isn't given stays as it is.

    Args:
        store: the folder of the plate, made where missing.
        name: the name of the plate; by default that of the folder without ``.zarr``.
        rows: the names of all rows of the physical plate, also those without a well.
        columns: the names of all its columns, with two digits.
        acquisition: the name of the acquisition; by default that of the plate.
    """
    folder = Path(store)
    folder.mkdir(parents=True, exist_ok=True)
    with StoreLock(folder):
        known = read_plate(folder)
        plate = replace(
            known,
            name=known.name if name is None else name,
            rows=known.rows if rows is None else tuple(rows),
            columns=known.columns if columns is None else tuple(columns),
            acquisition=known.acquisition if acquisition is None else acquisition,
        )
        save_plate(folder, plate)


def start_well(store: StorePath, well: str) -> None:
    """Remove what a killed writer left of *well*.

    Raises:
        FileExistsError: when the well is finished; ``discard_well`` removes such a one.
    """
    folder = Path(store)
    plate = read_plate(folder)
    if well in plate.wells:
        raise path_error(errno.EEXIST, f"{folder}: {well}")
    shutil.rmtree(folder / plate.path_of(well), ignore_errors=True)


def finish_well(store: StorePath, well: str) -> None:
    """List *well* in the plate: all its fields are written.

    Raises:
        StorageError: when it has no field.
    """
    folder = Path(store)
    with StoreLock(folder):
        plate = read_plate(folder)
        group = folder / plate.path_of(well)
        fields = fields_of(group)
        if not fields:
            raise StorageError(
                f"the well {well} has no image", file=folder, fix="write its fields first"
            )
        for left in group.glob("._*"):
            shutil.rmtree(left, ignore_errors=True)
        save_plate(folder, plate.with_well(well, len(fields)))


def discard_well(store: StorePath, well: str) -> None:
    """Remove *well* with its images, finished or not."""
    folder = Path(store)
    with StoreLock(folder):
        plate = read_plate(folder)
        save_plate(folder, plate.without(well))
        remove_well(folder / plate.path_of(well))


def finished_wells(store: StorePath) -> list[str]:
    """Return the wells that the plate lists, under the names that they were written with."""
    from openhcs.core.natural import well_key

    return sorted(read_plate(Path(store)).wells, key=well_key)


def well_fields(store: StorePath, well: str) -> list[int]:
    """Return the numbers of the fields that *well* has, finished or not."""
    folder = Path(store)
    return fields_of(folder / read_plate(folder).path_of(well))


def read_field(store: StorePath, well: str, field: int) -> FieldImage:
    """Return the image of one field of a well.

    Raises:
        FileNotFoundError: when it isn't there.
        BrokenFileError: when it is damaged.
    """
    folder = Path(store)
    image = folder / read_plate(folder).path_of(well) / str(int(field))
    data = read_pixels(image)
    return FieldImage(data, *image_details(image))
