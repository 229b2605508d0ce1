"""Storage backends and the file manager in front of them."""

from openhcs.io.base import (
    STORAGE_BACKENDS,
    LinkingBackend,
    ReadableBackend,
    ReadWriteBackend,
    StorageBackend,
    WritableBackend,
)
from openhcs.io.filemanager import FileManager

__all__ = [
    "STORAGE_BACKENDS",
    "FileManager",
    "LinkingBackend",
    "ReadWriteBackend",
    "ReadableBackend",
    "StorageBackend",
    "WritableBackend",
]
