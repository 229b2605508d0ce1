"""See a plate flattened: names that tell each image's components, read where the images lie.

The backend belongs to one plate, so it is in no registry; a file manager is given it::

    files = FileManager.for_plate(plate)
    files.load(plate / "A01_s001_w1_z001_t001.tif", "virtual_workspace")
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NamedTuple

from openhcs.errors import BrokenFileError, path_error
from openhcs.io.disk import DiskStorageBackend
from openhcs.io.listing import Entry, ListingBackend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from openhcs.io.base import StoragePath
    from openhcs.microscopes.microscope_base import MicroscopeHandler


class _Stamp(NamedTuple):
    """What the metadata file looked like when it was read."""

    file: Path
    modified_ns: int
    size: int


class VirtualWorkspaceBackend(ListingBackend):
    """Read the images of one plate under the names of its workspace; nothing can be written.

    The names come from the ``workspace_mapping`` of the plate's ``openhcs_metadata.json``, or, if
    it has none, from the handler of its microscope. They are read again when the metadata file
    has changed.

    Args:
        plate_root: the folder of the plate.
        handler: the handler to ask for the names; by default the plate's own metadata, or the
            handler of the format that it is found to have.
    """

    def __init__(self, plate_root: StoragePath, handler: MicroscopeHandler | None = None) -> None:
        self.plate_root = Path(os.path.abspath(plate_root))
        self._handler = handler
        self._disk = DiskStorageBackend()
        self._read: tuple[_Stamp, dict[str, str]] | None = None

    @property
    def workspace_mapping(self) -> dict[str, str]:
        """Where each name really lies, both relative to the plate; a copy.

        Raises:
            BrokenFileError: when the metadata is damaged, or names a file outside the plate.
            UnknownMicroscopeError: when nothing recognises the plate.
        """
        return dict(self._mapping())

    def _mapping(self) -> dict[str, str]:
        # A stamp is cheap; looking for the file again may search the whole plate.
        if self._read is None or _stamp(self._read[0].file) != self._read[0]:
            file = self._metadata_file()
            stamp = _stamp(file)  # before the reading: what changes meanwhile is read again
            self._read = (stamp, self._inside(file))
        return self._read[1]

    def _metadata_file(self) -> Path:
        from openhcs.microscopes import create_microscope_handler
        from openhcs.microscopes.openhcs_metadata import METADATA_NAME

        own = self.plate_root / METADATA_NAME
        if self._handler is None and not own.is_file():
            self._handler = create_microscope_handler("auto", self.plate_root)
        return own if self._handler is None else self._handler.find_metadata_file(self.plate_root)

    def _inside(self, file: Path) -> dict[str, str]:
        """Return the mapping with forward slashes, checked to stay in the plate."""
        if self._handler is None:
            listed = _listed_in(file)
        else:
            listed = self._handler.initialize_workspace(self.plate_root)
        return {_portable(name, file): _portable(real, file) for name, real in listed.items()}

    def _name(self, path: StoragePath) -> str | None:
        """Return *path* relative to the plate, "" for its root, None outside it."""
        absolute = Path(os.path.abspath(path))
        if not absolute.is_relative_to(self.plate_root):
            return None
        name = absolute.relative_to(self.plate_root).as_posix()
        return "" if name == "." else name

    def _real(self, path: StoragePath) -> Path | None:
        real = self._mapping().get(self._name(path) or "")
        return self.plate_root / real if real else None

    def load(self, path: StoragePath) -> Any:
        real = self._real(path)
        if real is None:
            code = errno.EISDIR if self.is_dir(path) else errno.ENOENT
            raise path_error(code, path)
        return self._disk.load(real)

    def kind(self, path: StoragePath) -> str:
        name = self._name(path)
        return "" if name is None else self._kind_of(name, self._mapping())

    def _kind_of(self, name: str, mapping: dict[str, str]) -> str:
        real = mapping.get(name)
        if real is not None:
            return "file" if (self.plate_root / real).is_file() else ""
        inside = name == "" or any(known.startswith(name + "/") for known in mapping)
        return "directory" if inside else ""

    def entries(self, folder: str) -> list[Entry]:
        kind = self.kind(folder)
        if kind != "directory":
            code = errno.ENOTDIR if kind else errno.ENOENT
            raise path_error(code, folder)
        mapping, name = self._mapping(), self._name(folder)
        prefix = f"{name}/" if name else ""
        inside = (n[len(prefix) :] for n in mapping if n.startswith(prefix))
        names = dict.fromkeys(rest.partition("/")[0] for rest in inside)
        return [
            Entry(n, os.path.join(folder, n), self._kind_of(prefix + n, mapping)) for n in names
        ]


def _stamp(file: Path) -> _Stamp:
    try:
        about = file.stat()
    except FileNotFoundError:  # gone since it was read: not what it was
        return _Stamp(file, -1, -1)
    return _Stamp(file, about.st_mtime_ns, about.st_size)


def _listed_in(file: Path) -> dict[str, str]:
    """Return the names in the plate's own metadata; of equal ones, the main form's counts."""
    from openhcs.microscopes.openhcs_metadata import read_subdirectories

    found: dict[str, str] = {}
    for subdirectory in read_subdirectories(file):
        images = subdirectory.get("image_files", list, [])
        mapping = subdirectory.get("workspace_mapping", dict, None)
        for name, real in (
            {image: image for image in images} if mapping is None else mapping
        ).items():
            found.setdefault(_portable(name, file), real)
    return found


def _portable(path: Any, file: Path) -> str:
    """Return *path* with forward slashes, without "." parts and inside the plate.

    Raises:
        BrokenFileError: when it leads out of the plate, or is no path.
    """
    from openhcs.microscopes.openhcs_metadata import inner_path

    inner = inner_path(path) if isinstance(path, str) else None
    if inner is None:
        raise BrokenFileError(
            f"the workspace of this plate names {path!r}, which is no file inside it",
            file=file,
            fix="correct the mapping: it names files by paths relative to the plate",
        )
    return inner
