"""A folder of plates that stands in for an OMERO server, behind the same calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from openhcs.errors import StorageError
from openhcs.omero import ome_tiff, ome_zarr
from openhcs.omero.records import StorePlate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from openhcs.omero.records import StoreImage

# The number is the plate's id: plate_57.zarr, plate_57.ome.tiff, or a folder plate_57 of files.
_ENTRY = re.compile(r"plate_(\d+)(\..+)?")


@dataclass(frozen=True, slots=True)
class StoreUser:
    """Who reads the store: a folder knows no users."""

    def getName(self) -> str:
        return ""


class StoreGateway:
    """Presents the OME-Zarr and OME-TIFF plates in *folder* as an OMERO gateway does.

    The plates are originals: nothing here writes.

    Raises:
        StorageError: when *folder* is no folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise StorageError(
                "there is no such OMERO store",
                file=folder,
                fix="name a folder of plates, such as plate_1.zarr, or a server",
            )
        self.host = str(folder)
        self.port = 0
        self._folder = folder
        self._plates: dict[int, StorePlate] = {}

    def getUser(self) -> StoreUser:
        return StoreUser()

    def keepAlive(self) -> bool:
        return True

    def close(self) -> None:
        self._plates.clear()

    def getObject(self, kind: str, number: int, /) -> Any:
        """Return the plate or image *number*, or None; *kind* is "Plate" or "Image"."""
        if kind == "Plate":
            return self._plate(number)
        if kind == "Image":
            return self._image(number)
        raise StorageError(f"a store has no {kind}", fix="ask for a Plate or an Image")

    def getObjects(
        self, kind: str, /, *, attributes: Mapping[str, str] | None = None
    ) -> Iterator[StorePlate]:
        """Yield the plates, or those that have the name in *attributes*."""
        if kind != "Plate":
            raise StorageError(f"a store lists no {kind}", fix="list Plate")
        name = (attributes or {}).get("name")
        plates = (self._plate(number) for number in sorted(self._entries()))
        return (p for p in plates if p and (name is None or p.getName() == name))

    def _plate(self, number: int) -> StorePlate | None:
        if number not in self._plates:
            path = self._entries().get(number)
            if path is None:
                return None
            kind = ome_zarr if ome_zarr.is_ome_zarr(path) else ome_tiff
            self._plates[number] = StorePlate(number, partial(kind.read_plate, path, number))
        return self._plates[number]

    def _image(self, number: int) -> StoreImage | None:
        plate, well, field = number >> 32, number >> 16 & 0xFFFF, number & 0xFFFF
        found = self._plate(plate)
        wells = () if found is None else found.listChildren()
        sample = wells[well].getWellSample(field) if well < len(wells) else None
        return None if sample is None else sample.getImage()

    def _entries(self) -> dict[int, Path]:
        """Return where each plate lies, by its number."""
        found: dict[int, Path] = {}
        for path in sorted(self._folder.iterdir()):
            entry = _ENTRY.fullmatch(path.name)
            if entry is None or not (ome_zarr.is_ome_zarr(path) or ome_tiff.is_ome_tiff(path)):
                continue
            other = found.setdefault(int(entry[1]), path)
            if other is not path:
                raise StorageError(
                    f"{other.name} and {path.name} have one number", file=path, fix="rename one"
                )
        return found
