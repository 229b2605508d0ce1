"""The microscope registry, what a handler does, and which handler fits a plate."""

from __future__ import annotations

from openhcs.core.auto_register_meta import (
    PRIMARY_KEY,
    AutoRegisterMeta,
    LazyDiscoveryDict,
    SecondaryRegistry,
    SecondaryRegistryDict,
    extract_key_from_handler_suffix,
)
from openhcs.errors import IncompleteHandlerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from enum import Enum
    from pathlib import Path
    from typing import Any

    from openhcs.io.filemanager import FileManager
    from openhcs.microscopes.filename_parser import FilenameParser
    from openhcs.microscopes.metadata import MetadataHandler
    from openhcs.microscopes.plate import Plate

    PlatePath = str | os.PathLike[str]

MICROSCOPE_HANDLERS: LazyDiscoveryDict[MicroscopeHandler] = LazyDiscoveryDict(enable_cache=True)
METADATA_HANDLERS: SecondaryRegistryDict[str, type[MetadataHandler]] = SecondaryRegistryDict()
# openhcs_metadata.json names the parser of a plate's file names by class name; this finds it.
FILENAME_PARSERS: SecondaryRegistryDict[str, type[FilenameParser]] = SecondaryRegistryDict()


class MicroscopeHandler(metaclass=AutoRegisterMeta):
    """Joins what one microscope format needs: its file names and its metadata.

    A subclass names its key in ``_microscope_type`` and gives what differs from this class; a
    handler that only parses file names is complete.

    Args:
        filemanager: the storage to read through.
        pattern_format: a ``str.format`` template that replaces the format's own file names when
            names are made, such as ``"{well}_s{site}_w{channel}{extension}"``.
    """

    __registry_key__ = "_microscope_type"
    __key_extractor__ = extract_key_from_handler_suffix
    __registry_name__ = "microscope handler"
    __registry__ = MICROSCOPE_HANDLERS
    __secondary_registries__ = [  # noqa: RUF012 - the registry reads it, once
        SecondaryRegistry(METADATA_HANDLERS, PRIMARY_KEY, "_metadata_handler_class"),
        SecondaryRegistry(FILENAME_PARSERS, "_parser_name", "_parser_class"),
    ]

    _microscope_type: str | None = None
    _metadata_handler_class: type[MetadataHandler] | None = None
    _parser_name: str | None = None
    _parser_class: type[FilenameParser] | None = None

    root_dir = "."
    compatible_backends: tuple[str, ...] = ("disk",)

    def __init__(
        self, filemanager: FileManager | None = None, pattern_format: str | None = None
    ) -> None:
        self.filemanager = filemanager
        self.pattern_format = pattern_format

    @property
    def microscope_type(self) -> str:
        """The key of this handler's class."""
        derived = extract_key_from_handler_suffix(type(self).__name__, type(self))
        return self._microscope_type or derived

    @property
    def metadata_handler_class(self) -> type[MetadataHandler]:
        """The class that reads this format's metadata."""
        if self._metadata_handler_class is None:
            raise self._without("_metadata_handler_class", "reads no plates")
        return self._metadata_handler_class

    def _without(self, part: str, thus: str) -> IncompleteHandlerError:
        return IncompleteHandlerError(
            f"the microscope handler {self.microscope_type!r} {thus}: "
            f"{type(self).__name__} names no {part}",
            fix=f"give the class a {part}, or choose another handler",
        )

    @property
    def metadata_handler(self) -> MetadataHandler:
        """A reader of this format's metadata."""
        return self.metadata_handler_class(self.filemanager)

    @property
    def parser(self) -> FilenameParser:
        """The grammar of this format's file names."""
        if self._parser_class is None:
            raise self._without("_parser_class", "knows no file names")
        return self._parser_class(self.pattern_format)

    def parse_filename(self, filename: str) -> dict[str, Any] | None:
        """Return the components that *filename* tells, or None if it is no image name."""
        return self.parser.parse_filename(filename)

    def construct_filename(self, extension: str | None = None, **components: Any) -> str:
        """Return the file name that tells *components*; raise as the parser does."""
        return self.parser.construct_filename(extension, **components)

    def read_plate(self, plate_path: PlatePath) -> Plate:
        """Return all that is known of the plate."""
        return self.metadata_handler.read_plate(plate_path)

    def find_metadata_file(self, plate_path: PlatePath) -> Path:
        """Return the file that describes the plate; raise as the metadata handler does."""
        return self.metadata_handler.find_metadata_file(plate_path)

    def get_grid_dimensions(self, plate_path: PlatePath) -> tuple[int, int]:
        """Return the rows and columns of the sites in a well."""
        return self.metadata_handler.get_grid_dimensions(plate_path)

    def get_pixel_size(self, plate_path: PlatePath) -> float:
        """Return the width of a pixel in micrometres."""
        return self.metadata_handler.get_pixel_size(plate_path)

    def initialize_workspace(
        self, plate_path: PlatePath, filemanager: FileManager | None = None
    ) -> dict[str, str]:
        """Return where each image of the flattened plate really lies.

        Nothing is moved, renamed or written: a plate is an original.

        Returns:
            The file name that tells an image's components, to its path relative to the plate.
        """
        names = self.construct_filename
        plate = self.metadata_handler_class(filemanager or self.filemanager).read_plate(plate_path)
        return self.post_workspace(
            {names(image.extension, **image.components()): image.file for image in plate.images}
        )

    def post_workspace(self, mapping: dict[str, str]) -> dict[str, str]:
        """Adjust the mapping of a workspace; a subclass may."""
        return mapping

    def get_available_backends(self, plate_path: PlatePath) -> list[str]:
        """Return the names of the backends that hold the plate's images."""
        return list(self.compatible_backends)

    def get_primary_backend(
        self, plate_path: PlatePath, filemanager: FileManager | None = None
    ) -> str:
        """Return the name of the backend to read the plate through."""
        return self.get_available_backends(plate_path)[0]

    def _names(
        self, folder: PlatePath, backend: str | None, extensions: Iterable[str]
    ) -> list[str]:
        from openhcs.io.filemanager import FileManager

        manager, storage = self.filemanager or FileManager(), backend or self.compatible_backends[0]
        found = manager.list_image_files(folder, storage, extensions=extensions)
        return [path.rpartition("/")[2] for path in found]

    def auto_detect_patterns(
        self,
        folder: PlatePath,
        variable_components: str | Enum | Iterable[str | Enum] = ("site",),
        group_by: str | Enum | None = None,
        extensions: Iterable[str] = (".tif", ".tiff"),
        backend: str | None = None,
    ) -> dict[str, Any]:
        """Return the file name patterns of each well in *folder*.

        Args:
            folder: the folder that holds the images.
            variable_components: the components left open in a pattern, as ``{iii}``; each its
                name or a member of ``VariableComponents``.
            group_by: a component by whose value the patterns of a well are grouped; its name or a
                member of ``GroupBy``. None and ``GroupBy.NONE`` group nothing.
            extensions: the endings of the images.
            backend: the storage that holds *folder*; by default the first that fits the format.

        Returns:
            A list of patterns for each well, or a dict of such lists by group.

        Raises:
            ComponentError: when a component is unknown.
        """
        from openhcs.microscopes.patterns import patterns_by_well

        names = self._names(folder, backend, extensions)
        return patterns_by_well(self, names, variable_components, group_by)

    def path_list_from_pattern(
        self,
        directory: PlatePath,
        pattern: str,
        extensions: Iterable[str] = (".tif", ".tiff"),
        backend: str | None = None,
    ) -> list[str]:
        """Return the names in *directory* that fit *pattern*, compared by what they tell."""
        from openhcs.microscopes.patterns import matching_names

        return matching_names(self, self._names(directory, backend, extensions), pattern)


def create_microscope_handler(
    microscope_type: str = "auto",
    plate_folder: PlatePath | None = None,
    filemanager: FileManager | None = None,
    pattern_format: str | None = None,
    allowed_auto_types: Iterable[str] | None = None,
) -> MicroscopeHandler:
    """Return the handler of *microscope_type*, or of the format that the plate is found to have.

    Args:
        microscope_type: a key of ``MICROSCOPE_HANDLERS``, or "auto".
        plate_folder: the plate; needed for "auto".
        filemanager: the storage to read through.
        pattern_format: see :class:`MicroscopeHandler`.
        allowed_auto_types: the keys that "auto" may choose from; all by default.

    Raises:
        UnknownMicroscopeError: when the type is unknown, or nothing recognises the plate.
        PlateError: when the plate is missing, or recognised and damaged.
    """
    from openhcs.microscopes.detection import detect_microscope, handler_class

    if microscope_type == "auto":
        microscope_type = detect_microscope(plate_folder, filemanager, allowed_auto_types)
    return handler_class(microscope_type)(filemanager, pattern_format)
