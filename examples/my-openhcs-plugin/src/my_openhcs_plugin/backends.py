"""Images in a zip file, read where they lie: ``plate.zip/A01-1-DAPI.tif``."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import PurePath

from openhcs.io.formats import format_of
from openhcs.io.listing import Entry, ListingBackend

TYPE_CHECKING = False
if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterable, Iterator
    from typing import Any

    StoragePath = str | os.PathLike[str]


class ZipBackend(ListingBackend):
    """Read what lies in zip files; their paths go on inside the file."""

    _backend_type = "my_zip"

    def kind(self, path: StoragePath) -> str:
        """Return "file" or "directory", or "" where there is nothing."""
        try:
            with _opened(path) as inside:
                return _kind(inside)
        except FileNotFoundError:
            return ""

    def entries(self, folder: str) -> Iterable[Entry]:
        """Return what lies in *folder*.

        Raises:
            FileNotFoundError: when there is no such folder.
            NotADirectoryError: when *folder* is a file.
        """
        with _opened(folder) as inside:
            if _kind(inside) != "directory":
                raise NotADirectoryError(folder) if _kind(inside) else FileNotFoundError(folder)
            listed = inside.iterdir()
            return [Entry(one.name, f"{folder}/{one.name}", _kind(one)) for one in listed]

    def load(self, path: StoragePath) -> Any:
        """Return the content of the file *path*; raise as ``ReadableBackend.load``."""
        with _opened(path) as inside:
            if _kind(inside) != "file":
                raise IsADirectoryError(path) if _kind(inside) else FileNotFoundError(path)
            with inside.open("rb") as stream:
                return format_of(path).read(stream)


def _kind(inside: zipfile.Path) -> str:
    return "directory" if inside.is_dir() else "file" if inside.is_file() else ""


@contextmanager
def _opened(path: StoragePath) -> Iterator[zipfile.Path]:
    """Open the zip file that *path* leads through, and give *path* as a place in it.

    Raises:
        FileNotFoundError: when it leads through none.
    """
    import zipfile

    whole = PurePath(path)
    for archive in (whole, *whole.parents):
        if archive.suffix.lower() == ".zip" and os.path.isfile(archive):
            with zipfile.ZipFile(archive) as file:
                yield zipfile.Path(file).joinpath(*whole.relative_to(archive).parts)
            return
    raise FileNotFoundError(path)
