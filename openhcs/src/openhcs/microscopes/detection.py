"""Find out which microscope wrote a plate, by asking each metadata handler in turn."""

from __future__ import annotations

from pathlib import Path

from openhcs.errors import PlateError, UnknownMicroscopeError
from openhcs.io.filemanager import FileManager
from openhcs.microscopes.microscope_base import METADATA_HANDLERS, MICROSCOPE_HANDLERS
from openhcs.omero.paths import omero_path
from plugindex import PluginLoadError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from openhcs.microscopes.microscope_base import MicroscopeHandler, PlatePath

# A plate with openhcs_metadata.json also looks like what its microscope wrote; that file must win.
FIRST = "openhcsdata"


def handler_class(microscope_type: str) -> type[MicroscopeHandler]:
    """Return the handler class registered as *microscope_type*.

    Raises:
        UnknownMicroscopeError: when there is none.
    """
    _check_known(microscope_type, "use 'auto' or one of")
    return MICROSCOPE_HANDLERS[microscope_type]


def _check_known(key: str, use: str) -> None:
    if key not in MICROSCOPE_HANDLERS:
        raise UnknownMicroscopeError(
            f"no microscope handler is registered as {key!r}",
            fix=f"{use} {_joined(MICROSCOPE_HANDLERS)}",
        )


def detect_microscope(
    plate_folder: PlatePath | None,
    filemanager: FileManager | None = None,
    allowed: Iterable[str] | None = None,
) -> str:
    """Return the key of the first handler that recognises the plate.

    Args:
        plate_folder: the plate.
        filemanager: the storage to read through.
        allowed: the keys to choose from; all by default.

    Raises:
        UnknownMicroscopeError: when none does; the text names what was tried and why not. Also
            when one that is allowed is unknown.
        PlateError: when the folder is missing, or a handler recognises the plate as damaged.
    """
    folder = checked_folder(plate_folder, filemanager)
    failed: dict[str, str] = {}
    for key in _candidates(allowed):
        if key not in METADATA_HANDLERS:
            failed[key] = "it reads no plates"
            continue
        try:
            METADATA_HANDLERS[key](filemanager).find_metadata_file(folder)
        except (FileNotFoundError, PluginLoadError) as reason:
            failed[key] = str(reason).partition("\n")[0]
        else:
            return key
    raise UnknownMicroscopeError(
        "no microscope handler recognises this folder as a plate\n"
        + "\n".join(f"  tried: {key}: {reason}" for key, reason in failed.items())
        + f"\n  available: {_joined(MICROSCOPE_HANDLERS)}",
        file=folder,
        fix="give the folder that holds the plate's metadata file, or name the microscope",
    )


def checked_folder(plate_folder: PlatePath | None, filemanager: FileManager | None = None) -> Path:
    """Return the plate's folder, on the disk or in OMERO.

    Raises:
        PlateError: when it is missing, a file, or in OMERO and no OMERO store is configured.
    """
    if plate_folder is None:
        raise PlateError("no plate was given", fix="name the plate's folder")
    folder = Path(plate_folder)
    if omero_path(folder) and not folder.exists():
        _check_omero(folder, filemanager)
        return folder
    if not folder.exists():
        raise PlateError("there is no such folder", file=folder, fix="check the path")
    if not folder.is_dir():
        raise PlateError(
            "a plate is a folder, and this is a file", file=folder, fix="give the folder it lies in"
        )
    return folder


def _check_omero(folder: Path, filemanager: FileManager | None) -> None:
    backend: Any = (filemanager or FileManager()).backend("omero_local")
    if not backend.is_configured:
        raise PlateError(
            "this path names a plate in OMERO, and no OMERO store is configured",
            file=folder,
            fix="set OPENHCS_OMERO_STORE to a folder of plates or to omero://host",
        )


def _candidates(allowed: Iterable[str] | None) -> list[str]:
    """Return the keys to try in their order, all of them known.

    Raises:
        UnknownMicroscopeError: when one of *allowed* is unknown, or there is none.
    """
    wanted = set(METADATA_HANDLERS if allowed is None else allowed)
    for key in sorted(wanted, key=str):
        _check_known(key, "allow some of")
    if not wanted:
        raise UnknownMicroscopeError("no microscope is allowed", fix="allow some, or None for all")
    known = [key for key in MICROSCOPE_HANDLERS if key in wanted]
    return sorted(known, key=lambda key: key != FIRST)


def _joined(keys: Iterable[str]) -> str:
    return ", ".join(sorted(map(str, keys)))
