"""Plates in OMERO, named by a path such as ``/omero/plate_57``."""

from __future__ import annotations

from pathlib import Path

from openhcs.errors import MetadataNotFoundError
from openhcs.io.filemanager import IMAGE_EXTENSIONS, FileManager
from openhcs.microscopes.imagexpress_names import ImageXpressFilenameParser, why_no_image
from openhcs.microscopes.metadata import MetadataHandler
from openhcs.microscopes.microscope_base import MicroscopeHandler
from openhcs.microscopes.plate import Ignored, Plate, PlateImage, without_collisions
from openhcs.omero.paths import ROOT, omero_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from openhcs.io.omero_local import OMEROLocalBackend
    from openhcs.microscopes.microscope_base import PlatePath
    from openhcs.omero.source import SourcePlate

BACKEND = "omero_local"
FIX = f"give a path such as {ROOT}/plate_57, and set OPENHCS_OMERO_STORE"
# Where a run puts the images that it makes, below the results of a plate.
RESULT_IMAGES = "images"


class OMEROMetadataHandler(MetadataHandler):
    """Reads what OMERO knows of a plate, through the storage backend ``omero_local``."""

    def __init__(self, filemanager: FileManager | None = None) -> None:
        super().__init__(filemanager)
        self._files = filemanager or FileManager()

    @property
    def _backend(self) -> OMEROLocalBackend:
        found: Any = self._files.backend(BACKEND)
        backend: OMEROLocalBackend = found
        return backend

    def find_metadata_file(self, plate_path: PlatePath) -> Path:
        """Return *plate_path*: OMERO itself describes the plate.

        Raises:
            MetadataNotFoundError: when the path names no plate that there is.
            StorageError: when OMERO can't be reached.
        """
        self._source(plate_path)
        if not self._backend.is_dir(plate_path):
            raise MetadataNotFoundError("OMERO has no such folder", file=plate_path, fix=FIX)
        return Path(plate_path)

    def _source(self, plate_path: PlatePath) -> SourcePlate:
        """Return the plate that the path names, or whose results it names."""
        place = omero_path(plate_path)
        if place is None:
            raise MetadataNotFoundError("no path of a plate in OMERO", file=plate_path, fix=FIX)
        if not self._backend.is_configured:
            raise MetadataNotFoundError("no OMERO store is configured", file=plate_path, fix=FIX)
        return self._backend.plate(place.number)

    def read_plate(self, plate_path: PlatePath) -> Plate:
        """Return all that is known of the plate; raise as :meth:`find_metadata_file`."""
        folder, source = self.find_metadata_file(plate_path), self._source(plate_path)
        listed = list(self._listed(folder))
        images, same = without_collisions(i for i in listed if isinstance(i, PlateImage))
        return Plate(
            microscope="omero",
            path=folder,
            metadata_file=folder,
            images=images,
            ignored=(*(i for i in listed if isinstance(i, Ignored)), *same),
            channel_names=source.channel_names(),
            grid=source.grid(),
            pixel_size=source.pixel_size(),
        )

    def _listed(self, plate: Path) -> Iterator[PlateImage | Ignored]:
        """Yield the images in the folder, or in the one for images among results."""
        inner = plate / RESULT_IMAGES
        folder = inner if self._backend.is_dir(inner) else plate
        for path in self._backend.list_files(folder, extensions=IMAGE_EXTENSIONS):
            yield _image(Path(path).relative_to(plate).as_posix())

    def get_pixel_size(self, plate_path: PlatePath) -> float:
        """Return the width of a pixel in micrometres.

        Raises:
            MetadataNotFoundError: when OMERO doesn't know it; a made-up one spoils every length.
        """
        size = self._source(plate_path).pixel_size()
        if size is None:
            raise MetadataNotFoundError(
                "OMERO knows no pixel size of this plate",
                file=plate_path,
                fix="set the physical pixel size of its images, with a unit",
            )
        return size


def _image(file: str) -> PlateImage | Ignored:
    parts = ImageXpressFilenameParser().parse_filename(file)
    if parts is None or parts["well"] is None:
        return Ignored(file, why_no_image(file))
    return PlateImage.told(file, parts)


class OMEROHandler(MicroscopeHandler):
    """Handles plates in OMERO; each of their planes has a name in the grammar of ImageXpress."""

    _microscope_type = "omero"
    _metadata_handler_class = OMEROMetadataHandler
    _parser_class = ImageXpressFilenameParser

    compatible_backends = (BACKEND,)

    def __init__(
        self, filemanager: FileManager | None = None, pattern_format: str | None = None
    ) -> None:
        # One file manager, so that all questions go through one connection.
        super().__init__(filemanager or FileManager(), pattern_format)
