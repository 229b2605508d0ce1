"""Where wells lie on a plate."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Rows and columns of the plates with 96, 384 and 1536 wells (ANSI/SLAS 4-2004).
PLATES = ((8, 12), (16, 24), (32, 48))


@dataclass(frozen=True, order=True)
class Spot:
    """Where a well lies on the plate, both counted from 0."""

    row: int
    column: int

    @classmethod
    def of(cls, well: str) -> Spot:
        """Return where the well named *well* lies.

        Raises:
            StorageError: when the name tells no row and column.
        """
        from openhcs.io.ngff_metadata import well_place
        from openhcs.microscopes.filename_parser import row_number

        place = well_place(well)
        return cls(row_number(place.row) - 1, int(place.column) - 1)


def plate_size(spots: Sequence[Spot]) -> tuple[int, int]:
    """Return the rows and columns of the smallest usual plate that has all *spots*."""
    rows = max(spot.row for spot in spots) + 1
    columns = max(spot.column for spot in spots) + 1
    fitting = [size for size in PLATES if size[0] >= rows and size[1] >= columns]
    return fitting[0] if fitting else (rows, columns)
