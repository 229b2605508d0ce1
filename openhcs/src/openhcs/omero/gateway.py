"""What openhcs asks of OMERO: the few calls of its Python gateway that reading plates takes.

``BlitzGateway`` of omero-py has them all, and a folder of OME files is read through the same ones
(:mod:`openhcs.omero.store`). Names and arguments are those of
https://omero-py.readthedocs.io/en/stable/omero.gateway.html; rows, columns and planes count from 0.
"""

from __future__ import annotations

from typing import Any, Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# The namespace of the annotation in which openhcs keeps what a plate itself doesn't tell.
NAMESPACE = "openhcs.metadata"
GRID_KEY = "openhcs.grid_dimensions"


class Length(Protocol):
    """A length with its unit, such as 0.65 and "µm"."""

    def getValue(self) -> float: ...
    def getSymbol(self) -> str | None: ...


class Pixels(Protocol):
    """The planes of an image."""

    def getPlane(self, theZ: int = 0, theC: int = 0, theT: int = 0) -> Any: ...
    def getPhysicalSizeX(self) -> Length | None: ...


class Channel(Protocol):
    """A channel of an image."""

    def getLabel(self) -> str | float | None: ...


class Image(Protocol):
    """One field of view, with all its channels, z-planes and timepoints."""

    def getId(self) -> int: ...
    def getSizeZ(self) -> int: ...
    def getSizeC(self) -> int: ...
    def getSizeT(self) -> int: ...
    def getSizeY(self) -> int: ...
    def getSizeX(self) -> int: ...
    def getChannels(self) -> Sequence[Channel] | None: ...
    def getPrimaryPixels(self) -> Pixels: ...


class WellSample(Protocol):
    """A field of a well."""

    def getImage(self) -> Image | None: ...


class Well(Protocol):
    """A well and where it lies on the plate."""

    @property
    def row(self) -> int: ...
    @property
    def column(self) -> int: ...
    def listChildren(self) -> Iterable[WellSample]: ...
    def getWellSample(self, index: int = 0) -> WellSample | None: ...


class Annotation(Protocol):
    """Keys and values that somebody attached to a plate."""

    def getNs(self) -> str | None: ...
    def getValue(self) -> Any: ...


class Plate(Protocol):
    """A plate with its wells."""

    def getId(self) -> int: ...
    def getName(self) -> str: ...
    def listChildren(self) -> Iterable[Well]: ...
    def listAnnotations(self) -> Iterable[Annotation]: ...


class Gateway(Protocol):
    """A connection through which plates and images are found."""

    host: str
    port: int

    def getUser(self) -> Any: ...
    def getObject(self, kind: str, number: int, /) -> Any: ...
    def getObjects(
        self, kind: str, /, *, attributes: Mapping[str, str] | None = None
    ) -> Iterable[Any]: ...
    def keepAlive(self) -> bool: ...
    def close(self) -> None: ...
