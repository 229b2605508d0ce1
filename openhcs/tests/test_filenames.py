from __future__ import annotations

import numpy as np
import pytest

from openhcs.microscopes.filename_parser import row_letters, row_number
from openhcs.microscopes.imagexpress_names import ImageXpressFilenameParser, is_thumbnail
from openhcs.microscopes.opera_phenix_names import OperaPhenixFilenameParser

GUID = "E8DE988A-1234-4ABC-9DEF-0123456789AB"
METAXPRESS = ImageXpressFilenameParser()
HARMONY = OperaPhenixFilenameParser()


def told(parser, name):
    found = parser.parse_filename(name)
    order = ("well", "site", "channel", "z_index", "timepoint", "extension")
    return found and tuple(found[part] for part in order)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("A01_s001_w1.tif", ("A01", 1, 1, None, None, ".tif")),
        ("A01_s1_w1_z1.tif", ("A01", 1, 1, 1, None, ".tif")),
        ("A01_s001_w1_z001_t001.tif", ("A01", 1, 1, 1, 1, ".tif")),
        ("Plate10x4sites_A01_s1_w1.TIF", ("A01", 1, 1, None, None, ".TIF")),
        ("9987_B02.TIF", ("B02", None, None, None, None, ".TIF")),
        ("A01_s001_w1_z001_t001_cell_counts_step7.json", ("A01", 1, 1, 1, 1, ".json")),
        ("A01_s001_w1_z001_t001_A2.json", ("A01", 1, 1, 1, 1, ".json")),
        ("A01_s{iii}_w1_z{zzz}.tif", ("A01", None, 1, None, None, ".tif")),
        ("plate_A1_B02_s1_w1.tif", ("B02", 1, 1, None, None, ".tif")),
        ("A1_B02.tif", ("B02", None, None, None, None, ".tif")),
        ("plate_AA01_s1_w2.tif", ("AA01", 1, 2, None, None, ".tif")),
        ("AF48_w2.tif", ("AF48", None, 2, None, None, ".tif")),
        ("A01_s1_w2.ome.tif", ("A01", 1, 2, None, None, ".ome.tif")),
        ("A01_s1_w2.OME.TIFF", ("A01", 1, 2, None, None, ".OME.TIFF")),
        ("A01_S2_W3.tif", ("A01", 2, 3, None, None, ".tif")),
        (f"name_E07_s1_w1{GUID}.tif", ("E07", 1, 1, None, None, ".tif")),
        (f"name_E07_s2_w2{GUID}.tif", ("E07", 2, 2, None, None, ".tif")),
        (f"name_E07_s1{GUID}.tif", ("E07", 1, None, None, None, ".tif")),
        (f"name_E07{GUID}.tif", ("E07", None, None, None, None, ".tif")),
        ("x_E07_s2_w29E8DE988-1234-4ABC-9DEF-0123456789AB.tif", ("E07", 2, 2, None, None, ".tif")),
        ("x_E07_s2_w1401562CF-1234-4ABC-9DEF-0123456789AB.tif", ("E07", 2, 1, None, None, ".tif")),
        ("x_E07_s1E94C24BD-1234-4ABC-9DEF-0123456789AB.tif", ("E07", 1, None, None, None, ".tif")),
        ("TimePoint_1/A01_s1_w1.tif", ("A01", 1, 1, None, None, ".tif")),
        ("exp.v2_A01_s1_w1", ("A01", 1, 1, None, None, ".tif")),
        ("A01_s1_z3_w2.tif", ("A01", 1, 2, 3, None, ".tif")),
        ("p_A01_t4_z3_w2_s1_mask.tif", ("A01", 1, 2, 3, 4, ".tif")),
        ("my_thumb_A01_s1_w2.tif", ("A01", 1, 2, None, None, ".tif")),
        ("plate_A1-3_B02.tif", ("B02", None, None, None, None, ".tif")),
        ("p_A01_s1_w2 - Copy.TIF", None),
        ("p_A01_s1_w2(1).tif", None),
        ("p_A01_s1_w2.1.tif", None),
        ("9987_B02 - Copy.TIF", None),
        (f"x_E07_s1_w2{GUID} (copy).tif", None),
        ("A01_s1_w1_w2.tif", None),
        ("A01_s1_DAPI_w2.tif", None),
        ("overview.tif", None),
        ("A00_s1_w1.tif", None),
        ("A49_s1_w1.tif", None),
    ],
)
def test_metaxpress_names_tell_their_components(name, parts):
    assert told(METAXPRESS, name) == parts


@pytest.mark.parametrize(
    "name",
    [
        f"n_E07_s1_w1_thumb{GUID}.tif",
        f"n_E07_s1_w1_thumb{GUID} - Copy.tif",
        "A01_s1_w1_thumb.tif",
        "A01_s1_w1_thumb(1).tif",
    ],
)
def test_a_thumbnail_is_no_image(name):
    assert is_thumbnail(name)
    assert METAXPRESS.parse_filename(name) is None


def test_metaxpress_names_are_made_with_padding_and_a_timepoint():
    made = METAXPRESS.construct_filename(well="A01", site=2, channel=3, z_index=4)
    assert made == "A01_s002_w3_z004_t001.tif"
    assert METAXPRESS.construct_filename(well="B02") == "B02_t001.tif"
    assert (
        METAXPRESS.construct_filename(".json", well="B02", site="{iii}") == "B02_s{iii}_t001.json"
    )


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("r01c01f01p01-ch1sk1fk1fl1.tiff", ("R01C01", 1, 1, 1, 1, ".tiff")),
        ("r01c01f001p001-ch1sk1fk1fl1.tiff", ("R01C01", 1, 1, 1, 1, ".tiff")),
        ("r1c1f1p1-ch1.tiff", ("R01C01", 1, 1, 1, None, ".tiff")),
        ("r16c24f25p03-ch4sk12fk1fl1.tiff", ("R16C24", 25, 4, 3, 12, ".tiff")),
        ("R16C24F25P03-CH4SK12FK1FL1.TIFF", ("R16C24", 25, 4, 3, 12, ".TIFF")),
        ("r01c01f{iii}p{zzz}-ch1sk1fk1fl1.tiff", ("R01C01", None, 1, None, 1, ".tiff")),
        ("r01c01f01p01-ch1sk1fk1fl1_mask.tiff", ("R01C01", 1, 1, 1, 1, ".tiff")),
        ("A01_s1_w1.tif", None),
    ],
)
def test_harmony_names_tell_their_components(name, parts):
    assert told(HARMONY, name) == parts


def test_harmony_names_are_made_whole():
    made = HARMONY.construct_filename(well="R01C03", site=2, channel=1, z_index=3)
    assert made == "r01c03f002p003-ch1sk1fk1fl1.tiff"
    opened = HARMONY.construct_filename(well="R01C03", site="{iii}", z_index="{zzz}")
    assert opened == "r01c03f{iii}p{zzz}-ch1sk1fk1fl1.tiff"


@pytest.mark.parametrize(("parser", "well"), [(METAXPRESS, "AB07"), (HARMONY, "R05C12")])
def test_a_made_name_tells_what_it_was_made_from(parser, well):
    parts = {"well": well, "site": 12, "channel": 3, "z_index": 4, "timepoint": 567}
    assert parser.parse_filename(parser.construct_filename(".tif", **parts)) == {
        **parts,
        "extension": ".tif",
    }


def test_a_template_replaces_the_grammar_when_names_are_made():
    parser = ImageXpressFilenameParser("{well}-{site}-{channel}{extension}")
    assert parser.construct_filename(well="A01", site=1, channel=2) == "A01-001-2.tif"


@pytest.mark.parametrize("components", [{}, {"site": 1}, {"well": "A01", "depth": 3}])
def test_a_name_without_a_well_or_with_an_unknown_component_is_refused(components):
    with pytest.raises(ValueError, match="needs a well"):
        METAXPRESS.construct_filename(**components)


@pytest.mark.parametrize(
    ("parser", "components", "told"),
    [
        (METAXPRESS, {"well": "zzz"}, "'zzz' is no well name such as A01"),
        (METAXPRESS, {"well": "R01C01"}, "'R01C01' is no well name such as A01"),
        (METAXPRESS, {"well": "AG01"}, "'AG01' is no well name"),
        (METAXPRESS, {"well": "A49"}, "'A49' is no well name"),
        (METAXPRESS, {"well": 5}, "the well of a file name is 5"),
        (HARMONY, {"well": "A01"}, "'A01' is no well name such as R01C03"),
        (METAXPRESS, {"site": -1}, "the site of a file name is -1"),
        (METAXPRESS, {"site": True}, "the site of a file name is True"),
        (METAXPRESS, {"channel": 1.5}, "the channel of a file name is 1.5"),
        (METAXPRESS, {"z_index": ""}, "the z_index of a file name is ''"),
        (METAXPRESS, {"timepoint": 10**18}, "the timepoint of a file name is 1000"),
        (METAXPRESS, {"extension": "tif"}, "the extension of a file name is 'tif'"),
        (METAXPRESS, {"extension": "/a.tif"}, "the extension of a file name is '/a.tif'"),
        (ImageXpressFilenameParser("{well}_{site}"), {}, "'{well}_{site}' can't .*'site'"),
        (ImageXpressFilenameParser("{well}_{}"), {}, "'{well}_{}' can't be filled in"),
        (ImageXpressFilenameParser("{well"), {}, "'{well' can't be filled in"),
    ],
)
def test_a_value_that_no_name_can_tell_is_named_with_what_is_expected(parser, components, told):
    with pytest.raises(ValueError, match=f"{told}(.|\n)*fix: +(give|use) "):
        parser.construct_filename(**{"well": "A01", **components})


@pytest.mark.parametrize("site", [0, "007", "{iii}", np.uint8(7)])
def test_numbers_may_be_of_any_type_that_a_name_can_tell(site):
    name = METAXPRESS.construct_filename("", well="A01", site=site)
    assert name == f"A01_s{str(site).zfill(3)}_t001"


@pytest.mark.parametrize(
    ("parser", "well", "place"),
    [
        (METAXPRESS, "A01", ("A", "01")),
        (METAXPRESS, "AF48", ("AF", "48")),
        (HARMONY, "R01C03", ("A", "03")),
        (HARMONY, "R27C12", ("AA", "12")),
    ],
)
def test_a_well_has_a_row_letter_and_a_column(parser, well, place):
    assert parser.extract_component_coordinates(well) == place


@pytest.mark.parametrize(("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (32, "AF")])
def test_rows_beyond_z_have_two_letters(number, letters):
    assert (row_letters(number), row_number(letters)) == (letters, number)


@pytest.mark.parametrize("letters", ["", "a", "1", "Ä"])
def test_other_signs_name_no_row(letters):
    with pytest.raises(ValueError, match="row"):
        row_number(letters)


@pytest.mark.parametrize("parser", [METAXPRESS, HARMONY])
def test_a_name_that_is_no_well_is_refused(parser):
    with pytest.raises(ValueError, match="no well name"):
        parser.extract_component_coordinates("plate")


def test_what_a_parser_returns_belongs_to_the_caller():
    METAXPRESS.parse_filename("A01_s1.tif")["well"] = "changed"
    assert METAXPRESS.parse_filename("A01_s1.tif")["well"] == "A01"
