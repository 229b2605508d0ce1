"""The file names of Harmony: ``rRRcCCfFFpPP-chN[skN][fkN][flN][_suffix].ext``, in any case."""

from __future__ import annotations

import re

from openhcs.errors import ComponentError
from openhcs.microscopes.filename_parser import FilenameParser, padded, row_letters
from openhcs.microscopes.plate import split_extension

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_N = r"(\d{1,18}|\{[^{}]*\})"  # more digits count nothing, and Python refuses thousands
_NAME = re.compile(
    rf"r(?P<row>{_N})c(?P<column>{_N})f(?P<site>{_N})p(?P<z_index>{_N})-ch(?P<channel>{_N})"
    rf"(?:sk(?P<timepoint>{_N}))?(?:fk{_N})?(?:fl{_N})?(?:_.*)?",
    re.IGNORECASE,
)
_WELL = re.compile(r"r(\d+|\{[^{}]*\})c(\d+|\{[^{}]*\})", re.IGNORECASE)


def well_name(row: int | str, column: int | str) -> str:
    """Return the name of the well in *row* and *column*, such as ``R01C03``."""
    return f"R{padded(row, 2)}C{padded(column, 2)}"


def _no_well(name: str) -> ComponentError:
    return ComponentError(
        f"{name!r} is no well name such as R01C03", fix="give its row and column, counted from 1"
    )


class OperaPhenixFilenameParser(FilenameParser):
    """Reads and makes the file names of Harmony exports."""

    default_extension = ".tiff"

    def split(self, filename: str) -> dict[str, str | None] | None:
        stem, extension = split_extension(re.split(r"[\\/]", filename)[-1])
        found = _NAME.fullmatch(stem)
        if found is None:
            return None
        is_open = "{" in found["row"] + found["column"]
        well = "{well}" if is_open else well_name(int(found["row"]), int(found["column"]))
        names = ("site", "channel", "z_index", "timepoint")
        parts: dict[str, str | None] = {"well": well, **{name: found[name] for name in names}}
        return parts | {"extension": extension or self.default_extension}

    def pad(self, components: Mapping[str, Any]) -> dict[str, str]:
        values = {"site": 1, "channel": 1, "z_index": 1, "timepoint": 1, **components}
        widths = {"site": 3, "z_index": 3}
        return {name: padded(value, widths.get(name, 1)) for name, value in values.items()}

    def join(self, fields: Mapping[str, str]) -> str:
        found = _WELL.fullmatch(fields["well"])
        if found is None:
            raise _no_well(fields["well"])
        well = f"r{padded(found[1], 2)}c{padded(found[2], 2)}"
        place = f"{well}f{fields['site']}p{fields['z_index']}"
        return f"{place}-ch{fields['channel']}sk{fields['timepoint']}fk1fl1"

    def extract_component_coordinates(self, well: str) -> tuple[str, str]:
        found = re.fullmatch(r"R(\d+)C(\d+)", well, re.IGNORECASE)
        if found is None or not int(found[1]):
            raise _no_well(well)
        return row_letters(int(found[1])), found[2]
