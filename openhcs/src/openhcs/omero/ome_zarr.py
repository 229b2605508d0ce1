"""Read a plate out of an OME-Zarr store, of OME-NGFF 0.4 or 0.5.

Format: https://ngff.openmicroscopy.org/0.5/ (0.4 keeps the same metadata one level higher).
"""

from __future__ import annotations

import json
from functools import partial
from math import prod
from operator import index

from openhcs.core.damage import DAMAGE
from openhcs.errors import BrokenFileError
from openhcs.microscopes.filename_parser import row_number
from openhcs.omero.gateway import NAMESPACE
from openhcs.omero.records import (
    PlateContent,
    StoreAnnotation,
    StoreChannel,
    StoreImage,
    StoreLength,
    StoreWell,
    checked_sizes,
    image_number,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

FIX = "write the store again, and check it with a validator of OME-NGFF"
# Parts of a store that are missing count too: the plate tells of them.
_DAMAGE = (AttributeError, OSError, *DAMAGE)
_MARKS = (".zgroup", "zarr.json")


def is_ome_zarr(path: Path) -> bool:
    """Say whether *path* is a zarr group."""
    return any((path / mark).is_file() for mark in _MARKS)


def read_plate(path: Path, number: int) -> PlateContent:
    """Return the content of the plate *number*, which lies in the store *path*.

    Raises:
        BrokenFileError: when the store is damaged, or holds no plate.
    """
    group = _Group(path)
    plate = group.section("plate")
    try:
        paths = [_own_path(well["path"]) for well in plate["wells"]]
        wells = tuple(_well(path, number, at, name) for at, name in enumerate(paths))
        return PlateContent(str(plate.get("name", path.name)), wells, group.annotations())
    except _DAMAGE as error:
        raise group.broken("plate", error) from error


def zarr_node(folder: Path, name: str) -> dict[str, Any]:
    """Return the metadata of a group or array: ``zarr.json``, or in zarr format 2 that in *name*.

    Reading it so is many times faster than opening each of a plate's thousand nodes.
    """
    newer = folder / "zarr.json"
    node = json.loads((newer if newer.is_file() else folder / name).read_bytes())
    if not isinstance(node, dict):
        raise TypeError(f"the metadata is {node!r}")
    return node


class _Group:
    """One group of the store and its metadata."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            node = zarr_node(path, ".zattrs")
            self.attributes = dict(node["attributes"] if "zarr_format" in node else node)
            # 0.5 keeps all sections below "ome", 0.4 beside each other.
            self.sections = dict(self.attributes.get("ome", self.attributes))
        except _DAMAGE as error:
            raise self.broken("group", error) from error

    def broken(self, part: str, why: Exception) -> BrokenFileError:
        return BrokenFileError(
            f"the {part} of this OME-Zarr store can't be read: {type(why).__name__}: {why}",
            file=self.path,
            fix=FIX,
        )

    def section(self, name: str) -> Any:
        """Return the section *name* of the metadata."""
        if name not in self.sections:
            raise BrokenFileError(
                f"this group of an OME-Zarr store has no {name!r}", file=self.path, fix=FIX
            )
        return self.sections[name]

    def channels(self, count: int) -> tuple[StoreChannel, ...]:
        """Return *count* channels, named as far as the section for OMERO tells names."""
        told = self.sections.get("omero", {}).get("channels", ())
        labels = [channel.get("label") for channel in told[:count]]
        named = [StoreChannel(label if isinstance(label, str) else None) for label in labels]
        return (*named, *[StoreChannel(None)] * (count - len(named)))

    def annotations(self) -> tuple[StoreAnnotation, ...]:
        """Return what openhcs notes of a plate; OME-NGFF itself has no annotations."""
        noted = dict(self.attributes.get(NAMESPACE, {}))
        pairs = tuple((str(key), str(value)) for key, value in noted.items())
        return (StoreAnnotation(NAMESPACE, pairs),) if pairs else ()


def _own_path(name: str) -> str:
    """Return the path *name* if it stays within the store."""
    if "\\" in name or {"", ".", ".."} & set(name.split("/")):
        raise ValueError(f"{name!r} is no path within the store")
    return name


def _well(store: Path, plate: int, position: int, name: str) -> StoreWell:
    # The indexes in the metadata count the rows and columns in use; the names are the plate's.
    row, column = name.split("/")
    number = int(row) if row.isdecimal() else row_number(row)
    if min(number, int(column)) < 1:
        raise ValueError(f"{name!r} is no well")
    return StoreWell(number - 1, int(column) - 1, partial(_images, store / name, plate, position))


def _images(well: Path, plate: int, position: int) -> tuple[StoreImage, ...]:
    group = _Group(well)
    section = group.section("well")
    try:
        names = [_own_path(image["path"]) for image in section["images"]]
    except _DAMAGE as error:
        raise group.broken("well", error) from error
    return tuple(
        _image(well / name, image_number(plate, position, at)) for at, name in enumerate(names)
    )


def _image(path: Path, number: int) -> StoreImage:
    group = _Group(path)
    section = group.section("multiscales")
    try:
        pyramid = section[0]
        axes = _axes(pyramid)
        full = pyramid["datasets"][0]
        array = path / _own_path(full["path"])
        shape = map(index, zarr_node(array, ".zarray")["shape"])
        one_each = {"z": 1, "c": 1, "t": 1}
        sizes = checked_sizes(one_each | dict(zip(axes, shape, strict=True)))
        return StoreImage(
            number,
            sizes,
            group.channels(sizes["c"]),
            _pixel_size(pyramid, full, axes.index("x")),
            partial(_plane, group, array, axes),
        )
    except _DAMAGE as error:
        raise group.broken("image", error) from error


def _axes(pyramid: Any) -> list[str]:
    """Return the names of the axes; before 0.3 they were always the same five."""
    axes = [a if isinstance(a, str) else a["name"] for a in pyramid.get("axes", "tczyx")]
    if axes[-2:] != ["y", "x"] or not set(axes) <= set("tczyx") or len(set(axes)) < len(axes):
        raise ValueError(f"its axes are {axes}")
    return axes


def _pixel_size(pyramid: Any, full: Any, x: int) -> StoreLength | None:
    """Return the width of a pixel of the largest image; None where no scale is told."""
    steps = [*full.get("coordinateTransformations", ())]
    steps += pyramid.get("coordinateTransformations", ())
    scales = [float(step["scale"][x]) for step in steps if step["type"] == "scale"]
    axis = pyramid["axes"][x] if "axes" in pyramid else ""
    unit = None if isinstance(axis, str) else axis.get("unit")
    return StoreLength(prod(scales), unit) if scales and isinstance(unit, str) else None


def _plane(group: _Group, array: Path, axes: list[str], z: int, c: int, t: int) -> Any:
    import zarr

    at: dict[str, Any] = {"z": z, "c": c, "t": t}
    try:
        pixels: Any = zarr.open_array(array, mode="r")
        return pixels[tuple(at.get(axis, slice(None)) for axis in axes)]
    except _DAMAGE as error:
        raise group.broken(f"plane z {z}, channel {c}, timepoint {t}", error) from error
