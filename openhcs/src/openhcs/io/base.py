"""The storage registry and what a backend promises: reading, writing, both, or links too."""

from __future__ import annotations

from abc import abstractmethod

from openhcs.core.auto_register_meta import AutoRegisterMeta, LazyDiscoveryDict, LeaveOut
from openhcs.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from typing import Any

    StoragePath = str | os.PathLike[str]

STORAGE_BACKENDS: LazyDiscoveryDict[StorageBackend] = LazyDiscoveryDict(enable_cache=True)


class StorageBackend(metaclass=AutoRegisterMeta):
    """A place that images and tables are read from or written to."""

    __registry_key__ = "_backend_type"
    __registry_name__ = "storage backend"
    __registry__ = STORAGE_BACKENDS
    __leave_out__ = LeaveOut(variable="SUBPROCESS_NO_GPU", attribute="_needs_viewer", value=True)

    _backend_type: str | None = None
    # Read without importing: where it is true, OPENHCS_SUBPROCESS_NO_GPU leaves the class out.
    _needs_viewer = False

    def cleanup(self) -> None:
        """Release what the backend holds outside this process."""


class ReadableBackend(StorageBackend):
    """A backend that data can be read from."""

    @abstractmethod
    def load(self, path: StoragePath) -> Any:
        """Return the content of the file *path*.

        Raises:
            FileNotFoundError: when there is nothing at *path*.
            IsADirectoryError: when *path* is a folder.
        """

    def load_batch(self, paths: Iterable[StoragePath]) -> list[Any]:
        """Return the contents of *paths*, in their order."""
        return [self.load(path) for path in paths]

    @abstractmethod
    def list_files(
        self,
        directory: StoragePath,
        pattern: str | None = None,
        extensions: Iterable[str] | None = None,
        recursive: bool = False,
    ) -> list[str]:
        """Return the paths of the files in *directory*, in natural order, folder by folder.

        Args:
            directory: the folder to list.
            pattern: a shell pattern for the file name, such as ``*_w1*``.
            extensions: accepted endings such as ``.tif``, in any case.
            recursive: list sub-folders too, breadth first.

        Raises:
            FileNotFoundError: when there is no such folder.
            NotADirectoryError: when *directory* is a file.
        """

    @abstractmethod
    def list_dir(self, path: StoragePath) -> list[str]:
        """Return the names of the files and folders in *path*, in natural order."""

    @abstractmethod
    def exists(self, path: StoragePath) -> bool:
        """Say whether there is a file or folder at *path*; a broken link is not there."""

    @abstractmethod
    def is_file(self, path: StoragePath) -> bool:
        """Say whether *path* is a file, or a link to one."""

    @abstractmethod
    def is_dir(self, path: StoragePath) -> bool:
        """Say whether *path* is a folder, or a link to one."""


class WritableBackend(StorageBackend):
    """A backend that data can be written to."""

    @abstractmethod
    def save(self, data: Any, path: StoragePath, *, overwrite: bool = False) -> None:
        """Write *data* to *path*, as the kind of file that its extension names.

        Raises:
            FileNotFoundError: when the folder of *path* is missing.
            FileExistsError: when *path* exists and *overwrite* is false.
        """

    def save_batch(
        self, data: Sequence[Any], paths: Sequence[StoragePath], *, overwrite: bool = False
    ) -> None:
        """Write each of *data* to the path at the same position.

        Raises:
            ValueError: when the two differ in length; nothing is written then.
        """
        if len(data) != len(paths):
            raise ValueError(f"{len(data)} items can't be saved to {len(paths)} paths")
        for item, path in zip(data, paths, strict=True):
            self.save(item, path, overwrite=overwrite)


class ReadWriteBackend(ReadableBackend, WritableBackend):
    """A backend with the whole surface of a file system, links apart."""

    @abstractmethod
    def ensure_directory(self, directory: StoragePath) -> str:
        """Make *directory* and its parents where missing, and return its path."""

    @abstractmethod
    def delete(self, path: StoragePath) -> None:
        """Remove one file, link or empty folder.

        Raises:
            FileNotFoundError: when there is nothing at *path*.
            OSError: when *path* is a folder with content.
        """

    @abstractmethod
    def delete_all(self, path: StoragePath) -> None:
        """Remove *path* and all that lies in it.

        Raises:
            FileNotFoundError: when there is nothing at *path*.
        """

    @abstractmethod
    def copy(self, source: StoragePath, destination: StoragePath) -> None:
        """Copy the file or folder *source* to the new path *destination*.

        Raises:
            FileNotFoundError: when *source* or the folder of *destination* is missing.
            FileExistsError: when *destination* exists.
        """

    @abstractmethod
    def move(self, source: StoragePath, destination: StoragePath) -> None:
        """Move the file or folder *source* to the new path *destination*; raise as ``copy``."""

    @abstractmethod
    def stat(self, path: StoragePath) -> dict[str, Any]:
        """Describe *path* without following a link.

        Returns:
            ``type`` ("file", "directory" or "symlink") and ``path``; a file's ``size`` in bytes,
            a link's ``target``.

        Raises:
            FileNotFoundError: when there is nothing at *path*.
        """

    def is_symlink(self, path: StoragePath) -> bool:
        """Say whether *path* is a link; a backend without links has none."""
        return False

    def create_symlink(
        self, source: StoragePath, link: StoragePath, *, overwrite: bool = False
    ) -> None:
        """Make *link* point to *source*, where the backend is a :class:`LinkingBackend`.

        Raises:
            StorageError: when the backend knows no links.
        """
        raise StorageError(
            f"{type(self).__name__} knows no links", file=link, fix="copy the file instead"
        )


class LinkingBackend(ReadWriteBackend):
    """A backend whose files and folders may be links to others."""

    @abstractmethod
    def create_symlink(
        self, source: StoragePath, link: StoragePath, *, overwrite: bool = False
    ) -> None:
        """Make *link* point to *source*.

        Raises:
            FileNotFoundError: when *source* or the folder of *link* is missing.
            FileExistsError: when *link* exists and *overwrite* is false.
        """

    @abstractmethod
    def is_symlink(self, path: StoragePath) -> bool:
        """Say whether *path* is a link."""
