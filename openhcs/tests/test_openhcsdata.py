from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from hcs_plates import htd, tiff, untouched
from openhcs.errors import BrokenFileError
from openhcs.microscopes import create_microscope_handler

BASE = {
    "microscope_handler_name": "imagexpress",
    "source_filename_parser_name": "ImageXpressFilenameParser",
    "grid_dimensions": [2, 3],
    "pixel_size": 0.65,
    "image_files": ["images/A01_s001_w1_z001_t001.tif", "images/A01_s002_w2_z001_t001.tif"],
    "channels": {"1": "DAPI", "2": None},
    "available_backends": {"disk": True},
}


def described(plate, subdirectories):
    document = json.dumps({"subdirectories": subdirectories})
    (plate / "openhcs_metadata.json").write_text(document)
    return plate


def with_images(plate, subdirectories):
    for fields in subdirectories.values():
        for name in fields.get("image_files", ()):
            tiff(plate / name.replace("\\", "/"))
    return described(plate, subdirectories)


def read(plate):
    return create_microscope_handler("auto", plate).read_plate(plate)


def test_metadata_of_the_application_tells_all(tmp_path):
    assert read(with_images(tmp_path, {"images": BASE})).summary() == {
        "microscope": "openhcsdata",
        "plate": str(tmp_path),
        "wells": ["A01"],
        "sites": [1, 2],
        "channels": {"1": "DAPI", "2": None},
        "z_indexes": [1],
        "timepoints": [1],
        "grid_dimensions": [2, 3],
        "pixel_size_um": 0.65,
        "images": 2,
        "ignored": [],
    }


def test_it_is_preferred_to_the_microscope_whose_plate_it_lies_in(tmp_path):
    htd(tmp_path / "a.HTD")
    assert read(with_images(tmp_path, {".": BASE})).microscope == "openhcsdata"


def test_the_parser_is_chosen_by_the_name_in_the_plate(tmp_path):
    fields = BASE | {
        "source_filename_parser_name": "OperaPhenixFilenameParser",
        "image_files": ["Images/r01c03f001p001-ch1sk1fk1fl1.tiff"],
    }
    with_images(tmp_path, {"Images": fields})
    handler = create_microscope_handler("auto", tmp_path)
    assert handler.read_plate(tmp_path).values("well") == ["R01C03"]
    assert handler.parse_filename("r02c03f001p001-ch1.tiff")["well"] == "R02C03"


def test_the_main_form_wins_over_the_first(tmp_path):
    second = BASE | {"image_files": ["other/B07_s001_w1_z001_t001.tif"], "main": True}
    plate = with_images(tmp_path, {"images": BASE, "other": second})
    assert read(plate).values("well") == ["B07"]


@pytest.mark.parametrize("root", [".", "", "./"])
def test_the_root_has_several_spellings(tmp_path, root):
    fields = BASE | {"image_files": ["./9987_B02.TIF"]}
    assert read(with_images(tmp_path, {root: fields})).values("well") == ["B02"]


def test_mappings_written_on_windows_are_followed(tmp_path):
    real = "TimePoint_1\\A01_s1_w1.tif"
    tiff(tmp_path / "TimePoint_1" / "A01_s1_w1.tif")
    fields = BASE | {
        "image_files": ["images\\A01_s001_w1_z001_t001.tif"],
        "workspace_mapping": {"images/A01_s001_w1_z001_t001.tif": real},
    }
    plate = read(described(tmp_path, {"images": fields}))
    assert [image.file for image in plate.images] == ["TimePoint_1/A01_s1_w1.tif"]


def test_the_plate_is_read_without_touching_it(tmp_path):
    plate = tmp_path / "plate"
    plate.mkdir()
    with_images(plate, {"images": BASE})
    with untouched(plate):
        assert len(create_microscope_handler("auto", plate).initialize_workspace(plate)) == 2


def test_images_that_are_gone_or_unreadable_by_name_are_told(tmp_path):
    fields = BASE | {"image_files": ["images/A01_s1_w1.tif", "images/cover.tif"]}
    plate = read(described(tmp_path, {"images": fields}))
    assert {i.file: i.reason for i in plate.ignored} == {
        "images/A01_s1_w1.tif": "in the metadata, but not there",
        "images/cover.tif": "its name is none of ImageXpressFilenameParser",
    }


@pytest.mark.parametrize("make", [lambda store: None, Path.mkdir])
def test_a_store_that_is_not_there_is_told(tmp_path, make):
    make(tmp_path / "images")
    plate = read(described(tmp_path, {"images": BASE | {"available_backends": {"zarr": True}}}))
    reason = "in the metadata, but 'images' is no zarr store"
    assert {i.file: i.reason for i in plate.ignored} == dict.fromkeys(BASE["image_files"], reason)
    assert plate.images == ()


@pytest.mark.parametrize(
    ("backends", "order"),
    [
        ({"disk": True, "virtual_workspace": True, "zarr": True}, ["zarr", "virtual_workspace"]),
        ({"disk": True, "zarr": False}, ["disk"]),
        ({}, ["disk"]),
    ],
)
def test_the_best_backend_comes_first(tmp_path, backends, order):
    plate = with_images(tmp_path, {"images": BASE | {"available_backends": backends}})
    handler = create_microscope_handler("auto", plate)
    assert handler.get_available_backends(plate)[: len(order)] == order
    assert handler.get_primary_backend(plate) == order[0]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"subdirectories": 5}',
        '{"subdirectories": {}}',
        '{"subdirectories": {"a": 5}}',
        "[" * 100_000,
    ],
)
def test_metadata_of_another_shape_is_named_with_a_remedy(tmp_path, content):
    path = tmp_path / "openhcs_metadata.json"
    path.write_text(content)
    with pytest.raises(BrokenFileError, match="fix: ") as caught:
        read(tmp_path)
    assert caught.value.file == str(path)


def test_a_plate_is_its_microscopes_once_damaged_metadata_is_moved_away(tmp_path):
    htd(tmp_path / "a.HTD")
    tiff(tmp_path / "A01_w1.tif")
    damaged = tmp_path / "openhcs_metadata.json"
    damaged.write_text("{")
    with pytest.raises(BrokenFileError, match="move it away"):
        read(tmp_path)
    damaged.rename(tmp_path / "damaged.json")
    assert read(tmp_path).microscope == "imagexpress"


def test_a_large_plate_takes_no_time_for_each_image_times_each_image(tmp_path):
    names = [f"A01_s{site}_w{wave}.tif" for site in range(1, 4001) for wave in (1, 2)]
    mapping = {name: f"data/{number}.tif" for number, name in enumerate(names)}
    backends = {"zarr": True}
    form = BASE | {"image_files": names, "workspace_mapping": mapping}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "zarr.json").touch()
    start = time.process_time()
    plate = read(described(tmp_path, {"zarr": form | {"available_backends": backends}}))
    assert len(plate.images) == 8000
    assert time.process_time() - start < 20  # it was minutes


@pytest.mark.parametrize("size", [float("nan"), float("inf"), 0, -0.65, True, None])
def test_a_pixel_size_that_nobody_can_have_measured_is_unknown(tmp_path, size):
    plate = with_images(tmp_path, {"images": BASE | {"pixel_size": size}})
    assert read(plate).pixel_size is None


def test_what_names_no_channel_is_no_channels_name(tmp_path):
    channels = {"1": 5, "2": "GFP", "9" * 5000: "far away", "two": "GFP"}
    plate = with_images(tmp_path, {"images": BASE | {"channels": channels}})
    assert read(plate).channels == {1: None, 2: "GFP"}


def test_a_name_with_more_digits_than_numbers_have_tells_no_site(tmp_path):
    names = [f"A01_s{'1' * 5000}.tif"]
    plate = described(tmp_path, {"images": BASE | {"image_files": names}})
    assert [one.file for one in read(plate).ignored] == names


@pytest.mark.parametrize(
    "change",
    [
        {"grid_dimensions": [2]},
        {"grid_dimensions": "2x3"},
        {"pixel_size": "0.65"},
        {"image_files": [5]},
        {"channels": []},
        {"source_filename_parser_name": "NoSuchParser"},
        {"image_files": ["../outside/A01_s1_w1.tif"]},
        {"image_files": ["/etc/A01_s1_w1.tif"]},
        {"workspace_mapping": {"images/A01_s001_w1_z001_t001.tif": "C:\\A01_s1_w1.tif"}},
    ],
)
def test_a_field_of_another_shape_or_a_path_outside_is_refused(tmp_path, change):
    with pytest.raises(BrokenFileError):
        read(described(tmp_path, {"images": BASE | change}))
