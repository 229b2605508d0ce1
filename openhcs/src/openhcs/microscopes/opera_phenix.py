"""Opera Phenix microscopes: exports of Harmony, versions 5 to 7."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from openhcs.errors import MetadataNotFoundError
from openhcs.io.filemanager import IMAGE_EXTENSIONS
from openhcs.io.listing import kind_of
from openhcs.microscopes.field_layout import FieldLayout, lay_out
from openhcs.microscopes.harmony_index import HarmonyIndex, IndexImage, read_index
from openhcs.microscopes.metadata import MetadataHandler
from openhcs.microscopes.microscope_base import MicroscopeHandler
from openhcs.microscopes.opera_phenix_names import OperaPhenixFilenameParser, well_name
from openhcs.microscopes.plate import Ignored, Plate, PlateImage, without_collisions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openhcs.microscopes.microscope_base import PlatePath

# The newer name first: a measurement exported twice keeps both.
INDEX_NAMES = ("index.xml", "index.idx.xml")
IMAGE_FOLDER = "images"
MICROMETRES = 1e6


class OperaPhenixMetadataHandler(MetadataHandler):
    """Reads the index of a Harmony export and finds its images."""

    def find_metadata_file(self, plate_path: PlatePath) -> Path:
        """Return the plate's index, in the plate, its Images folder or, given that, above it.

        Raises:
            MetadataNotFoundError: when there is none.
        """
        plate = Path(plate_path)
        folders = [plate, *_image_folders(plate)]
        if plate.absolute().name.lower() == IMAGE_FOLDER:
            folders.append(plate.absolute().parent)
        found = next((index for folder in folders if (index := _index_in(folder))), None)
        if found is None:
            raise MetadataNotFoundError(
                "no Index.xml or Index.idx.xml is here or in Images",
                file=plate,
                fix="give the folder that holds the index",
            )
        return found

    def read_plate(self, plate_path: PlatePath) -> Plate:
        """Return all that is known of the plate; raise as :class:`MetadataHandler`."""
        plate = Path(plate_path).absolute()
        metadata = self.find_metadata_file(plate)
        index = read_index(metadata)
        layout = _layout(index)
        listing = _list_images(plate, metadata.parent, index, layout)
        return Plate(
            microscope="opera_phenix",
            path=plate,
            metadata_file=metadata,
            images=listing.images,
            ignored=listing.ignored,
            channel_names=index.channel_names,
            grid=layout.grid,
            pixel_size=None if index.resolution is None else index.resolution * MICROMETRES,
            described=listing.described,
        )


def _image_folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [p for p in folder.iterdir() if p.name.lower() == IMAGE_FOLDER and p.is_dir()]


def _index_in(folder: Path) -> Path | None:
    if not folder.is_dir():
        return None
    files = {entry.name.lower(): entry for entry in folder.iterdir()}
    return next((files[n] for n in INDEX_NAMES if n in files and files[n].is_file()), None)


def _layout(index: HarmonyIndex) -> FieldLayout:
    """Return the layout of the fields; all wells of a plate share one."""
    positions: dict[int, tuple[float, float]] = {}
    for image in index.images:
        if image.x is None or image.y is None:
            return FieldLayout({field: field for field in {i.field for i in index.images}}, None)
        positions.setdefault(image.field, (image.x, image.y))
    return lay_out(positions)


@dataclass(frozen=True)
class _Listing:
    images: tuple[PlateImage, ...]
    ignored: tuple[Ignored, ...]
    described: tuple[PlateImage, ...]


def _list_images(
    plate: Path, index_folder: Path, index: HarmonyIndex, layout: FieldLayout
) -> _Listing:
    """Match what the index describes with the files that are there."""
    there = _files(plate, index_folder, index)
    listed: dict[str, PlateImage | Ignored] = {}
    described = []
    for image in index.images:
        name = _name(image.url) or _begin_of_name(image)
        known = _plate_image(there.get(name.lower(), name), image, layout)
        described += [known] if isinstance(known, PlateImage) else []
        is_missing = isinstance(known, PlateImage) and name.lower() not in there
        missing = Ignored(name, "in the index, but not there")
        listed[name.lower()] = missing if is_missing else known
    extra = [Ignored(f, "not in the index") for n, f in there.items() if n not in listed]
    unique, same = without_collisions(i for i in listed.values() if isinstance(i, PlateImage))
    left_out = [i for i in listed.values() if isinstance(i, Ignored)]
    return _Listing(unique, (*left_out, *same, *extra), tuple(described))


def _plate_image(file: str, image: IndexImage, layout: FieldLayout) -> PlateImage | Ignored:
    if not image.url:
        return Ignored(file, "in the index without a file")
    if image.field in layout.orphans:
        return Ignored(file, f"field {image.field} lies outside the grid")
    # Names count timepoints from 1 in every version, the index from 0 or 1.
    named = OperaPhenixFilenameParser().parse_filename(file) or {}
    return PlateImage(
        file,
        well_name(image.row, image.column),
        layout.numbers[image.field],
        image.channel,
        image.plane,
        named.get("timepoint") or image.timepoint,
    )


def _begin_of_name(image: IndexImage) -> str:
    """Return how the name of *image* would begin, had it a file."""
    well = well_name(image.row, image.column).lower()
    return f"{well}f{image.field:02}p{image.plane:02}-ch{image.channel}sk{image.timepoint}"


def _name(url: str) -> str:
    """Return the file name in *url*; its folders are searched, never followed."""
    return PurePosixPath(url.replace("\\", "/")).name


def _files(plate: Path, index_folder: Path, index: HarmonyIndex) -> dict[str, str]:
    """Return the images there are: lower-case name to path relative to the plate."""
    found: dict[str, str] = {}
    for folder in _searched(plate, index_folder, index):
        for entry in sorted(os.scandir(folder), key=lambda e: e.name):
            name = entry.name.lower()
            is_image = name.endswith(IMAGE_EXTENSIONS) and not name.startswith("._")
            if is_image and kind_of(entry) == "file":
                found.setdefault(name, Path(entry.path).relative_to(plate).as_posix())
    return found


def _searched(plate: Path, index_folder: Path, index: HarmonyIndex) -> list[Path]:
    """Return the folders within the plate in which its images may lie."""
    named = {PurePosixPath(i.url.replace("\\", "/")).parent for i in index.images}
    inside = [index_folder / folder for folder in sorted(named) if ".." not in folder.parts]
    folders = [index_folder, *inside, plate, *_image_folders(plate)]
    unique = dict.fromkeys(folder for folder in folders if folder.is_dir())
    return [folder for folder in unique if folder.is_relative_to(plate)]


class OperaPhenixHandler(MicroscopeHandler):
    """Handles plates of Opera Phenix microscopes."""

    _microscope_type = "opera_phenix"
    _metadata_handler_class = OperaPhenixMetadataHandler
    _parser_name = "OperaPhenixFilenameParser"
    _parser_class = OperaPhenixFilenameParser

    root_dir = "Images"
