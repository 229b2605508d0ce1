"""Whatever bytes a plate's files hold: an answer, or one of our errors; never anything else."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
import tifffile

from hcs_plates import harmony, htd, tiff
from omero_plates import Layout, ome_tiff_file, ome_tiff_folder, ome_zarr
from openhcs.errors import OpenHCSError
from openhcs.io import STORAGE_BACKENDS, FileManager
from openhcs.io.ngff import finish_well, finished_wells, read_field, write_field
from openhcs.io.omero_local import OMEROLocalBackend
from openhcs.io.tiff_header import check_tiff
from openhcs.microscopes import METADATA_HANDLERS
from openhcs.processing.backends.experimental_analysis import FORMAT_REGISTRIES

ROUNDS = 300
# Each of these reads a whole store or workbook at a time.
FEWER = dict.fromkeys(("zarr plate", "zarr image", "zarr pixels", "workbook"), 50)
SMALL = Layout(wells=((0, 0),), fields=1, z=1, t=1)
OWN = {
    "source_filename_parser_name": "ImageXpressFilenameParser",
    "grid_dimensions": [2, 3],
    "pixel_size": 0.6,
    "image_files": ["images/A01_s1_w1.tif"],
    "channels": {"1": "DAPI"},
    "available_backends": {"disk": True},
    "workspace_mapping": {"a": "b"},
}


def own_metadata(folder):
    path = folder / "openhcs_metadata.json"
    path.write_text(json.dumps({"subdirectories": {"images": OWN}}))
    return path


def read_as(key):
    return lambda path: METADATA_HANDLERS[key]().read_plate(path.parent)


def planes(store):
    """Tell all of plate 1 and load its first plane."""
    files = FileManager({"omero_local": OMEROLocalBackend(store=store)})
    plate = METADATA_HANDLERS["omero"](files).read_plate("/omero/plate_1")
    return [files.load(path, "omero_local") for path in list(plate.image_paths())[:1]]


def saved(name, data):
    """Return what saves *data* in a folder under *name*."""

    def save(folder):
        STORAGE_BACKENDS["disk"]().save(data, folder / name)
        return folder / name

    return save


def compressed(compression):
    def write(folder):
        path, image = folder / "a.tif", np.arange(64, dtype=np.uint16).reshape(8, 8)
        tifffile.imwrite(path, image, compression=compression, metadata=None)
        return path

    return write


def load(path):
    return STORAGE_BACKENDS["disk"]().load(path)


def stored(part):
    """Return what writes a plate of our own zarr store, and gives the file *part* of it."""

    def write(folder):
        image = np.arange(64, dtype=np.uint16).reshape(1, 1, 1, 8, 8)
        named = {"A01_s001_w1_z001_t001.tif": (0, 0, 0)}
        names = {"channel_names": ["DAPI"], "pixel_size_um": 0.5, "filenames": named}
        write_field(folder / "plate.zarr", "A01", 0, image, **names)
        finish_well(folder / "plate.zarr", "A01")
        return folder / "plate.zarr" / part

    return write


def all_of_a_store(path):
    store = next(folder for folder in path.parents if folder.name == "plate.zarr")
    if finished_wells(store):
        read_field(store, "A01", 0)
    files = STORAGE_BACKENDS["zarr"]()
    return [files.load(name) for name in files.list_files(store)]


def workbook(folder):
    path = folder / "a.xlsx"
    FORMAT_REGISTRIES["EDDU_CX5"]().write_results(path, {"plate": {"A01": {"cells": 1}}})
    return path


CASES = {
    "tiff header": (lambda folder: tiff(folder / "a.tif"), check_tiff),
    "tiff image": (
        lambda folder: tiff(folder / "a.tif"),
        load,
    ),
    "tiff image, deflated": (compressed("zlib"), load),
    "tiff image, by lzma": (compressed("lzma"), load),
    "array": (saved("a.npy", np.arange(9)), load),
    "rois": (saved("a.roi.zip", {"a.roi": bytes(range(200)), "b.roi": b"x" * 200}), load),
    "zarr plate": (stored("zarr.json"), all_of_a_store),
    "zarr image": (stored("A/01/0/zarr.json"), all_of_a_store),
    "zarr pixels": (stored("A/01/0/0/c/0/0/0/0/0"), all_of_a_store),
    "workbook": (workbook, lambda path: FORMAT_REGISTRIES["EDDU_CX5"]().process_data(path)),
    "htd": (lambda folder: htd(folder / "a.HTD", (2, 2), ("a", "b")), read_as("imagexpress")),
    "index": (
        lambda folder: harmony(folder, {1: (0, 0), 2: (3, 3)}, version=6, index="Index.xml"),
        read_as("opera_phenix"),
    ),
    "own metadata": (own_metadata, read_as("openhcsdata")),
    "ome-xml": (
        lambda folder: ome_tiff_folder(folder / "plate_1") / "plate.companion.ome",
        lambda path: planes(path.parents[1]),
    ),
    "ome-tiff": (
        lambda folder: ome_tiff_file(folder / "plate_1.ome.tiff", SMALL),
        lambda path: planes(path.parent),
    ),
    "ome-zarr plate": (
        lambda folder: ome_zarr(folder / "plate_1.zarr", SMALL) / "zarr.json",
        lambda path: planes(path.parents[1]),
    ),
    "ome-zarr image": (
        lambda folder: ome_zarr(folder / "plate_1.zarr", SMALL) / "A" / "1" / "0" / "zarr.json",
        lambda path: planes(path.parents[4]),
    ),
    "ome-zarr array": (
        lambda folder: ome_zarr(folder / "plate_1.zarr", SMALL) / "A/1/0/0/zarr.json",
        lambda path: planes(path.parents[5]),
    ),
}


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return *content* with a few bytes changed, cut off, taken out or put in."""
    result = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 5))):
        place = chance.randrange(len(result) + 1)
        match chance.randrange(4):
            case 0:
                result[place : place + 1] = chance.randbytes(1)
            case 1:
                del result[place:]
            case 2:
                del result[place : place + chance.randrange(1, 20)]
            case _:
                result[place:place] = chance.randbytes(chance.randrange(1, 9))
    return bytes(result)


@pytest.mark.parametrize("case", CASES)
def test_damage_is_answered_or_named(tmp_path, case):
    write, read = CASES[case]
    path = write(tmp_path)
    content, chance, named = path.read_bytes(), random.Random(case), 0
    rounds = FEWER.get(case, ROUNDS)
    for _ in range(rounds):
        path.write_bytes(damaged(content, chance))
        try:
            read(path)
        except (OpenHCSError, FileNotFoundError):
            named += 1
    assert named > rounds // 10
