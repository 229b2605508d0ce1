"""One image of a plate: a group with its metadata and the array "0" of axes t, c, z, y, x."""

from __future__ import annotations

import errno
import os
from enum import Enum
from pathlib import Path

from openhcs.core.damage import DAMAGE
from openhcs.errors import BrokenFileError, StorageError, path_error
from openhcs.io.ngff_groups import group_attributes, write_group
from openhcs.io.ngff_metadata import AXES, image_metadata, omero_metadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import numpy as np


class Chunking(Enum):
    """What lies in one file of the store: a plane, or all planes of a field."""

    FILE = "file"
    WELL = "well"


def checked_image(image: Any, ndim: int, file: str | os.PathLike[str] = "") -> np.ndarray[Any, Any]:
    """Return *image* as an array in the machine's byte order.

    Args:
        image: an array, or what numpy makes one of.
        ndim: how many axes it must have.
        file: what to name in an error.

    Raises:
        StorageError: when it is no array of numbers with *ndim* axes, or is empty.
    """
    import numpy as np

    try:
        array = np.asarray(image)
    except (TypeError, ValueError):  # rows that differ in length
        array = np.asarray(None)
    if array.ndim != ndim or array.dtype.kind not in "biuf" or not array.size:
        raise StorageError(
            f"an image of shape {array.shape} and type {array.dtype} can't be stored",
            file=file,
            fix=f"give numbers with the axes {', '.join(AXES[-ndim:])}",
        )
    native: np.ndarray[Any, Any] = array.astype(array.dtype.newbyteorder("="), copy=False)
    return native


def write_image(
    folder: Path,
    image: np.ndarray[Any, Any],
    *,
    name: str,
    channel_names: Sequence[str | None] | None = None,
    pixel_size_um: float | None = None,
    z_step_um: float | None = None,
    chunking: Chunking = Chunking.FILE,
    filenames: Mapping[str, tuple[int, int, int]] | None = None,
) -> None:
    """Make the group *folder* an image; see :func:`openhcs.io.ngff.write_field`.

    Args:
        folder: a folder that is not there yet.
        image: as :func:`checked_image` returns it.
        name: what to call the image.
        filenames: the name of each plane, to its place on the axes t, c and z.
    """
    import zarr

    folder.mkdir()
    array = zarr.create_array(
        folder / "0",
        shape=image.shape,
        dtype=image.dtype,
        chunks=(1, 1, 1, *image.shape[3:]) if chunking is Chunking.FILE else image.shape,
        dimension_names=AXES,
        fill_value=0,
        attributes=name_attributes(filenames or {}, image.shape),
    )
    array[...] = image
    metadata = image_metadata(name, pixel_size_um, z_step_um)
    if channel_names is not None:
        metadata["omero"] = omero_metadata(channel_names, pixel_limits(image), shown_values(image))
    write_group(folder, {"ome": metadata})


def name_attributes(
    filenames: Mapping[str, tuple[int, int, int]], shape: Sequence[int]
) -> dict[str, Any]:
    """Return the attributes that tell which file name stands for which plane of an array."""
    return {
        "openhcs_filename_map": {name: list(index) for name, index in filenames.items()},
        "openhcs_output_paths": sorted(filenames),
        "openhcs_dimensions": dict(zip(AXES, shape, strict=True)),
    }


def pixel_limits(image: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Return the least and the greatest value that the pixels can have, or have if real."""
    import numpy as np

    if image.dtype.kind in "iu":
        bounds = np.iinfo(image.dtype)
        return float(bounds.min), float(bounds.max)
    return (0.0, 1.0) if image.dtype.kind == "b" else extremes(image)


def shown_values(image: np.ndarray[Any, Any]) -> list[tuple[float, float]]:
    """Return the least and the greatest value in each channel."""
    return [extremes(image[:, channel]) for channel in range(image.shape[1])]


def extremes(pixels: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Return the least and the greatest finite value; JSON has no others."""
    import numpy as np

    finite = pixels[np.isfinite(pixels)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def open_array(folder: Path, *, writable: bool = False) -> Any:
    """Return the zarr array of the image *folder*.

    Raises:
        FileNotFoundError: when there is none.
        BrokenFileError: when its metadata is damaged.
    """
    import zarr

    if not (folder / "0").is_dir():
        raise path_error(errno.ENOENT, folder)
    try:
        return zarr.open_array(folder / "0", mode="r+" if writable else "r")
    except FileNotFoundError:
        raise
    except DAMAGE as error:
        raise _broken(folder, error) from error


def read_pixels(folder: Path, selection: Any = ...) -> np.ndarray[Any, Any]:
    """Return the pixels of the image *folder* that *selection* takes; raise as ``open_array``."""
    import numpy as np

    try:
        pixels: np.ndarray[Any, Any] = np.asarray(open_array(folder)[selection])
    except BrokenFileError:
        raise
    except DAMAGE as error:
        raise _broken(folder, error) from error
    return pixels


def _broken(folder: Path, error: Exception) -> BrokenFileError:
    return BrokenFileError(
        f"this image of the store can't be decoded: {error}",
        file=folder,
        fix="write the well again",
    )


def image_details(folder: Path) -> tuple[tuple[str, ...], float | None, float | None]:
    """Return the channel names, pixel size and z step of the image *folder*, where given.

    Raises:
        BrokenFileError: when its metadata has another shape.
    """
    ome = group_attributes(folder).get("ome", {})
    try:
        names = tuple(str(c.get("label", "")) for c in ome.get("omero", {}).get("channels", ()))
        sizes = _sizes(ome.get("multiscales", ()))
    except (AttributeError, *DAMAGE) as error:
        raise _broken(folder, error) from error
    return names, sizes.get("x"), sizes.get("z")


def _sizes(multiscales: Sequence[Any]) -> dict[str, float]:
    """Return the size of a pixel along each axis that is told in micrometres."""
    if not multiscales:
        return {}
    scale = multiscales[0]["datasets"][0]["coordinateTransformations"][0]["scale"]
    axes = zip(multiscales[0]["axes"], scale, strict=True)
    return {axis["name"]: size for axis, size in axes if axis.get("unit") == "micrometer"}
