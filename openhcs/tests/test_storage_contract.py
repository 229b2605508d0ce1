"""What every storage backend must do; each test runs over all that have the capability."""

from __future__ import annotations

import multiprocessing
import posixpath
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from openhcs.errors import StorageError
from openhcs.io import (
    STORAGE_BACKENDS,
    FileManager,
    LinkingBackend,
    ReadableBackend,
    ReadWriteBackend,
    WritableBackend,
)
from storage_cases import (
    IMAGE,
    READ_ONLY,
    READ_WRITE,
    S2,
    S3,
    S4,
    S5,
    S10,
    TREE,
    WRITE_ONLY,
    Store,
    filled,
    loaded,
)


def with_links(names):
    return [name for name in names if issubclass(STORAGE_BACKENDS[name], LinkingBackend)]


@pytest.fixture(params=READ_WRITE)
def store(request, tmp_path) -> Store:
    """An empty folder of each backend that reads and writes."""
    return READ_WRITE[request.param](tmp_path)


@pytest.fixture(params=[*READ_WRITE, *READ_ONLY])
def readable(request, tmp_path) -> Store:
    """A tree of files in each backend that can be read."""
    return filled(request.param, tmp_path)


@pytest.fixture(params=READ_WRITE)
def tree(request, tmp_path) -> Store:
    """A tree of files in each backend that reads and writes."""
    return filled(request.param, tmp_path)


@pytest.fixture(params=with_links(READ_WRITE))
def linked(request, tmp_path) -> Store:
    """A tree of files in each backend that knows links."""
    return filled(request.param, tmp_path)


@pytest.fixture
def sink(request, tmp_path):
    """A backend that is only written to, with its receiver."""
    with WRITE_ONLY[request.param](tmp_path) as case:
        yield case


@pytest.fixture(scope="module")
def child():
    """Another process, started afresh."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield pool


def test_every_backend_is_held_to_the_contract():
    assert {*READ_WRITE, *WRITE_ONLY} == set(STORAGE_BACKENDS)


@pytest.mark.parametrize("name", READ_WRITE)
def test_what_reads_and_writes_has_the_whole_surface(name, tmp_path):
    assert isinstance(READ_WRITE[name](tmp_path).backend, ReadWriteBackend)


# Reading.


@pytest.mark.parametrize("path", TREE)
def test_what_is_there_is_loaded(readable, path):
    np.testing.assert_array_equal(readable.backend.load(readable.at(path)), TREE[path])


def test_a_batch_is_loaded_in_the_order_asked_for(readable):
    paths = [readable.at(name) for name in (S10, "x.txt", S2)]
    contents = readable.backend.load_batch(paths)
    assert contents[1] == "text"
    np.testing.assert_array_equal(contents[0], TREE[S10])


def test_loading_what_is_missing_or_a_folder_fails(readable):
    for missing in ("missing.txt", "A02_s001_w1_z001_t001.tif", "missing/x.txt"):
        with pytest.raises(FileNotFoundError):
            readable.backend.load(readable.at(missing))
    with pytest.raises(IsADirectoryError):
        readable.backend.load(readable.at("b2"))


def test_files_are_listed_in_natural_order(readable):
    expected = [readable.at(name) for name in (S2, S10, "x.txt")]
    assert readable.backend.list_files(readable.at("")) == expected


def test_a_recursive_listing_goes_breadth_first(readable):
    found = readable.backend.list_files(readable.at(""), extensions=[".tif"], recursive=True)
    names = (S2, S10, f"b2/{S3}", f"b10/{S4}", f"b2/deep/{S5}")
    assert found == [readable.at(name) for name in names]


def test_a_listing_is_filtered_by_pattern_and_by_extension_in_any_case(readable):
    list_files = readable.backend.list_files
    assert list_files(readable.at(""), pattern="*_s01*") == [readable.at(S10)]
    assert list_files(readable.at(""), extensions={".TIF"}) == [readable.at(S2), readable.at(S10)]
    assert list_files(readable.at(""), extensions=[]) == []


def test_a_folder_lists_its_names(readable):
    assert readable.backend.list_dir(readable.at("b2")) == [S3, "deep"]


@pytest.mark.parametrize("operation", ["list_files", "list_dir"])
def test_listing_what_is_missing_or_a_file_fails(readable, operation):
    for path, error in (
        ("missing", FileNotFoundError),
        ("x.txt", NotADirectoryError),
        (S2, NotADirectoryError),
    ):
        with pytest.raises(error):
            getattr(readable.backend, operation)(readable.at(path))


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("x.txt", (True, True, False)),
        (S2, (True, True, False)),
        ("b2", (True, False, True)),
        ("", (True, False, True)),
        ("missing", (False, False, False)),
        ("A02_s001_w1_z001_t001.tif", (False, False, False)),
        ("b2/x.txt", (False, False, False)),
    ],
)
def test_kinds_are_told_apart(readable, path, kinds):
    backend, full = readable.backend, readable.at(path)
    assert (backend.exists(full), backend.is_file(full), backend.is_dir(full)) == kinds


def test_a_backend_works_in_another_process(readable, child):
    arrived = child.submit(loaded, readable.backend, readable.at(S2)).result(60)
    np.testing.assert_array_equal(arrived, TREE[S2])


def test_a_loaded_array_belongs_to_the_caller(readable):
    readable.backend.load(readable.at(S2))[:] = 8
    np.testing.assert_array_equal(readable.backend.load(readable.at(S2)), TREE[S2])


@pytest.mark.parametrize("name", READ_ONLY)
def test_what_is_only_read_says_that_it_can_not_be_written(name, tmp_path):
    case = filled(name, tmp_path)
    assert not isinstance(case.backend, WritableBackend)
    with pytest.raises(StorageError, match="has no operation 'save'"):
        FileManager({name: case.backend}).save("x", case.at("y.txt"), name)


# Writing.

CONTENTS = {
    S2: IMAGE,
    S10: IMAGE,
    "A01_s001_w1.ome.tif": IMAGE,
    "B02_s001_w1_z001_t001.tif": IMAGE.astype(np.float32),
    "array.npy": IMAGE.astype(float),
    "data.json": {"a": [1, None, "µ"]},
    "table.csv": [{"well": "A01", "n": "3"}, {"well": "B,02", "n": "4"}],
    "note.txt": "línea 1\nline 2\n",
    "script.py": "x = 1\n",
    "page.md": "# title\n",
    "cells.roi.zip": {"1.roi": b"Iout\0", "2.roi": b"Iout\1"},
    "named.roi.zip": {"cell 1": b"Iout\0", "cell 1.roi": b"Iout\1", "": b"", "a\0µ\udcff/": b"1"},
}


@pytest.mark.parametrize("name", CONTENTS)
def test_what_is_saved_is_loaded(store, name):
    store.backend.save(CONTENTS[name], store.at(name))
    found = store.backend.load(store.at(name))
    np.testing.assert_equal(found, CONTENTS[name])
    assert getattr(found, "dtype", None) == getattr(CONTENTS[name], "dtype", None)


def test_a_saved_array_belongs_to_the_store(store):
    own = IMAGE.copy()
    store.backend.save(own, store.at(S2))
    own[:] = 7
    np.testing.assert_array_equal(store.backend.load(store.at(S2)), IMAGE)


def test_batches_keep_their_order(store):
    paths = [store.at(name) for name in (S3, "1.txt", S2)]
    store.backend.save_batch([IMAGE + 3, "a", IMAGE + 2], paths)
    assert [np.ravel(c)[0] for c in store.backend.load_batch(paths)] == [3, "a", 2]


def test_a_batch_of_unequal_lengths_writes_nothing(store):
    with pytest.raises(ValueError, match="2 items can't be saved to 1 paths"):
        store.backend.save_batch(["a", "b"], [store.at("a.txt")])
    assert store.backend.list_dir(store.at("")) == []


@pytest.mark.parametrize("name", ["a.txt", S2])
def test_saving_into_a_missing_folder_fails(store, name):
    with pytest.raises(FileNotFoundError):
        store.backend.save(CONTENTS.get(name, "x"), store.at(f"missing/{name}"))
    assert not store.backend.exists(store.at("missing"))


@pytest.mark.parametrize(("name", "old", "new"), [("a.txt", "1", "2"), (S2, IMAGE, IMAGE + 1)])
def test_saving_never_overwrites_in_silence(store, name, old, new):
    store.backend.save(old, store.at(name))
    with pytest.raises(FileExistsError):
        store.backend.save(new, store.at(name))
    np.testing.assert_array_equal(store.backend.load(store.at(name)), old)
    store.backend.save(new, store.at(name), overwrite=True)
    np.testing.assert_array_equal(store.backend.load(store.at(name)), new)


@pytest.mark.parametrize("name", ["a.txt", S2])
def test_a_folder_is_no_place_to_save_to(store, name):
    store.backend.ensure_directory(store.at(name))
    for overwrite in (False, True):
        with pytest.raises((FileExistsError, IsADirectoryError)):
            store.backend.save(CONTENTS.get(name, "x"), store.at(name), overwrite=overwrite)
    assert store.backend.is_dir(store.at(name))


@pytest.mark.parametrize("name", ["._x.txt", f"._{S2}"])
def test_what_macos_leaves_is_not_listed(store, name):
    store.backend.save(CONTENTS.get(name[2:], "x"), store.at(name))
    assert store.backend.list_files(store.at("")) == []


def test_making_a_folder_twice_is_harmless_and_over_a_file_fails(tree):
    tree.backend.ensure_directory(tree.at("b2/deep"))
    assert tree.backend.is_file(tree.at(f"b2/deep/{S5}"))
    for name in ("x.txt", S2):
        with pytest.raises(FileExistsError):
            tree.backend.ensure_directory(tree.at(name))


def test_making_a_folder_makes_its_parents(store):
    made = store.backend.ensure_directory(store.at("a/b/c"))
    assert made == store.at("a/b/c")
    assert store.backend.is_dir(store.at("a/b"))


def test_delete_takes_a_file_or_an_empty_folder_only(tree):
    for name in ("x.txt", S2):
        tree.backend.delete(tree.at(name))
        assert not tree.backend.exists(tree.at(name))
    with pytest.raises(OSError, match="not empty"):
        tree.backend.delete(tree.at("b10"))
    tree.backend.delete(tree.at(f"b10/{S4}"))
    tree.backend.delete(tree.at("b10"))
    assert tree.backend.list_dir(tree.at("")) == [S10, "b2"]


def test_delete_all_takes_a_folder_with_its_content(tree):
    tree.backend.delete_all(tree.at("b2"))
    assert not tree.backend.exists(tree.at(f"b2/deep/{S5}"))
    assert tree.backend.exists(tree.at(f"b10/{S4}"))


def test_delete_all_takes_a_single_file(tree):
    for name in ("x.txt", S2):
        tree.backend.delete_all(tree.at(name))
    assert tree.backend.list_files(tree.at("")) == [tree.at(S10)]


@pytest.mark.parametrize("operation", ["delete", "delete_all", "stat"])
def test_what_is_missing_cannot_be_deleted_or_described(tree, operation):
    for missing in ("missing", "A02_s001_w1_z001_t001.tif"):
        with pytest.raises(FileNotFoundError):
            getattr(tree.backend, operation)(tree.at(missing))


def test_a_copy_stands_on_its_own(tree):
    tree.backend.copy(tree.at("b2"), tree.at("copy"))
    tree.backend.copy(tree.at(f"b10/{S4}"), tree.at(f"copy/{S4}"))
    tree.backend.delete_all(tree.at("b2"))
    assert tree.backend.list_dir(tree.at("copy")) == [S3, S4, "deep"]
    np.testing.assert_array_equal(
        tree.backend.load(tree.at(f"copy/deep/{S5}")), TREE[f"b2/deep/{S5}"]
    )


def test_a_move_takes_files_and_whole_folders(tree):
    for old, new in (("b2", "moved"), (S2, f"moved/{S2}"), ("x.txt", "moved/y.txt")):
        tree.backend.move(tree.at(old), tree.at(new))
        assert not tree.backend.exists(tree.at(old))
    assert tree.backend.list_dir(tree.at("moved")) == [S2, S3, "deep", "y.txt"]
    np.testing.assert_array_equal(tree.backend.load(tree.at(f"moved/{S2}")), TREE[S2])


@pytest.mark.parametrize("operation", ["copy", "move"])
@pytest.mark.parametrize(
    ("source", "destination", "error"),
    [
        ("missing", "new", FileNotFoundError),
        ("x.txt", "missing/x.txt", FileNotFoundError),
        (S2, f"missing/{S2}", FileNotFoundError),
        ("b2", "b10", FileExistsError),
        (S2, S10, FileExistsError),
        ("b2", "b2/deep/inside", OSError),
    ],
)
def test_copy_and_move_refuse_what_would_lose_data(tree, operation, source, destination, error):
    with pytest.raises(error):
        getattr(tree.backend, operation)(tree.at(source), tree.at(destination))
    for path, content in TREE.items():
        np.testing.assert_array_equal(tree.backend.load(tree.at(path)), content)


def test_a_description_tells_type_and_size(tree):
    tree.backend.save("12345", tree.at("five.txt"))
    file = tree.backend.stat(tree.at("five.txt"))
    assert (file["type"], file["size"], file["path"]) == ("file", 5, tree.at("five.txt"))
    assert tree.backend.stat(tree.at("b2"))["type"] == "directory"
    image = tree.backend.stat(tree.at(S2))
    assert image["type"] == "file"
    assert image["size"] >= IMAGE.nbytes


# Links.


def test_without_links_nothing_is_one_and_none_can_be_made(tree):
    assert not tree.backend.is_symlink(tree.at("x.txt"))
    if not isinstance(tree.backend, LinkingBackend):
        with pytest.raises(StorageError, match="knows no links"):
            tree.backend.create_symlink(tree.at("x.txt"), tree.at("link.txt"))


def test_a_link_shows_what_it_points_to(linked):
    backend, link = linked.backend, linked.at("link.txt")
    backend.create_symlink(linked.at("x.txt"), link)
    assert backend.is_symlink(link)
    assert backend.load(link) == "text"
    assert backend.stat(link)["type"] == "symlink"
    assert backend.stat(link)["target"] == linked.at("x.txt")
    assert link in backend.list_files(linked.at(""))


def test_writing_through_a_link_changes_its_target(linked):
    linked.backend.create_symlink(linked.at("x.txt"), linked.at("link.txt"))
    linked.backend.save("new", linked.at("link.txt"), overwrite=True)
    assert linked.backend.load(linked.at("x.txt")) == "new"
    assert linked.backend.is_symlink(linked.at("link.txt"))


def test_deleting_a_link_keeps_its_target(linked):
    for source, link in (("x.txt", "file_link"), ("b2", "folder_link")):
        linked.backend.create_symlink(linked.at(source), linked.at(link))
        linked.backend.delete_all(linked.at(link))
        assert linked.backend.exists(linked.at(source))
        assert not linked.backend.is_symlink(linked.at(link))


def test_a_link_whose_target_is_gone_is_not_there(linked):
    linked.backend.create_symlink(linked.at("x.txt"), linked.at("link.txt"))
    linked.backend.delete(linked.at("x.txt"))
    assert not linked.backend.exists(linked.at("link.txt"))
    assert linked.backend.is_symlink(linked.at("link.txt"))
    assert linked.at("link.txt") not in linked.backend.list_files(linked.at(""))
    assert "link.txt" in linked.backend.list_dir(linked.at(""))


def test_a_linked_folder_is_entered_by_path_but_not_by_a_listing(linked):
    linked.backend.create_symlink(linked.at("b2"), linked.at("linked"))
    assert linked.backend.is_file(linked.at(f"linked/{S3}"))
    listed = linked.backend.list_files(linked.at(""), recursive=True)
    assert linked.at(f"linked/{S3}") not in listed


def test_a_link_needs_a_target_and_a_free_name(linked):
    with pytest.raises(FileNotFoundError):
        linked.backend.create_symlink(linked.at("missing"), linked.at("link"))
    with pytest.raises(FileExistsError):
        linked.backend.create_symlink(linked.at("x.txt"), linked.at(S2))
    linked.backend.save("old", linked.at("y.txt"))
    linked.backend.create_symlink(linked.at("x.txt"), linked.at("y.txt"), overwrite=True)
    assert linked.backend.load(linked.at("y.txt")) == "text"


# Writing only.


@pytest.mark.parametrize("sink", WRITE_ONLY, indirect=True)
def test_what_is_only_written_arrives_and_says_that_it_can_not_be_read(sink):
    paths = [posixpath.join("/plate", name) for name in (S2, S3)]
    sink.backend.save_batch([IMAGE, IMAGE], paths)
    assert set(paths) <= sink.shown()
    assert not isinstance(sink.backend, ReadableBackend)
    with pytest.raises(StorageError, match="has no operation 'load'"):
        FileManager({"sink": sink.backend}).load(paths[0], "sink")


@pytest.mark.parametrize("sink", WRITE_ONLY, indirect=True)
def test_an_unequal_batch_sends_nothing(sink):
    with pytest.raises(ValueError, match="2 items can't be saved to 1 paths"):
        sink.backend.save_batch([IMAGE, IMAGE], [f"/plate/{S2}"])
    assert sink.shown() == set()


@pytest.mark.parametrize("sink", WRITE_ONLY, indirect=True)
def test_cleaning_up_twice_is_harmless(sink):
    sink.backend.save(IMAGE, f"/plate/{S2}")
    sink.backend.cleanup()
    sink.backend.cleanup()
