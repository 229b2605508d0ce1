"""Keep images as an OME-Zarr plate under their microscope's file names; all else lies on disk."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from openhcs.errors import path_error
from openhcs.io.base import ReadWriteBackend
from openhcs.io.disk import DiskStorageBackend
from openhcs.io.listing import Entry, ListingBackend
from openhcs.io.ngff_groups import NODE_NAME, group_attributes
from openhcs.io.ngff_image import Chunking, checked_image, read_pixels
from openhcs.io.ngff_lock import LOCK_NAME
from openhcs.io.ngff_plate import OURS
from openhcs.io.zarr_lookup import filename_map, image_folder, names_in, plane_bytes
from openhcs.io.zarr_names import ImagePlace, image_place, is_image_name
from openhcs.io.zarr_planes import Plane, PlaneOptions, put_planes, remove_plane

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from openhcs.io.base import StoragePath


class ZarrStorageBackend(ListingBackend, ReadWriteBackend):
    """Store images as a plate that OME-Zarr readers open.

    The folder that an image is saved to becomes a plate; name it ``<plate>.zarr``. Its file name
    decides the well, the field and the plane. Files of any other kind lie in the folder as on a
    disk.

    Args:
        pixel_size_um: the width and height of a pixel in micrometres, for new images.
        z_step_um: the distance of two planes in micrometres.
        channel_names: the names of the channels by number, from 1.
        chunking: whether each plane is a file of the store, or a field's planes are one.
    """

    _backend_type = "zarr"

    def __init__(
        self,
        *,
        pixel_size_um: float | None = None,
        z_step_um: float | None = None,
        channel_names: Mapping[int, str | None] | None = None,
        chunking: Chunking = Chunking.FILE,
    ) -> None:
        self._options = PlaneOptions(pixel_size_um, z_step_um, channel_names or {}, chunking)
        self._disk = DiskStorageBackend()

    def load(self, path: StoragePath) -> Any:
        return read_pixels(*_plane(path)) if self._is_image(path) else self._disk.load(path)

    def save(self, data: Any, path: StoragePath, *, overwrite: bool = False) -> None:
        self.save_batch([data], [path], overwrite=overwrite)

    def save_batch(
        self, data: Sequence[Any], paths: Sequence[StoragePath], *, overwrite: bool = False
    ) -> None:
        if len(data) != len(paths):
            raise ValueError(f"{len(data)} items can't be saved to {len(paths)} paths")
        fields: dict[tuple[Path, str, int], dict[str, Plane]] = {}
        for item, path in zip(data, paths, strict=True):
            if is_image_name(path):
                store, place = _free_place(path)
                planes = fields.setdefault((store, place.well, place.field), {})
                if Path(path).name in planes and not overwrite:
                    raise path_error(errno.EEXIST, path)
                planes[Path(path).name] = Plane(place.at, checked_image(item, 2, path))
            else:
                self._disk.save(item, path, overwrite=overwrite)
        for (store, well, number), planes in fields.items():
            put_planes(store, well, number, planes, self._options, overwrite)

    def kind(self, path: StoragePath) -> str:
        return ("file" if _found(path) else "") if self._is_image(path) else self._disk.kind(path)

    def _is_image(self, path: StoragePath) -> bool:
        """Say whether *path* can only mean a plane; an image file on disk is none of ours."""
        return is_image_name(path) and not self._disk.is_dir(path)

    def entries(self, folder: str) -> list[Entry]:
        if self.is_file(folder):
            raise path_error(errno.ENOTDIR, folder)
        found = [e for e in self._disk.entries(folder) if not _is_inner(e)]
        images = [Entry(n, os.path.join(folder, n), "file") for n in names_in(Path(folder))]
        return found + images

    def ensure_directory(self, directory: StoragePath) -> str:
        if self.is_file(directory):
            raise path_error(errno.EEXIST, directory)
        return self._disk.ensure_directory(directory)

    def delete(self, path: StoragePath) -> None:
        if self._is_image(path):
            _plane(path)  # a folder that is no plate gets no lock
            place = image_place(Path(path).name)
            remove_plane(Path(path).parent, place.well, place.field, Path(path).name)
        elif self.is_dir(path) and not self._disk.is_symlink(path):
            _remove_empty(Path(path))
        else:
            self._disk.delete(path)

    def delete_all(self, path: StoragePath) -> None:
        if self.is_dir(path):
            self._disk.delete_all(path)
        else:
            self.delete(path)

    def copy(self, source: StoragePath, destination: StoragePath) -> None:
        if self._is_image(source) or self._is_image(destination):
            self.save(self.load(source), destination)
        else:
            self._disk.copy(source, destination)

    def move(self, source: StoragePath, destination: StoragePath) -> None:
        if self._is_image(source) or self._is_image(destination):
            self.copy(source, destination)
            self.delete(source)
        else:
            self._disk.move(source, destination)

    def stat(self, path: StoragePath) -> dict[str, Any]:
        if not self._is_image(path):
            return self._disk.stat(path)
        image, _ = _plane(path)
        return {"type": "file", "path": os.fspath(path), "size": plane_bytes(image)}


def _found(path: StoragePath) -> tuple[Path, tuple[int, int, int]] | None:
    """Return the image that holds the plane called *path* and its place there, if there is one."""
    from openhcs.errors import StorageError

    try:
        place = image_place(Path(path).name)
    except StorageError:
        return None  # no plane can have that name
    image = image_folder(Path(path).parent, place.well, place.field)
    index = filename_map(image).get(Path(path).name) if image else None
    return (image, index) if image and index else None


def _plane(path: StoragePath) -> tuple[Path, tuple[int, int, int]]:
    found = _found(path)
    if found is None:
        raise path_error(errno.ENOENT, path)
    return found


def _free_place(path: StoragePath) -> tuple[Path, ImagePlace]:
    """Return the folder and the place that an image called *path* gets."""
    store = Path(path).parent
    if not store.is_dir():
        raise path_error(errno.ENOTDIR if store.exists() else errno.ENOENT, store)
    if os.path.isdir(path):
        raise path_error(errno.EISDIR, path)
    return store, image_place(Path(path).name)


def _remove_empty(folder: Path) -> None:
    """Remove *folder* if at most the metadata of a plate without wells is in it."""
    ours = {NODE_NAME, LOCK_NAME} if group_attributes(folder).get(OURS) else set()
    if set(os.listdir(folder)) - ours:
        raise path_error(errno.ENOTEMPTY, folder)
    shutil.rmtree(folder)


def _is_inner(entry: Entry) -> bool:
    """Say whether *entry* is part of the plate itself, or an image beside it that it hasn't."""
    if entry.name in (NODE_NAME, LOCK_NAME):
        return True
    if entry.kind == "directory":
        return "row" in group_attributes(Path(entry.path)).get(OURS, {})
    return is_image_name(entry.name)
