"""What is known of a plate: frozen records that every handler fills."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from openhcs.core.natural import well_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any

COMPONENTS = ("well", "site", "channel", "z_index", "timepoint")
_EXTENSION = re.compile(r"\.ome\.tiff?$|\.roi\.zip$|\.[A-Za-z][A-Za-z0-9]*$", re.IGNORECASE)


def split_extension(name: str) -> tuple[str, str]:
    """Return *name* without its extension, and the extension, double ones kept whole."""
    found = _EXTENSION.search(name)
    return (name[: found.start()], found.group()) if found else (name, "")


def measured(size: float | None) -> float | None:
    """Return the length *size* if somebody can have measured it, None if it is no such number."""
    return size if size is not None and 0 < size < math.inf else None


@dataclass(frozen=True, slots=True)
class PlateImage:
    """One image: where it lies, relative to the plate, and what it shows."""

    file: str
    well: str
    site: int = 1
    channel: int = 1
    z_index: int = 1
    timepoint: int = 1

    @classmethod
    def told(cls, file: str, parts: Mapping[str, Any]) -> PlateImage:
        """Return the image *file* that shows *parts*, the first of each component left out."""
        return cls(file, **{name: parts[name] for name in COMPONENTS if parts[name] is not None})

    @property
    def extension(self) -> str:
        """The extension of the file, with its dot."""
        return split_extension(PurePosixPath(self.file).name)[1]

    def components(self) -> dict[str, Any]:
        """Return well, site, channel, z_index and timepoint by name."""
        return {name: getattr(self, name) for name in COMPONENTS}


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file that is left out, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Plate:
    """All that a metadata handler finds out about one plate.

    *channels* maps each channel on the plate to its name, None where it has none. *grid* is the
    rows and columns of the sites in a well, *pixel_size* micrometres; None where the plate does
    not tell. *described* holds stand-ins for images where a plate has only its description.
    """

    microscope: str
    path: Path
    metadata_file: Path
    images: tuple[PlateImage, ...]
    ignored: tuple[Ignored, ...]
    channel_names: Mapping[int, str | None]
    grid: tuple[int, int] | None
    pixel_size: float | None
    described: tuple[PlateImage, ...] = ()

    def values(self, component: str) -> list[Any]:
        """Return the different values of *component* on the plate, in order."""
        return list(self._values[component])

    @cached_property
    def _values(self) -> dict[str, list[Any]]:
        # Asked for once a field of a plate that may have a hundred thousand images.
        return {component: self._found(component) for component in COMPONENTS}

    def _found(self, component: str) -> list[Any]:
        found = {getattr(image, component) for image in self.images or self.described}
        return sorted(found, key=lambda value: well_key(str(value)))

    @property
    def channels(self) -> dict[int, str | None]:
        """The channels that have images, by number, with their names."""
        return {number: self.channel_names.get(number) for number in self.values("channel")}

    def image_paths(self) -> Iterator[Path]:
        """Yield the full path of each image."""
        return (self.path / image.file for image in self.images)

    def summary(self) -> dict[str, Any]:
        """Return the plate as plain data, the shape of ``openhcs inspect --json``."""
        return {
            "microscope": self.microscope,
            "plate": str(self.path),
            "wells": self.values("well"),
            "sites": self.values("site"),
            "channels": {str(number): name for number, name in self.channels.items()},
            "z_indexes": self.values("z_index"),
            "timepoints": self.values("timepoint"),
            "grid_dimensions": None if self.grid is None else list(self.grid),
            "pixel_size_um": self.pixel_size,
            "images": len(self.images),
            "ignored": [{"file": i.file, "reason": i.reason} for i in self.ignored],
        }


def without_collisions(
    images: Iterator[PlateImage],
) -> tuple[tuple[PlateImage, ...], tuple[Ignored, ...]]:
    """Keep the first of the images that tell the same components, and say which were left out."""
    kept: dict[tuple[Any, ...], PlateImage] = {}
    ignored = []
    for image in images:
        first = kept.setdefault(tuple(image.components().values()), image)
        if first is not image:
            ignored.append(Ignored(image.file, f"shows the same as {first.file}"))
    return tuple(kept.values()), tuple(ignored)
