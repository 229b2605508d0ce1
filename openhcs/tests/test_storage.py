"""What every backend that reads and writes must do; each test runs over all of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from openhcs.errors import (
    BrokenFileError,
    StorageError,
    UnknownBackendError,
    UnsupportedFormatError,
)
from openhcs.io import STORAGE_BACKENDS, FileManager, ReadWriteBackend, WritableBackend


class Store(NamedTuple):
    backend: ReadWriteBackend
    at: Callable[[str], str]


@pytest.fixture(params=["disk", "memory"])
def store(request, tmp_path: Path) -> Store:
    """A backend with an empty folder, and a function that gives paths in it."""
    backend = STORAGE_BACKENDS[request.param]()
    root = backend.ensure_directory(tmp_path / "store")
    return Store(backend, lambda path: str(Path(root) / path))


IMAGE = np.arange(12, dtype=np.uint16).reshape(3, 4)
CONTENTS = {
    "image.tif": IMAGE,
    "IMAGE.TIFF": IMAGE,
    "image.ome.tif": IMAGE,
    "array.npy": IMAGE.astype(float),
    "data.json": {"a": [1, None, "µ"]},
    "table.csv": [{"well": "A01", "n": "3"}, {"well": "B,02", "n": "4"}],
    "note.txt": "línea 1\nline 2\n",
    "script.py": "x = 1\n",
    "page.md": "# title\n",
    "cells.roi.zip": {"1.roi": b"Iout\0", "2.roi": b"Iout\1"},
}


@pytest.mark.parametrize("name", CONTENTS)
def test_what_is_saved_is_loaded(store, name):
    store.backend.save(CONTENTS[name], store.at(name))
    loaded = store.backend.load(store.at(name))
    np.testing.assert_equal(loaded, CONTENTS[name])
    assert getattr(loaded, "dtype", None) == getattr(CONTENTS[name], "dtype", None)


def test_a_loaded_array_belongs_to_the_caller(store):
    own = IMAGE.copy()
    store.backend.save(own, store.at("a.npy"))
    own[:] = 7
    store.backend.load(store.at("a.npy"))[:] = 8
    np.testing.assert_array_equal(store.backend.load(store.at("a.npy")), IMAGE)


def test_batches_keep_their_order(store):
    paths = [store.at(f"{number}.txt") for number in (3, 1, 2)]
    store.backend.save_batch(["c", "a", "b"], paths)
    assert store.backend.load_batch(paths) == ["c", "a", "b"]


def test_a_batch_of_unequal_lengths_writes_nothing(store):
    with pytest.raises(ValueError, match="2 items can't be saved to 1 paths"):
        store.backend.save_batch(["a", "b"], [store.at("a.txt")])
    assert store.backend.list_dir(store.at("")) == []


def test_saving_into_a_missing_folder_fails(store):
    with pytest.raises(FileNotFoundError):
        store.backend.save("x", store.at("missing/a.txt"))


def test_saving_never_overwrites_in_silence(store):
    store.backend.save("old", store.at("a.txt"))
    with pytest.raises(FileExistsError):
        store.backend.save("new", store.at("a.txt"))
    assert store.backend.load(store.at("a.txt")) == "old"
    store.backend.save("new", store.at("a.txt"), overwrite=True)
    assert store.backend.load(store.at("a.txt")) == "new"


def test_a_folder_is_no_place_to_save_to(store):
    store.backend.ensure_directory(store.at("a.txt"))
    for overwrite in (False, True):
        with pytest.raises((FileExistsError, IsADirectoryError)):
            store.backend.save("x", store.at("a.txt"), overwrite=overwrite)
    assert store.backend.is_dir(store.at("a.txt"))


def test_loading_what_is_missing_or_a_folder_fails(store):
    store.backend.ensure_directory(store.at("folder.txt"))
    with pytest.raises(FileNotFoundError):
        store.backend.load(store.at("missing.txt"))
    with pytest.raises(IsADirectoryError):
        store.backend.load(store.at("folder.txt"))


@pytest.fixture
def tree(store) -> Store:
    for folder in ("b10", "b2/deep"):
        store.backend.ensure_directory(store.at(folder))
    for name in ("s10.TIF", "s2.tif", "x.txt", "._s2.tif", "b2/s3.tif", "b10/s4.tif"):
        store.backend.save(IMAGE if "s" in name else "text", store.at(name))
    store.backend.save(IMAGE, store.at("b2/deep/s5.tif"))
    return store


def test_files_are_listed_in_natural_order_without_what_macos_leaves(tree):
    expected = [tree.at(name) for name in ("s2.tif", "s10.TIF", "x.txt")]
    assert tree.backend.list_files(tree.at("")) == expected


def test_a_recursive_listing_goes_breadth_first(tree):
    found = tree.backend.list_files(tree.at(""), extensions=[".tif"], recursive=True)
    names = ("s2.tif", "s10.TIF", "b2/s3.tif", "b10/s4.tif", "b2/deep/s5.tif")
    assert found == [tree.at(name) for name in names]


def test_a_listing_is_filtered_by_pattern_and_by_extension_in_any_case(tree):
    found = tree.backend.list_files(tree.at(""), pattern="s1*", extensions={".TIF"})
    assert found == [tree.at("s10.TIF")]


def test_a_folder_lists_its_names(tree):
    assert tree.backend.list_dir(tree.at("b2")) == ["deep", "s3.tif"]


@pytest.mark.parametrize("operation", ["list_files", "list_dir"])
def test_listing_what_is_missing_or_a_file_fails(tree, operation):
    with pytest.raises(FileNotFoundError):
        getattr(tree.backend, operation)(tree.at("missing"))
    with pytest.raises(NotADirectoryError):
        getattr(tree.backend, operation)(tree.at("x.txt"))


def test_kinds_are_told_apart(tree):
    backend = tree.backend
    kinds = [
        (backend.exists(p), backend.is_file(p), backend.is_dir(p), backend.is_symlink(p))
        for p in (tree.at("x.txt"), tree.at("b2"), tree.at("missing"))
    ]
    assert kinds == [
        (True, True, False, False),
        (True, False, True, False),
        (False, False, False, False),
    ]


def test_making_a_folder_twice_is_harmless_and_over_a_file_fails(tree):
    tree.backend.ensure_directory(tree.at("b2/deep"))
    assert tree.backend.is_file(tree.at("b2/deep/s5.tif"))
    with pytest.raises(FileExistsError):
        tree.backend.ensure_directory(tree.at("x.txt"))


def test_delete_takes_a_file_or_an_empty_folder_only(tree):
    tree.backend.delete(tree.at("x.txt"))
    assert not tree.backend.exists(tree.at("x.txt"))
    with pytest.raises(OSError, match="not empty"):
        tree.backend.delete(tree.at("b10"))
    tree.backend.delete(tree.at("b10/s4.tif"))
    tree.backend.delete(tree.at("b10"))
    assert not tree.backend.exists(tree.at("b10"))


def test_delete_all_takes_a_folder_with_its_content(tree):
    tree.backend.delete_all(tree.at("b2"))
    assert not tree.backend.exists(tree.at("b2/deep/s5.tif"))
    assert tree.backend.exists(tree.at("b10/s4.tif"))


@pytest.mark.parametrize("operation", ["delete", "delete_all", "stat"])
def test_what_is_missing_cannot_be_deleted_or_described(store, operation):
    with pytest.raises(FileNotFoundError):
        getattr(store.backend, operation)(store.at("missing"))


def test_a_copy_stands_on_its_own(tree):
    tree.backend.copy(tree.at("b2"), tree.at("copy"))
    tree.backend.delete_all(tree.at("b2"))
    np.testing.assert_array_equal(tree.backend.load(tree.at("copy/deep/s5.tif")), IMAGE)


def test_a_move_takes_the_whole_folder(tree):
    tree.backend.move(tree.at("b2"), tree.at("moved"))
    assert not tree.backend.exists(tree.at("b2"))
    np.testing.assert_array_equal(tree.backend.load(tree.at("moved/deep/s5.tif")), IMAGE)


@pytest.mark.parametrize("operation", ["copy", "move"])
def test_copy_and_move_refuse_what_would_lose_data(tree, operation):
    act = getattr(tree.backend, operation)
    with pytest.raises(FileNotFoundError):
        act(tree.at("missing"), tree.at("new"))
    with pytest.raises(FileNotFoundError):
        act(tree.at("x.txt"), tree.at("missing/x.txt"))
    with pytest.raises(FileExistsError):
        act(tree.at("x.txt"), tree.at("s2.tif"))
    with pytest.raises(OSError, match="Invalid argument"):
        act(tree.at("b2"), tree.at("b2/deep/inside"))
    assert tree.backend.load(tree.at("x.txt")) == "text"


def test_a_description_tells_type_and_size(tree):
    tree.backend.save("12345", tree.at("five.txt"))
    file = tree.backend.stat(tree.at("five.txt"))
    assert (file["type"], file["size"], file["path"]) == ("file", 5, tree.at("five.txt"))
    assert tree.backend.stat(tree.at("b2"))["type"] == "directory"


def test_a_link_shows_what_it_points_to(tree):
    backend, link = tree.backend, tree.at("link.txt")
    backend.create_symlink(tree.at("x.txt"), link)
    assert backend.is_symlink(link)
    assert backend.load(link) == "text"
    assert backend.stat(link)["type"] == "symlink"
    assert backend.stat(link)["target"] == tree.at("x.txt")
    assert link in backend.list_files(tree.at(""))


def test_writing_through_a_link_changes_its_target(tree):
    tree.backend.create_symlink(tree.at("x.txt"), tree.at("link.txt"))
    tree.backend.save("new", tree.at("link.txt"), overwrite=True)
    assert tree.backend.load(tree.at("x.txt")) == "new"
    assert tree.backend.is_symlink(tree.at("link.txt"))


def test_deleting_a_link_keeps_its_target(tree):
    for source, link in (("x.txt", "file_link"), ("b2", "folder_link")):
        tree.backend.create_symlink(tree.at(source), tree.at(link))
        tree.backend.delete_all(tree.at(link))
        assert tree.backend.exists(tree.at(source))
        assert not tree.backend.is_symlink(tree.at(link))


def test_a_link_whose_target_is_gone_is_not_there(tree):
    tree.backend.create_symlink(tree.at("x.txt"), tree.at("link.txt"))
    tree.backend.delete(tree.at("x.txt"))
    assert not tree.backend.exists(tree.at("link.txt"))
    assert tree.backend.is_symlink(tree.at("link.txt"))


def test_a_linked_folder_is_entered_by_path_but_not_by_a_listing(tree):
    tree.backend.create_symlink(tree.at("b2"), tree.at("linked"))
    assert tree.backend.is_file(tree.at("linked/s3.tif"))
    listed = tree.backend.list_files(tree.at(""), recursive=True)
    assert tree.at("linked/s3.tif") not in listed


def test_a_link_needs_a_target_and_a_free_name(tree):
    with pytest.raises(FileNotFoundError):
        tree.backend.create_symlink(tree.at("missing"), tree.at("link"))
    with pytest.raises(FileExistsError):
        tree.backend.create_symlink(tree.at("x.txt"), tree.at("s2.tif"))
    tree.backend.save("old", tree.at("y.txt"))
    tree.backend.create_symlink(tree.at("x.txt"), tree.at("y.txt"), overwrite=True)
    assert tree.backend.load(tree.at("y.txt")) == "text"


# What only one of them does.


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


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    disk = STORAGE_BACKENDS["disk"]()
    disk.save({"a": 1}, tmp_path / "a.json")
    with pytest.raises(TypeError):
        disk.save({"a": object()}, tmp_path / "a.json", overwrite=True)
    assert disk.load(tmp_path / "a.json") == {"a": 1}
    assert disk.list_dir(tmp_path) == ["a.json"]


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
    with pytest.raises(UnknownBackendError, match="disk, memory"):
        FileManager().load("a.txt", "disc")


def test_a_backend_that_only_writes_says_so():
    class Sink(WritableBackend):
        def save(self, data, path, *, overwrite=False):
            pass

    files = FileManager({"sink": Sink()})
    files.save("x", "a.txt", "sink")
    with pytest.raises(StorageError, match="has no operation 'load'"):
        files.load("a.txt", "sink")
