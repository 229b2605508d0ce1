"""ImageXpress microscopes: MetaXpress exports, with an HTD file or straight from its database."""

from __future__ import annotations

import os
import re
from pathlib import Path

from openhcs.core.natural import natural_key
from openhcs.errors import BrokenFileError, MetadataNotFoundError
from openhcs.io.filemanager import IMAGE_EXTENSIONS
from openhcs.io.tiff_header import check_tiff
from openhcs.microscopes.imagexpress_folders import (
    list_images,
    step_folder,
    walk_export,
)
from openhcs.microscopes.imagexpress_htd import HTD, read_htd
from openhcs.microscopes.imagexpress_names import ImageXpressFilenameParser, has_guid
from openhcs.microscopes.metadata import MetadataHandler
from openhcs.microscopes.microscope_base import MicroscopeHandler
from openhcs.microscopes.plate import Plate, measured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from openhcs.microscopes.microscope_base import PlatePath
    from openhcs.microscopes.plate import PlateImage

_CALIBRATION = re.compile(
    r'id="spatial-calibration-x"[^>]*?value="([^"]+)"|Spatial Calibration(?: X)?:\s*([0-9.eE+-]+)'
)
_CALIBRATION_OFF = re.compile(r'id="spatial-calibration-state"[^>]*?value="off"')
_UNIT = re.compile(r'id="spatial-calibration-units"[^>]*?value="([^"]*)"')
_MICROMETRES = {
    "um": 1.0,
    "µm": 1.0,
    "μm": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "nm": 1e-3,
    "mm": 1e3,
}


class ImageXpressMetadataHandler(MetadataHandler):
    """Reads the HTD file, the folders and the TIFF headers of a MetaXpress export."""

    def find_metadata_file(self, plate_path: PlatePath) -> Path:
        """Return the plate's HTD file; in a database export, the first of its images.

        Raises:
            MetadataNotFoundError: when the folder is no MetaXpress export, or a part of one.
        """
        plate = Path(plate_path)
        self._refuse_part(plate)
        # A plate in OMERO has a path, and no folder.
        found = plate.is_dir() and (_htd_in(plate) or _htd_below(plate) or _database_image(plate))
        if not found:
            raise MetadataNotFoundError(
                "no HTD file and no image of a MetaXpress database export is here",
                file=plate,
                fix="give the folder that holds the HTD file",
            )
        return found

    def _refuse_part(self, plate: Path) -> None:
        """Refuse a TimePoint or ZStep folder: the HTD copied there makes it look like a plate."""
        part = Path(os.path.abspath(plate))  # "." and ".." have no names of their own
        whole = part
        while step_folder(whole.name):
            whole = whole.parent
        if whole != part and _htd_in(whole):
            raise MetadataNotFoundError(
                f"{part.name} is a part of the plate {whole.name}", file=part, fix=f"give {whole}"
            )

    def read_plate(self, plate_path: PlatePath) -> Plate:
        """Return all that is known of the plate; raise as :class:`MetadataHandler`."""
        plate = Path(plate_path).absolute()
        metadata = self.find_metadata_file(plate)
        htd = read_htd(metadata) if metadata.suffix.lower() == ".htd" else HTD(None)
        images, ignored = list_images(plate)
        return Plate(
            microscope="imagexpress",
            path=plate,
            metadata_file=metadata,
            images=images,
            ignored=ignored,
            channel_names=htd.wave_names,
            grid=htd.grid,
            pixel_size=_first_pixel_size(plate, images),
        )


def _first_pixel_size(plate: Path, images: Iterable[PlateImage]) -> float | None:
    """Return the pixel size that the first sound image tells: a damaged one costs no plate.

    Raises:
        BrokenFileError: when no image is sound; it names the first.
    """
    broken: BrokenFileError | None = None
    for image in images:
        try:
            return pixel_size_of(plate / image.file)
        except BrokenFileError as error:
            broken = broken or error
    if broken is not None:
        raise broken
    return None


def pixel_size_of(image: Path) -> float | None:
    """Return the width of a pixel of *image* in micrometres, None if its header does not tell.

    Raises:
        BrokenFileError: when the image is no TIFF, or was cut short.
    """
    description = check_tiff(image).description
    found = _CALIBRATION.search(description)
    if found is None or _CALIBRATION_OFF.search(description):
        return None
    unit = _UNIT.search(description)
    try:
        size = float(found[1] or found[2]) * _MICROMETRES[unit[1].lower() if unit else "um"]
    except (KeyError, ValueError):  # a unit such as "pixel", or no number: not calibrated
        return None
    return measured(size)


def _htd_in(folder: Path) -> Path | None:
    """Return the HTD file in *folder*; of several, one that calls itself a plate's."""
    if not folder.is_dir():
        return None
    found = [f for f in folder.iterdir() if f.suffix.lower() == ".htd" and _is_own(f)]
    return min(
        found, key=lambda f: ("plate" not in f.name.lower(), natural_key(f.name)), default=None
    )


def _is_own(file: Path) -> bool:
    return file.is_file() and not file.name.startswith("._")


def _htd_below(plate: Path) -> Path | None:
    """Return the copy of the HTD in a TimePoint or ZStep folder, where the plate's own is gone."""
    files = (found.path for found in walk_export(plate) if found.kind == "file")
    copies = (f for f in files if f.suffix.lower() == ".htd" and _is_own(f))
    return next(copies, None)


def _database_image(plate: Path) -> Path | None:
    """Return the first image that has the name of a database export."""
    parser = ImageXpressFilenameParser()
    files = (found.path for found in walk_export(plate) if found.kind == "file")
    images = (f for f in files if f.suffix.lower() in IMAGE_EXTENSIONS and has_guid(f.name))
    return next((f for f in images if parser.can_parse(f.name)), None)


class ImageXpressHandler(MicroscopeHandler):
    """Handles plates of ImageXpress microscopes."""

    _microscope_type = "imagexpress"
    _metadata_handler_class = ImageXpressMetadataHandler
    _parser_name = "ImageXpressFilenameParser"
    _parser_class = ImageXpressFilenameParser
