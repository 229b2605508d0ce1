"""The file names of MetaXpress: ``[plate_]WELL[_sN][_wN][_zN][_tN][_suffix].ext``.

The numbers may stand in another order. A suffix begins with ``_`` and holds nothing that could be
one of them; whatever else is left over, as in ``A01_s1_w1 - Copy.tif``, makes it no image's name.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from openhcs.errors import ComponentError
from openhcs.microscopes.filename_parser import FilenameParser, padded
from openhcs.microscopes.plate import split_extension

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# Rows A to AF and columns 1 to 48 make a plate of 1536 wells, the largest there is.
_WELL = r"(?P<well>(?:A[A-F]|[A-Z])(?:0?[1-9]|[1-3]\d|4[0-8])|\{[^{}]*\})"
_NUMBER = r"(?:\d{1,18}|\{[^{}]*\})"  # more digits count nothing, and Python refuses thousands
_PART = re.compile(rf"_([swzt])({_NUMBER})", re.IGNORECASE)
# The plate's name may itself hold parts that look like wells, so every place is tried.
_NAME = re.compile(
    rf"{_WELL}(?![A-Za-z0-9])(?P<parts>(?i:_[swzt]{_NUMBER})*)(?P<rest>.*)", re.DOTALL
)
_LETTERS = {"s": "site", "w": "channel", "z": "z_index", "t": "timepoint"}
# Database exports put a GUID right behind the last digit: "_w1401562CF-..." is wave 1.
_GUID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$", re.IGNORECASE)
# What copies a file may put more behind its name: "_thumb - Copy".
_THUMBNAIL = re.compile(rf"_thumb(?:{_GUID.pattern[:-1]})?(?:[^A-Z0-9_][^_]*)?$", re.IGNORECASE)


def has_guid(filename: str) -> bool:
    """Say whether *filename* carries the GUID of a database export."""
    return _GUID.search(_stem(filename)[0]) is not None


def is_thumbnail(filename: str) -> bool:
    """Say whether *filename* is that of a preview, whose pixels are larger than the image's."""
    return _THUMBNAIL.search(_stem(filename)[0]) is not None


def why_no_image(filename: str) -> str:
    """Return the reason for which *filename* is read as no image's."""
    if is_thumbnail(filename):
        return "thumbnail"
    reading = _reading(filename)
    if reading is None or reading.well.startswith("{"):
        return "its name tells no well"
    return f"its name goes on with {reading.rest!r} behind what it tells"


def suffix(filename: str) -> str:
    """Return the text behind the components in *filename*, "" where there is none."""
    reading = _reading(filename)
    return reading.rest if reading else ""


class _Reading(NamedTuple):
    """What a name tells: the well, the text of each component, and what is left over."""

    well: str
    parts: dict[str, str]
    rest: str

    @property
    def is_whole(self) -> bool:
        """Say whether what is left over is a suffix, or nothing."""
        return not self.rest or (self.rest.startswith("_") and not _PART.search(self.rest))


class ImageXpressFilenameParser(FilenameParser):
    """Reads and makes the file names of MetaXpress exports, database exports included."""

    default_extension = ".tif"

    def split(self, filename: str) -> dict[str, str | None] | None:
        found = _reading(filename)
        if found is None or not found.is_whole or is_thumbnail(filename):
            return None
        parts: dict[str, str | None] = {"well": found.well}
        parts |= {name: found.parts.get(name) for name in _LETTERS.values()}
        return parts | {"extension": _stem(filename)[1] or self.default_extension}

    def pad(self, components: Mapping[str, Any]) -> dict[str, str]:
        widths = {"site": 3, "z_index": 3, "timepoint": 3}
        values = {"timepoint": 1, **components}
        return {name: padded(value, widths.get(name, 1)) for name, value in values.items()}

    def join(self, fields: Mapping[str, str]) -> str:
        named = ((letter, fields.get(name)) for letter, name in _LETTERS.items())
        return fields["well"] + "".join(f"_{letter}{text}" for letter, text in named if text)

    def extract_component_coordinates(self, well: str) -> tuple[str, str]:
        if well.startswith("{") or not re.fullmatch(_WELL, well):
            raise ComponentError(
                f"{well!r} is no well name such as A01", fix="give a row A to AF and a column to 48"
            )
        row = well.rstrip("0123456789")
        return row, well[len(row) :]


def _stem(filename: str) -> tuple[str, str]:
    """Return *filename* without folders and extension, and its extension."""
    return split_extension(re.split(r"[\\/]", filename)[-1])


def _reading(filename: str) -> _Reading | None:
    """Return the reading that tells most components; of equals one that is whole, or the last."""
    stem = _GUID.sub("", _stem(filename)[0])
    starts = [0, *(place.end() for place in re.finditer("_", stem))]
    found = [_read(match) for start in starts if (match := _NAME.match(stem, start))]
    return max(reversed(found), key=lambda one: (len(one.parts), one.is_whole), default=None)


def _read(found: re.Match[str]) -> _Reading:
    """Return what *found* tells; a component told twice is left over, for it is none."""
    parts: dict[str, str] = {}
    end = 0
    for part in _PART.finditer(found["parts"]):
        name = _LETTERS[part[1].lower()]
        if name in parts:
            break
        parts[name], end = part[2], part.end()
    return _Reading(found["well"], parts, found["parts"][end:] + found["rest"])
