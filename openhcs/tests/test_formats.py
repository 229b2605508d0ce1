"""Result tables in the shapes that instruments' software exports: recognised, read, refused."""

from __future__ import annotations

import csv
import subprocess
import sys

import openpyxl
import pytest

from openhcs.errors import FormatError
from openhcs.processing.backends.experimental_analysis import FORMAT_REGISTRIES, detect_format

CX5, METAXPRESS = FORMAT_REGISTRIES["EDDU_CX5"](), FORMAT_REGISTRIES["EDDU_metaxpress"]()
CX5_COLUMNS = ["UPD", "Plate", "Row", "Column", "Condition", "Replicate", "Cells", "Area", "Time"]


def workbook(path, rows, sheet="Rawdata", before=()):
    """Write *rows* to a sheet of a new workbook, after the sheets named *before*."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in before:
        book.create_sheet(name).append(["nothing of interest"])
    table = book.create_sheet(sheet)
    for row in rows:
        table.append(row)
    book.save(path)
    return path


def comma_separated(path, rows, encoding="utf-8"):
    with open(path, "w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows(rows)
    return path


def cx5_row(plate, row, column, cells, area, replicate=1):
    return [f"{plate}-{row}-{column}", plate, row, column, "drug", replicate, cells, area, "12:00"]


def section(plate, features, wells, first=None, **labels):
    """Return the rows of one plate of a MetaXpress table."""
    head = [["Barcode", f"bar {plate}"], ["Plate ID", 17], ["Plate Name", plate]]
    head += [["Description", ""], ["Acquisition User", "someone"], ["Z Step", 1]]
    head += [list(pair) for pair in labels.items()]
    names = [[first, "Laser Focus", *features]]
    return [*head, *names, *([well, 10.5, *values] for well, *values in wells), []]


def test_the_registry_holds_exactly_these_formats():
    assert sorted(FORMAT_REGISTRIES) == ["EDDU_CX5", "EDDU_metaxpress"]


def test_listing_and_making_the_formats_imports_no_library():
    code = """
import sys
from openhcs.processing.backends.experimental_analysis.format_registry import FORMAT_REGISTRIES
names = list(FORMAT_REGISTRIES)
assert not [n for n in sys.modules if n.endswith((".cx5", ".metaxpress"))]
[registry() for registry in FORMAT_REGISTRIES.values()]
print(*names, *sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"pandas", "openpyxl", "numpy", "xlrd"}.isdisjoint(done.stdout.split())


def test_a_cx5_table_gives_plates_wells_and_features(tmp_path):
    rows = [CX5_COLUMNS, cx5_row("one", 1, 1, 12, 3.5), cx5_row("one", 8, 12, 0, None)]
    path = workbook(tmp_path / "t.xlsx", rows, before=["Summary"])
    read = CX5.process_data(path)
    assert read["features"] == ["Cells", "Area"]
    assert read["plate_names"] == ["one"]
    assert read["format_name"] == "EDDU_CX5"
    assert read["plates_dict"] == {
        "one": {"A01": {"Cells": 12, "Area": 3.5}, "H12": {"Cells": 0, "Area": None}}
    }
    assert list(read["raw_df"].columns) == CX5_COLUMNS
    assert len(read["raw_df"]) == 2


def test_the_steps_of_reading_can_be_taken_one_by_one(tmp_path):
    path = workbook(tmp_path / "t.xlsx", [CX5_COLUMNS, cx5_row("one", 1, 1, 12, 3.5)])
    table = CX5.read_results(path)
    assert CX5.extract_features(table) == ["Cells", "Area"]
    assert CX5.extract_plate_names(table) == ["one"]
    empty = CX5.create_plates_dict(table)
    assert empty == {"one": {"A01": {"Cells": None, "Area": None}}}
    assert CX5.fill_plates_dict(table, empty) == {"one": {"A01": {"Cells": 12, "Area": 3.5}}}


@pytest.mark.parametrize("name", ["replicate", "Replicate #", "Technical replicate"])
def test_the_column_before_the_features_is_only_named_like_replicate(tmp_path, name):
    columns = [name if column == "Replicate" else column for column in CX5_COLUMNS]
    path = workbook(tmp_path / "t.xlsx", [columns, cx5_row("one", 1, 1, 12, 3.5)])
    assert CX5.process_data(path)["features"] == ["Cells", "Area"]


def test_a_cx5_table_without_the_column_replicate_is_refused(tmp_path):
    columns = [column for column in CX5_COLUMNS if column != "Replicate"]
    path = workbook(tmp_path / "t.xlsx", [columns, ["x", "one", 1, 1, "drug", 12, 3.5, "12:00"]])
    with pytest.raises(FormatError, match=r"(?s)named like Replicate; there are UPD.*t\.xlsx") as e:
        CX5.process_data(path)
    assert e.value.file == str(path)
    assert "column Replicate" in e.value.fix


def test_several_plates_in_a_cx5_table_are_kept_apart(tmp_path):
    rows = [cx5_row("one", 1, 1, 1, 1.5), cx5_row("two", 1, 1, 2, 2.5), cx5_row("one", 1, 2, 3, 3)]
    read = CX5.process_data(workbook(tmp_path / "t.xlsx", [CX5_COLUMNS, *rows]))
    assert read["plate_names"] == ["one", "two"]
    cells = {
        p: {w: f["Cells"] for w, f in wells.items()} for p, wells in read["plates_dict"].items()
    }
    assert cells == {"one": {"A01": 1, "A02": 3}, "two": {"A01": 2}}


def test_numbers_of_rows_columns_and_plates_may_be_floats_or_texts(tmp_path):
    rows = [cx5_row(7.0, 1.0, 3.0, 5, 1.0), cx5_row("7", "2", "03", 6, 1.0)]
    read = CX5.process_data(workbook(tmp_path / "t.xlsx", [CX5_COLUMNS, *rows]))
    assert list(read["plates_dict"]) == ["7"]
    assert list(read["plates_dict"]["7"]) == ["A03", "B03"]


def test_plates_of_384_and_1536_wells_are_read(tmp_path):
    places = [(row, column) for row in range(1, 17) for column in range(1, 25)]
    rows = [cx5_row("384", row, column, 1, 1.0) for row, column in places]
    rows += [cx5_row("1536", 27, 1, 1, 1.0), cx5_row("1536", 32, 48, 1, 1.0)]
    plates = CX5.process_data(workbook(tmp_path / "t.xlsx", [CX5_COLUMNS, *rows]))["plates_dict"]
    assert len(plates["384"]) == 384
    assert {"A01", "P24"} <= plates["384"].keys()
    assert list(plates["1536"]) == ["AA01", "AF48"]


@pytest.mark.parametrize(("row", "column"), [(1.5, 1), (0, 1), (1, 49), (None, 1), ("B", 2)])
def test_a_place_that_no_plate_has_is_refused_with_its_row(tmp_path, row, column):
    rows = [CX5_COLUMNS, cx5_row("one", 1, 1, 1, 1.0), cx5_row("one", row, column, 1, 1.0)]
    with pytest.raises(FormatError, match="row 3 has"):
        CX5.process_data(workbook(tmp_path / "t.xlsx", rows))


def test_a_well_told_twice_is_refused_with_both_rows(tmp_path):
    rows = [CX5_COLUMNS, cx5_row("one", 1, 1, 1, 1.0), cx5_row("one", 1, 1, 2, 2.0, replicate=2)]
    with pytest.raises(FormatError, match=r"rows 2 and 3 both tell 'Cells' of well A01"):
        CX5.process_data(workbook(tmp_path / "t.xlsx", rows))


def test_a_row_without_a_plate_is_refused(tmp_path):
    rows = [CX5_COLUMNS, cx5_row(None, 1, 1, 1, 1.0)]
    with pytest.raises(FormatError, match="row 2 names no plate"):
        CX5.process_data(workbook(tmp_path / "t.xlsx", rows))


def test_blank_rows_and_cleared_columns_make_no_difference(tmp_path):
    rows = [[*CX5_COLUMNS, "", None], [], [""] * 12, [*cx5_row("one", 1, 1, 12, 3.5), "", ""]]
    read = CX5.process_data(workbook(tmp_path / "t.xlsx", rows))
    assert read["plates_dict"] == {"one": {"A01": {"Cells": 12, "Area": 3.5}}}


@pytest.mark.parametrize("names", [["Cells", "Cells"], ["Cells", ""]])
def test_features_need_names_of_their_own(tmp_path, names):
    rows = [[*CX5_COLUMNS[:6], *names, "Time"], cx5_row("one", 1, 1, 12, 3.5)]
    with pytest.raises(FormatError, match="name of its own"):
        CX5.process_data(workbook(tmp_path / "t.xlsx", rows))


def test_a_workbook_without_the_sheet_is_refused_with_the_sheets_that_it_has(tmp_path):
    path = workbook(tmp_path / "t.xlsx", [CX5_COLUMNS], sheet="Other")
    with pytest.raises(FormatError, match=r"no sheet 'Rawdata', only 'Other'"):
        CX5.process_data(path)


def test_a_metaxpress_table_gives_plates_wells_and_features(tmp_path):
    rows = section("one", ["Cells", "Mean µm"], [("A01", 12, 3.5), ("P24", 0, None)])
    path = workbook(tmp_path / "t.xlsx", rows, sheet="Sheet1", before=())
    read = METAXPRESS.process_data(path)
    assert read["features"] == ["Cells", "Mean µm"]
    assert read["plates_dict"] == {
        "one": {"A01": {"Cells": 12, "Mean µm": 3.5}, "P24": {"Cells": 0, "Mean µm": None}}
    }


def test_sections_may_differ_in_their_features(tmp_path):
    rows = section("one", ["Cells"], [("A01", 1)]) + section(
        "two", ["Area", "Cells"], [("A01", 2, 3)]
    )
    read = METAXPRESS.process_data(workbook(tmp_path / "t.xlsx", rows))
    assert read["features"] == ["Cells", "Area"]
    assert read["plates_dict"] == {
        "one": {"A01": {"Cells": 1}},
        "two": {"A01": {"Area": 2, "Cells": 3}},
    }


def test_two_sections_of_a_plate_are_joined_unless_they_tell_the_same_twice(tmp_path):
    more = section("one", ["Area"], [("A01", 2)])
    rows = section("one", ["Cells"], [("A01", 1)])
    joined = METAXPRESS.process_data(workbook(tmp_path / "a.xlsx", rows + more))
    assert joined["plates_dict"] == {"one": {"A01": {"Cells": 1, "Area": 2}}}
    with pytest.raises(FormatError, match="both tell 'Cells'"):
        METAXPRESS.process_data(workbook(tmp_path / "b.xlsx", rows + rows))


def test_wells_of_opera_plates_keep_their_names(tmp_path):
    rows = section("one", ["Cells"], [("R01C01", 1), ("r2c3", 2)])
    plates = METAXPRESS.process_data(workbook(tmp_path / "t.xlsx", rows))["plates_dict"]
    assert list(plates["one"]) == ["R01C01", "R02C03"]


def test_short_names_of_wells_are_padded(tmp_path):
    rows = section("one", ["Cells"], [("A1", 1), ("b12", 2)])
    plates = METAXPRESS.process_data(workbook(tmp_path / "t.xlsx", rows))["plates_dict"]
    assert list(plates["one"]) == ["A01", "B12"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_consolidated_csv_form_holds_several_plates(tmp_path, encoding):
    rows = section("one", ["Mean µm"], [("A01", "3.5")], first="Well")
    rows += section("two", ["Mean µm"], [("A01", "")], first="Well")
    path = comma_separated(tmp_path / "t.csv", rows, encoding)
    assert METAXPRESS.process_data(path)["plates_dict"] == {
        "one": {"A01": {"Mean µm": 3.5}},
        "two": {"A01": {"Mean µm": None}},
    }


def test_a_csv_form_without_the_laser_focus_is_read(tmp_path):
    rows = [["Barcode", "one"], ["Well", "Cells", "Area"], ["A01", 1, 2.5]]
    read = METAXPRESS.process_data(comma_separated(tmp_path / "t.csv", rows))
    assert read["plates_dict"] == {"one": {"A01": {"Cells": 1, "Area": 2.5}}}


def test_the_barcode_names_a_plate_without_a_name(tmp_path):
    rows = [["Barcode", 42.0], [None, "Laser Focus", "Cells"], ["A01", 1.0, 5]]
    assert METAXPRESS.process_data(workbook(tmp_path / "t.xlsx", rows))["plate_names"] == ["42"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["a", "b"], [1, 2]], "row 1 begins with 'a', before any row 'Barcode'"),
        ([["Barcode", ""], ["Well", "Cells"], ["A01", 1]], "from row 1 on names no plate"),
        ([["Barcode", "one"], ["Plate Name", "one"]], "names no features"),
        ([["Barcode", "one"], ["Well", "Laser Focus"]], "row 2 must name features"),
        ([["Barcode", "one"], ["Well", "N", "N"], ["A01", 1, 2]], "each once"),
        ([["Barcode", "one"], ["Well", "N"], ["Total", 1]], "row 3 begins with 'Total'"),
        ([["Barcode", "one"], ["Well", "N"], ["", 1]], "row 3 begins with ''"),
        ([["Barcode", "one"], ["Well", "N"], ["A01", 1, 2]], "value in column 3"),
        ([["Barcode", "one"], ["Well", "N"]], "holds no wells"),
        ([], "empty"),
        ([["", ""]], "empty"),
    ],
)
def test_a_table_of_another_shape_is_refused_with_the_place(tmp_path, rows, expected):
    path = comma_separated(tmp_path / "t.csv", rows)
    with pytest.raises(FormatError, match=expected) as caught:
        METAXPRESS.process_data(path)
    assert caught.value.file == str(path)
    assert caught.value.fix


@pytest.mark.parametrize("ending", [".xlsx", ".XLSX"])
def test_the_format_is_found_by_ending_and_content(tmp_path, ending):
    cx5 = workbook(tmp_path / f"a{ending}", [CX5_COLUMNS, cx5_row("one", 1, 1, 12, 3.5)])
    other = workbook(tmp_path / f"b{ending}", section("one", ["Cells"], [("A01", 1)]), sheet="S")
    assert detect_format(cx5) == "EDDU_CX5"
    assert detect_format(other) == "EDDU_metaxpress"


def test_a_table_of_no_known_format_is_refused_with_what_was_tried(tmp_path):
    path = comma_separated(tmp_path / "t.csv", [["well", "cells"], ["A01", "3"]])
    with pytest.raises(FormatError) as caught:
        detect_format(path)
    assert "tried: EDDU_CX5: an EDDU_CX5 table is no .csv" in str(caught.value)
    assert "tried: EDDU_metaxpress: row 1 begins with 'well'" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0", b"text\n"])
@pytest.mark.parametrize("registry", [CX5, METAXPRESS])
def test_a_damaged_workbook_is_refused(tmp_path, registry, content):
    path = tmp_path / "t.xlsx"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"can't be read"):
        registry.process_data(path)


def test_a_truncated_workbook_is_refused(tmp_path):
    path = workbook(tmp_path / "t.xlsx", [CX5_COLUMNS, cx5_row("one", 1, 1, 12, 3.5)])
    whole = path.read_bytes()
    for length in range(0, len(whole), 301):
        path.write_bytes(whole[:length])
        with pytest.raises(FormatError, match="can't be read"):
            CX5.process_data(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(FormatError, match="no such file"):
        CX5.process_data(tmp_path / "t.xlsx")
    (tmp_path / "folder.xlsx").mkdir()
    with pytest.raises(FormatError, match="folder"):
        CX5.process_data(tmp_path / "folder.xlsx")


@pytest.mark.parametrize("name", ["t.txt", "t", "t.csv"])
def test_a_file_of_another_ending_is_refused_with_those_that_fit(tmp_path, name):
    with pytest.raises(FormatError, match=r"(?s)EDDU_CX5 table is no.*\.xlsx, \.xls"):
        CX5.read_results(tmp_path / name)
