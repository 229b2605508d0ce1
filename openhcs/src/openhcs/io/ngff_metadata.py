"""The metadata of OME-NGFF 0.5 (https://ngff.openmicroscopy.org/0.5/), as plain data."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from openhcs.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

VERSION = "0.5"
AXES = ("t", "c", "z", "y", "x")
_TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
# Colours that stay apart in an overlay, from the first channel on; the specification wants one.
_COLOURS = ("0000FF", "00FF00", "FF0000", "FF00FF", "00FFFF", "FFFF00", "FFFFFF")
_LETTERED = re.compile(r"([A-Za-z]{1,2})(\d+)")
_NUMBERED = re.compile(r"[Rr](\d+)[Cc](\d+)")


class WellPlace(NamedTuple):
    """Where a well lies: the names of its row and its column, letters and digits only."""

    row: str
    column: str

    @property
    def path(self) -> str:
        """The well's group within the plate."""
        return f"{self.row}/{self.column}"


def well_place(well: str) -> WellPlace:
    """Return the row and column of a well named as ``A01``, ``AA01`` or ``R01C01``.

    Raises:
        StorageError: when the name is none of these.
    """
    from openhcs.microscopes.filename_parser import row_letters

    numbered = _NUMBERED.fullmatch(well)
    if numbered and int(numbered[1]):
        return WellPlace(row_letters(int(numbered[1])), numbered[2].zfill(2))
    lettered = _LETTERED.fullmatch(well)
    if lettered:
        return WellPlace(lettered[1].upper(), lettered[2].zfill(2))
    raise StorageError(
        f"{well!r} names no row and column", fix="name the well as A01, AA01 or R01C01"
    )


def plate_metadata(
    name: str,
    wells: Mapping[str, int],
    rows: Iterable[str] = (),
    columns: Iterable[str] = (),
    acquisition: str = "",
) -> dict[str, Any]:
    """Return the attributes of a plate that has the images of *wells*.

    Args:
        name: the name of the plate.
        wells: the path of each well that is there, to the number of its fields; at least one.
        rows: rows of the physical plate, besides those that the wells name.
        columns: its columns, likewise.
        acquisition: the name of the acquisition, the only one.
    """
    places = [WellPlace(*path.split("/")) for path in wells]
    row_names = _in_order({*rows, *(place.row for place in places)})
    column_names = _in_order({*columns, *(place.column for place in places)})
    count = max(wells.values())
    plate = {
        "version": VERSION,
        "name": name,
        "rows": [{"name": row} for row in row_names],
        "columns": [{"name": column} for column in column_names],
        "field_count": count,
        "acquisitions": [{"id": 0, "name": acquisition or name, "maximumfieldcount": count}],
        "wells": [
            {
                "path": place.path,
                "rowIndex": row_names.index(place.row),
                "columnIndex": column_names.index(place.column),
            }
            for place in sorted(places, key=lambda place: tuple(map(_rank, place)))
        ],
    }
    return {"version": VERSION, "plate": plate}


def _rank(name: str) -> tuple[int, str]:
    """Order rows as A, B, AA and columns as 2, 10: the shorter one comes first."""
    return (len(name.lstrip("0")), name)


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted(names, key=_rank)


def well_metadata(fields: Iterable[int]) -> dict[str, Any]:
    """Return the attributes of a well that has the images of *fields*."""
    images = [{"path": str(field), "acquisition": 0} for field in sorted(fields)]
    return {"version": VERSION, "well": {"version": VERSION, "images": images}}


def image_metadata(
    name: str, pixel_size_um: float | None = None, z_step_um: float | None = None
) -> dict[str, Any]:
    """Return the attributes of an image with the axes t, c, z, y, x.

    An axis whose size is unknown, or no positive number, has no unit and the scale 1, as the
    specification says.
    """
    told = {"z": z_step_um, "y": pixel_size_um, "x": pixel_size_um}
    sizes = {axis: size for axis, size in told.items() if size and 0 < size < math.inf}
    scale = [float(sizes.get(axis, 1)) for axis in AXES]
    dataset = {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}
    axes = [
        {"name": axis, "type": _TYPES[axis], **({"unit": "micrometer"} if axis in sizes else {})}
        for axis in AXES
    ]
    multiscales = [{"name": name, "axes": axes, "datasets": [dataset]}]
    return {"version": VERSION, "multiscales": multiscales}


def omero_metadata(
    names: Sequence[str | None], limits: tuple[float, float], shown: Sequence[tuple[float, float]]
) -> dict[str, Any]:
    """Return how to show the channels.

    Args:
        names: a name for each channel; None for one that has none.
        limits: the least and the greatest value that the pixels can have.
        shown: the least and the greatest value in each channel.
    """
    channels = [
        {
            "label": name or f"channel {number}",
            "color": _COLOURS[(number - 1) % len(_COLOURS)],
            "active": True,
            "window": {"min": limits[0], "max": limits[1], "start": low, "end": high},
        }
        for number, (name, (low, high)) in enumerate(zip(names, shown, strict=True), 1)
    ]
    return {"channels": channels, "rdefs": {"model": "color"}}
