from __future__ import annotations

import shutil

import pytest

from hcs_plates import harmony, tiff, untouched
from openhcs.errors import BrokenFileError, MetadataNotFoundError
from openhcs.microscopes import create_microscope_handler
from openhcs.microscopes.field_layout import lay_out
from openhcs.microscopes.opera_phenix import OperaPhenixHandler, OperaPhenixMetadataHandler

METADATA = OperaPhenixMetadataHandler()
# Harmony begins in the centre and then goes round; y grows upwards.
SQUARE = {1: (0, 0), 2: (-300, 300), 3: (0, 300), 4: (300, 300), 5: (300, 0), 6: (-300, 0)}


def left_out(plate):
    return {ignored.file: ignored.reason for ignored in plate.ignored}


def test_the_real_index_and_its_files_tell_all(hcs_data, tmp_path):
    source = hcs_data / "opera_phenix" / "harmony_v5_a"
    images = tmp_path / "Images"
    images.mkdir()
    shutil.copy(source / "Index.idx.xml", images)
    for name in (source / "file_listing.txt").read_text().split():
        if name.endswith(".tiff"):
            tiff(images / name)
    summary = METADATA.read_plate(tmp_path).summary()
    assert summary == {
        "microscope": "opera_phenix",
        "plate": str(tmp_path),
        "wells": ["R01C01"],
        "sites": [1],
        "channels": {
            "1": "Alexa 647",
            "2": "Alexa 568",
            "3": "488 long",
            "4": "Alexa 488",
            "5": "HOECHST 33342",
            "6": "Brightfield",
        },
        "z_indexes": [1],
        "timepoints": [1],
        "grid_dimensions": [1, 1],
        "pixel_size_um": pytest.approx(0.5979760809567617),
        "images": 6,
        "ignored": [],
    }


def test_an_index_alone_tells_what_was_there_and_that_no_image_is(hcs_data):
    plate = METADATA.read_plate(hcs_data / "opera_phenix" / "harmony_v5_a")
    assert (plate.values("well"), len(plate.images), len(plate.ignored)) == (["R01C01"], 0, 6)


@pytest.mark.parametrize("version", [5, 6, 7])
@pytest.mark.parametrize("bom", [False, True])
def test_every_version_tells_the_same(tmp_path, version, bom):
    index = {5: "Images/Index.idx.xml"}.get(version, "Images/Index.xml")
    harmony(tmp_path, {1: (0, 0)}, version=version, channels=("DAPI", "GFP"), index=index, bom=bom)
    plate = METADATA.read_plate(tmp_path)
    assert plate.channels == {1: "DAPI", 2: "GFP"}
    assert plate.pixel_size == pytest.approx(0.598)
    assert plate.values("timepoint") == [1]
    assert (plate.grid, len(plate.images)) == ((1, 1), 2)


@pytest.mark.parametrize("told", ["NaN", "INF", "0", "-5.98E-07"])
def test_a_resolution_that_nobody_can_have_measured_is_unknown(tmp_path, told):
    index = harmony(tmp_path, {1: (0, 0)})
    index.write_text(index.read_text().replace("5.98E-07", told))
    assert METADATA.read_plate(tmp_path).pixel_size is None


@pytest.mark.parametrize("version", [5, 7])
def test_timepoints_count_from_one_in_every_version(tmp_path, version):
    harmony(tmp_path, {1: (0, 0)}, version=version, timepoints=3)
    plate = METADATA.read_plate(tmp_path)
    assert {i.file[-14:-11]: i.timepoint for i in plate.images} == {"sk1": 1, "sk2": 2, "sk3": 3}


def test_a_plate_need_not_begin_at_a01(tmp_path):
    harmony(tmp_path, {1: (0, 0)}, wells=((5, 12), (16, 24)))
    assert METADATA.read_plate(tmp_path).values("well") == ["R05C12", "R16C24"]


def test_wells_that_were_planned_and_not_written_are_not_there(tmp_path):
    harmony(tmp_path, {1: (0, 0)}, wells=((2, 2),), unwritten=((1, 1), (2, 3)))
    plate = METADATA.read_plate(tmp_path)
    assert (plate.values("well"), plate.ignored) == (["R02C02"], ())


def test_an_image_that_was_never_written_is_told_and_no_black_one_is_made(tmp_path):
    index = harmony(tmp_path, {1: (0, 0), 2: (300, 0)})
    url = "<URL>r01c01f02p01-ch1sk1fk1fl1.tiff</URL>"
    index.write_text(index.read_text().replace(url, "<URL />"))
    (tmp_path / "Images" / "r01c01f02p01-ch1sk1fk1fl1.tiff").unlink()
    plate = METADATA.read_plate(tmp_path)
    assert plate.values("site") == [1]
    assert left_out(plate) == {"r01c01f02p01-ch1sk1": "in the index without a file"}


def test_the_plate_is_read_without_touching_it(tmp_path):
    harmony(tmp_path / "plate", SQUARE, version=7, index="Index.xml")
    with untouched(tmp_path / "plate"):
        handler = create_microscope_handler("auto", tmp_path / "plate")
        assert len(handler.initialize_workspace(tmp_path / "plate")) == 6


def test_the_index_may_lie_above_the_images(tmp_path):
    index = harmony(tmp_path, {1: (0, 0)}, version=7, index="Index.xml")
    assert [i.file for i in METADATA.read_plate(tmp_path).images] == [
        "Images/r01c01f01p01-ch1sk1fk1fl1.tiff"
    ]
    assert METADATA.find_metadata_file(tmp_path / "Images") == index
    assert len(METADATA.read_plate(tmp_path / "Images").images) == 1


def test_fields_are_numbered_row_by_row_from_the_top(tmp_path):
    harmony(tmp_path, SQUARE)
    plate = METADATA.read_plate(tmp_path)
    numbers = {i.file[len("Images/r01c01f") :][:2]: i.site for i in plate.images}
    assert numbers == {"02": 1, "03": 2, "04": 3, "06": 4, "01": 5, "05": 6}
    assert plate.grid == (2, 3)


def test_the_workspace_names_fields_by_their_raster_number(tmp_path):
    harmony(tmp_path, SQUARE)
    mapping = OperaPhenixHandler().initialize_workspace(tmp_path)
    top_left = "Images/r01c01f02p01-ch1sk1fk1fl1.tiff"
    assert mapping["r01c01f001p001-ch1sk1fk1fl1.tiff"] == top_left


def test_positions_that_wobble_keep_their_row():
    wobbly = {f: (x + f * 1e-3, y - f * 0.4) for f, (x, y) in SQUARE.items()}
    layout = lay_out(wobbly)
    assert layout.grid == (2, 3)
    assert layout.numbers == {2: 1, 3: 2, 4: 3, 6: 4, 1: 5, 5: 6}


def test_a_field_far_from_all_others_is_left_out(tmp_path):
    harmony(tmp_path, {**SQUARE, 7: (5000, -5000)})
    plate = METADATA.read_plate(tmp_path)
    assert (plate.grid, len(plate.values("site"))) == ((2, 3), 6)
    assert set(left_out(plate).values()) == {"field 7 lies outside the grid"}


def test_missing_and_extra_images_are_told_and_not_counted(tmp_path):
    gone = "r02c03f01p01-ch1sk1fk1fl1.tiff"
    harmony(tmp_path, {1: (0, 0)}, wells=((1, 1), (2, 3)), missing=(gone,))
    tiff(tmp_path / "Images" / "r09c09f01p01-ch1sk1fk1fl1.tiff")
    plate = METADATA.read_plate(tmp_path)
    assert plate.values("well") == ["R01C01"]
    assert left_out(plate) == {
        gone: "in the index, but not there",
        "Images/r09c09f01p01-ch1sk1fk1fl1.tiff": "not in the index",
    }


def test_links_that_lead_nowhere_are_missing_images(tmp_path):
    names = [f"r01c0{well}f01p01-ch1sk1fk1fl1.tiff" for well in (1, 2, 3)]
    harmony(tmp_path, {1: (0, 0)}, wells=((1, 1), (1, 2), (1, 3)), missing=tuple(names[1:]))
    (tmp_path / "Images" / names[1]).symlink_to("gone.tiff")
    (tmp_path / "Images" / names[2]).symlink_to(names[2])
    plate = METADATA.read_plate(tmp_path)
    assert plate.values("well") == ["R01C01"]
    assert left_out(plate) == dict.fromkeys(names[1:], "in the index, but not there")


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<EvaluationInputData>&b;</EvaluationInputData>"
)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "damaged XML"),
        ("not xml", "damaged XML"),
        ("<EvaluationInputData><Images><Image><URL>a", "damaged XML"),
        ("<?xml version='1.0' encoding='u-8'?><a/>", "unknown encoding"),
        ("<html></html>", "no Harmony index"),
        (BOMB, "document type"),
        ("<EvaluationInputData/>", "lists no image"),
        ("<EvaluationInputData><Images><Image/></Images></EvaluationInputData>", "lacks a part"),
        (
            "<EvaluationInputData><Images><Image><URL>a</URL><Row>x</Row></Image></Images>"
            "</EvaluationInputData>",
            "lacks a part",
        ),
    ],
)
def test_a_broken_index_is_named_with_a_remedy(tmp_path, content, why):
    path = tmp_path / "Index.xml"
    path.write_text(content)
    with pytest.raises(BrokenFileError, match=why) as caught:
        METADATA.read_plate(tmp_path)
    assert (caught.value.file, bool(caught.value.fix)) == (str(path), True)


def test_an_index_that_points_outside_the_plate_reads_nothing_there(tmp_path):
    plate = tmp_path / "plate"
    index = harmony(plate, {1: (0, 0)})
    tiff(tmp_path / "secret" / "r01c01f01p01-ch1sk1fk1fl1.tiff")
    text = index.read_text().replace("<URL>", "<URL>../../secret/")
    index.write_text(text)
    assert [i.file for i in METADATA.read_plate(plate).images] == [
        "Images/r01c01f01p01-ch1sk1fk1fl1.tiff"
    ]


def test_a_folder_without_index_is_no_export(tmp_path):
    with pytest.raises(MetadataNotFoundError, match=r"Index\.xml"):
        METADATA.find_metadata_file(tmp_path)
