"""The virtual paths of OMERO plates: ``/omero/plate_57`` and ``/omero/plate_57_outputs``."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import PurePath

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

ROOT = "/omero"
# Another name of the plate's own folder, for those who expect its images in one.
IMAGE_FOLDER = "Images"
_PLATE = re.compile(r"/omero/plate_(?P<number>\d+)(?P<outputs>_outputs)?(?:/(?P<rest>.+))?")
_IMAGES = re.compile(rf"{IMAGE_FOLDER}(?:/|$)")


@dataclass(frozen=True, slots=True)
class OmeroPath:
    """A place in the plate *number*, or among its results; *inside* is the path within."""

    number: int
    is_result: bool
    inside: str


def normal_path(path: str | os.PathLike[str]) -> str:
    """Return *path* with forward slashes and without "." and ".." parts."""
    return posixpath.normpath(PurePath(path).as_posix())


def is_root(path: str | os.PathLike[str]) -> bool:
    """Say whether *path* is the folder of all plates."""
    return normal_path(path) == ROOT


def omero_path(path: str | os.PathLike[str]) -> OmeroPath | None:
    """Return what *path* says of an OMERO plate, or None if it is no path of one."""
    found = _PLATE.fullmatch(normal_path(path))
    if found is None:
        return None
    is_result, inside = found["outputs"] is not None, found["rest"] or ""
    return OmeroPath(
        int(found["number"]), is_result, inside if is_result else _IMAGES.sub("", inside, 1)
    )
