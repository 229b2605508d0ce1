"""Read a plate out of OME-TIFF files: one file, or a folder of them."""

from __future__ import annotations

from functools import partial
from pathlib import Path, PurePosixPath

from openhcs.core.damage import DAMAGE
from openhcs.core.natural import natural_key
from openhcs.errors import BrokenFileError, UnsupportedFormatError
from openhcs.io.tiff_header import check_tiff
from openhcs.omero.ome_xml import FIX, XmlPlate, read_ome_xml
from openhcs.omero.records import PlateContent, StoreImage, StoreWell, image_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from openhcs.omero.ome_xml import XmlImage

IMAGE_ENDINGS = (".ome.tif", ".ome.tiff")
# A file that holds the OME-XML of many, which then only refer to it.
COMPANION_ENDING = ".companion.ome"


def is_ome_tiff(path: Path) -> bool:
    """Say whether *path* is an OME-TIFF, or a folder that holds some."""
    return _description_file(path) is not None


def read_plate(path: Path, number: int) -> PlateContent:
    """Return the content of the plate *number*, which lies in *path*.

    Raises:
        BrokenFileError: when a file is damaged, or describes no plate.
    """
    file = _description_file(path)
    if file is None:
        raise BrokenFileError("no OME-TIFF is here", file=path, fix=FIX)
    described, file = _described(file)
    wells = tuple(
        StoreWell(row, column, partial(_images, images, file, number, position))
        for position, (row, column, images) in enumerate(described.wells)
    )
    return PlateContent(described.name, wells, described.annotations)


def _description_file(path: Path) -> Path | None:
    """Return the file that describes the plate: a companion, else the first image."""
    entries = sorted(path.iterdir(), key=lambda f: natural_key(f.name)) if path.is_dir() else [path]
    files = [f for f in entries if f.is_file() and not f.name.startswith("._")]
    for endings in (COMPANION_ENDING, IMAGE_ENDINGS):
        found = next((f for f in files if f.name.lower().endswith(endings)), None)
        if found:
            return found
    return None


def _described(file: Path) -> tuple[XmlPlate, Path]:
    """Return the plate that *file* describes, and the file that really does."""
    described = read_ome_xml(_xml(file), file)
    if isinstance(described, str):
        file = _beside(file, described)
        described = read_ome_xml(_xml(file), file)
    if isinstance(described, str):
        raise BrokenFileError("this OME-XML only refers to another", file=file, fix=FIX)
    return described, file


def _xml(file: Path) -> str:
    if file.name.lower().endswith(IMAGE_ENDINGS):
        return check_tiff(file).description
    return file.read_bytes().decode("utf-8-sig", "replace")


def _beside(file: Path, name: str) -> Path:
    """Return the file *name* that lies with *file*; names lead nowhere else."""
    portable = PurePosixPath(name.replace("\\", "/"))
    found = file.parent / portable
    if portable.is_absolute() or ".." in portable.parts or not found.is_file():
        raise BrokenFileError(
            f"this plate's file {name!r} is missing", file=file, fix="copy the whole plate again"
        )
    return found


def _images(
    images: tuple[XmlImage, ...], file: Path, plate: int, well: int
) -> tuple[StoreImage, ...]:
    return tuple(
        StoreImage(
            image_number(plate, well, field),
            image.sizes,
            image.channels,
            image.pixel_size,
            partial(_plane, image, file),
        )
        for field, image in enumerate(images)
    )


def _plane(image: XmlImage, file: Path, z: int, c: int, t: int) -> Any:
    place = image.page_of(z, c, t)
    if place is None:
        raise BrokenFileError(
            f"no file is told for z {z}, channel {c}, timepoint {t}", file=file, fix=FIX
        )
    name, page = place
    return read_page(_beside(file, name) if name else file, page)


def read_page(file: Path, number: int) -> Any:
    """Return the page *number* of the TIFF *file*, an array of rows and columns.

    Raises:
        BrokenFileError: when the page is missing, damaged or no grey image.
    """
    import tifffile

    try:
        # A stream, not a path: an OME-TIFF may name other files, and only this one was asked for.
        with open(file, "rb") as stream, tifffile.TiffFile(stream) as tiff:
            page = tiff.pages[number]
            _check_whole(page, tiff.filehandle.size)
            plane = page.asarray()
    except (tifffile.TiffFileError, *DAMAGE) as error:
        raise BrokenFileError(
            f"page {number} can't be read: {error}", file=file, fix=FIX
        ) from error
    if plane.ndim != 2:
        raise UnsupportedFormatError(
            f"page {number} has {plane.ndim} axes, not rows and columns", file=file, fix=FIX
        )
    return plane.astype(plane.dtype.newbyteorder("="), copy=False)


def _check_whole(page: Any, size: int) -> None:
    """Raise ValueError if the data of *page* ends after *size*; the library gives zeros there."""
    places = zip(page.dataoffsets, page.databytecounts, strict=True)
    end = max((offset + count for offset, count in places), default=0)
    if end > size:
        raise ValueError(f"it needs {end} bytes and the file has {size}; it was cut short")
