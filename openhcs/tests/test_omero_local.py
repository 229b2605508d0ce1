"""The storage backend over OMERO plates: planes in, results out, originals as they were."""

from __future__ import annotations

import importlib.util
import multiprocessing
import pickle
import sys

import numpy as np
import pytest

from omero_plates import Layout, ome_tiff_file, ome_tiff_folder, ome_zarr
from openhcs.errors import BrokenFileError, StorageError
from openhcs.io.omero_local import OMEROLocalBackend
from openhcs.omero.connection import connect

LAYOUT = Layout()
WRITERS = {
    "one file": lambda store: ome_tiff_file(store / "plate_57.ome.tiff"),
    "files": lambda store: ome_tiff_folder(store / "plate_57"),
    "zarr 0.4": lambda store: ome_zarr(store / "plate_57.zarr", version="0.4"),
    "zarr 0.5": lambda store: ome_zarr(store / "plate_57.zarr"),
}
PLANE = "/omero/plate_57/A01_s001_w1_z001_t001.tif"
RESULTS = "/omero/plate_57_outputs"


@pytest.fixture
def store(tmp_path):
    ome_zarr(tmp_path / "store" / "plate_57.zarr", Layout(z=1, t=1))
    return tmp_path / "store"


@pytest.fixture
def backend(store):
    backend = OMEROLocalBackend(store=store)
    yield backend
    backend.cleanup()


@pytest.mark.parametrize("write", WRITERS)
def test_every_plane_is_the_one_that_its_name_tells(tmp_path, write):
    WRITERS[write](tmp_path)
    backend = OMEROLocalBackend(store=tmp_path)
    for well, name in enumerate(("A01", "B12")):
        for field in range(LAYOUT.fields):
            stack = LAYOUT.stack(well, field)
            for t, c, z in np.ndindex(stack.shape[:3]):
                file = f"{name}_s{field + 1:03}_w{c + 1}_z{z + 1:03}_t{t + 1:03}.tif"
                plane = backend.load(f"/omero/plate_57/{file}")
                np.testing.assert_array_equal(plane, stack[t, c, z])
                assert plane.dtype == np.uint16


def test_a_plate_lists_its_planes_in_natural_order(tmp_path):
    ome_zarr(tmp_path / "plate_57.zarr", Layout(wells=((0, 9), (0, 1)), fields=1, z=1, t=1))
    backend = OMEROLocalBackend(store=tmp_path)
    names = [f"{w}_s001_w{c}_z001_t001.tif" for w in ("A02", "A10") for c in (1, 2)]
    assert backend.list_dir("/omero/plate_57") == names
    for folder in ("/omero/plate_57", "/omero/plate_57/Images"):
        assert backend.list_files(folder) == [f"{folder}/{name}" for name in names]
    assert backend.list_files("/omero/plate_57", pattern="A10*", extensions=[".TIF"]) == [
        f"/omero/plate_57/{name}" for name in names[2:]
    ]


def test_the_root_lists_plates_and_results(backend):
    assert backend.list_dir("/omero") == ["plate_57"]
    backend.ensure_directory(RESULTS)
    backend.save("x", f"{RESULTS}/a.txt")
    assert backend.list_dir("/omero") == ["plate_57", "plate_57_outputs"]
    listed = backend.list_files("/omero", recursive=True)
    assert {PLANE, f"{RESULTS}/a.txt"} <= set(listed)


def test_kinds_are_told_apart(backend):
    kinds = {
        path: (backend.exists(path), backend.is_file(path), backend.is_dir(path))
        for path in ("/omero", "/omero/plate_57", "/omero/plate_57/Images", PLANE)
    }
    folder, file = (True, False, True), (True, True, False)
    assert list(kinds.values()) == [folder, folder, folder, file]
    for missing in ("/omero/plate_9", "/omero/plate_57/A01_s9_w1.tif", RESULTS, f"{PLANE}/x"):
        assert not backend.exists(missing)


def test_a_name_that_only_begins_like_a_plane_is_none(backend):
    with pytest.raises(FileNotFoundError):
        backend.load("/omero/plate_57/A01_s001_w1_z001_t001_mask.tif")


def test_a_plate_is_no_file_and_a_plane_no_folder(backend):
    with pytest.raises(IsADirectoryError):
        backend.load("/omero/plate_57")
    with pytest.raises(NotADirectoryError):
        backend.list_files(PLANE)
    assert backend.stat("/omero/plate_57") == {"type": "directory", "path": "/omero/plate_57"}
    assert backend.stat(PLANE) == {"type": "file", "path": PLANE, "size": 128}


CONTENTS = {
    "image.tif": np.arange(12, dtype=np.uint16).reshape(3, 4),
    "table.csv": [{"well": "A01", "count": "3"}],
    "note.txt": "made of plate 57\n",
    "cells.roi.zip": {"1.roi": b"Iout\0"},
}


@pytest.mark.parametrize("name", CONTENTS)
def test_results_are_written_beside_the_plates(backend, store, name):
    backend.ensure_directory(f"{RESULTS}/images")
    backend.save(CONTENTS[name], f"{RESULTS}/images/{name}")
    np.testing.assert_equal(backend.load(f"{RESULTS}/images/{name}"), CONTENTS[name])
    assert (store / "results" / "plate_57_outputs" / "images" / name).is_file()


def test_results_go_where_they_are_told_to(store, tmp_path):
    backend = OMEROLocalBackend(store=store, results=tmp_path / "elsewhere")
    backend.ensure_directory(RESULTS)
    assert (tmp_path / "elsewhere" / "plate_57_outputs").is_dir()
    assert not (store / "results").exists()


def test_a_plate_and_a_plane_can_be_copied_into_the_results(backend):
    backend.ensure_directory(RESULTS)
    backend.copy(PLANE, f"{RESULTS}/one.tif")
    backend.copy("/omero/plate_57", f"{RESULTS}/all")
    assert backend.list_dir(f"{RESULTS}/all") == backend.list_dir("/omero/plate_57")
    np.testing.assert_array_equal(backend.load(f"{RESULTS}/one.tif"), backend.load(PLANE))


CHANGES = {
    "save": lambda backend: backend.save("x", "/omero/plate_57/a.txt"),
    "overwrite": lambda backend: backend.save(np.zeros((2, 2)), PLANE, overwrite=True),
    "make a folder": lambda backend: backend.ensure_directory("/omero/plate_57/Images/new"),
    "delete": lambda backend: backend.delete(PLANE),
    "delete all": lambda backend: backend.delete_all("/omero/plate_57"),
    "move": lambda backend: backend.move(PLANE, f"{RESULTS}/a.tif"),
    "copy over": lambda backend: backend.copy(PLANE, "/omero/plate_57/b.tif"),
    "climb": lambda backend: backend.save("x", f"{RESULTS}/../plate_57/a.txt"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_original_is_never_changed(backend, change):
    with pytest.raises(StorageError, match="is an original") as caught:
        CHANGES[change](backend)
    assert "plate_57_outputs" in caught.value.fix


@pytest.mark.parametrize("path", ["/tmp/a.txt", "a.txt", "/omero/../etc/a.txt", "/omerox/a.txt"])
def test_paths_outside_are_refused(backend, path):
    with pytest.raises(StorageError, match="only what is below /omero"):
        backend.save("x", path)


def test_all_results_at_once_are_not_deleted(backend):
    with pytest.raises(StorageError, match="never deleted whole"):
        backend.delete_all("/omero")


# Connections.


def loaded_in_worker(pickled):
    """Unpickle a backend and load a plane with it; runs in a worker."""
    return pickle.loads(pickled).load(PLANE)


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_a_backend_connects_anew_in_a_worker(backend, monkeypatch, method):
    here, pickled = backend.load(PLANE), pickle.dumps(backend)
    monkeypatch.chdir("/")
    with multiprocessing.get_context(method).Pool(1) as pool:
        there = pool.apply(loaded_in_worker, (pickled,))
    np.testing.assert_array_equal(here, there)


def test_a_store_named_by_a_relative_path_is_found_from_elsewhere(store, monkeypatch):
    monkeypatch.chdir(store.parent)
    backend = OMEROLocalBackend(store="store")
    monkeypatch.chdir("/")
    assert pickle.loads(pickle.dumps(backend)).is_dir("/omero/plate_57")


def test_a_closed_backend_connects_again(backend):
    backend.load(PLANE)
    backend.cleanup()
    assert backend.is_file(PLANE)


def test_without_a_store_the_first_use_says_what_to_set(monkeypatch):
    monkeypatch.delenv("OPENHCS_OMERO_STORE", raising=False)
    backend = OMEROLocalBackend()
    assert not backend.is_configured
    with pytest.raises(StorageError, match="OPENHCS_OMERO_STORE"):
        backend.load(PLANE)
    with pytest.raises(StorageError, match="OPENHCS_OMERO_RESULTS"):
        backend.save("x", f"{RESULTS}/a.txt")


def test_a_store_that_is_no_folder_is_named(tmp_path):
    with pytest.raises(StorageError, match="no such OMERO store") as caught:
        OMEROLocalBackend(store=tmp_path / "none").load(PLANE)
    assert caught.value.file == str(tmp_path / "none")


def test_two_entries_with_one_number_are_refused(store):
    ome_tiff_file(store / "plate_57.ome.tiff")
    with pytest.raises(StorageError, match=r"plate_57\.ome\.tiff and plate_57\.zarr"):
        OMEROLocalBackend(store=store).load(PLANE)


# Damage.


def images_of(folder):
    return sorted(folder.glob("*.ome.tiff"))


@pytest.mark.parametrize("size", [0, 7, 200, 900])
def test_a_cut_image_is_named(tmp_path, size):
    image = images_of(ome_tiff_folder(tmp_path / "plate_57"))[0]
    image.write_bytes(image.read_bytes()[:size])
    backend = OMEROLocalBackend(store=tmp_path)
    with pytest.raises(BrokenFileError) as caught:
        backend.load(PLANE.replace("_w1_z001_t001", "_w2_z002_t002"))
    assert caught.value.file == str(image)


def test_a_plane_cut_short_is_named_and_not_filled_up(tmp_path):
    layout = Layout(wells=((0, 0),), fields=1, z=1, t=1, labels=("DAPI",))
    image = ome_tiff_file(tmp_path / "plate_57.ome.tiff", layout)
    backend = OMEROLocalBackend(store=tmp_path)
    assert backend.is_file(PLANE)
    image.write_bytes(image.read_bytes()[:-20])
    with pytest.raises(BrokenFileError, match="cut short"):
        backend.load(PLANE)


def test_one_image_that_is_gone_costs_only_its_planes(tmp_path):
    image = images_of(ome_tiff_folder(tmp_path / "plate_57"))[0]
    image.unlink()
    backend = OMEROLocalBackend(store=tmp_path)
    assert backend.load(PLANE.replace("s001", "s002")).any()
    with pytest.raises(BrokenFileError, match=r"image0\.ome\.tiff.* is missing"):
        backend.load(PLANE)


@pytest.mark.parametrize("name", ["../secret.ome.tiff", "/etc/passwd", "..\\\\secret.ome.tiff"])
def test_a_plate_that_names_a_file_outside_reads_nothing_there(tmp_path, name):
    ome_tiff_file(tmp_path / "secret.ome.tiff")
    companion = ome_tiff_folder(tmp_path / "store" / "plate_57") / "plate.companion.ome"
    companion.write_text(
        companion.read_text().replace("image0.ome.tiff", name.replace("\\\\", "\\"))
    )
    with pytest.raises(BrokenFileError, match="is missing"):
        OMEROLocalBackend(store=tmp_path / "store").load(PLANE)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("<OME", "<!DOCTYPE x [<!ENTITY a 'b'>]><OME", "document type"),
        ("</OME>", "", "no element found"),
        ('<Plate ID="Plate:1"', '<Screen ID="Plate:1"', "mismatched"),
        ('SizeZ="2"', 'SizeZ="two"', "two"),
        ('SizeZ="2"', 'SizeZ="2000000000"', "sizes"),
        ('SizeZ="2"', 'SizeZ="0"', "sizes"),
        ("XYZCT", "ZYXCT", "dimension order|plane"),
        ('SamplesPerPixel="1"', 'SamplesPerPixel="3"', "colour"),
        ('ImageRef ID="Image:0"', 'ImageRef ID="Image:9"', "Image:9"),
        ('Row="0"', 'Row="-1"', "row -1"),
        ('Row="0" ', "", "Row"),
    ],
)
def test_an_ome_xml_that_makes_no_sense_is_named(tmp_path, old, new, why):
    companion = ome_tiff_folder(tmp_path / "plate_57") / "plate.companion.ome"
    text = companion.read_text()
    assert old in text
    companion.write_text(text.replace(old, new))
    with pytest.raises(BrokenFileError, match=why) as caught:
        OMEROLocalBackend(store=tmp_path).load(PLANE)
    assert caught.value.file == str(companion)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize(
    ("group", "old", "new", "why"),
    [
        ("", '"plate"', '"image"', "no 'plate'"),
        ("", '"wells"', '"holes"', "wells"),
        ("", '"A/1"', '"../x"', "no path within"),
        ("", '"A/1"', '"A/0"', "no well"),
        ("", '"A/1"', '"?/1"', "row"),
        ("A/1", '"images"', '"fields"', "images"),
        ("A/1/0", '"t"', '"field"', "axes"),
        ("A/1/0", '"datasets"', '"levels"', "datasets"),
        ("A/1/0", '{"path": "0"', '{"path": "9"', "9"),
        ("A/1/0", "{", "", "group"),
    ],
)
def test_an_ome_zarr_that_makes_no_sense_is_named(tmp_path, version, group, old, new, why):
    folder = ome_zarr(tmp_path / "plate_57.zarr", version=version) / group
    metadata = folder / (".zattrs" if version == "0.4" else "zarr.json")
    text = metadata.read_text()
    assert old in text
    metadata.write_text(text.replace(old, new))
    with pytest.raises(BrokenFileError, match=why) as caught:
        OMEROLocalBackend(store=tmp_path).load(PLANE)
    assert caught.value.file == str(folder)


def test_a_cut_chunk_of_an_ome_zarr_is_named(tmp_path):
    folder = ome_zarr(tmp_path / "plate_57.zarr") / "A" / "1" / "0"
    chunk = folder / "0" / "c" / "0" / "0" / "0" / "0" / "0"
    chunk.write_bytes(chunk.read_bytes()[:5])
    with pytest.raises(BrokenFileError, match="plane z 0, channel 0") as caught:
        OMEROLocalBackend(store=tmp_path).load(PLANE)
    assert caught.value.file == str(folder)


# The gateway itself, by the calls of the real one.


@pytest.mark.parametrize("write", WRITERS)
def test_the_calls_of_the_gateway_lead_from_plate_to_plane(tmp_path, write):
    WRITERS[write](tmp_path)
    gateway = connect(str(tmp_path))
    (plate,) = gateway.getObjects("Plate", attributes={"name": "experiment"})
    assert list(gateway.getObjects("Plate", attributes={"name": "other"})) == []
    wells = list(plate.listChildren())
    assert [(well.row, well.column) for well in wells] == [(0, 0), (1, 11)]
    image = wells[1].getWellSample(1).getImage()
    sizes = (image.getSizeZ(), image.getSizeC(), image.getSizeT(), image.getSizeY())
    assert (sizes, image.getSizeX()) == ((2, 2, 2, 8), 8)
    assert [channel.getLabel() for channel in image.getChannels()] == ["DAPI", "GFP"]
    same = gateway.getObject("Image", image.getId())
    plane = same.getPrimaryPixels().getPlane(1, 0, 1)
    np.testing.assert_array_equal(plane, LAYOUT.stack(1, 1)[1, 0, 1])
    with pytest.raises(IndexError):
        same.getPrimaryPixels().getPlane(2, 0, 0)
    assert wells[1].getWellSample(2) is None
    assert gateway.getObject("Plate", 9) is gateway.getObject("Image", image.getId() + 9) is None
    assert gateway.keepAlive()
    gateway.close()


# A real server: neither it nor its library is at hand. A library of the same name that opens a
# folder instead holds what we ask of it.

LIBRARY = """
from pathlib import Path
from openhcs.omero.store import StoreGateway

class BlitzGateway(StoreGateway):
    def __init__(self, username, passwd, *, host, port, secure):
        super().__init__(Path(__file__).parents[1] / "store")
        self.host, self.port, self.SERVICE_OPTS = host, port, self
        self.accepts = (username, passwd, secure) == ("reader", "secret", True)

    def connect(self):
        if self.host == "broken":
            raise Exception("connection refused")
        return self.accepts

    def getLastError(self):
        return "wrong password"

    def setOmeroGroup(self, group):
        assert group == "-1"
"""


@pytest.fixture
def library(store, monkeypatch):
    """A library called omero; the store beside it is what its server holds."""
    package = store.parent / "omero"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "gateway.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(store.parent)
    monkeypatch.setenv("OPENHCS_OMERO_USER", "reader")
    monkeypatch.setenv("OPENHCS_OMERO_PASSWORD", "secret")
    yield
    for name in ("omero.gateway", "omero"):
        sys.modules.pop(name, None)


def test_a_server_is_read_as_a_folder_is(library, backend):
    server = OMEROLocalBackend(store="omero://omero.example.org:4065")
    np.testing.assert_array_equal(server.load(PLANE), backend.load(PLANE))
    assert b"secret" not in pickle.dumps(server)
    with pytest.raises(FileNotFoundError, match=r"plate_9 .*omero\.example\.org.*plate_57"):
        server.load("/omero/plate_9/A01_s001_w1_z001_t001.tif")
    server.cleanup()


@pytest.mark.parametrize(
    ("host", "password", "why"),
    [
        ("host", "guess", "refuses: wrong password"),
        ("broken", "secret", "can't be reached: connection refused"),
        ("host", "", "no user or password"),
    ],
)
def test_a_server_that_does_not_answer_as_hoped_is_named(library, monkeypatch, host, password, why):
    monkeypatch.setenv("OPENHCS_OMERO_PASSWORD", password)
    with pytest.raises(StorageError, match=why) as caught:
        OMEROLocalBackend(store=f"omero://{host}").load(PLANE)
    assert caught.value.file == f"omero://{host}"


def test_a_server_without_its_library_says_what_to_install():
    if importlib.util.find_spec("omero"):
        pytest.skip("omero-py is installed here")
    with pytest.raises(StorageError, match="omero-py") as caught:
        OMEROLocalBackend(store="omero://localhost").load(PLANE)
    assert "pip install omero-py" in caught.value.fix


@pytest.mark.parametrize(
    "address", ["omero://", "omero://host:port", "omero://me:secret@host", "omero://host/path"]
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(StorageError, match="no address"):
        OMEROLocalBackend(store=address).load(PLANE)


def test_the_results_of_a_server_need_a_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENHCS_OMERO_RESULTS", raising=False)
    with pytest.raises(StorageError, match="OPENHCS_OMERO_RESULTS"):
        OMEROLocalBackend(store="omero://host").save("x", f"{RESULTS}/a.txt")
    backend = OMEROLocalBackend(store="omero://host", results=tmp_path)
    backend.ensure_directory(RESULTS)
    assert (tmp_path / "plate_57_outputs").is_dir()
