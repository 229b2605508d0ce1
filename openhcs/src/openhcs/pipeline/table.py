"""Write the result table, one row a well, in a format of the format registry."""

from __future__ import annotations

import os
from dataclasses import dataclass

from openhcs.errors import JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from openhcs.processing.backends.experimental_analysis.format_registry import (
        MicroscopeFormatRegistryBase,
    )

# The plainest first; a format that has neither is written in its own first form.
PREFERRED = (".csv", ".xlsx")


@dataclass(frozen=True)
class TableWriter:
    """Writes tables of one format."""

    format: MicroscopeFormatRegistryBase

    @property
    def name(self) -> str:
        """The name of the file."""
        known = self.format.extensions
        return "results" + next((one for one in PREFERRED if one in known), known[0])

    def write(self, folder: Path, plate: str, features: Mapping[str, Mapping[str, Any]]) -> str:
        """Write the features of each well into *folder* and return the name of the file."""
        part = folder / f"._{self.name}"
        part.unlink(missing_ok=True)
        self.format.write_results(part, {plate: features})
        os.replace(part, folder / self.name)
        return self.name


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
