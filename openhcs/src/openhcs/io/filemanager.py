"""One door to all storage: each call names the backend that it means."""

from __future__ import annotations

from openhcs.errors import StorageError, UnknownBackendError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from openhcs.io.base import StorageBackend, StoragePath
    from openhcs.microscopes.microscope_base import MicroscopeHandler

IMAGE_EXTENSIONS = (".tif", ".tiff")


class FileManager:
    """Send each file operation to the backend that the call names.

    A backend is made when it is first named and kept, so that what is saved in memory can be
    loaded from memory.

    Args:
        backends: backends made beforehand, by name, such as one bound to a plate.
    """

    def __init__(self, backends: Mapping[str, StorageBackend] | None = None) -> None:
        self._backends: dict[str, StorageBackend] = dict(backends or {})

    @classmethod
    def for_plate(cls, plate: StoragePath, handler: MicroscopeHandler | None = None) -> FileManager:
        """Return a file manager whose backend ``virtual_workspace`` shows *plate* flattened.

        Use one for each plate.

        Args:
            plate: the folder of the plate.
            handler: see :class:`openhcs.io.virtual_workspace.VirtualWorkspaceBackend`.
        """
        from openhcs.io.virtual_workspace import VirtualWorkspaceBackend

        return cls({"virtual_workspace": VirtualWorkspaceBackend(plate, handler)})

    def backend(self, name: str) -> StorageBackend:
        """Return the backend called *name*.

        Raises:
            UnknownBackendError: when there is none of that name.
        """
        if name not in self._backends:
            # Two threads may both make one; setdefault keeps a single winner.
            self._backends.setdefault(name, _made(name))
        return self._backends[name]

    def _operation(self, name: str, operation: str) -> Callable[..., Any]:
        found: Callable[..., Any] | None = getattr(self.backend(name), operation, None)
        if found is None:
            raise StorageError(
                f"the storage backend {name!r} has no operation {operation!r}",
                fix="name a backend that reads and writes, such as 'disk' or 'memory'",
            )
        return found

    def load(self, path: StoragePath, backend: str) -> Any:
        """Return the content of *path* in *backend*."""
        return self._operation(backend, "load")(path)

    def load_batch(self, paths: Iterable[StoragePath], backend: str) -> list[Any]:
        """Return the contents of *paths* in *backend*, in their order."""
        return list(self._operation(backend, "load_batch")(paths))

    def save(self, data: Any, path: StoragePath, backend: str, *, overwrite: bool = False) -> None:
        """Write *data* to *path* in *backend*."""
        self._operation(backend, "save")(data, path, overwrite=overwrite)

    def save_batch(
        self,
        data: Sequence[Any],
        paths: Sequence[StoragePath],
        backend: str,
        *,
        overwrite: bool = False,
    ) -> None:
        """Write each of *data* to the path at the same position in *backend*."""
        self._operation(backend, "save_batch")(data, paths, overwrite=overwrite)

    def list_files(
        self,
        directory: StoragePath,
        backend: str,
        pattern: str | None = None,
        extensions: Iterable[str] | None = None,
        recursive: bool = False,
    ) -> list[str]:
        """Return the paths of the files in *directory* of *backend*; see the backend."""
        listed = self._operation(backend, "list_files")(directory, pattern, extensions, recursive)
        return list(listed)

    def list_image_files(
        self,
        directory: StoragePath,
        backend: str,
        pattern: str | None = None,
        extensions: Iterable[str] = IMAGE_EXTENSIONS,
        recursive: bool = False,
    ) -> list[str]:
        """Return the paths of the images in *directory* of *backend*, in natural order."""
        from openhcs.core.natural import natural_key

        found = self.list_files(directory, backend, pattern, extensions, recursive)
        return sorted(found, key=natural_key)

    def list_dir(self, path: StoragePath, backend: str) -> list[str]:
        """Return the names in the folder *path* of *backend*, in natural order."""
        return list(self._operation(backend, "list_dir")(path))

    def exists(self, path: StoragePath, backend: str) -> bool:
        """Say whether there is a file or folder at *path* in *backend*."""
        return bool(self._operation(backend, "exists")(path))

    def is_file(self, path: StoragePath, backend: str) -> bool:
        """Say whether *path* is a file in *backend*."""
        return bool(self._operation(backend, "is_file")(path))

    def is_dir(self, path: StoragePath, backend: str) -> bool:
        """Say whether *path* is a folder in *backend*."""
        return bool(self._operation(backend, "is_dir")(path))

    def is_symlink(self, path: StoragePath, backend: str) -> bool:
        """Say whether *path* is a link in *backend*."""
        return bool(self._operation(backend, "is_symlink")(path))

    def ensure_directory(self, directory: StoragePath, backend: str) -> str:
        """Make *directory* in *backend* where missing, and return its path."""
        return str(self._operation(backend, "ensure_directory")(directory))

    def delete(self, path: StoragePath, backend: str) -> None:
        """Remove one file, link or empty folder from *backend*."""
        self._operation(backend, "delete")(path)

    def delete_all(self, path: StoragePath, backend: str) -> None:
        """Remove *path* and all that lies in it from *backend*."""
        self._operation(backend, "delete_all")(path)

    def copy(self, source: StoragePath, destination: StoragePath, backend: str) -> None:
        """Copy the file or folder *source* to *destination* within *backend*."""
        self._operation(backend, "copy")(source, destination)

    def move(self, source: StoragePath, destination: StoragePath, backend: str) -> None:
        """Move the file or folder *source* to *destination* within *backend*."""
        self._operation(backend, "move")(source, destination)

    def stat(self, path: StoragePath, backend: str) -> dict[str, Any]:
        """Describe *path* in *backend* without following a link."""
        return dict(self._operation(backend, "stat")(path))

    def create_symlink(
        self, source: StoragePath, link: StoragePath, backend: str, *, overwrite: bool = False
    ) -> None:
        """Make *link* point to *source* in *backend*."""
        self._operation(backend, "create_symlink")(source, link, overwrite=overwrite)


def _made(name: str) -> StorageBackend:
    from openhcs.io.base import STORAGE_BACKENDS

    if name not in STORAGE_BACKENDS:
        known = ", ".join(sorted(map(str, STORAGE_BACKENDS)))
        raise UnknownBackendError(
            f"no storage backend is called {name!r} here",
            fix=f"use one of {known}; FileManager.for_plate(plate) has virtual_workspace besides",
        )
    return STORAGE_BACKENDS[name]()
