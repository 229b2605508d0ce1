"""Plates in OME-Zarr: what the zarr backend and the direct writer put there, and who survives."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import zarr_writers
from hcs_plates import fingerprint
from openhcs.errors import BrokenFileError, StorageError
from openhcs.io import STORAGE_BACKENDS
from openhcs.io.ngff import (
    Chunking,
    discard_well,
    finish_well,
    finished_wells,
    read_field,
    start_well,
    well_fields,
    write_field,
    write_plate_metadata,
)
from openhcs.io.ngff_lock import StoreLock
from zarr_writers import FIELDS, WELLS, pixels

PLANE = np.arange(12, dtype=np.uint16).reshape(3, 4)
IMAGE = np.arange(2 * 3 * 2 * 3 * 4, dtype=np.uint16).reshape(2, 3, 2, 3, 4)


@pytest.fixture
def store(tmp_path) -> Path:
    return tmp_path / "plate.zarr"


def attributes(folder):
    return json.loads((folder / "zarr.json").read_text())["attributes"]


def plate_of(store):
    return attributes(store)["ome"]["plate"]


def image_of(store, path="A/01/0"):
    return attributes(store / path)["ome"]


def saved(store, *names, **options):
    """Save an image under each of *names*; return the backend."""
    backend = STORAGE_BACKENDS["zarr"](**options)
    backend.ensure_directory(store)
    for number, name in enumerate(names):
        backend.save(PLANE + number, store / name)
    return backend


def child(function, store):
    command = [sys.executable, zarr_writers.__file__, function, str(store)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


# What is in the store.


def test_a_plate_lists_its_rows_columns_wells_and_fields(store):
    saved(store, "B02_s1_w1.tif", "A10_s1_w1.tif", "A10_s2_w1.tif")
    plate = plate_of(store)
    assert [row["name"] for row in plate["rows"]] == ["A", "B"]
    assert [column["name"] for column in plate["columns"]] == ["02", "10"]
    assert plate["wells"] == [
        {"path": "A/10", "rowIndex": 0, "columnIndex": 1},
        {"path": "B/02", "rowIndex": 1, "columnIndex": 0},
    ]
    assert (plate["name"], plate["field_count"]) == ("plate", 2)
    assert plate["acquisitions"] == [{"id": 0, "name": "plate", "maximumfieldcount": 2}]
    images = [{"path": "0", "acquisition": 0}, {"path": "1", "acquisition": 0}]
    assert attributes(store / "A/10")["ome"]["well"]["images"] == images


def test_every_group_says_one_version(store):
    saved(store, "A01_s1_w1.tif")
    for folder in ("", "A/01", "A/01/0"):
        assert attributes(store / folder)["ome"]["version"] == "0.5"
    nodes = [json.loads(file.read_text()) for file in store.rglob("zarr.json")]
    assert {node["zarr_format"] for node in nodes} == {3}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("AA01_s1_w1.tif", "AA/01"),
        ("r01c03f02p01-ch1sk1fk1fl1.tiff", "A/03"),
        ("r27c48f02p01-ch1sk1fk1fl1.tiff", "AA/48"),
    ],
)
def test_wells_of_every_naming_are_stored_and_found_again(store, name, path):
    backend = saved(store, name)
    assert [well["path"] for well in plate_of(store)["wells"]] == [path]
    assert backend.list_files(store) == [str(store / name)]
    np.testing.assert_array_equal(backend.load(store / name), PLANE)


def test_wells_are_listed_by_row_and_column(store):
    for well in ("AA01", "B10", "B02"):
        write_field(store, well, 0, IMAGE)
        finish_well(store, well)
    assert finished_wells(store) == ["B02", "B10", "AA01"]


def test_wells_go_by_the_names_that_they_were_given(store):
    write_field(store, "R02C03", 0, IMAGE)
    finish_well(store, "R02C03")
    assert finished_wells(store) == ["R02C03"]
    np.testing.assert_array_equal(read_field(store, "R02C03", 0).data, IMAGE)


def test_an_array_tells_which_name_means_which_plane(store):
    saved(store, "A01_s001_w2_z003_t001.tif", "A01_s001_w1_z001_t002.tif")
    told = attributes(store / "A/01/0/0")
    assert told["openhcs_filename_map"] == {
        "A01_s001_w2_z003_t001.tif": [0, 1, 2],
        "A01_s001_w1_z001_t002.tif": [1, 0, 0],
    }
    assert told["openhcs_output_paths"] == sorted(told["openhcs_filename_map"])
    assert told["openhcs_dimensions"] == {"t": 2, "c": 2, "z": 3, "y": 3, "x": 4}


def test_names_given_with_a_whole_field_are_found_by_the_backend(store):
    names = {"A01_s001_w1.tif": (0, 0, 0), "A01_s001_w3.tif": (1, 2, 1)}
    write_field(store, "A01", 0, IMAGE, filenames=names)
    finish_well(store, "A01")
    backend = STORAGE_BACKENDS["zarr"]()
    assert backend.list_dir(store) == list(names)
    np.testing.assert_array_equal(backend.load(store / "A01_s001_w3.tif"), IMAGE[1, 2, 1])


def test_axes_are_those_of_the_specification_with_the_pixel_size(store):
    write_field(store, "A01", 0, IMAGE, pixel_size_um=0.65, z_step_um=2)
    multiscale = image_of(store)["multiscales"][0]
    assert multiscale["axes"] == [
        {"name": "t", "type": "time"},
        {"name": "c", "type": "channel"},
        {"name": "z", "type": "space", "unit": "micrometer"},
        {"name": "y", "type": "space", "unit": "micrometer"},
        {"name": "x", "type": "space", "unit": "micrometer"},
    ]
    scale = [{"type": "scale", "scale": [1, 1, 2, 0.65, 0.65]}]
    assert multiscale["datasets"] == [{"path": "0", "coordinateTransformations": scale}]
    array = json.loads((store / "A/01/0/0/zarr.json").read_text())
    assert array["dimension_names"] == [axis["name"] for axis in multiscale["axes"]]


@pytest.mark.parametrize("size", [None, 0, -1.0, float("nan"), float("inf")])
def test_a_size_that_is_unknown_has_no_unit(store, size):
    write_field(store, "A01", 0, IMAGE, pixel_size_um=size)
    multiscale = image_of(store)["multiscales"][0]
    assert not any("unit" in axis for axis in multiscale["axes"])
    transformation = multiscale["datasets"][0]["coordinateTransformations"][0]
    assert transformation["scale"] == [1, 1, 1, 1, 1]


def test_a_field_is_read_back_with_all_that_was_told(store):
    write_field(store, "A01", 3, IMAGE, channel_names=["DAPI", None, "Cy5"], pixel_size_um=0.65)
    found = read_field(store, "A01", 3)
    np.testing.assert_array_equal(found.data, IMAGE)
    assert found.data.dtype == IMAGE.dtype
    assert found.channel_names == ("DAPI", "channel 2", "Cy5")
    assert (found.pixel_size_um, found.z_step_um) == (0.65, None)


def test_channels_are_shown_from_their_least_to_their_greatest_value(store):
    options = {"channel_names": {1: "DAPI", 2: "Cy5"}, "pixel_size_um": 0.5}
    saved(store, "A01_s1_w1.tif", "A01_s1_w2.tif", "A01_s1_w1_t2.tif", **options)
    channels = image_of(store)["omero"]["channels"]
    assert [channel["label"] for channel in channels] == ["DAPI", "Cy5"]
    shown = [(c["window"]["start"], c["window"]["end"]) for c in channels]
    assert shown == [(0, 13), (1, 12)]
    assert channels[0]["window"]["max"] == 65535


@pytest.mark.parametrize("dtype", [">u2", "uint8", "float32", "bool", "int16"])
def test_pixels_keep_their_values_whatever_their_type(store, dtype):
    image = (IMAGE % 2).astype(dtype)
    write_field(store, "A01", 0, image, channel_names=[None] * 3)
    found = read_field(store, "A01", 0).data
    np.testing.assert_array_equal(found, image)
    assert found.dtype == image.dtype.newbyteorder("=")


def test_values_that_json_lacks_stay_out_of_the_metadata(store):
    image = IMAGE.astype(float)
    image[0, 0, 0, 0, :2] = (np.nan, np.inf)
    write_field(store, "A01", 0, image, channel_names=["a", "b", "c"])
    window = image_of(store)["omero"]["channels"][0]["window"]
    assert all(np.isfinite(value) for value in window.values())
    np.testing.assert_array_equal(read_field(store, "A01", 0).data, image)


@pytest.mark.parametrize(("chunking", "files"), [(Chunking.FILE, 12), (Chunking.WELL, 1)])
def test_a_chunk_is_a_plane_or_a_field(store, chunking, files):
    write_field(store, "A01", 0, IMAGE + 1, chunking=chunking)
    assert sum(path.is_file() for path in (store / "A/01/0/0/c").rglob("*")) == files
    np.testing.assert_array_equal(read_field(store, "A01", 0).data, IMAGE + 1)


def test_the_plate_may_tell_of_rows_and_columns_without_wells(store):
    write_plate_metadata(store, name="screen 7", rows="ABCD", columns=["01", "02", "03"])
    zarr_writers.write_well(store, "C02")
    write_plate_metadata(store, acquisition="first day")
    plate = plate_of(store)
    assert [row["name"] for row in plate["rows"]] == ["A", "B", "C", "D"]
    assert plate["wells"] == [{"path": "C/02", "rowIndex": 2, "columnIndex": 1}]
    assert (plate["name"], plate["acquisitions"][0]["name"]) == ("screen 7", "first day")


def test_other_files_lie_in_the_folder_as_on_a_disk(store):
    backend = saved(store, "A01_s1_w1.tif")
    for name, content in {"a.json": [1], "b.csv": [{"n": "1"}], "c.txt": "x"}.items():
        backend.save(content, store / name)
        assert STORAGE_BACKENDS["disk"]().load(store / name) == content
    assert backend.list_dir(store) == ["A01_s1_w1.tif", "a.json", "b.csv", "c.txt"]


def test_an_image_file_on_disk_is_none_of_the_plate(store):
    backend = saved(store)
    file = store / "A01_s1_w1.tif"
    STORAGE_BACKENDS["disk"]().save(PLANE, file)
    assert not backend.exists(file)
    for act in (backend.load, backend.stat, backend.delete, backend.delete_all):
        with pytest.raises(FileNotFoundError):
            act(file)
    assert [path.name for path in store.iterdir()] == [file.name]


# Growing and shrinking.


def test_planes_may_come_in_any_order(store):
    names = ["A01_s1_w3_z2_t1.tif", "A01_s1_w1_z1_t1.tif", "A01_s1_w2_z5_t2.tif"]
    backend = saved(store, *names)
    for number, name in enumerate(names):
        np.testing.assert_array_equal(backend.load(store / name), PLANE + number)
    assert read_field(store, "A01", 0).data.shape == (2, 3, 5, 3, 4)


def test_a_field_chunked_whole_grows_too(store):
    names = ["A01_s1_w1.tif", "A01_s1_w3_z2.tif", "A01_s1_w1_t2.tif"]
    backend = saved(store, *names, chunking=Chunking.WELL)
    for number, name in enumerate(names):
        np.testing.assert_array_equal(backend.load(store / name), PLANE + number)


def test_the_last_image_takes_its_field_and_its_well_along(store):
    backend = saved(store, "A01_s1_w1.tif", "A01_s2_w1.tif", "B02_s1_w1.tif")
    backend.delete(store / "A01_s2_w1.tif")
    assert (well_fields(store, "A01"), plate_of(store)["field_count"]) == ([0], 1)
    backend.delete(store / "A01_s1_w1.tif")
    assert [well["path"] for well in plate_of(store)["wells"]] == ["B/02"]
    assert not (store / "A").exists()
    backend.delete(store / "B02_s1_w1.tif")
    assert "ome" not in attributes(store)  # a plate without a well would be none
    backend.delete(store)
    assert not store.exists()


def test_a_deleted_plane_leaves_no_pixels(store):
    backend = saved(store, "A01_s1_w1.tif", "A01_s1_w2.tif")
    backend.delete(store / "A01_s1_w2.tif")
    assert not backend.exists(store / "A01_s1_w2.tif")
    assert not read_field(store, "A01", 0).data[0, 1].any()
    backend.save(PLANE + 7, store / "A01_s1_w2.tif")
    np.testing.assert_array_equal(backend.load(store / "A01_s1_w2.tif"), PLANE + 7)


def test_a_plate_written_whole_is_not_taken_for_an_empty_folder(store):
    zarr_writers.write_well(store, "A01")
    backend = STORAGE_BACKENDS["zarr"]()
    assert backend.list_dir(store) == []  # its planes have no names
    with pytest.raises(OSError, match="not empty"):
        backend.delete(store)
    assert finished_wells(store) == ["A01"]


# What is refused.


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("notes.tif", "none that a microscope gives"),
        ("A01_s001_w2 - Copy.tif", "none that a microscope gives"),
        ("A01_s0_w1.tif", "has a number 0"),
        ("A01_s001_w1_z000.tif", "has a number 0"),
    ],
)
def test_an_image_name_that_means_no_plane_is_refused(store, name, message):
    backend = saved(store)
    with pytest.raises(StorageError, match=message):
        backend.save(PLANE, store / name)
    assert backend.list_dir(store) == []


def test_two_names_for_one_plane_are_refused(store):
    backend = saved(store, "A01_s1_w1.tif")
    for overwrite in (False, True):
        with pytest.raises(StorageError, match="name the same plane"):
            backend.save(PLANE + 9, store / "A01_s001_w1_z001_t001.tif", overwrite=overwrite)
    np.testing.assert_array_equal(backend.load(store / "A01_s1_w1.tif"), PLANE)


def test_a_name_that_comes_twice_in_a_batch_is_refused(store):
    backend = saved(store)
    with pytest.raises(FileExistsError):
        backend.save_batch([PLANE, PLANE + 1], [store / "A01_s1_w1.tif"] * 2)
    assert backend.list_dir(store) == []


@pytest.mark.parametrize("operation", ["copy", "move"])
def test_what_is_no_image_never_gets_the_name_of_one(store, operation):
    backend = saved(store)
    backend.save("text", store / "x.txt")
    with pytest.raises(StorageError, match="can't be stored"):
        getattr(backend, operation)(store / "x.txt", store / "A01_s1_w1.tif")
    assert backend.list_dir(store) == ["x.txt"]


@pytest.mark.parametrize("other", [PLANE.astype(float), PLANE[:2], PLANE.astype(">u4")])
def test_images_of_another_size_or_type_are_refused(store, other):
    backend = saved(store, "A01_s1_w1.tif")
    with pytest.raises(StorageError, match="doesn't fit a field of uint16"):
        backend.save(other, store / "A01_s1_w2.tif")
    assert backend.list_dir(store) == ["A01_s1_w1.tif"]
    assert read_field(store, "A01", 0).data.shape == (1, 1, 1, 3, 4)


@pytest.mark.parametrize("before", [(), ("A01_s001_w1_z001_t001.tif",)])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("A01_s001_w1_z999999999_t001.tif", "z_index 999999999"),
        ("A01_s001_w1_z001_t300000000000000000.tif", "timepoint 300000000000000000"),
        ("A01_s001_w5000001_z001_t001.tif", "channel 5000001"),
    ],
)
def test_a_name_that_leads_too_far_is_refused(store, before, name, told):
    backend = saved(store, *before)
    was = fingerprint(store)
    with pytest.raises(StorageError, match=told) as caught:
        backend.save(PLANE, store / name)
    assert caught.value.file == str(store / name)
    assert backend.list_dir(store) == list(before)
    assert was.items() <= fingerprint(store).items()


def test_a_name_that_leads_beyond_all_memory_is_refused(store):
    backend = saved(store)
    with pytest.raises(StorageError, match=r"z_index 999999 .* no memory"):
        backend.save(np.zeros((4000, 4000)), store / "A01_s001_w1_z999999_t001.tif")
    assert backend.list_dir(store) == []


@pytest.mark.parametrize("image", [np.zeros((0, 4)), None, [[1], [1, 2]]])
def test_what_is_no_image_is_named_with_its_file(store, image):
    backend = saved(store)
    with pytest.raises(StorageError, match="can't be stored") as caught:
        backend.save(image, store / "A01_s1_w1.tif")
    assert caught.value.file == str(store / "A01_s1_w1.tif")


@pytest.mark.parametrize("image", [PLANE, IMAGE[:, :0], IMAGE.astype(complex), "text", None])
def test_what_is_no_image_of_five_axes_is_refused(store, image):
    with pytest.raises(StorageError, match="t, c, z, y, x"):
        write_field(store, "A01", 0, image)
    assert not store.exists()


def test_names_that_fit_no_channel_are_refused(store):
    with pytest.raises(StorageError, match="2 channel names don't fit 3 channels"):
        write_field(store, "A01", 0, IMAGE, channel_names=["a", "b"])


def test_a_field_is_numbered_from_0(store):
    with pytest.raises(StorageError, match="no field -1"):
        write_field(store, "A01", -1, IMAGE)


@pytest.mark.parametrize("well", ["", "A", "7", "R00C01", "ABC01", "A01/../B"])
def test_a_name_that_is_no_well_is_refused(store, well):
    with pytest.raises(StorageError, match="names no row and column"):
        write_field(store, well, 0, IMAGE)


def test_one_well_under_two_names_is_refused(store):
    zarr_writers.write_well(store, "A01")
    with pytest.raises(StorageError, match="A01 and R01C01 are one place"):
        write_field(store, "R01C01", 0, IMAGE)
    assert finished_wells(store) == ["A01"]


def test_a_finished_well_is_not_overwritten_unasked(store):
    zarr_writers.write_well(store, "A01")
    with pytest.raises(FileExistsError):
        write_field(store, "A01", 0, IMAGE)
    with pytest.raises(FileExistsError):
        start_well(store, "A01")
    np.testing.assert_array_equal(read_field(store, "A01", 0).data, pixels("A01", 0))
    write_field(store, "A01", 0, IMAGE, overwrite=True)
    np.testing.assert_array_equal(read_field(store, "A01", 0).data, IMAGE)
    assert (finished_wells(store), well_fields(store, "A01")) == (["A01"], [0, 1])


def test_planes_of_a_field_written_whole_are_not_overwritten_unasked(store):
    zarr_writers.write_well(store, "A01")
    backend = STORAGE_BACKENDS["zarr"]()
    plane = np.ones((8, 8), np.uint16)
    with pytest.raises(FileExistsError):
        backend.save(plane, store / "A01_s1_w1.tif")
    backend.save(plane, store / "A01_s1_w1.tif", overwrite=True)
    np.testing.assert_array_equal(read_field(store, "A01", 0).data[0, 0, 0], plane)


def test_a_well_without_an_image_can_not_be_finished(store):
    store.mkdir()
    with pytest.raises(StorageError, match="has no image"):
        finish_well(store, "A01")


def test_a_store_of_an_older_format_is_left_alone(store):
    store.mkdir()
    (store / ".zgroup").write_text('{"zarr_format": 2}')
    with pytest.raises(StorageError, match="format 2"):
        write_field(store, "A01", 0, IMAGE)
    with pytest.raises(StorageError, match="format 2"):
        saved(store, "A01_s1_w1.tif")
    assert [path.name for path in store.iterdir() if path.name[0] != "."] == []


@pytest.mark.parametrize("text", ["{", "[]", '{"attributes": 3}', '{"attributes": {"openhcs": 1}}'])
def test_damaged_metadata_is_named(store, text):
    zarr_writers.write_well(store, "A01")
    (store / "zarr.json").write_text(text)
    for act in (finished_wells, STORAGE_BACKENDS["zarr"]().list_files):
        with pytest.raises(BrokenFileError) as caught:
            act(store)
        assert caught.value.file == str(store / "zarr.json")


def test_damaged_pixels_are_named(store):
    backend = saved(store, "A01_s1_w1.tif")
    (chunk,) = (path for path in (store / "A/01/0/0/c").rglob("*") if path.is_file())
    chunk.write_bytes(chunk.read_bytes()[:-3])
    with pytest.raises(BrokenFileError, match="can't be decoded"):
        backend.load(store / "A01_s1_w1.tif")


@pytest.mark.parametrize("names", [[], {"a": [0, 0]}, {"a": "x"}])
def test_damaged_names_are_named(store, names):
    backend = saved(store, "A01_s1_w1.tif")
    file = store / "A/01/0/0/zarr.json"
    node = json.loads(file.read_text())
    node["attributes"]["openhcs_filename_map"] = names or 7
    file.write_text(json.dumps(node))
    with pytest.raises(BrokenFileError, match="names of its planes"):
        backend.list_files(store)


def test_a_field_that_is_not_there_is_missing(store):
    zarr_writers.write_well(store, "A01")
    for well, field in (("A01", 9), ("B01", 0)):
        with pytest.raises(FileNotFoundError):
            read_field(store, well, field)


# Plates of other software.


def test_a_plate_without_our_attributes_is_read_by_row_and_column(store):
    zarr_writers.write_well(store, "A01")
    for folder in (store, store / "A", store / "A/01"):
        node = json.loads((folder / "zarr.json").read_text())
        node["attributes"].pop("openhcs")
        (folder / "zarr.json").write_text(json.dumps(node))
    assert finished_wells(store) == ["A01"]
    np.testing.assert_array_equal(read_field(store, "A01", 1).data, pixels("A01", 1))


# Many writers, and killed ones.


def test_writers_of_different_wells_lose_nothing(store):
    store.mkdir()
    with ProcessPoolExecutor(3, multiprocessing.get_context("spawn")) as pool:
        writers = [zarr_writers.write_wells, zarr_writers.write_wells, zarr_writers.save_images]
        shares = [(write, WELLS[start::3]) for start, write in enumerate(writers)]
        done = [pool.submit(write, str(store), share) for write, share in shares]
        for future in done:
            future.result(60)
    assert finished_wells(store) == WELLS
    assert len(plate_of(store)["wells"]) == len(WELLS)
    for well in WELLS:
        np.testing.assert_array_equal(read_field(store, well, 0).data, pixels(well, 0))


def test_threads_that_save_to_one_field_lose_nothing(store):
    backend = saved(store)
    names = [f"A01_s1_w{w}_z{z}.tif" for w in (1, 2, 3) for z in (1, 2, 3, 4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: backend.save(PLANE + names.index(n), store / n), names))
    assert backend.list_dir(store) == names
    for number, name in enumerate(names):
        np.testing.assert_array_equal(backend.load(store / name), PLANE + number)


def assert_sound(store):
    """Every well that the plate lists has all its images, and they are right."""
    import zarr

    listed = finished_wells(store)
    if listed:
        assert zarr.open_group(store, mode="r").attrs["ome"]["plate"]["wells"]
    for well in listed:
        assert well_fields(store, well) == list(range(FIELDS))
        for field in range(FIELDS):
            np.testing.assert_array_equal(read_field(store, well, field).data, pixels(well, field))


@pytest.mark.parametrize("steps", [0, 2, 9])
def test_whoever_is_killed_leaves_a_plate_that_the_next_run_completes(store, steps):
    store.mkdir()
    writer = child("write_for_ever", store)
    try:
        for _ in range(steps):
            writer.stdout.readline()
    finally:
        writer.kill()
        writer.communicate()
    assert_sound(store)
    zarr_writers.write_wells(store, WELLS)
    assert finished_wells(store) == WELLS
    assert_sound(store)
    assert not [path for path in store.rglob("*.part") if path.parent.name[0] != "."]


def test_what_was_finished_is_not_written_again(store):
    zarr_writers.write_wells(store, WELLS[:2])
    write_field(store, WELLS[2], 0, IMAGE)  # begun, and never finished
    before = (store / "A/01/0/zarr.json").stat().st_mtime_ns
    zarr_writers.write_wells(store, WELLS[:3])
    assert (store / "A/01/0/zarr.json").stat().st_mtime_ns == before
    assert_sound(store)


def test_the_plate_of_a_discarded_well_still_opens(store):
    zarr_writers.write_wells(store, WELLS[:3])
    discard_well(store, WELLS[0])
    assert finished_wells(store) == WELLS[1:3]
    assert_sound(store)


def test_the_lock_goes_with_its_process(store):
    store.mkdir()
    holder = child("hold_the_lock", store)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StorageError, match="another process has kept"), StoreLock(store, 0.05):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with StoreLock(store, wait_s=0):
        pass


def test_the_lock_excludes_threads_and_is_free_afterwards(store):
    store.mkdir()
    with StoreLock(store), pytest.raises(StorageError, match="for 0 s"), StoreLock(store, 0):
        pass
    with StoreLock(store, 0):
        pass


# What other readers make of it.


@pytest.fixture
def two_wells(store) -> Path:
    for well in ("B02", "A01"):
        for field in range(3):
            names = ["DAPI", "GFP", None]
            data = IMAGE + 100 * field + ord(well[0])
            write_field(store, well, field, data, channel_names=names, pixel_size_um=0.65)
        finish_well(store, well)
    return store


@pytest.mark.heavy
def test_ome_zarr_reads_the_plate(two_wells):
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Plate, Reader

    (node,) = Reader(parse_url(str(two_wells)))()
    plate = node.first(Plate)
    assert (plate.row_names, plate.col_names) == (["A", "B"], ["01", "02"])
    assert plate.well_paths == ["A/01", "B/02"]
    data = node.data[0].compute()  # the first field of each well, in a grid
    np.testing.assert_array_equal(data[..., :3, :4], read_field(two_wells, "A01", 0).data)
    np.testing.assert_array_equal(data[..., 3:, 4:], read_field(two_wells, "B02", 0).data)
    assert not data[..., :3, 4:].any()
    assert node.metadata["channel_names"] == ["DAPI", "GFP", "channel 3"]


@pytest.mark.heavy
def test_ome_zarr_reads_a_well_and_an_image(two_wells):
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Reader, Well

    (well,) = Reader(parse_url(str(two_wells / "B/02")))()
    assert [i["path"] for i in well.first(Well).well_data["images"]] == ["0", "1", "2"]
    (image,) = Reader(parse_url(str(two_wells / "B/02/1")))()
    np.testing.assert_array_equal(image.data[0].compute(), read_field(two_wells, "B02", 1).data)
    assert [axis["name"] for axis in image.metadata["axes"]] == list("tczyx")
    scale = image.metadata["coordinateTransformations"][0][0]
    assert scale == {"type": "scale", "scale": [1, 1, 1, 0.65, 0.65]}


@pytest.mark.heavy
def test_ome_zarr_reads_images_saved_by_file_name(store):
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Reader

    names = ["r01c02f01p01-ch1sk1fk1fl1.tiff", "r01c02f01p02-ch2sk1fk1fl1.tiff"]
    backend = saved(store, *names, channel_names={1: "DAPI"}, pixel_size_um=0.3)
    (node,) = Reader(parse_url(str(store)))()
    data = node.data[0].compute()
    np.testing.assert_array_equal(data[0, 0, 0], backend.load(store / names[0]))
    np.testing.assert_array_equal(data[0, 1, 1], backend.load(store / names[1]))


@pytest.mark.heavy
def test_the_models_of_the_specification_accept_plate_wells_and_images(two_wells):
    import zarr
    from ome_zarr_models.v05 import HCS, Image, Well

    plate = HCS.from_zarr(zarr.open_group(two_wells, mode="r"))
    assert plate.ome_attributes.plate.field_count == 3
    assert Well.from_zarr(zarr.open_group(two_wells / "A/01", mode="r"))
    image = Image.from_zarr(zarr.open_group(two_wells / "A/01/2", mode="r"))
    assert image.ome_attributes.omero["channels"][0]["window"]["max"] == 65535
