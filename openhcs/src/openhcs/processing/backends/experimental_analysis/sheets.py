"""Read the plain cells of a table: .xlsx, .xls and .csv."""

from __future__ import annotations

import io
import os

from openhcs.core.damage import DAMAGE
from openhcs.errors import FormatError
from openhcs.processing.backends.experimental_analysis.cells import is_empty

TYPE_CHECKING = False
if TYPE_CHECKING:
    import pandas as pd

    from openhcs.processing.backends.experimental_analysis.format_registry import TablePath

# Each sheet by its name.
Sheets = dict[str, list[list[object]]]
_ZIP = b"PK\x03\x04"
# What decoding a damaged workbook raises, beside the library's own errors.
_DAMAGE = (AssertionError, OSError, SyntaxError, *DAMAGE)


def read_sheet(path: TablePath, sheet_name: str | None = None) -> pd.DataFrame:
    """Return the cells of one sheet, its index the numbers of the rows, blank rows left out.

    Args:
        path: the file.
        sheet_name: the sheet, in any case; the first by default.

    Raises:
        FormatError: the file is missing, damaged, empty, or has no such sheet.
    """
    import pandas as pd

    rows = _chosen(_sheets(_content(path), path), sheet_name, path)
    filled = {n: row for n, row in enumerate(map(_trimmed, rows), 1) if row}
    if not filled:
        raise FormatError("this table is empty", file=path, fix="export the results again")
    width = max(len(row) for row in filled.values())
    cells = [row + [None] * (width - len(row)) for row in filled.values()]
    table = pd.DataFrame(cells, index=list(filled), dtype=object)
    table.attrs["file"] = os.fspath(path)
    return table


def _trimmed(row: list[object]) -> list[object]:
    """Return *row* without the empty cells at its end, which cleared ones leave in a workbook."""
    length = len(row)
    while length and is_empty(row[length - 1]):
        length -= 1
    return row[:length]


def _content(path: TablePath) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError as error:
        raise FormatError("there is no such file", file=path, fix="check the path") from error
    except IsADirectoryError as error:
        raise FormatError("this is a folder", file=path, fix="give a table in it") from error


def _sheets(content: bytes, path: TablePath) -> Sheets:
    extension = os.path.splitext(os.fspath(path))[1].lower()
    if extension == ".csv":
        return {"": _csv_rows(content, path)}
    # Some programs write the new form under the old ending.
    return _xlsx(content, path) if content.startswith(_ZIP) else _old(content, path, extension)


def _chosen(sheets: Sheets, name: str | None, path: TablePath) -> list[list[object]]:
    if name is None and sheets:
        return next(iter(sheets.values()))
    for title, rows in sheets.items():
        if name and title.strip().casefold() == name.casefold():
            return rows
    raise FormatError(
        f"this workbook has no sheet {name!r}, only {', '.join(map(repr, sheets)) or 'none'}",
        file=path,
        fix=f"name the sheet with the table {name}",
    )


def _csv_rows(content: bytes, path: TablePath) -> list[list[object]]:
    import csv

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:  # instruments' software on Windows
        text = content.decode("cp1252", "replace")
    try:
        return [list(row) for row in csv.reader(io.StringIO(text, newline=""))]
    except csv.Error as error:
        raise _damaged(path, error) from error


def _xlsx(content: bytes, path: TablePath) -> Sheets:
    from zipfile import BadZipFile

    import openpyxl

    from openhcs.processing.capture import quietly

    try:
        with quietly():  # it warns of styles that it doesn't know
            book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    except (BadZipFile, *_DAMAGE) as error:
        raise _damaged(path, error) from error
    return {
        sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)]
        for sheet in book.worksheets
    }


def _old(content: bytes, path: TablePath, extension: str) -> Sheets:
    if extension != ".xls":
        raise _damaged(path, ValueError("it is no zip, which .xlsx files are"))
    try:
        import xlrd  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise FormatError(
            "tables in the old form .xls need xlrd, which isn't installed",
            file=path,
            fix='pip install "openhcs[excel]", or save the table as .xlsx',
        ) from error
    try:
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO())
        return {sheet.name: [sheet.row_values(n) for n in range(sheet.nrows)] for sheet in book}
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError, *_DAMAGE) as error:
        raise _damaged(path, error) from error


def _damaged(path: TablePath, error: Exception) -> FormatError:
    return FormatError(
        f"this table can't be read: {type(error).__name__}: {error}",
        file=path,
        fix="export the results again",
    )
