"""What a cell of a table holds: a number, a text or nothing."""

from __future__ import annotations

import math
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    Cell = float | int | str | None

# A number as programs print it, in one of the spellings of float() and none of Python's own.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)


def is_empty(cell: object) -> bool:
    """Say whether *cell* holds nothing: no value, blanks, or what stands for no number."""
    if isinstance(cell, str):
        return not cell.strip()
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def text_of(cell: object) -> str:
    """Return *cell* as a name; Excel makes 7.0 of a plate called 7."""
    if is_empty(cell):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def value_of(cell: object) -> Cell:
    """Return *cell* as a measured value: a number if it reads as one, else a text, or None."""
    if is_empty(cell):
        return None
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, (int, float)):
        return cell
    text = str(cell)
    if text.strip().lower() in ("nan", "-nan"):
        return None
    if not _NUMBER.fullmatch(text.strip()):
        return text
    number = float(text)
    return int(text) if text.strip().lstrip("+-").isdecimal() else number


def whole_number(cell: object) -> int | None:
    """Return *cell* as a whole number, also where it was stored as 3.0; None if it is none."""
    value = value_of(cell)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None
