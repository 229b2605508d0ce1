"""Find the images of a MetaXpress export: TimePoint and ZStep folders, projections, copies."""

from __future__ import annotations

import filecmp
import os
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from openhcs.core.natural import natural_key
from openhcs.io.filemanager import IMAGE_EXTENSIONS
from openhcs.io.listing import kind_of
from openhcs.microscopes.imagexpress_names import ImageXpressFilenameParser, suffix, why_no_image
from openhcs.microscopes.plate import Ignored, PlateImage, without_collisions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STEP_FOLDER = re.compile(r"(timepoint|zstep)[_-]?(\d+)", re.IGNORECASE)
# MetaXpress keeps the maximum projection where a plane 0 would be, or above the ZStep folders.
PROJECTION = 0


@dataclass(frozen=True)
class Found:
    """One file or foreign folder of the export, and the numbers of the folders around it.

    *kind* is "file", "directory", or "" for what is neither: a pipe, or a link to nothing.
    """

    path: Path
    timepoint: int | None = None
    z_step: int | None = None
    kind: str = "file"


def step_folder(name: str) -> tuple[str, int] | None:
    """Return ("timepoint" or "zstep", number) if *name* is that of such a folder."""
    found = _STEP_FOLDER.fullmatch(name)
    return (found[1].lower(), int(found[2])) if found else None


def walk_export(folder: Path, within: Found | None = None) -> Iterator[Found]:
    """Yield the files of the export, and the folders that are no part of it, in natural order."""
    here = within or Found(folder)
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: natural_key(entry.name))
    for entry in ordered:
        path, kind = folder / entry.name, kind_of(entry)
        inner = _entered(here, path) if kind == "directory" else None
        if inner is not None:
            yield from walk_export(path, inner)
        else:
            yield replace(here, path=path, kind=kind)


def _entered(here: Found, folder: Path) -> Found | None:
    """Return what the step folder *folder* adds to *here*; None if it is no part of the export."""
    kind, number = step_folder(folder.name) or ("", 0)
    # Each kind occurs once on a way down; this also ends links that lead back up.
    if kind == "timepoint" and here.timepoint is None:
        return replace(here, path=folder, timepoint=number)
    if kind == "zstep" and here.z_step is None:
        return replace(here, path=folder, z_step=number)
    return None


def list_images(plate: Path) -> tuple[tuple[PlateImage, ...], tuple[Ignored, ...]]:
    """Return the images of the export at *plate*, and what was left out and why."""
    listed = [_image(plate, found) for found in walk_export(plate)]
    ignored = [one for one in listed if isinstance(one, Ignored)]
    stacks, left_out = _without_projections([i for i in listed if isinstance(i, PlateImage)])
    # Of two that tell the same, the one whose name tells nothing else is the image.
    unique, same = without_collisions(iter(sorted(stacks, key=lambda i: len(suffix(i.file)))))
    planes, copies = _without_copies(plate, unique)
    return planes, (*ignored, *left_out, *same, *copies)


def _image(plate: Path, found: Found) -> PlateImage | Ignored | None:
    file = found.path.relative_to(plate).as_posix()
    if found.kind == "directory":
        return None if found.path.name.startswith(".") else Ignored(file, "no TimePoint or ZStep")
    if found.path.suffix.lower() not in IMAGE_EXTENSIONS:
        return None
    if found.path.name.startswith("._"):
        return Ignored(file, "what macOS keeps beside a file, no image")
    if not found.kind:
        return Ignored(file, _why_no_file(found.path))
    parts = ImageXpressFilenameParser().parse_filename(found.path.name)
    if parts is None or parts["well"] is None:
        return Ignored(file, why_no_image(found.path.name))
    if 0 in (parts["site"], parts["channel"]):
        return Ignored(file, "its name has the number 0, and sites and waves count from 1")
    return PlateImage(
        file,
        parts["well"],
        _first(parts["site"]),
        _first(parts["channel"]),
        _first(found.z_step, parts["z_index"], PROJECTION),
        _first(found.timepoint, parts["timepoint"]),
    )


def _why_no_file(path: Path) -> str:
    there = os.path.exists(path)
    return "a pipe or a device, no file" if there else "a link, but what it leads to is not there"


def _first(*numbers: int | None) -> int:
    """Return the first of *numbers* that is told; 1 if none is."""
    return next((number for number in numbers if number is not None), 1)


def _place(image: PlateImage) -> tuple[object, ...]:
    return (image.well, image.site, image.channel, image.timepoint)


def _without_projections(
    images: list[PlateImage],
) -> tuple[list[PlateImage], list[Ignored]]:
    """Leave projections out where there are planes; one that stands alone is the only plane."""
    with_planes = {_place(image) for image in images if image.z_index != PROJECTION}
    kept, left_out = [], []
    for image in images:
        if image.z_index != PROJECTION:
            kept.append(image)
        elif _place(image) in with_planes:
            left_out.append(Ignored(image.file, "projection of the planes"))
        else:
            kept.append(replace(image, z_index=1))
    return kept, left_out


def _without_copies(
    plate: Path, images: Iterable[PlateImage]
) -> tuple[tuple[PlateImage, ...], list[Ignored]]:
    """Keep one plane of the channels that have no stack: their image is copied to each ZStep."""
    by_plane = sorted(images, key=lambda image: image.z_index)
    flat = _flat_channels(plate, by_plane)
    first: dict[tuple[object, ...], PlateImage] = {}
    copies = {}
    for image in by_plane:
        kept = first.setdefault(_place(image), image)
        if image.channel in flat and kept is not image:
            copies[image] = Ignored(image.file, f"copy of {kept.file}: no stack")
    return tuple(image for image in images if image not in copies), list(copies.values())


def _flat_channels(plate: Path, images: Iterable[PlateImage]) -> set[int]:
    """Return the channels each of whose stacks holds one image over and over.

    When all channels look like that, it is the content that is alike, not an export's copies.
    """
    places: dict[tuple[object, ...], list[PlateImage]] = defaultdict(list)
    for image in images:
        places[_place(image)].append(image)
    stacks: dict[int, list[list[Path]]] = defaultdict(list)
    for stack in places.values():
        if len(stack) > 1:
            stacks[stack[0].channel].append([plate / image.file for image in stack])
    flat = {channel for channel, found in stacks.items() if all(map(_all_alike, found))}
    return flat if flat != stacks.keys() else set()


def _all_alike(files: Iterable[Path]) -> bool:
    first, *others = files
    # Sizes are compared first, and content up to where it differs: only copies are read whole.
    return all(filecmp.cmp(first, other, shallow=False) for other in others)
