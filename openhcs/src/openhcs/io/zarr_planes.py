"""Put single planes into the images of a plate, and take them out, by their file names."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import NamedTuple

from openhcs.errors import StorageError, path_error
from openhcs.io.ngff_fields import part_of, take_in, take_out
from openhcs.io.ngff_groups import group_attributes, read_node, write_group, write_node
from openhcs.io.ngff_image import (
    Chunking,
    extremes,
    name_attributes,
    open_array,
    pixel_limits,
    write_image,
)
from openhcs.io.ngff_lock import StoreLock
from openhcs.io.ngff_metadata import omero_metadata
from openhcs.io.ngff_plate import fields_of, read_plate, save_plate
from openhcs.io.zarr_lookup import filename_map, image_folder
from openhcs.io.zarr_names import AXIS_COMPONENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import numpy as np

    Index = tuple[int, int, int]

# Of a field, with those in between that are missing: a name beyond it is a slip or an attack.
MOST_PLANES = 1_000_000


class Plane(NamedTuple):
    """One image to be stored: its place on the axes t, c and z, and its pixels."""

    at: Index
    pixels: np.ndarray[Any, Any]


@dataclass(frozen=True)
class PlaneOptions:
    """How images made out of planes are described and divided; channels are numbered from 1."""

    pixel_size_um: float | None = None
    z_step_um: float | None = None
    channel_names: Mapping[int, str | None] = field(default_factory=dict)
    chunking: Chunking = Chunking.FILE

    def names(self, channels: int) -> list[str | None] | None:
        """Return a name for each of so many channels, or None if none is known."""
        numbers = range(1, channels + 1)
        return [self.channel_names.get(n) for n in numbers] if self.channel_names else None


def put_planes(
    store: Path,
    well: str,
    number: int,
    planes: Mapping[str, Plane],
    options: PlaneOptions,
    overwrite: bool,
) -> None:
    """Put *planes*, by their names, into the image of field *number* of *well*.

    Raises:
        FileExistsError: when a plane is there and *overwrite* is false.
        StorageError: when two names mean one plane, or the pixels don't fit the others.
    """
    with StoreLock(store):
        image = image_folder(store, well, number)
        known = filename_map(image) if image else {}
        _refuse_taken(store, planes, known, overwrite)
        if image is None:
            _create(store, well, number, planes, options)
        elif known or overwrite:
            _extend(image, known, planes, options)
        else:  # written as a whole, without names: no plane of it is free
            raise path_error(errno.EEXIST, image)


def _refuse_taken(
    store: Path, planes: Mapping[str, Plane], known: Mapping[str, Index], overwrite: bool
) -> None:
    owners = {index: name for name, index in known.items()}
    for name, plane in planes.items():
        if name in known and not overwrite:
            raise path_error(errno.EEXIST, store / name)
        owner = owners.setdefault(plane.at, name)
        if owner != name:
            raise StorageError(
                f"{owner} and {name} name the same plane",
                file=store,
                fix="save one of them to another folder",
            )


def _create(
    store: Path, well: str, number: int, planes: Mapping[str, Plane], options: PlaneOptions
) -> None:
    import numpy as np

    first = next(iter(planes.values())).pixels
    for plane in planes.values():
        _check_alike(store, plane.pixels, first.shape, first.dtype)
    extent = _extent(planes)
    _check_extent(store, planes, extent)
    try:
        image = np.zeros((*extent, *first.shape), first.dtype)
    except MemoryError as error:
        raise _too_far(store, planes, extent, "no memory has room for it") from error
    for plane in planes.values():
        image[plane.at] = plane.pixels
    target = store / read_plate(store).path_of(well) / str(number)
    with part_of(target) as part:
        write_image(
            part,
            image,
            name="/".join(target.parts[-3:]),
            channel_names=options.names(image.shape[1]),
            pixel_size_um=options.pixel_size_um,
            z_step_um=options.z_step_um,
            chunking=options.chunking,
            filenames={name: plane.at for name, plane in planes.items()},
        )
        take_in(store, well, target, part)
    save_plate(store, read_plate(store).with_well(well, len(fields_of(target.parent))))


def _extent(planes: Mapping[str, Plane]) -> list[int]:
    return [max(at) + 1 for at in zip(*(plane.at for plane in planes.values()), strict=True)]


def _check_extent(store: Path, planes: Mapping[str, Plane], extent: Sequence[int]) -> None:
    if prod(extent) > MOST_PLANES:
        raise _too_far(store, planes, extent, f"one of more than {MOST_PLANES:,} is refused")


def _too_far(
    store: Path, planes: Mapping[str, Plane], extent: Sequence[int], why: str
) -> StorageError:
    """Return the error that names the plane that lies farthest out, and what takes it there."""
    name, plane = max(planes.items(), key=lambda item: max(item[1].at))
    number, component = max(zip(plane.at, AXIS_COMPONENTS, strict=True))
    return StorageError(
        f"the {component} {number + 1} makes a field of {prod(extent):,} planes: {why}",
        file=store / name,
        fix="count from 1 in image names, and leave no large gaps",
    )


def _check_alike(store: Path, pixels: Any, shape: tuple[int, ...], dtype: Any) -> None:
    if pixels.shape != tuple(shape) or pixels.dtype != dtype:
        raise StorageError(
            f"an image of {pixels.dtype} {pixels.shape} doesn't fit a field of {dtype} {shape}",
            file=store,
            fix="save images of one size and type, or use a folder for each kind",
        )


def _extend(
    image: Path, known: Mapping[str, Index], planes: Mapping[str, Plane], options: PlaneOptions
) -> None:
    """Write *planes* into an image; the names come last, so that whoever has one has the pixels."""
    array = open_array(image)
    for plane in planes.values():
        _check_alike(image, plane.pixels, array.shape[-2:], array.dtype)
    node = read_node(image / "0") or {}
    grown = [max(pair) for pair in zip(node["shape"], _extent(planes), strict=False)]
    _check_extent(image.parents[2], planes, grown)
    node["shape"][:3] = grown
    write_node(image / "0", node)
    array = open_array(image, writable=True)
    for plane in planes.values():
        array[plane.at] = plane.pixels
    names = {**known, **{name: plane.at for name, plane in planes.items()}}
    _rename(image, node, names)
    _describe(image, planes, options.names(grown[1]))


def _rename(image: Path, node: dict[str, Any], names: Mapping[str, Index]) -> None:
    node["attributes"] |= name_attributes(names, node["shape"])
    write_node(image / "0", node)


def _describe(image: Path, planes: Mapping[str, Plane], names: list[str | None] | None) -> None:
    """Widen the range in which each channel of *image* is shown."""
    attributes = group_attributes(image)
    if names is None or "ome" not in attributes:
        return
    old = attributes["ome"].get("omero", {"channels": ()})["channels"]
    seen = {n: (c["window"]["start"], c["window"]["end"]) for n, c in enumerate(old)}
    for plane in planes.values():
        low, high = extremes(plane.pixels)
        before = seen.get(plane.at[1], (low, high))
        seen[plane.at[1]] = (min(low, before[0]), max(high, before[1]))
    limits = pixel_limits(next(iter(planes.values())).pixels)
    shown = [seen.get(channel, limits) for channel in range(len(names))]
    attributes["ome"]["omero"] = omero_metadata(names, limits, shown)
    write_group(image, attributes)


def remove_plane(store: Path, well: str, number: int, name: str) -> None:
    """Remove the plane called *name*, and with the last one its field and its well.

    Raises:
        FileNotFoundError: when there is no such plane.
    """
    with StoreLock(store):
        image = image_folder(store, well, number)
        names = filename_map(image) if image else {}
        if image is None or name not in names:
            raise path_error(errno.ENOENT, store / name)
        index = names.pop(name)
        if not names:
            take_out(store, well, image)
            return
        _rename(image, read_node(image / "0") or {}, names)
        open_array(image, writable=True)[index] = 0
