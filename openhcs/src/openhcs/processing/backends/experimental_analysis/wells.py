"""Names of wells, and where they are on a plate."""

from __future__ import annotations

import re

from openhcs.microscopes.filename_parser import row_letters, row_number

# The largest plates have 1536 wells, AF48 the last.
MAX_ROWS, MAX_COLUMNS = 32, 48
_LETTERED = re.compile(r"([A-Z]{1,2})(\d{1,2})", re.IGNORECASE)
_NUMBERED = re.compile(r"R(\d{1,2})C(\d{1,2})", re.IGNORECASE)


def well_name(row: int, column: int) -> str:
    """Return the name of the well in *row* and *column*, counted from 1: A01, H12, AF48."""
    return f"{row_letters(row)}{column:02}"


def well_place(name: str) -> tuple[int, int] | None:
    """Return row and column of the well *name*, such as A01 or R01C01; None if it is no well."""
    numbered, lettered = _NUMBERED.fullmatch(name), _LETTERED.fullmatch(name)
    if numbered:
        row, column = int(numbered[1]), int(numbered[2])
    elif lettered:
        row, column = row_number(lettered[1].upper()), int(lettered[2])
    else:
        return None
    return (row, column) if is_place(row, column) else None


def is_place(row: int, column: int) -> bool:
    """Say whether there are plates with a well in *row* and *column*."""
    return 1 <= row <= MAX_ROWS and 1 <= column <= MAX_COLUMNS


def tidy_well(name: str) -> str | None:
    """Return the well *name* with two digits, in its own way of naming; None if it is no well."""
    place = well_place(name)
    if place is None:
        return None
    row, column = place
    return f"R{row:02}C{column:02}" if _NUMBERED.fullmatch(name) else well_name(row, column)
