"""Files on a disk; the extension decides the format."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from openhcs.errors import StorageError, path_error
from openhcs.io.base import LinkingBackend
from openhcs.io.formats import format_of
from openhcs.io.listing import Entry, ListingBackend, kind_of
from openhcs.io.placing import copy_file, move_file, move_folder, part_of_file, place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from openhcs.io.base import StoragePath


def _new(path: StoragePath, overwrite: bool = False) -> Path:
    """Return *path* if something may be made there."""
    new = Path(path)
    if not new.parent.exists():
        raise path_error(errno.ENOENT, new.parent)
    if os.path.lexists(new) and not overwrite:
        raise path_error(errno.EEXIST, new)
    return new


def _listed_as(entry: os.DirEntry[str]) -> str:
    # A link to a folder is not walked into: it may lead back up.
    if entry.is_dir(follow_symlinks=False):
        return "directory"
    return "file" if kind_of(entry) == "file" else ""


class DiskStorageBackend(ListingBackend, LinkingBackend):
    """Read and write files on disk: images, arrays, tables, text."""

    _backend_type = "disk"

    def load(self, path: StoragePath) -> Any:
        with open(path, "rb") as stream:
            return format_of(path).read(stream)

    def save(self, data: Any, path: StoragePath, *, overwrite: bool = False) -> None:
        writer = format_of(path)
        new = _new(path, overwrite)
        if new.is_dir():
            raise path_error(errno.EISDIR, new)
        file = new.resolve() if overwrite else new  # the file that a link points to
        with part_of_file(file) as part:
            with open(part, "xb") as stream:
                writer.write(data, stream, path)
            place(part, file, overwrite)

    def kind(self, path: StoragePath) -> str:
        if os.path.isdir(path):
            return "directory"
        return "file" if os.path.isfile(path) else ""

    def entries(self, folder: str) -> list[Entry]:
        with os.scandir(folder) as found:
            return [Entry(e.name, os.path.join(folder, e.name), _listed_as(e)) for e in found]

    def is_symlink(self, path: StoragePath) -> bool:
        return os.path.islink(path)

    def ensure_directory(self, directory: StoragePath) -> str:
        os.makedirs(directory, exist_ok=True)
        return os.fspath(directory)

    def delete(self, path: StoragePath) -> None:
        if os.path.isdir(path) and not os.path.islink(path):
            os.rmdir(path)
        else:
            os.unlink(path)

    def delete_all(self, path: StoragePath) -> None:
        if Path(path).resolve() in (Path("/"), Path.home()):
            raise StorageError(
                "the root and the home folder are never deleted whole",
                file=path,
                fix="name the folder inside it that shall go",
            )
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)

    def copy(self, source: StoragePath, destination: StoragePath) -> None:
        new = self._destination(source, destination)
        if os.path.isdir(source):
            shutil.copytree(source, new, symlinks=True)
        else:
            copy_file(Path(source), new)

    def move(self, source: StoragePath, destination: StoragePath) -> None:
        is_link = os.path.islink(source)
        new = _new(destination) if is_link else self._destination(source, destination)
        if os.path.isdir(source) and not is_link:
            move_folder(Path(source), new)
        else:
            move_file(Path(source), new)

    def _destination(self, source: StoragePath, destination: StoragePath) -> Path:
        if not os.path.exists(source):
            raise path_error(errno.ENOENT, source)
        new = _new(destination)
        if Path(source).resolve() in new.resolve().parents:
            raise path_error(errno.EINVAL, destination)
        return new

    def stat(self, path: StoragePath) -> dict[str, Any]:
        info = os.lstat(path)
        about = {"path": os.fspath(path)}
        if os.path.islink(path):
            return {"type": "symlink", **about, "target": os.readlink(path)}
        if os.path.isdir(path):
            return {"type": "directory", **about}
        return {"type": "file", **about, "size": info.st_size, "modified": info.st_mtime}

    def create_symlink(
        self, source: StoragePath, link: StoragePath, *, overwrite: bool = False
    ) -> None:
        if not os.path.exists(source):
            raise path_error(errno.ENOENT, source)
        new = _new(link, overwrite)
        if not overwrite:
            os.symlink(os.path.abspath(source), new)
            return
        with part_of_file(new) as part:
            os.symlink(os.path.abspath(source), part)
            place(part, new, overwrite)
