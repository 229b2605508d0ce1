"""Plates of OMERO as folders of planes, and a place beside them for what is made of them.

The folder ``/omero/plate_57`` holds a name for each plane of plate 57 and is never written to; all
else below ``/omero``, such as ``/omero/plate_57_outputs``, is the results area, files on a disk.
"""

from __future__ import annotations

import errno
import os
import posixpath

from openhcs.errors import StorageError, path_error
from openhcs.io.base import ReadWriteBackend
from openhcs.io.disk import DiskStorageBackend
from openhcs.io.listing import Entry, ListingBackend
from openhcs.io.omero_results import results_path
from openhcs.omero.connection import PlateStore
from openhcs.omero.paths import is_root, omero_path
from openhcs.omero.settings import results_folder, store_address
from openhcs.omero.source import Plane, SourcePlate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from openhcs.io.base import StoragePath


class OMEROLocalBackend(ListingBackend, ReadWriteBackend):
    """Read planes out of OMERO, or out of a folder of OME files; keep results beside them.

    It pickles without its connection and connects again on its first use in another process.

    Args:
        store: a folder of plates such as ``plate_57.zarr``, or a server's address such as
            ``omero://host``; by default what OPENHCS_OMERO_STORE names.
        results: the folder for results; by default what OPENHCS_OMERO_RESULTS names, else
            ``results`` in the folder of plates.
    """

    _backend_type = "omero_local"

    def __init__(
        self, store: StoragePath | None = None, results: StoragePath | None = None
    ) -> None:
        self.store = store_address(store)
        self.results = results_folder(results, self.store)
        self._plates = PlateStore(self.store)
        self._disk = DiskStorageBackend()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.store, self.results)

    @property
    def is_configured(self) -> bool:
        """Whether it is known where the plates are."""
        return self.store is not None

    def plate(self, number: int) -> SourcePlate:
        """Return the plate *number*.

        Raises:
            MetadataNotFoundError: when there is none.
            StorageError: when no store is configured, or it can't be reached.
        """
        return self._plates.plate(number)

    def cleanup(self) -> None:
        """Close the connection; the next use makes another."""
        self._plates.close()

    def _in_plate(self, path: StoragePath) -> SourcePlate | Plane | None:
        """Return the plate or plane that *path* names; None where it names no part of a plate."""
        place = omero_path(path)
        if place is None or place.is_result:
            return None
        plate = self.plate(place.number)
        found = plate.find(place.inside) if place.inside else plate
        if found is None:
            raise path_error(errno.ENOENT, path)
        return found

    def _real(self, path: StoragePath) -> str:
        """Return where the result *path* lies; raise as :func:`results_path`."""
        return results_path(path, self.results)

    def kind(self, path: StoragePath) -> str:
        try:
            found = self._in_plate(path)
        except FileNotFoundError:
            return ""
        if found is not None:
            return "file" if isinstance(found, Plane) else "directory"
        return "directory" if is_root(path) else self._disk.kind(self._real(path))

    def entries(self, folder: str) -> list[Entry]:
        found = self._in_plate(folder)
        if isinstance(found, Plane):
            raise path_error(errno.ENOTDIR, folder)
        if found is not None:
            return [Entry(name, posixpath.join(folder, name), "file") for name in found.names()]
        plates = self._plates.names() if is_root(folder) and self.is_configured else []
        listed = [Entry(name, posixpath.join(folder, name), "directory") for name in plates]
        if is_root(folder) and not (self.results and os.path.isdir(self.results)):
            return listed  # nothing was written yet
        results = self._disk.entries(self._real(folder))
        return listed + [Entry(e.name, posixpath.join(folder, e.name), e.kind) for e in results]

    def load(self, path: StoragePath) -> Any:
        found = self._in_plate(path)
        if isinstance(found, SourcePlate):
            raise path_error(errno.EISDIR, path)
        return self._disk.load(self._real(path)) if found is None else found.load()

    def stat(self, path: StoragePath) -> dict[str, Any]:
        found, about = self._in_plate(path), {"path": os.fspath(path)}
        if isinstance(found, Plane):
            return {"type": "file", **about, "size": found.load().nbytes}
        if found is not None or is_root(path):
            return {"type": "directory", **about}
        return self._disk.stat(self._real(path)) | about

    def save(self, data: Any, path: StoragePath, *, overwrite: bool = False) -> None:
        self._disk.save(data, self._writable(path), overwrite=overwrite)

    def ensure_directory(self, directory: StoragePath) -> str:
        self._disk.ensure_directory(self._real(directory))
        return os.fspath(directory)

    def delete(self, path: StoragePath) -> None:
        self._disk.delete(self._inner(path))

    def delete_all(self, path: StoragePath) -> None:
        self._disk.delete_all(self._inner(path))

    def _inner(self, path: StoragePath) -> str:
        """Return where the result *path* lies, but refuse the results of all plates at once."""
        if is_root(path):
            raise StorageError(
                "the results of all plates are never deleted whole",
                file=path,
                fix="name the folder inside that shall go",
            )
        return self._real(path)

    def copy(self, source: StoragePath, destination: StoragePath) -> None:
        found, new = self._in_plate(source), self._writable(destination)
        if found is None:
            self._disk.copy(self._real(source), new)
        elif isinstance(found, Plane):
            self._disk.save(found.load(), new)
        else:
            os.mkdir(new)
            for name in found.names():
                self.copy(f"{os.fspath(source)}/{name}", f"{os.fspath(destination)}/{name}")

    def move(self, source: StoragePath, destination: StoragePath) -> None:
        self._disk.move(self._real(source), self._writable(destination))

    def _writable(self, path: StoragePath) -> str:
        """Return where the result *path* lies, in a results area that exists."""
        real = self._real(path)
        os.makedirs(str(self.results), exist_ok=True)
        return real
