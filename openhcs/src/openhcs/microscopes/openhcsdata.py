"""Plates of the OpenHCS application, described by ``openhcs_metadata.json``."""

from __future__ import annotations

import os
import re
from pathlib import Path

from openhcs.errors import MetadataNotFoundError
from openhcs.microscopes.metadata import MetadataHandler
from openhcs.microscopes.microscope_base import FILENAME_PARSERS, MicroscopeHandler
from openhcs.microscopes.openhcs_metadata import (
    METADATA_NAME,
    Subdirectory,
    broken,
    inner_path,
    portable,
    read_subdirectories,
)
from openhcs.microscopes.plate import (
    Ignored,
    Plate,
    PlateImage,
    measured,
    without_collisions,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openhcs.io.filemanager import FileManager
    from openhcs.microscopes.filename_parser import FilenameParser
    from openhcs.microscopes.microscope_base import PlatePath

# The fastest form of the same images first.
BACKEND_PREFERENCE = ("zarr", "virtual_workspace")
# What lies in a store of zarr format 3, and of 2, which is refused when an image is read.
STORE_MARKS = ("zarr.json", ".zgroup")


def parser_of(subdirectory: Subdirectory) -> FilenameParser:
    """Return the parser that the metadata names.

    Raises:
        BrokenFileError: when no handler has a parser of that name.
    """
    name = subdirectory.get("source_filename_parser_name", str, "")
    if name not in FILENAME_PARSERS:
        known = ", ".join(sorted(map(str, FILENAME_PARSERS)))
        raise broken(subdirectory.metadata_file, f"it names the parser {name!r}; known: {known}")
    return FILENAME_PARSERS[name]()


class OpenHCSMetadataHandler(MetadataHandler):
    """Reads ``openhcs_metadata.json``."""

    def find_metadata_file(self, plate_path: PlatePath) -> Path:
        """Return the plate's metadata file.

        Raises:
            MetadataNotFoundError: when there is none.
        """
        found = Path(plate_path) / METADATA_NAME
        if not found.is_file():
            raise MetadataNotFoundError(
                f"no {METADATA_NAME} is here",
                file=plate_path,
                fix="give the folder that holds the file",
            )
        return found

    def read_plate(self, plate_path: PlatePath) -> Plate:
        """Return all that is known of the plate's main form; raise as :class:`MetadataHandler`."""
        plate = Path(plate_path).absolute()
        metadata = self.find_metadata_file(plate)
        main = read_subdirectories(metadata)[0]
        images, ignored = _list_images(plate, main)
        return Plate(
            microscope="openhcsdata",
            path=plate,
            metadata_file=metadata,
            images=images,
            ignored=ignored,
            channel_names=_channel_names(main),
            grid=_grid(main),
            pixel_size=_pixel_size(main),
        )


def _list_images(
    plate: Path, main: Subdirectory
) -> tuple[tuple[PlateImage, ...], tuple[Ignored, ...]]:
    parser = parser_of(main)
    real, names = _real_files(main), _image_files(main)
    files = ((name, real.get(portable(name), portable(name))) for name in names)
    listed = [_one_image(plate, main, parser, name, file) for name, file in files]
    unique, same = without_collisions(i for i in listed if isinstance(i, PlateImage))
    return unique, (*(i for i in listed if isinstance(i, Ignored)), *same)


def _image_files(main: Subdirectory) -> list[str]:
    names: list[str] = main.get("image_files", list, [])
    if not all(isinstance(name, str) for name in names):
        raise broken(main.metadata_file, "image_files holds something that is no text")
    return names


def _one_image(
    plate: Path, main: Subdirectory, parser: FilenameParser, name: str, file: str
) -> PlateImage | Ignored:
    parts = parser.parse_filename(portable(name))
    if parts is None or parts["well"] is None:
        return Ignored(name, f"its name is none of {type(parser).__name__}")
    if inner_path(file) is None:
        raise broken(main.metadata_file, f"{file!r} lies outside the plate")
    absent = _absent(plate, main, file)
    if absent:
        return Ignored(name, f"in the metadata, but {absent}")
    return PlateImage.told(file, parts)


def _absent(plate: Path, main: Subdirectory, file: str) -> str:
    """Return what is not there of the image *file*, "" if all is; a store is not looked into."""
    if not _in_store(main):
        return "" if os.path.isfile(plate / file) else "not there"
    store = os.path.dirname(file) or "."
    marks = (plate / store / mark for mark in STORE_MARKS)
    return "" if any(map(os.path.isfile, marks)) else f"{store!r} is no zarr store"


def _real_files(main: Subdirectory) -> dict[str, str]:
    """Return where the images lie that a workspace shows elsewhere, relative to the plate."""
    mapping = main.get("workspace_mapping", dict, {})
    return {portable(virtual): portable(str(real)) for virtual, real in mapping.items()}


def _in_store(main: Subdirectory) -> bool:
    """Say whether the images are parts of a store, and no files of their own."""
    return _backends(main)[0] == "zarr"


def _backends(main: Subdirectory) -> list[str]:
    listed = main.get("available_backends", dict, {})
    usable = [name for name, is_there in listed.items() if is_there] or ["disk"]
    preferred = [name for name in BACKEND_PREFERENCE if name in usable]
    return [*preferred, *(name for name in usable if name not in preferred)]


def _channel_names(main: Subdirectory) -> dict[int, str | None]:
    channels = main.get("channels", dict, {})
    # Numbers as file names have them, and names that are texts: the rest names no channel.
    known = {n: name for n, name in channels.items() if re.fullmatch(r"\d{1,18}", n)}
    return {int(n): name for n, name in known.items() if name is None or isinstance(name, str)}


def _grid(main: Subdirectory) -> tuple[int, int] | None:
    grid = main.get("grid_dimensions", list, None)
    if grid is None:
        return None
    if len(grid) != 2 or not all(type(n) is int and n > 0 for n in grid):
        raise broken(main.metadata_file, f"grid_dimensions is {grid!r}, not [rows, columns]")
    return (grid[0], grid[1])


def _pixel_size(main: Subdirectory) -> float | None:
    size = main.get("pixel_size", (int, float), None)  # type: ignore[arg-type]
    return None if size is None or isinstance(size, bool) else measured(float(size))


class OpenHCSMicroscopeHandler(MicroscopeHandler):
    """Handles plates of the OpenHCS application; their file names are those of the microscope."""

    _microscope_type = "openhcsdata"
    _metadata_handler_class = OpenHCSMetadataHandler

    def __init__(
        self, filemanager: FileManager | None = None, pattern_format: str | None = None
    ) -> None:
        super().__init__(filemanager, pattern_format)
        self._source_parser: FilenameParser | None = None

    @property
    def parser(self) -> FilenameParser:
        """The parser that the plate names; known once the plate was looked at."""
        if self._source_parser is None:
            raise MetadataNotFoundError(
                "the grammar of these file names is known only from the plate",
                fix="call find_metadata_file, or make the handler with create_microscope_handler",
            )
        return self._source_parser

    def find_metadata_file(self, plate_path: PlatePath) -> Path:
        """Return the plate's metadata file and take over the parser that it names."""
        found = super().find_metadata_file(plate_path)
        self._source_parser = parser_of(read_subdirectories(found)[0])
        return found

    def read_plate(self, plate_path: PlatePath) -> Plate:
        """Return all that is known of the plate, and take over the parser that it names."""
        self.find_metadata_file(plate_path)
        return super().read_plate(plate_path)

    def initialize_workspace(
        self, plate_path: PlatePath, filemanager: FileManager | None = None
    ) -> dict[str, str]:
        """Return where each image really lies; see :class:`MicroscopeHandler`."""
        self.find_metadata_file(plate_path)
        return super().initialize_workspace(plate_path, filemanager)

    def get_available_backends(self, plate_path: PlatePath) -> list[str]:
        """Return the backends that the plate says it has, the best one first."""
        return _backends(
            read_subdirectories(self.metadata_handler.find_metadata_file(plate_path))[0]
        )
