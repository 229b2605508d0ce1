"""The file names of MetaXpress: ``[plate_]WELL[_sN][_wN][_zN][_tN][_suffix].ext``."""

from __future__ import annotations

import re

from openhcs.microscopes.filename_parser import FilenameParser, padded
from openhcs.microscopes.plate import split_extension

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# Rows A to AF and columns 1 to 48 make a plate of 1536 wells, the largest there is.
_WELL = r"(?P<well>(?:A[A-F]|[A-Z])(?:0?[1-9]|[1-3]\d|4[0-8])|\{[^{}]*\})"
_NUMBER = r"(\d{1,18}|\{[^{}]*\})"  # more digits count nothing, and Python refuses thousands
_PARTS = "".join(
    f"(?:_(?i:{letter})(?P<{name}>{_NUMBER}))?"
    for letter, name in (("s", "site"), ("w", "channel"), ("z", "z_index"), ("t", "timepoint"))
)
# The plate's name may itself hold parts that look like wells, so every place is tried.
_NAME = re.compile(rf"{_WELL}(?=_|$){_PARTS}(?P<suffix>_.*)?$")
# Database exports put a GUID right behind the last digit: "_w1401562CF-..." is wave 1.
_GUID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$", re.IGNORECASE)
_COMPONENTS = ("site", "channel", "z_index", "timepoint")


def has_guid(filename: str) -> bool:
    """Say whether *filename* carries the GUID of a database export."""
    return _GUID.search(split_extension(filename)[0]) is not None


def is_thumbnail(filename: str) -> bool:
    """Say whether *filename* is that of a preview, whose pixels are larger than the image's."""
    return _GUID.sub("", split_extension(filename)[0]).lower().endswith("_thumb")


class ImageXpressFilenameParser(FilenameParser):
    """Reads and makes the file names of MetaXpress exports, database exports included."""

    default_extension = ".tif"

    def split(self, filename: str) -> dict[str, str | None] | None:
        stem, extension = split_extension(re.split(r"[\\/]", filename)[-1])
        if is_thumbnail(filename):
            return None
        found = _best(_GUID.sub("", stem))
        if found is None:
            return None
        parts: dict[str, str | None] = {"well": found["well"]}
        parts |= {name: found[name] for name in _COMPONENTS}
        return parts | {"extension": extension or self.default_extension}

    def pad(self, components: Mapping[str, Any]) -> dict[str, str]:
        widths = {"site": 3, "z_index": 3, "timepoint": 3}
        values = {"timepoint": 1, **components}
        return {name: padded(value, widths.get(name, 1)) for name, value in values.items()}

    def join(self, fields: Mapping[str, str]) -> str:
        letters = {"site": "s", "channel": "w", "z_index": "z", "timepoint": "t"}
        parts = [f"_{letters[name]}{fields[name]}" for name in letters if name in fields]
        return "".join([fields["well"], *parts])

    def extract_component_coordinates(self, well: str) -> tuple[str, str]:
        found = re.fullmatch(r"([A-Z]{1,2})(\d{1,2})", well)
        if found is None:
            raise ValueError(f"{well!r} is no well name such as A01")
        return found[1], found[2]


def _best(stem: str) -> re.Match[str] | None:
    """Return the reading of *stem* that tells most components; of equals, the last."""
    starts = [0, *(place.end() for place in re.finditer("_", stem))]
    readings = [found for start in starts if (found := _NAME.match(stem, start))]
    return max(reversed(readings), key=_told, default=None)


def _told(reading: re.Match[str]) -> int:
    return sum(reading[name] is not None for name in _COMPONENTS)
