"""Result tables that we write: reading them gives back what was written, and nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest

from openhcs.errors import FormatError
from openhcs.processing.backends.experimental_analysis import FORMAT_REGISTRIES, detect_format

KINDS = [("EDDU_CX5", ".xlsx"), ("EDDU_metaxpress", ".xlsx"), ("EDDU_metaxpress", ".csv")]
PLATES = {
    "one": {
        "A01": {"count": 3, "mean µm": 1.1 / 3, "note": "x"},
        "H12": {"count": 0, "mean µm": None, "note": "=1+1"},
    },
    "007": {"P24": {"count": -5, "mean µm": float("inf"), "note": 'a, "b"\nc'}},
}


@pytest.mark.parametrize(("name", "ending"), KINDS)
def test_reading_gives_back_what_was_written(tmp_path, name, ending):
    path = tmp_path / f"results{ending}"
    registry = FORMAT_REGISTRIES[name]()
    registry.write_results(path, PLATES)
    assert detect_format(path) == name
    read = registry.process_data(path)
    assert read["plates_dict"] == PLATES
    assert read["features"] == ["count", "mean µm", "note"]
    assert [list(wells) for wells in read["plates_dict"].values()] == [["A01", "H12"], ["P24"]]


@pytest.mark.parametrize(("name", "ending"), KINDS)
def test_every_number_survives_to_the_last_digit(tmp_path, name, ending):
    numbers = [*np.random.default_rng(1).random(50), 1e-300, 1e300, 2**52 + 0.5, -0.1, 123456789012]
    wells = {f"{chr(65 + n // 12)}{n % 12 + 1:02}": {"v": v} for n, v in enumerate(numbers)}
    registry = FORMAT_REGISTRIES[name]()
    registry.write_results(tmp_path / f"t{ending}", {"p": wells})
    assert registry.process_data(tmp_path / f"t{ending}")["plates_dict"] == {"p": wells}


@pytest.mark.parametrize(("name", "ending"), KINDS)
def test_numbers_of_numpy_are_plain_numbers_and_none_is_a_missing_one(tmp_path, name, ending):
    features = {"a": np.uint16(7), "b": np.float32(0.5), "c": np.nan, "d": np.int64(2), "e": ""}
    registry = FORMAT_REGISTRIES[name]()
    registry.write_results(tmp_path / f"t{ending}", {"p": {"A01": features}})
    read = registry.process_data(tmp_path / f"t{ending}")["plates_dict"]["p"]["A01"]
    assert read == {"a": 7, "b": 0.5, "c": None, "d": 2, "e": None}


@pytest.mark.parametrize(("name", "ending"), KINDS)
def test_nothing_is_written_over(tmp_path, name, ending):
    path = tmp_path / f"t{ending}"
    path.write_text("precious")
    with pytest.raises(FormatError, match="exists, and is not written over"):
        FORMAT_REGISTRIES[name]().write_results(path, PLATES)
    assert path.read_text() == "precious"


def test_wells_of_opera_plates_are_written_by_name_or_by_number(tmp_path):
    plates = {"p": {"R01C01": {"n": 1}, "R16C24": {"n": 2}}}
    for name, expected in (("EDDU_metaxpress", ["R01C01", "R16C24"]), ("EDDU_CX5", ["A01", "P24"])):
        registry = FORMAT_REGISTRIES[name]()
        registry.write_results(tmp_path / f"{name}.xlsx", plates)
        read = registry.process_data(tmp_path / f"{name}.xlsx")["plates_dict"]
        assert list(read["p"]) == expected


@pytest.mark.parametrize(("name", "ending"), KINDS)
def test_a_whole_384_well_plate_is_written(tmp_path, name, ending):
    wells = {
        f"{row}{column:02}": {"n": column} for row in "ABCDEFGHIJKLMNOP" for column in range(1, 25)
    }
    registry = FORMAT_REGISTRIES[name]()
    registry.write_results(tmp_path / f"t{ending}", {"p": wells})
    assert registry.process_data(tmp_path / f"t{ending}")["plates_dict"] == {"p": wells}


@pytest.mark.parametrize(("name", "ending"), KINDS)
def test_plates_and_features_with_names_of_the_format_itself_do_no_harm(tmp_path, name, ending):
    plates = {"Barcode": {"A01": {"Well": 1, "Replicate": 2, "Laser Focus": 3}}}
    registry = FORMAT_REGISTRIES[name]()
    registry.write_results(tmp_path / f"t{ending}", plates)
    assert registry.process_data(tmp_path / f"t{ending}")["plates_dict"] == plates


@pytest.mark.parametrize(
    ("plates", "expected"),
    [
        ({}, "no plates to write"),
        ({"p": {}}, "'p' has no wells"),
        ({"p": {"A01": {}}}, "has no features"),
        ({"p": {"Z99": {"n": 1}}}, "'Z99' on plate 'p' is no well"),
        ({"p": {"A01": {"n": 1}, "a1": {"n": 2}}}, "told twice"),
        ({"p": {"A01": {"n": 1}, "R01C01": {"n": 2}}}, "told twice"),
        ({"p": {1: {"n": 1}}}, "is no well"),
        ({"": {"A01": {"n": 1}}}, "no name of a plate"),
        ({3: {"A01": {"n": 1}}}, "no name of a plate"),
        ({"p": {"A01": {"": 1}}}, "no name of a feature"),
        ({"p": {"A01": {"n": [1]}}}, "can't stand in a table"),
        ({"p": {"A01": {"n": 1j}}}, "can't stand in a table"),
    ],
)
@pytest.mark.parametrize(("name", "ending"), KINDS)
def test_what_no_table_can_hold_is_refused_and_leaves_no_file(
    tmp_path, name, ending, plates, expected
):
    with pytest.raises(FormatError, match=expected):
        FORMAT_REGISTRIES[name]().write_results(tmp_path / f"t{ending}", plates)
    assert not list(tmp_path.iterdir())


def test_a_character_that_no_workbook_holds_is_refused(tmp_path):
    with pytest.raises(FormatError, match="no workbook can"):
        FORMAT_REGISTRIES["EDDU_CX5"]().write_results(
            tmp_path / "t.xlsx", {"p": {"A01": {"n": "\x01"}}}
        )
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_the_old_form_and_another_ending_are_refused(tmp_path):
    registry = FORMAT_REGISTRIES["EDDU_CX5"]()
    for name, expected in (
        ("no/t.xlsx", "missing"),
        ("t.xls", "only be read"),
        ("t.csv", r"\.csv"),
    ):
        with pytest.raises(FormatError, match=expected):
            registry.write_results(tmp_path / name, PLATES)
    assert not list(tmp_path.iterdir())
