"""Plates in OMERO, presented by folders of OME files: what is told of them, and when nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from hcs_plates import htd, tiff, untouched
from omero_plates import Layout, ome_tiff_file, ome_tiff_folder, ome_zarr
from openhcs.errors import MetadataNotFoundError, PlateError, UnknownMicroscopeError
from openhcs.io import STORAGE_BACKENDS, FileManager
from openhcs.microscopes import create_microscope_handler

WRITERS = {
    "one file": lambda store, layout=None: ome_tiff_file(store / "plate_57.ome.tiff", layout),
    "files": lambda store, layout=None: ome_tiff_folder(store / "plate_57", layout),
    "zarr 0.4": lambda store, layout=None: ome_zarr(store / "plate_57.zarr", layout, "0.4"),
    "zarr 0.5": lambda store, layout=None: ome_zarr(store / "plate_57.zarr", layout, "0.5"),
}


@pytest.fixture(params=WRITERS)
def write(request):
    return WRITERS[request.param]


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A folder of plates, named by the environment."""
    monkeypatch.setenv("OPENHCS_OMERO_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


def read(path="/omero/plate_57"):
    return create_microscope_handler("auto", path).read_plate(path)


def test_a_plate_in_a_store_tells_all(store, write):
    write(store)
    assert read().summary() == {
        "microscope": "omero",
        "plate": "/omero/plate_57",
        "wells": ["A01", "B12"],
        "sites": [1, 2],
        "channels": {"1": "DAPI", "2": "GFP"},
        "z_indexes": [1, 2],
        "timepoints": [1, 2],
        "grid_dimensions": [1, 2],
        "pixel_size_um": pytest.approx(0.65),
        "images": 32,
        "ignored": [],
    }


def test_the_folder_of_images_is_the_same_plate(store):
    ome_zarr(store / "plate_57.zarr")
    assert len(read("/omero/plate_57/Images").images) == 32


def test_the_names_have_all_five_components(store):
    ome_zarr(store / "plate_57.zarr")
    mapping = create_microscope_handler("omero").initialize_workspace("/omero/plate_57")
    assert "B12_s002_w2_z001_t002.tif" in mapping
    assert all(name == file for name, file in mapping.items())


def test_patterns_are_found_in_the_plates_own_storage(store):
    ome_zarr(store / "plate_57.zarr", Layout(z=1, t=1))
    handler = create_microscope_handler("auto", "/omero/plate_57")
    assert handler.get_primary_backend("/omero/plate_57") == "omero_local"
    patterns = handler.auto_detect_patterns("/omero/plate_57")
    assert patterns["A01"] == ["A01_s{iii}_w1_z001_t001.tif", "A01_s{iii}_w2_z001_t001.tif"]
    names = handler.path_list_from_pattern("/omero/plate_57", patterns["A01"][0])
    assert names == ["A01_s001_w1_z001_t001.tif", "A01_s002_w1_z001_t001.tif"]


def test_a_plate_of_1536_wells_has_rows_beyond_z(store, write):
    write(store, Layout(wells=((1, 0), (26, 0), (31, 47)), z=1, t=1))
    assert read().values("well") == ["B01", "AA01", "AF48"]


def test_wells_beyond_those_of_1536_cost_no_other_its_images(store, write):
    write(store, Layout(wells=((0, 0), (32, 0)), z=1, t=1))
    plate = read()
    assert plate.values("well") == ["A01"]
    assert {i.reason for i in plate.ignored} == {"its name tells no well"}


def test_what_nobody_told_is_unknown_and_no_number_is_made_up(store, write):
    write(store, Layout(pixel_size=None, grid=None, labels=(None, "GFP")))
    plate = read()
    assert (plate.pixel_size, plate.grid) == (None, None)
    assert plate.channels == {1: None, 2: "GFP"}
    with pytest.raises(MetadataNotFoundError, match="no pixel size"):
        create_microscope_handler("omero").get_pixel_size("/omero/plate_57")


def test_a_known_pixel_size_is_told_in_micrometres(store, write):
    write(store)
    size = create_microscope_handler("omero").get_pixel_size("/omero/plate_57")
    assert size == pytest.approx(0.65)


@pytest.mark.parametrize("grid", ["2x3", "0,3", "2", ""])
def test_a_grid_of_another_form_is_refused(store, grid):
    ome_tiff_file(store / "plate_57.ome.tif", Layout(grid=grid))
    with pytest.raises(PlateError, match=r"openhcs\.grid_dimensions"):
        read()


def test_results_are_a_plate_too_with_the_metadata_of_their_source(store):
    ome_zarr(store / "plate_57.zarr")
    backend = STORAGE_BACKENDS["omero_local"]()
    backend.ensure_directory("/omero/plate_57_outputs/images")
    image = backend.load("/omero/plate_57/A01_s001_w1_z001_t001.tif")
    backend.save(image, "/omero/plate_57_outputs/images/A01_s001_w1_z001_t001.tif")
    backend.save(image, "/omero/plate_57_outputs/images/overview.tif")
    for path in ("/omero/plate_57_outputs", "/omero/plate_57_outputs/images"):
        plate = read(path)
        assert (len(plate.images), plate.channels, plate.grid) == (1, {1: "DAPI"}, (1, 2))
        assert [i.reason for i in plate.ignored] == ["its name tells no well"]
        assert backend.is_file(plate.path / plate.images[0].file)


def test_reading_leaves_the_store_untouched(store, write):
    write(store)
    with untouched(store):
        files = FileManager()
        for path in read().image_paths():
            files.load(path, "omero_local")


def test_a_plate_that_the_zarr_backend_wrote_can_be_put_into_a_store(store):
    zarr = STORAGE_BACKENDS["zarr"](pixel_size_um=0.5, channel_names={1: "DAPI"})
    zarr.ensure_directory(store / "plate_57.zarr")
    names = [f"{well}_s001_w1_z001_t001.tif" for well in ("A10", "AA02")]
    for value, name in enumerate(names):
        zarr.save(np.full((8, 8), value, np.uint16), store / "plate_57.zarr" / name)
    plate, files = read(), FileManager()
    assert [image.file for image in plate.images] == names
    assert (plate.pixel_size, plate.channels) == (0.5, {1: "DAPI"})
    assert [files.load(p, "omero_local").max() for p in plate.image_paths()] == [0, 1]


@pytest.mark.heavy
# ome-zarr itself uses what pydantic, zarr and dask have deprecated.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_plate_that_ome_zarr_wrote_is_read(store, version):
    import zarr
    from ome_zarr.format import format_from_version
    from ome_zarr.writer import write_image, write_plate_metadata, write_well_metadata

    form = format_from_version(version)
    root = zarr.open_group(store / "plate_57.zarr", mode="w", zarr_format=form.zarr_format)
    write_plate_metadata(root, ["C"], ["07"], ["C/07"], fmt=form)
    well = root.require_group("C").require_group("07")
    write_well_metadata(well, ["0", "1"], fmt=form)
    images = np.arange(2 * 3 * 64, dtype=np.uint16).reshape(2, 3, 8, 8)
    for field, image in enumerate(images):
        group = well.require_group(str(field))
        write_image(image, group, axes="zyx", scale_factors=[], fmt=form)
    plate = read()
    assert (plate.values("well"), plate.values("site"), len(plate.images)) == (["C07"], [1, 2], 6)
    plane = FileManager().load("/omero/plate_57/C07_s002_w1_z003_t001.tif", "omero_local")
    np.testing.assert_array_equal(plane, images[1, 2])


# Paths that lead to no plate.


def test_without_a_store_the_path_is_refused_with_what_is_missing(monkeypatch):
    monkeypatch.delenv("OPENHCS_OMERO_STORE", raising=False)
    with pytest.raises(PlateError, match="no OMERO store is configured") as caught:
        create_microscope_handler("auto", "/omero/plate_57")
    assert "OPENHCS_OMERO_STORE" in caught.value.fix


def test_a_plate_that_is_not_there_is_refused_with_those_that_are(store):
    ome_zarr(store / "plate_57.zarr")
    ome_tiff_folder(store / "plate_58")
    with pytest.raises(UnknownMicroscopeError, match=r"tried: omero: .* plate_57, plate_58"):
        read("/omero/plate_99")
    with pytest.raises(MetadataNotFoundError, match="plate_99"):
        create_microscope_handler("omero").read_plate("/omero/plate_99")


@pytest.mark.parametrize("path", ["/omero/plate_57/other", "/omero/plate_57_outputs/none"])
def test_a_folder_that_omero_does_not_have_is_refused(store, path):
    ome_zarr(store / "plate_57.zarr")
    with pytest.raises(MetadataNotFoundError, match="no such folder"):
        create_microscope_handler("omero").find_metadata_file(path)


@pytest.mark.parametrize("path", ["/omero", "/omero/plate_x", "/omero/my_plate_57"])
def test_other_paths_below_omero_are_no_plates(store, path):
    store.mkdir()
    with pytest.raises(PlateError, match="no such folder"):
        create_microscope_handler("auto", path)


def test_a_plate_on_the_disk_is_not_looked_for_in_omero(store, tmp_path):
    htd(tmp_path / "plate_57" / "a.HTD")
    tiff(tmp_path / "plate_57" / "A01_s1_w1.tif")
    assert create_microscope_handler("auto", tmp_path / "plate_57").microscope_type == "imagexpress"
