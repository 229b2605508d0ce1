"""A plate seen flattened: where the names come from, and what they may not do."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from hcs_plates import fingerprint, harmony, htd, tiff
from openhcs.errors import BrokenFileError, StorageError, UnknownMicroscopeError
from openhcs.io import STORAGE_BACKENDS, FileManager, WritableBackend
from openhcs.io.virtual_workspace import VirtualWorkspaceBackend
from openhcs.microscopes import create_microscope_handler

NAME = "A01_s001_w1_z001_t001.tif"
PARSER = "ImageXpressFilenameParser"


def described(plate, **subdirectories):
    """Write the plate's metadata; "root" stands for "."."""
    named = {"." if name == "root" else name: told for name, told in subdirectories.items()}
    (plate / "openhcs_metadata.json").write_text(json.dumps({"subdirectories": named}))
    return VirtualWorkspaceBackend(plate)


@pytest.fixture
def imagexpress(tmp_path):
    """A plate whose images lie in folders for time points."""
    htd(tmp_path / "a.HTD")
    for time in (1, 2):
        tiff(tmp_path / f"TimePoint_{time}" / "A01_s1_w1.TIF", value=time)
    return tmp_path


def test_the_names_of_the_metadata_are_resolved(tmp_path):
    tiff(tmp_path / "TimePoint_1/a.tif", value=5)
    workspace = described(tmp_path, root={"workspace_mapping": {NAME: "TimePoint_1/a.tif"}})
    assert workspace.list_files(tmp_path) == [str(tmp_path / NAME)]
    assert (workspace.load(tmp_path / NAME) == 5).all()
    assert not workspace.exists(tmp_path / "TimePoint_1/a.tif")


@pytest.mark.parametrize(
    ("virtual", "real"),
    [
        (NAME, "TimePoint_1\\a.tif"),
        (f"./{NAME}", "./TimePoint_1/a.tif"),
        (f".\\{NAME}", "TimePoint_1//a.tif"),
    ],
)
def test_separators_and_the_root_have_several_spellings(tmp_path, virtual, real):
    tiff(tmp_path / "TimePoint_1/a.tif")
    workspace = described(tmp_path, root={"workspace_mapping": {virtual: real}})
    assert workspace.workspace_mapping == {NAME: "TimePoint_1/a.tif"}
    assert workspace.is_file(tmp_path / NAME)


def test_the_main_form_wins_over_the_first(tmp_path):
    for number in (1, 2):
        tiff(tmp_path / f"{number}.tif", value=number)
    workspace = described(
        tmp_path,
        first={"workspace_mapping": {NAME: "1.tif", "other.tif": "1.tif"}},
        second={"workspace_mapping": {NAME: "2.tif"}, "main": True},
    )
    assert workspace.workspace_mapping == {NAME: "2.tif", "other.tif": "1.tif"}


def test_without_a_mapping_the_images_lie_under_their_names(tmp_path):
    tiff(tmp_path / "images" / NAME, value=3)
    workspace = described(tmp_path, images={"image_files": [f"images/{NAME}"]})
    assert workspace.list_dir(tmp_path) == ["images"]
    assert (workspace.load(tmp_path / "images" / NAME) == 3).all()


@pytest.mark.parametrize(
    "real", ["../secret.tif", "a/../../secret.tif", "/etc/passwd", "C:\\secret.tif", "", 7, None]
)
def test_a_mapping_that_leads_out_of_the_plate_is_refused(tmp_path, real):
    plate = tmp_path / "plate"
    plate.mkdir()
    tiff(tmp_path / "secret.tif")
    workspace = described(plate, root={"workspace_mapping": {NAME: real}})
    with pytest.raises(BrokenFileError, match="no file inside it") as caught:
        workspace.load(plate / NAME)
    assert caught.value.file == str(plate / "openhcs_metadata.json")


@pytest.mark.parametrize("name", ["../a.tif", "/a.tif", ""])
def test_a_name_outside_the_plate_is_refused(tmp_path, name):
    tiff(tmp_path / "a.tif")
    workspace = described(tmp_path, root={"workspace_mapping": {name: "a.tif"}})
    with pytest.raises(BrokenFileError, match="no file inside it"):
        workspace.list_files(tmp_path)


def test_a_path_outside_the_plate_is_not_there(tmp_path):
    plate = tmp_path / "plate"
    tiff(plate / "a.tif")
    workspace = described(plate, root={"workspace_mapping": {NAME: "a.tif"}})
    outside = plate / ".." / tiff(tmp_path / "b.tif").name
    assert not workspace.exists(outside)
    assert not workspace.exists(tmp_path)
    with pytest.raises(FileNotFoundError):
        workspace.load(outside)


def test_a_relative_path_is_meant_as_everywhere(tmp_path, monkeypatch):
    tiff(tmp_path / "plate/a.tif")
    described(tmp_path / "plate", root={"workspace_mapping": {NAME: "a.tif"}})
    monkeypatch.chdir(tmp_path)
    workspace = VirtualWorkspaceBackend("plate")
    monkeypatch.chdir(tmp_path / "plate")
    assert workspace.list_files(".") == [f"./{NAME}"]
    assert workspace.is_file(NAME)


def test_an_image_that_is_gone_is_not_there(tmp_path):
    workspace = described(tmp_path, root={"workspace_mapping": {NAME: "gone.tif"}})
    assert not workspace.exists(tmp_path / NAME)
    assert workspace.list_files(tmp_path) == []
    with pytest.raises(FileNotFoundError, match=r"gone\.tif"):
        workspace.load(tmp_path / NAME)


def test_changed_metadata_is_read_again(tmp_path):
    for number in (1, 2):
        tiff(tmp_path / f"{number}.tif", value=number)
    workspace = described(tmp_path, root={"workspace_mapping": {NAME: "1.tif"}})
    assert (workspace.load(tmp_path / NAME) == 1).all()
    described(tmp_path, root={"workspace_mapping": {NAME: "2.tif"}})
    file = tmp_path / "openhcs_metadata.json"
    os.utime(file, ns=(1, file.stat().st_mtime_ns + 1))  # a coarse clock may tell one time twice
    assert (workspace.load(tmp_path / NAME) == 2).all()


def test_what_a_caller_does_to_the_mapping_stays_with_the_caller(tmp_path):
    tiff(tmp_path / "a.tif")
    workspace = described(tmp_path, root={"workspace_mapping": {NAME: "a.tif"}})
    workspace.workspace_mapping.clear()
    assert workspace.workspace_mapping == {NAME: "a.tif"}


def test_a_plate_without_metadata_of_ours_is_flattened_by_its_handler(imagexpress):
    before = fingerprint(imagexpress)
    for handler in (None, create_microscope_handler("imagexpress", imagexpress)):
        workspace = VirtualWorkspaceBackend(imagexpress, handler)
        found = workspace.list_files(imagexpress)
        assert [os.path.basename(path)[-8:] for path in found] == ["t001.TIF", "t002.TIF"]
        assert [int(image[0, 0]) for image in workspace.load_batch(found)] == [1, 2]
    assert fingerprint(imagexpress) == before


def test_an_opera_plate_is_flattened_to_its_root(tmp_path):
    harmony(tmp_path, {1: (0, 0), 2: (100, 0)})
    files = FileManager.for_plate(tmp_path)
    listed = files.list_image_files(tmp_path, "virtual_workspace")
    assert [os.path.basename(path) for path in listed] == [
        "r01c01f001p001-ch1sk1fk1fl1.tiff",
        "r01c01f002p001-ch1sk1fk1fl1.tiff",
    ]
    assert files.load(listed[0], "virtual_workspace").shape == (8, 8)


def test_each_plate_has_a_workspace_of_its_own(tmp_path):
    managers = {}
    for number in (1, 2):
        plate = tmp_path / str(number)
        tiff(plate / "a.tif", value=number)
        described(plate, root={"workspace_mapping": {NAME: "a.tif"}})
        managers[plate] = FileManager.for_plate(plate)
    for number, (plate, files) in enumerate(managers.items(), 1):
        assert (files.load(plate / NAME, "virtual_workspace") == number).all()
    first, second = managers
    assert not managers[first].exists(second / NAME, "virtual_workspace")


def test_it_is_in_no_registry(tmp_path):
    assert "virtual_workspace" not in STORAGE_BACKENDS
    assert VirtualWorkspaceBackend not in {STORAGE_BACKENDS[key] for key in STORAGE_BACKENDS}


@pytest.mark.parametrize("operation", ["save", "delete", "move", "copy", "ensure_directory"])
def test_nothing_can_be_written(tmp_path, operation):
    tiff(tmp_path / "a.tif")
    described(tmp_path, root={"workspace_mapping": {NAME: "a.tif"}})
    before = fingerprint(tmp_path)
    files = FileManager.for_plate(tmp_path)
    assert not isinstance(files.backend("virtual_workspace"), WritableBackend)
    arguments = {"save": ("x",), "move": (NAME,), "copy": (NAME,)}.get(operation, ())
    with pytest.raises(StorageError, match=f"has no operation '{operation}'"):
        getattr(files, operation)(*arguments, tmp_path / NAME, "virtual_workspace")
    assert fingerprint(tmp_path) == before


def test_a_folder_that_is_no_plate_is_refused(tmp_path):
    with pytest.raises(UnknownMicroscopeError):
        VirtualWorkspaceBackend(tmp_path).list_files(tmp_path)


def test_a_workspace_of_thousands_of_images_is_listed_quickly(tmp_path):
    tiff(tmp_path / "a.tif")
    names = [f"A01_s{site}_w1.tif" for site in range(5000)]
    workspace = described(tmp_path, root={"workspace_mapping": dict.fromkeys(names, "a.tif")})
    assert workspace.list_files(tmp_path) == [str(tmp_path / name) for name in names]
    np.testing.assert_array_equal(workspace.load(tmp_path / names[-1]), np.zeros((8, 8)))
