"""ImageJ's ROIs in a zip, as its ROI manager opens it, each under the name it was given."""

from __future__ import annotations

import zipfile

from openhcs.core.damage import DAMAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

ENDING = ".roi"  # ImageJ looks at no other files in a zip
# Stands before the name of a ROI in the comment of a file that had to be called otherwise.
NAMED = b"openhcs name: "


def unzip_rois(stream: IO[bytes]) -> dict[str, bytes]:
    """Return the ROIs, by name, of the zip in *stream*.

    Raises:
        ValueError: when it is no such zip.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            files = [one for one in archive.infolist() if one.filename.endswith(ENDING)]
            return {_name(one): archive.read(one) for one in files}
    except (zipfile.BadZipFile, OSError, *DAMAGE) as error:  # it seeks where it is told to
        raise ValueError(f"this is no zip of ImageJ ROIs: {error}") from error


def _name(file: zipfile.ZipInfo) -> str:
    if not file.comment.startswith(NAMED):
        return file.filename
    return file.comment.removeprefix(NAMED).decode("utf-8", "surrogateescape")


def zip_rois(rois: Mapping[str, bytes], stream: IO[bytes]) -> None:
    """Write *rois*, by name, as a zip to *stream*.

    Raises:
        TypeError: when one isn't bytes.
    """
    if wrong := [name for name, content in rois.items() if not isinstance(content, bytes)]:
        raise TypeError(f"{wrong[0]!r} is no bytes")
    taken: set[str] = set()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in rois.items():
            file = _file(name, taken)
            taken.add(file.filename)
            archive.writestr(file, content, zipfile.ZIP_DEFLATED)


def _file(name: str, taken: set[str]) -> zipfile.ZipInfo:
    """Return a file for the ROI *name*, called so as far as a zip, ImageJ and *taken* allow it."""
    printable = name.replace("\0", "_").encode("utf-8", "backslashreplace").decode()
    called = printable if printable.endswith(ENDING) else printable + ENDING
    while called in taken:
        called = "_" + called
    file = zipfile.ZipInfo(called)
    file.external_attr = 0o600 << 16  # else nobody may read it once it is unpacked
    if file.filename != name:
        file.comment = NAMED + name.encode("utf-8", "surrogateescape")
    return file
