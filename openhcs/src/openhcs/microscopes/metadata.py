"""What a metadata handler answers; a format has only to find its file and read its plate."""

from __future__ import annotations

from abc import ABC, abstractmethod

from openhcs.microscopes.plate import COMPONENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from openhcs.io.filemanager import FileManager
    from openhcs.microscopes.microscope_base import PlatePath
    from openhcs.microscopes.plate import Plate

# What the rest of openhcs takes where a plate doesn't tell.
DEFAULT_PIXEL_SIZE = 1.0
DEFAULT_GRID = (1, 1)


class MetadataHandler(ABC):
    """Reads what one microscope format tells of a plate.

    Args:
        filemanager: the storage to read through, for formats that aren't plain files.
    """

    def __init__(self, filemanager: FileManager | None = None) -> None:
        self.filemanager = filemanager

    @abstractmethod
    def find_metadata_file(self, plate_path: PlatePath) -> Path:
        """Return the file that describes the plate.

        Raises:
            MetadataNotFoundError: when the folder is no plate of this format.
        """

    @abstractmethod
    def read_plate(self, plate_path: PlatePath) -> Plate:
        """Return all that is known of the plate.

        Raises:
            MetadataNotFoundError: when the folder is no plate of this format.
            PlateError: when the plate is damaged.
        """

    def parse_metadata(self, plate_path: PlatePath) -> dict[str, dict[str, str | None]]:
        """Return the names of each component's values, by component and value."""
        plate = self.read_plate(plate_path)
        return {component: _named(plate, component) for component in COMPONENTS}

    def get_grid_dimensions(self, plate_path: PlatePath) -> tuple[int, int]:
        """Return the rows and columns of the sites in a well; (1, 1) if unknown."""
        return self.read_plate(plate_path).grid or DEFAULT_GRID

    def get_pixel_size(self, plate_path: PlatePath) -> float:
        """Return the width of a pixel in micrometres; 1.0 if unknown."""
        return self.read_plate(plate_path).pixel_size or DEFAULT_PIXEL_SIZE

    def get_image_files(self, plate_path: PlatePath) -> list[str]:
        """Return the paths of the images, relative to the plate."""
        return [image.file for image in self.read_plate(plate_path).images]

    def get_well_values(self, plate_path: PlatePath) -> dict[str, str | None]:
        """Return the wells that have images, each with its name if it has one."""
        return _named(self.read_plate(plate_path), "well")

    def get_site_values(self, plate_path: PlatePath) -> dict[str, str | None]:
        """Return the sites that have images, each with its name if it has one."""
        return _named(self.read_plate(plate_path), "site")

    def get_channel_values(self, plate_path: PlatePath) -> dict[str, str | None]:
        """Return the channels that have images, each with its name if it has one."""
        return _named(self.read_plate(plate_path), "channel")

    def get_z_index_values(self, plate_path: PlatePath) -> dict[str, str | None]:
        """Return the planes that have images, each with its name if it has one."""
        return _named(self.read_plate(plate_path), "z_index")

    def get_timepoint_values(self, plate_path: PlatePath) -> dict[str, str | None]:
        """Return the timepoints that have images, each with its name if it has one."""
        return _named(self.read_plate(plate_path), "timepoint")


def _named(plate: Plate, component: str) -> dict[str, Any]:
    names = plate.channel_names if component == "channel" else {}
    return {str(value): names.get(value) for value in plate.values(component)}
