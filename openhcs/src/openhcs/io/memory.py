"""Keep files in this process's memory, under paths, with the behaviour of a disk."""

from __future__ import annotations

import copy
import errno
import os
import posixpath
import threading

from openhcs.errors import path_error
from openhcs.io.base import LinkingBackend
from openhcs.io.listing import Entry, ListingBackend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from openhcs.io.base import StoragePath

ROOTS = ("/", ".")
# Longer chains of links than any disk follows are taken for loops, as a disk does.
MAX_LINKS = 40


class _Link:
    """A symbolic link: the path it points to."""

    __slots__ = ("target",)

    def __init__(self, target: str) -> None:
        self.target = target


def _key(path: StoragePath) -> str:
    key = posixpath.normpath(os.fspath(path))
    return key[1:] if key.startswith("//") else key  # POSIX lets two slashes mean another root


class MemoryStorageBackend(ListingBackend, LinkingBackend):
    """Hold files in a flat dict of POSIX paths, in which None stands for a folder.

    Data is copied on the way in and on the way out: what a caller does to its array never reaches
    the stored one, just as with a disk. Pickled, it takes its files along as they are then.
    """

    _backend_type = "memory"

    def __init__(self) -> None:
        self._entries: dict[str, Any] = dict.fromkeys(ROOTS)
        self._lock = threading.RLock()

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            return {"_entries": dict(self._entries)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._entries = state["_entries"]
        self._lock = threading.RLock()

    def _resolve(self, path: str, hops: int = 0) -> str:
        """Return *path* with every link on the way followed."""
        if hops > MAX_LINKS:
            raise path_error(errno.ELOOP, path)
        parent, name = posixpath.split(path)
        if path in ROOTS or not name:
            return path
        real = posixpath.join(self._resolve(parent or ".", hops), name)
        real = posixpath.normpath(real)
        entry = self._entries.get(real)
        return self._resolve(entry.target, hops + 1) if isinstance(entry, _Link) else real

    def _unfollowed(self, path: StoragePath) -> str:
        """Return the stored key of *path*, its last part not followed if it is a link."""
        key = _key(path)
        parent, name = posixpath.split(key)
        if key in ROOTS:
            return key
        return posixpath.normpath(posixpath.join(self._resolve(parent or "."), name))

    def _found(self, path: StoragePath) -> str:
        real = self._resolve(_key(path))
        if real not in self._entries:
            raise path_error(errno.ENOENT, path)
        return real

    def _folder(self, path: StoragePath) -> str:
        real = self._found(path)
        if self._entries[real] is not None:
            raise path_error(errno.ENOTDIR, path)
        return real

    def _new(self, path: StoragePath, overwrite: bool = False) -> str:
        """Return the key at which *path* may be made."""
        key = self._unfollowed(path)
        self._folder(posixpath.dirname(key) or ".")
        if key in self._entries and not overwrite:
            raise path_error(errno.EEXIST, path)
        return key

    def _below(self, key: str) -> list[str]:
        if key == ".":
            return [k for k in self._entries if not k.startswith("/") and k != "."]
        prefix = key.rstrip("/") + "/"
        return [k for k in self._entries if k.startswith(prefix) and k != key]

    def entries(self, folder: str) -> list[Entry]:
        with self._lock:
            real = self._folder(folder)
            inside = [k for k in self._below(real) if (posixpath.dirname(k) or ".") == real]
            return [self._entry(folder, key) for key in inside]

    def _entry(self, folder: str, key: str) -> Entry:
        name = posixpath.basename(key)
        path = name if folder == "." else posixpath.join(folder, name)
        is_link = isinstance(self._entries[key], _Link)
        kind = self.kind(path)
        # As on a disk, a link to a folder is named but not walked into.
        return Entry(name, path, "" if is_link and kind != "file" else kind)

    def load(self, path: StoragePath) -> Any:
        with self._lock:
            data = self._entries[self._found(path)]
        if data is None:
            raise path_error(errno.EISDIR, path)
        return copy.deepcopy(data)

    def save(self, data: Any, path: StoragePath, *, overwrite: bool = False) -> None:
        if data is None:
            raise ValueError(f"None can't be saved to {os.fspath(path)}: it is no content")
        own = copy.deepcopy(data)
        with self._lock:
            self._new(path, overwrite)
            key = self._resolve(_key(path))
            if key in self._entries and self._entries[key] is None:
                raise path_error(errno.EISDIR, path)
            self._entries[key] = own

    def kind(self, path: StoragePath) -> str:
        with self._lock:
            try:
                real = self._found(path)
            except OSError:  # missing, or a loop of links: nothing is there
                return ""
            return "directory" if self._entries[real] is None else "file"

    def is_symlink(self, path: StoragePath) -> bool:
        with self._lock:
            return isinstance(self._entries.get(self._unfollowed(path)), _Link)

    def ensure_directory(self, directory: StoragePath) -> str:
        with self._lock:
            key = self._resolve(_key(directory))
            if self._entries.get(key, None) is not None:
                raise path_error(errno.EEXIST, directory)
            parent = posixpath.dirname(key) or "."
            if key not in ROOTS:
                self.ensure_directory(parent)
            self._entries.setdefault(key, None)
        return os.fspath(directory)

    def delete(self, path: StoragePath) -> None:
        with self._lock:
            key = self._present(path)
            if self._entries[key] is None and (key in ROOTS or self._below(key)):
                raise path_error(errno.ENOTEMPTY, path)
            del self._entries[key]

    def delete_all(self, path: StoragePath) -> None:
        with self._lock:
            key = self._present(path)
            inside = self._below(key) if self._entries[key] is None else []
            for gone in [*inside, *([] if key in ROOTS else [key])]:
                del self._entries[gone]

    def _present(self, path: StoragePath) -> str:
        key = self._unfollowed(path)
        if key not in self._entries:
            raise path_error(errno.ENOENT, path)
        return key

    def copy(self, source: StoragePath, destination: StoragePath) -> None:
        with self._lock:
            self._transfer(self._found(source), destination, copy.deepcopy)

    def move(self, source: StoragePath, destination: StoragePath) -> None:
        with self._lock:
            key = self._present(source)
            self._transfer(key, destination, lambda data: data)
            self.delete_all(source)

    def _transfer(self, key: str, destination: StoragePath, carry: Any) -> None:
        new = self._new(destination)
        if new.startswith(key.rstrip("/") + "/"):
            raise path_error(errno.EINVAL, destination)
        inside = self._below(key) if self._entries[key] is None else []
        for old in [key, *inside]:
            self._entries[new + old[len(key) :]] = carry(self._entries[old])

    def stat(self, path: StoragePath) -> dict[str, Any]:
        with self._lock:
            entry = self._entries[self._present(path)]
        about: dict[str, Any] = {"path": os.fspath(path)}
        if isinstance(entry, _Link):
            return {"type": "symlink", **about, "target": entry.target}
        if entry is None:
            return {"type": "directory", **about}
        return {"type": "file", **about, "size": _size(entry)}

    def create_symlink(
        self, source: StoragePath, link: StoragePath, *, overwrite: bool = False
    ) -> None:
        with self._lock:
            self._found(source)
            key = self._new(link, overwrite)
            if key in self._entries and self._entries[key] is None:
                raise path_error(errno.EISDIR, link)
            self._entries[key] = _Link(_key(source))

    def clear_files_only(self) -> None:
        """Remove every file and link and keep the folders."""
        with self._lock:
            self._entries = {key: None for key, entry in self._entries.items() if entry is None}


def _size(data: Any) -> int:
    """Return what *data* takes in bytes, as far as it says so itself."""
    if isinstance(data, str):
        return len(data.encode())
    if isinstance(data, (bytes, bytearray)):
        return len(data)
    import sys

    return int(getattr(data, "nbytes", 0)) or sys.getsizeof(data)
