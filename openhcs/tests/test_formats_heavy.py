"""Result tables in the old form .xls, which need a library of their own."""

from __future__ import annotations

import struct
import subprocess
import sys

import pytest

from openhcs.errors import FormatError
from openhcs.processing.backends.experimental_analysis import FORMAT_REGISTRIES, detect_format

pytestmark = pytest.mark.heavy


def old_workbook(path, sheet, rows):
    """Write *rows* to a workbook of Excel 5 (BIFF5), which nothing here can write.

    The records are those of Microsoft's and OpenOffice's documentation of the format: BOF 0809,
    BOUNDSHEET 0085, NUMBER 0203, LABEL 0204, EOF 000A; here without the envelope of later ones.
    """
    cells = b"".join(
        _cell(y, x, cell) for y, row in enumerate(rows) for x, cell in enumerate(row) if cell != ""
    )
    title = sheet.encode("latin-1")
    bof = [_record(0x0809, struct.pack("<HHHH", 0x0500, kind, 0, 1994)) for kind in (0x05, 0x10)]
    length = len(bof[0]) + 4 + 7 + len(title) + 4
    place = struct.pack("<IHB", length, 0, len(title)) + title
    end = _record(0x000A, b"")
    path.write_bytes(bof[0] + _record(0x0085, place) + end + bof[1] + cells + end)
    return path


def _record(kind, content):
    return struct.pack("<HH", kind, len(content)) + content


def _cell(row, column, cell):
    if isinstance(cell, str):
        text = cell.encode("latin-1")
        return _record(0x0204, struct.pack("<HHHH", row, column, 0, len(text)) + text)
    return _record(0x0203, struct.pack("<HHHd", row, column, 0, cell))


CX5_ROWS = [
    ["UPD", "Plate", "Row", "Column", "Replicate", "Cells", "Time"],
    ["x", 7, 16, 24, 1, 12, "12:00"],
]
METAXPRESS_ROWS = [
    ["Barcode", "b"],
    ["Plate Name", "one"],
    ["", "Laser Focus", "Cells"],
    ["A01", 1, 12.5],
]


def test_cx5_tables_in_the_old_form_are_read(tmp_path):
    path = old_workbook(tmp_path / "t.XLS", "Rawdata", CX5_ROWS)
    assert detect_format(path) == "EDDU_CX5"
    assert FORMAT_REGISTRIES["EDDU_CX5"]().process_data(path)["plates_dict"] == {
        "7": {"P24": {"Cells": 12}}
    }


def test_metaxpress_tables_in_the_old_form_are_read(tmp_path):
    path = old_workbook(tmp_path / "t.xls", "first", METAXPRESS_ROWS)
    assert detect_format(path) == "EDDU_metaxpress"
    assert FORMAT_REGISTRIES["EDDU_metaxpress"]().process_data(path)["plates_dict"] == {
        "one": {"A01": {"Cells": 12.5}}
    }


def test_a_table_of_the_new_form_under_the_old_ending_is_read(tmp_path):
    registry = FORMAT_REGISTRIES["EDDU_CX5"]()
    registry.write_results(tmp_path / "t.xlsx", {"p": {"A01": {"n": 1}}})
    (tmp_path / "t.xlsx").rename(tmp_path / "t.xls")
    assert registry.process_data(tmp_path / "t.xls")["plates_dict"] == {"p": {"A01": {"n": 1}}}


@pytest.mark.parametrize(
    "content", [b"", b"text", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x09\x08"]
)
def test_a_damaged_table_in_the_old_form_is_refused(tmp_path, content):
    (tmp_path / "t.xls").write_bytes(content)
    with pytest.raises(FormatError, match="can't be read"):
        FORMAT_REGISTRIES["EDDU_CX5"]().process_data(tmp_path / "t.xls")


def test_the_old_form_without_its_library_is_refused_with_the_remedy(tmp_path):
    path = old_workbook(tmp_path / "t.xls", "Rawdata", CX5_ROWS)
    code = f"""
import sys
sys.modules["xlrd"] = None  # as if it weren't installed
from openhcs.errors import FormatError
from openhcs.processing.backends.experimental_analysis import FORMAT_REGISTRIES
try:
    FORMAT_REGISTRIES["EDDU_CX5"]().process_data({str(path)!r})
except FormatError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "need xlrd" in done.stdout
    assert 'pip install "openhcs[excel]"' in done.stdout
