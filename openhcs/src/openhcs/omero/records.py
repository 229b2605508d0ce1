"""Plates, wells and images read from files, with the calls of :mod:`openhcs.omero.gateway`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

# More planes than any instrument writes for one field: a size that can only be damage.
MAX_PLANES = 1_000_000


@dataclass(frozen=True, slots=True)
class StoreLength:
    """A length as a file tells it."""

    value: float
    symbol: str | None

    def getValue(self) -> float:
        return self.value

    def getSymbol(self) -> str | None:
        return self.symbol


@dataclass(frozen=True, slots=True)
class StoreChannel:
    """A channel of an image."""

    label: str | None

    def getLabel(self) -> str | None:
        return self.label


@dataclass(frozen=True, slots=True)
class StoreImage:
    """An image, and its own pixels; *plane* reads the one at z, c, t.

    *sizes* tells how long each of the axes z, c, t, y, x is.
    """

    number: int
    sizes: Mapping[str, int]
    channels: tuple[StoreChannel, ...]
    pixel_size: StoreLength | None
    plane: Callable[[int, int, int], Any]

    def getId(self) -> int:
        return self.number

    def getSizeZ(self) -> int:
        return self.sizes["z"]

    def getSizeC(self) -> int:
        return self.sizes["c"]

    def getSizeT(self) -> int:
        return self.sizes["t"]

    def getSizeY(self) -> int:
        return self.sizes["y"]

    def getSizeX(self) -> int:
        return self.sizes["x"]

    def getChannels(self) -> tuple[StoreChannel, ...]:
        return self.channels

    def getPrimaryPixels(self) -> StoreImage:
        return self

    def getPhysicalSizeX(self) -> StoreLength | None:
        return self.pixel_size

    def getPlane(self, theZ: int = 0, theC: int = 0, theT: int = 0) -> Any:
        for axis, index in zip("zct", (theZ, theC, theT), strict=True):
            if not 0 <= index < self.sizes[axis]:
                raise IndexError(f"{axis} {index} of an image with {self.sizes[axis]}")
        return self.plane(theZ, theC, theT)


@dataclass(frozen=True, slots=True)
class StoreSample:
    """A field of a well."""

    image: StoreImage

    def getImage(self) -> StoreImage:
        return self.image


@dataclass(frozen=True, slots=True)
class StoreWell:
    """A well; *fields* reads its images when they are asked for."""

    row: int
    column: int
    fields: Callable[[], tuple[StoreImage, ...]]

    def listChildren(self) -> tuple[StoreSample, ...]:
        return tuple(map(StoreSample, self.fields()))

    def getWellSample(self, index: int = 0) -> StoreSample | None:
        samples = self.listChildren()
        return samples[index] if 0 <= index < len(samples) else None


@dataclass(frozen=True, slots=True)
class StoreAnnotation:
    """Keys and values that a file attaches to its plate."""

    namespace: str | None
    pairs: tuple[tuple[str, str], ...]

    def getNs(self) -> str | None:
        return self.namespace

    def getValue(self) -> list[tuple[str, str]]:
        return list(self.pairs)


@dataclass(frozen=True, slots=True)
class PlateContent:
    """What the files of a plate tell of it."""

    name: str
    wells: tuple[StoreWell, ...]
    annotations: tuple[StoreAnnotation, ...] = ()


class StorePlate:
    """The plate *number* of the store; *read* reads its content once that is asked for."""

    def __init__(self, number: int, read: Callable[[], PlateContent]) -> None:
        self._number = number
        self._content = cache(read)

    def getId(self) -> int:
        return self._number

    def getName(self) -> str:
        return self._content().name

    def listChildren(self) -> tuple[StoreWell, ...]:
        return self._content().wells

    def listAnnotations(self) -> tuple[StoreAnnotation, ...]:
        return self._content().annotations


def image_number(plate: int, well: int, field: int) -> int:
    """Return the number of an image: plate, well and field, 16 bits for each of the latter."""
    return plate << 32 | well << 16 | field


def checked_sizes(sizes: Mapping[str, int]) -> Mapping[str, int]:
    """Return *sizes* if an image can have them.

    Raises:
        ValueError: when an axis is empty, or there are more planes than can be.
    """
    planes = sizes["z"] * sizes["c"] * sizes["t"]
    if min(sizes.values()) < 1 or planes > MAX_PLANES:
        told = ", ".join(f"{axis} {size}" for axis, size in sizes.items())
        raise ValueError(f"no image can have these sizes: {told}")
    return sizes
