"""What single storage backends do, damaged files, and the file manager in front of them."""

from __future__ import annotations

import errno
import importlib.util
import os
import tempfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile

from openhcs.errors import (
    BrokenFileError,
    StorageError,
    UnknownBackendError,
    UnsupportedFormatError,
)
from openhcs.io import STORAGE_BACKENDS, FileManager, WritableBackend

IMAGE = np.arange(12, dtype=np.uint16).reshape(3, 4)


def test_clearing_the_files_of_memory_keeps_its_folders():
    memory = STORAGE_BACKENDS["memory"]()
    memory.ensure_directory("/a/b")
    memory.save("x", "/a/b/c.txt")
    memory.clear_files_only()
    assert (memory.is_dir("/a/b"), memory.exists("/a/b/c.txt")) == (True, False)


def test_relative_paths_in_memory_need_no_folder():
    memory = STORAGE_BACKENDS["memory"]()
    memory.save("x", "a.txt")
    assert memory.list_files(".") == ["a.txt"]


def test_two_slashes_in_memory_are_one():
    memory = STORAGE_BACKENDS["memory"]()
    memory.ensure_directory("//data")
    memory.save("x", "//data//a.txt")
    assert memory.load("/data/a.txt") == "x"
    assert memory.list_dir("//") == ["data"]


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    disk = STORAGE_BACKENDS["disk"]()
    disk.save({"a": 1}, tmp_path / "a.json")
    with pytest.raises(TypeError):
        disk.save({"a": object()}, tmp_path / "a.json", overwrite=True)
    assert disk.load(tmp_path / "a.json") == {"a": 1}
    assert disk.list_dir(tmp_path) == ["a.json"]


def test_a_link_to_itself_is_listed_as_no_file(tmp_path):
    (tmp_path / "a.tif").symlink_to("a.tif")
    disk = STORAGE_BACKENDS["disk"]()
    assert (disk.list_files(tmp_path), disk.list_dir(tmp_path)) == ([], ["a.tif"])


def no_hard_links(*_, **__):
    raise PermissionError(errno.EPERM, "as on a FAT file system")


@pytest.fixture(params=["hard links", "no hard links"])
def disk(request, monkeypatch):
    """The disk, as it is and as a file system without hard links has it."""
    if request.param == "no hard links":
        monkeypatch.setattr(os, "link", no_hard_links)
    return STORAGE_BACKENDS["disk"]()


class Late(str):
    """A text that another writer overtakes while it is written."""

    def encode(self, *how):
        STORAGE_BACKENDS["disk"]().save("first", self.path)
        return super().encode(*how)


def test_a_writer_that_is_overtaken_overwrites_nothing(disk, tmp_path):
    late = Late("second")
    late.path = tmp_path / "a.txt"
    with pytest.raises(FileExistsError):
        disk.save(late, late.path)
    assert disk.load(late.path) == "first"
    assert disk.list_dir(tmp_path) == ["a.txt"]


def test_of_many_writers_one_wins(disk, tmp_path):
    (tmp_path / "sources").mkdir()
    barrier = threading.Barrier(8)

    def write(number):
        source = tmp_path / "sources" / f"{number}.txt"
        disk.save(str(number), source)
        barrier.wait(60)
        operation = (disk.save, disk.copy, disk.move)[number % 3]
        try:
            operation(str(number) if operation == disk.save else source, tmp_path / "a.txt")
        except FileExistsError:
            return None
        return str(number)

    with ThreadPoolExecutor(8) as pool:
        winners = [winner for winner in pool.map(write, range(8)) if winner]
    assert winners == [disk.load(tmp_path / "a.txt")]
    assert disk.list_dir(tmp_path) == ["a.txt", "sources"]


def test_a_name_may_be_as_long_as_the_disk_allows(disk, tmp_path):
    name = "a" * (os.pathconf(tmp_path, "PC_NAME_MAX") - 4) + ".txt"
    disk.save("x", tmp_path / name)
    disk.save("y", tmp_path / name, overwrite=True)
    assert disk.load(tmp_path / name) == "y"


def test_a_file_keeps_its_name_where_the_new_one_can_not_be_given(disk, tmp_path):
    disk.save("x", tmp_path / "a.txt")
    with pytest.raises(OSError, match="too long"):
        disk.move(tmp_path / "a.txt", tmp_path / ("b" * 300))
    assert disk.list_dir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("name", ["folder", "a.txt", "link"])
def test_files_folders_and_links_move_to_another_disk(tmp_path, name):
    if not os.path.isdir("/dev/shm") or os.stat("/dev/shm").st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other disk here")
    disk = STORAGE_BACKENDS["disk"]()
    (tmp_path / "folder").mkdir()
    disk.save("x", tmp_path / "folder" / "a.txt")
    disk.save("x", tmp_path / "a.txt")
    os.symlink("a.txt", tmp_path / "link")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        disk.move(tmp_path / name, Path(other, name))
        assert disk.list_dir(other) == [name]
        assert disk.is_symlink(Path(other, name)) == (name == "link")
    assert not os.path.lexists(tmp_path / name)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", "bool"])
@pytest.mark.parametrize("shape", [(3, 9, 8), (4, 9, 8), (2, 3, 9, 8), (5, 9, 8), (9, 3)])
def test_the_planes_of_a_stack_are_no_colours(tmp_path, dtype, shape):
    stack = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    STORAGE_BACKENDS["disk"]().save(stack, tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert {page.photometric.name for page in file.pages} == {"MINISBLACK"}
        assert len(file.pages) == np.prod(shape[:-2])
    loaded = STORAGE_BACKENDS["disk"]().load(tmp_path / "a.tif")
    np.testing.assert_array_equal(loaded, stack, strict=True)


@pytest.mark.parametrize("shape", [(9, 8, 3), (9, 8, 4), (2, 9, 8, 3)])
def test_colours_are_on_the_last_axis(tmp_path, shape):
    image = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    STORAGE_BACKENDS["disk"]().save(image, tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert {page.photometric.name for page in file.pages} == {"RGB"}
    np.testing.assert_array_equal(STORAGE_BACKENDS["disk"]().load(tmp_path / "a.tif"), image)


def test_imagej_finds_each_roi_in_a_zip_under_one_name(tmp_path):
    rois = {"cell 1": b"Iout", "cell 1.roi": b"Iout", "2.roi": b"Iout"}
    STORAGE_BACKENDS["disk"]().save(rois, tmp_path / "a.roi.zip")
    with zipfile.ZipFile(tmp_path / "a.roi.zip") as archive:
        assert archive.namelist() == ["cell 1.roi", "_cell 1.roi", "2.roi"]


def test_what_else_a_zip_holds_is_no_roi(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.roi.zip", "w") as archive:
        for name in ("1.roi", "._1", "notes.txt"):
            archive.writestr(name, b"Iout")
    assert STORAGE_BACKENDS["disk"]().load(tmp_path / "a.roi.zip") == {"1.roi": b"Iout"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tif", b""),
        ("a.tif", b"MM\0*"),
        ("a.tif", b"no picture at all"),
        ("a.npy", b"\x93NUMPY\1\0"),
        ("a.json", b"{"),
        ("a.txt", b"\xff\xfe"),
        ("a.roi.zip", b"PK"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BrokenFileError) as caught:
        STORAGE_BACKENDS["disk"]().load(tmp_path / name)
    assert caught.value.file == str(tmp_path / name)


def test_a_pickle_in_an_array_file_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(BrokenFileError):
        STORAGE_BACKENDS["disk"]().load(tmp_path / "a.npy")


def test_a_tiff_cut_short_is_named(tmp_path):
    disk = STORAGE_BACKENDS["disk"]()
    disk.save(IMAGE, tmp_path / "a.tif")
    (tmp_path / "a.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:-1])
    with pytest.raises(BrokenFileError, match="cut short"):
        disk.load(tmp_path / "a.tif")


ENDLESS: list[object] = []
ENDLESS.append(ENDLESS)
UNFIT = {
    "no text": ("a.txt", 5, "int", "a text"),
    "a text that UTF-8 lacks": ("a.md", "\udcff", "str", "a text"),
    "rows that are no dicts": ("a.csv", [[1, 2]], "list", "a list of dicts"),
    "rows of other keys": ("a.csv", [{"a": 1}, {"a": 1, "b": 2}], "list", "the same keys"),
    "no rows at all": ("a.csv", 5, "int", "a list of dicts"),
    "no array": ("a.tif", None, "NoneType", "an array of numbers"),
    "rows of an array that differ": ("a.tif", [[1], [1, 2]], "list", "an array of numbers"),
    "no numbers": ("a.tif", np.array(["a"]), "ndarray of shape (1,)", "an array of numbers"),
    "no pixel": ("a.tif", np.zeros((0, 3), np.uint8), "shape (0, 3)", "isn't empty"),
    "Python objects": ("a.npy", np.array([{}], dtype=object), "type object", "an array"),
    "what JSON lacks": ("a.json", {"a": {1}}, "dict", "lists"),
    "no end": ("a.json", ENDLESS, "list", "lists"),
    "no ROIs": ("a.roi.zip", [b"Iout"], "list", "a dict of ImageJ's ROIs"),
    "a ROI that is no bytes": ("a.roi.zip", {"1.roi": "Iout"}, "dict", "as bytes"),
}


@pytest.mark.parametrize("case", UNFIT)
@pytest.mark.parametrize("backend", ["disk", "zarr"])
def test_what_a_format_does_not_take_is_named_with_what_it_takes(tmp_path, backend, case):
    name, content, told, remedy = UNFIT[case]
    store = STORAGE_BACKENDS[backend]()
    (tmp_path / name).write_text("there before")
    with pytest.raises(StorageError) as caught:
        store.save(content, tmp_path / name, overwrite=True)
    assert (tmp_path / name).read_text() == "there before"
    if name != "a.tif" or backend == "disk":
        assert caught.value.file == str(tmp_path / name)
        assert told in str(caught.value)
        assert remedy in caught.value.fix


def test_an_unknown_kind_of_file_is_refused(tmp_path):
    with pytest.raises(UnsupportedFormatError, match=r"\.npy"):
        STORAGE_BACKENDS["disk"]().save("x", tmp_path / "a.xyz")


def test_a_format_whose_library_is_missing_says_so(tmp_path):
    if importlib.util.find_spec("torch"):
        pytest.skip("torch is installed here")
    with pytest.raises(UnsupportedFormatError, match="pip install torch"):
        STORAGE_BACKENDS["disk"]().save([1], tmp_path / "a.pt")
    assert list(tmp_path.iterdir()) == []


def test_the_root_is_never_deleted_whole():
    with pytest.raises(StorageError):
        STORAGE_BACKENDS["disk"]().delete_all("/")


# The file manager.


def test_the_file_manager_keeps_one_memory(tmp_path):
    files = FileManager()
    files.save("x", "a.txt", "memory")
    assert files.load("a.txt", "memory") == "x"
    assert FileManager().exists("a.txt", "memory") is False


def test_the_file_manager_lists_images_naturally(tmp_path):
    files = FileManager()
    files.save_batch([IMAGE] * 3, [tmp_path / f"s{n}.tif" for n in (10, 9, 1)], "disk")
    files.save("x", tmp_path / "x.txt", "disk")
    listed = files.list_image_files(tmp_path, "disk")
    assert [Path(path).name for path in listed] == ["s1.tif", "s9.tif", "s10.tif"]


def test_an_unknown_backend_is_refused_with_the_known_ones():
    with pytest.raises(UnknownBackendError, match=r"disk, .*memory"):
        FileManager().load("a.txt", "disc")


def test_a_backend_that_belongs_to_a_plate_is_named_with_how_to_get_it():
    with pytest.raises(UnknownBackendError, match=r"FileManager\.for_plate\(plate\)"):
        FileManager().load("a.txt", "virtual_workspace")


def test_a_backend_that_only_writes_says_so():
    class Sink(WritableBackend):
        def save(self, data, path, *, overwrite=False):
            pass

    files = FileManager({"sink": Sink()})
    files.save("x", "a.txt", "sink")
    with pytest.raises(StorageError, match="has no operation 'load'"):
        files.load("a.txt", "sink")
