"""Write the plain cells of a table to a new file: .xlsx or .csv."""

from __future__ import annotations

import io
import math
import os

from openhcs.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from openhcs.processing.backends.experimental_analysis.cells import Cell
    from openhcs.processing.backends.experimental_analysis.format_registry import TablePath


def write_sheet(path: TablePath, rows: Sequence[Sequence[Cell]], sheet_name: str | None) -> None:
    """Write *rows* to the new file *path*, whole or not at all.

    Raises:
        FormatError: the file exists, is of the old form, or a text holds what no workbook can.
    """
    extension = os.path.splitext(os.fspath(path))[1].lower()
    if extension == ".xls":
        raise FormatError(
            "the old form .xls can only be read", file=path, fix="name the table .xlsx"
        )
    content = _csv_content(rows) if extension == ".csv" else _xlsx_content(path, rows, sheet_name)
    _write_new(path, content)


def _write_new(path: TablePath, content: bytes) -> None:
    try:
        file = open(path, "xb")  # noqa: SIM115 - closed below; only what we made is removed
    except FileExistsError as error:
        raise FormatError(
            "this file exists, and is not written over", file=path, fix="name a new one"
        ) from error
    except FileNotFoundError as error:
        raise FormatError(
            "the folder of this file is missing", file=path, fix="make it first"
        ) from error
    try:
        with file:
            file.write(content)
    except OSError:
        os.unlink(path)
        raise


def _csv_content(rows: Sequence[Sequence[Cell]]) -> bytes:
    import csv

    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    # Names may hold what stands for bytes that are no text; a table shows it as a code.
    return text.getvalue().encode("utf-8", "backslashreplace")


def _xlsx_content(path: TablePath, rows: Sequence[Sequence[Cell]], name: str | None) -> bytes:
    import openpyxl
    from openpyxl.utils.exceptions import IllegalCharacterError

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = name or "Sheet1"
    try:
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row, 1):
                _put(sheet.cell(number, column), cell)
    except IllegalCharacterError as error:
        raise FormatError(
            f"a text holds a character that no workbook can: {error}", file=path, fix="remove it"
        ) from error
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _put(place: Any, cell: Cell) -> None:
    """Put *cell* in its *place*: a text stays one, also where it looks like a formula."""
    if isinstance(cell, float) and math.isfinite(cell):
        # Numbers are rounded to 16 digits on the way out, texts aren't.
        place.value, place.data_type = repr(cell), "n"
    elif isinstance(cell, (float, str)):
        place.value, place.data_type = str(cell), "s"
    else:
        place.value = cell
