"""The plate that a run reads: its images by well, through the storage that its handler names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache

from openhcs.errors import BrokenFileError, JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import numpy as np

    from openhcs.io.filemanager import FileManager
    from openhcs.microscopes.plate import Plate, PlateImage
    from openhcs.pipeline.job import Job

    Array = np.ndarray[Any, Any]


# The one backend that belongs to a plate, and so is made for it.
VIRTUAL = "virtual_workspace"


@dataclass(frozen=True)
class Source:
    """A plate and the way to its images.

    *names* has the name under which the storage knows an image, where that isn't its file.
    """

    plate: Plate
    files: FileManager
    backend: str
    wells: Mapping[str, tuple[PlateImage, ...]]
    names: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name of the plate's folder, as text that any file can hold."""
        folder = os.path.basename(os.path.abspath(self.plate.path))
        return os.fsencode(folder).decode("utf-8", "replace").strip() or "plate"

    def load(self, image: PlateImage) -> Array:
        """Return the pixels of one plane.

        Raises:
            OpenHCSError: when the image is damaged, or is no single plane.
            OSError: when it can't be read.
        """
        path = self.plate.path / self.names.get(image.file, image.file)
        pixels: Array = self.files.load(str(path), self.backend)
        if pixels.ndim != 2:
            raise BrokenFileError(
                f"this image has the shape {pixels.shape}, and one plane of gray was expected",
                file=path,
                fix="export each channel and plane as an image of its own",
            )
        return pixels

    def images(self, well: str) -> tuple[PlateImage, ...]:
        """Return the images of *well*.

        Raises:
            JobError: when the plate has none.
        """
        if well not in self.wells:
            raise JobError(
                f"the plate has no images of a well {well!r}",
                file=self.plate.path,
                fix=f"name some of {_shortened(list(self.wells))}",
            )
        return self.wells[well]

    def channel_labels(self) -> dict[int, str]:
        """Return a text for each channel: its name if it alone has it, else its number."""
        numbered = {number: f"channel {number}" for number in self.plate.channels}
        # A name that is another channel's number would give two channels one text.
        taken = [*self.plate.channels.values(), *numbered.values()]
        return {
            number: name if name and taken.count(name) == 1 else numbered[number]
            for number, name in self.plate.channels.items()
        }


def find_source(plate: str, microscope: str) -> Source:
    """Detect and read the plate in the folder *plate*.

    Raises:
        PlateError: when it is no plate, is damaged, or has no image.
    """
    from openhcs.io import FileManager
    from openhcs.microscopes import create_microscope_handler
    from openhcs.microscopes.detection import checked_folder

    folder = checked_folder(plate)
    handler = create_microscope_handler(microscope, folder)
    found = handler.read_plate(folder)
    if not found.images:
        raise BrokenFileError(
            "this plate has no image",
            file=found.path,
            fix=f"look at what openhcs inspect {found.path} leaves out",
        )
    backend = handler.get_primary_backend(folder)
    files = FileManager.for_plate(folder) if backend == VIRTUAL else FileManager()
    names = _virtual_names(files) if backend == VIRTUAL else {}
    return Source(found, files, backend, _by_well(found), names)


def _virtual_names(files: FileManager) -> dict[str, str]:
    """Return the name of each file of a plate in its virtual workspace."""
    workspace: Any = files.backend(VIRTUAL)
    return {real: name for name, real in workspace.workspace_mapping.items()}


def _by_well(plate: Plate) -> dict[str, tuple[PlateImage, ...]]:
    found: dict[str, list[PlateImage]] = {well: [] for well in plate.values("well")}
    for image in plate.images:
        found[image.well].append(image)
    return {well: tuple(images) for well, images in found.items()}


def open_source(job: Job) -> Source:
    """Return the plate of *job*, read once per run in each process; raise as `find_source`."""
    return _opened(job.plate, job.microscope, job.run)


@lru_cache(maxsize=4)
def _opened(plate: str, microscope: str, run: str) -> Source:
    return find_source(plate, microscope)


def _shortened(names: list[str]) -> str:
    return ", ".join(names if len(names) <= 8 else [*names[:7], "...", names[-1]])
