"""Read ``openhcs_metadata.json``, in which the OpenHCS application describes a plate's forms.

Nothing of this package writes that file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from openhcs.errors import BrokenFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

METADATA_NAME = "openhcs_metadata.json"
FIX = (
    "correct the file, have the OpenHCS application write it again, or move it away, "
    "for the plate to be read as its microscope wrote it"
)


@dataclass(frozen=True)
class Subdirectory:
    """One form of the plate's images: its folder and what the metadata says of it."""

    name: str
    metadata_file: Path
    fields: Mapping[str, Any]

    def get(self, name: str, kind: type[Any], default: Any) -> Any:
        """Return the field *name*, checked to be of *kind*."""
        value = self.fields.get(name)
        if value is None:
            return default
        if not isinstance(value, kind):
            raise broken(self.metadata_file, f"{name} of {self.name!r} is {value!r}")
        return value


def broken(file: Path, why: str) -> BrokenFileError:
    """Return the error that says *why* the metadata *file* can't be used."""
    return BrokenFileError(f"this openhcs metadata can't be used: {why}", file=file, fix=FIX)


def read_subdirectories(file: Path) -> list[Subdirectory]:
    """Return what the metadata *file* describes, the main sub-directory first.

    Raises:
        BrokenFileError: when the file is damaged or has another shape.
    """
    try:
        document = json.loads(file.read_bytes())
        listed = document["subdirectories"].items()
        found = [Subdirectory(portable(name) or ".", file, dict(f)) for name, f in listed]
    except (ValueError, RecursionError) as error:
        raise broken(file, f"it is no valid JSON ({error})") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise broken(file, "it has no subdirectories") from error
    if not found:
        raise broken(file, "it lists no sub-directory")
    return sorted(found, key=lambda subdirectory: subdirectory.fields.get("main") is not True)


def portable(path: str) -> str:
    """Return *path* with forward slashes and without "." parts."""
    joined = str(PurePosixPath(path.replace("\\", "/")))
    return "" if joined == "." else joined


def inner_path(path: str) -> str | None:
    """Return *path* as :func:`portable`, None where it leads out of the plate or names nothing."""
    plain = PurePosixPath(portable(path))
    outside = plain.is_absolute() or ".." in plain.parts or ":" in str(plain)
    return None if outside or not plain.parts else str(plain)
