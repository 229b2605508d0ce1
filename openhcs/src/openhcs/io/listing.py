"""Filter and order what a backend lists, the same way in every backend."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections import deque
from fnmatch import fnmatchcase
from typing import NamedTuple

from openhcs.core.natural import natural_key
from openhcs.io.base import ReadableBackend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from openhcs.io.base import StoragePath


class Entry(NamedTuple):
    """Something in a folder: "file", "directory", or "" for what is named but not listed."""

    name: str
    path: str
    kind: str


class ListingBackend(ReadableBackend):
    """A readable backend that tells two things of a path; all listings follow from them."""

    @abstractmethod
    def kind(self, path: StoragePath) -> str:
        """Return "file" or "directory", links followed, or "" where there is nothing."""

    @abstractmethod
    def entries(self, folder: str) -> Iterable[Entry]:
        """Return what lies in *folder*; raise as ``list_files``."""

    def list_files(
        self,
        directory: StoragePath,
        pattern: str | None = None,
        extensions: Iterable[str] | None = None,
        recursive: bool = False,
    ) -> list[str]:
        return selected(walk(os.fspath(directory), self._children, recursive), pattern, extensions)

    def _children(self, folder: str) -> Iterable[tuple[str, str, bool]]:
        return [(e.name, e.path, e.kind == "directory") for e in self.entries(folder) if e.kind]

    def list_dir(self, path: StoragePath) -> list[str]:
        return sorted((entry.name for entry in self.entries(os.fspath(path))), key=natural_key)

    def exists(self, path: StoragePath) -> bool:
        return self.kind(path) != ""

    def is_file(self, path: StoragePath) -> bool:
        return self.kind(path) == "file"

    def is_dir(self, path: StoragePath) -> bool:
        return self.kind(path) == "directory"


def kind_of(entry: os.DirEntry[str]) -> str:
    """Return "file" or "directory", links followed, or "" for what is neither, or isn't there.

    Only for a link does this ask the system more than the folder was asked.
    """
    try:
        return "directory" if entry.is_dir() else "file" if entry.is_file() else ""
    except OSError:  # links in a circle, or into what is closed to us
        return ""


def walk(
    top: str, children: Callable[[str], Iterable[tuple[str, str, bool]]], recursive: bool
) -> Iterator[tuple[str, str]]:
    """Yield (name, path) of each file below *top*, breadth first and in natural order.

    Args:
        top: the folder to begin with.
        children: gives (name, path, is a folder) for each entry of a folder.
        recursive: go into sub-folders.
    """
    folders = deque([top])
    while folders:
        entries = sorted(children(folders.popleft()), key=lambda entry: natural_key(entry[0]))
        yield from ((name, path) for name, path, is_folder in entries if not is_folder)
        if recursive:
            folders.extend(path for _, path, is_folder in entries if is_folder)


def selected(
    files: Iterable[tuple[str, str]], pattern: str | None, extensions: Iterable[str] | None
) -> list[str]:
    """Return the paths of *files* whose name fits *pattern* and one of *extensions*."""
    endings = None if extensions is None else tuple(e.lower() for e in extensions)
    return [
        path
        for name, path in files
        # "._name" is what macOS leaves beside each file it copies to a foreign file system.
        if not name.startswith("._")
        and (pattern is None or fnmatchcase(name, pattern))
        and (endings is None or name.lower().endswith(endings))
    ]
