"""Which plane of which well a microscope's file name means."""

from __future__ import annotations

import os
from typing import NamedTuple

from openhcs.errors import StorageError
from openhcs.io.filemanager import IMAGE_EXTENSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from openhcs.io.base import StoragePath

AXIS_COMPONENTS = ("timepoint", "channel", "z_index")


class ImagePlace(NamedTuple):
    """A plane of a plate: its well, the number of its field from 0, its place on t, c and z."""

    well: str
    field: int
    at: tuple[int, int, int]


def is_image_name(path: StoragePath) -> bool:
    """Say whether the file at *path* would be an image, whatever it is called."""
    name = os.path.basename(os.fspath(path))
    return name.lower().endswith(IMAGE_EXTENSIONS) and not name.startswith("._")


def image_place(name: str) -> ImagePlace:
    """Return what the file name *name* means, read by the grammar that finds most in it.

    Raises:
        StorageError: when no microscope's grammar finds a well, or a number is 0.
    """
    from openhcs.microscopes.filename_parser import FIRST

    told = _components(name)
    if not told.get("well"):
        raise StorageError(
            f"the image name {name!r} is none that a microscope gives",
            fix="name it as a microscope does, such as A01_s001_w1_z001_t001.tif",
        )
    numbers = {key: told.get(key, first) for key, first in FIRST.items()}
    if not all(numbers.values()):
        raise StorageError(
            f"the image name {name!r} has a number 0", fix="count from 1 in image names"
        )
    time, channel, depth = (numbers[component] - 1 for component in AXIS_COMPONENTS)
    return ImagePlace(told["well"], numbers["site"] - 1, (time, channel, depth))


def _components(name: str) -> dict[str, Any]:
    from openhcs.microscopes import FILENAME_PARSERS

    read = (FILENAME_PARSERS[key]().parse_filename(name) for key in sorted(FILENAME_PARSERS))
    told = ({k: v for k, v in parts.items() if v is not None} for parts in read if parts)
    return max(told, key=len, default={})
