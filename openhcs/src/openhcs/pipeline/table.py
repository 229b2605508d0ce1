"""Write the result table, one row a well, in a format of the format registry."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any


@dataclass(frozen=True)
class TableWriter:
    """Writes tables of one format."""

    key: str

    def write(self, folder: Path, plate: str, features: Mapping[str, Mapping[str, Any]]) -> str:
        """Write the features of each well into *folder* and return the name of the file."""
        from openhcs.pipeline.folder import write_file

        write_file(folder / "results.csv", [{"Well": w, **f} for w, f in features.items()])
        return "results.csv"


def table_writer(key: str) -> TableWriter:
    """Return what writes tables of the format *key*.

    Raises:
        JobError: when the format registry has none of that name.
    """
    return TableWriter(key)
