"""Write the result table, one row a well, in a format of the format registry."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from openhcs.errors import JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from openhcs.processing.backends.experimental_analysis.format_registry import (
        MicroscopeFormatRegistryBase,
    )

# The plainest first; a format that has neither is written in its own first form.
PREFERRED = (".csv", ".xlsx")
# XML has no way to write them, so neither have workbooks.
_UNHELD = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class TableWriter:
    """Writes tables of one format."""

    format: MicroscopeFormatRegistryBase

    @property
    def name(self) -> str:
        """The name of the file."""
        known = self.format.extensions
        return "results" + next((one for one in PREFERRED if one in known), known[0])

    def check(self, folder: Path, plate: str, wells: Iterable[str]) -> None:
        """Check that the table in *folder* can have *wells*; write nothing.

        Raises:
            FormatError: when one of them is none of a plate that tables know.
        """
        from openhcs.processing.backends.experimental_analysis.measurement import plain_plates

        plain_plates({plate: {well: {"Mean": None} for well in wells}}, folder / self.name)

    def write(self, folder: Path, plate: str, features: Mapping[str, Mapping[str, Any]]) -> str:
        """Write the features of each well into *folder* and return the name of the file."""
        part = folder / f"._{self.name}"
        part.unlink(missing_ok=True)
        self.format.write_results(part, {_shown(plate): _named(features)})
        os.replace(part, folder / self.name)
        return self.name


def _named(features: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {well: {_shown(name): v for name, v in of.items()} for well, of in features.items()}


def _shown(name: str) -> str:
    """Return *name* with a code for each character that no workbook holds.

    Instruments write such characters into the names of channels, and wells were run for them.
    """
    return _UNHELD.sub(lambda found: found[0].encode("unicode_escape").decode(), name)


def table_writer(key: str) -> TableWriter:
    """Return what writes tables of the format *key*.

    Raises:
        JobError: when the format registry has none of that name.
    """
    from openhcs.processing.backends.experimental_analysis.format_registry import FORMAT_REGISTRIES

    if key not in FORMAT_REGISTRIES:
        known = ", ".join(FORMAT_REGISTRIES)
        raise JobError(f"there is no format {key!r} of result tables", fix=f"use one of {known}")
    return TableWriter(FORMAT_REGISTRIES[key]())
