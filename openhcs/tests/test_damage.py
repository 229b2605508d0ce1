"""Whatever bytes a plate's files hold: an answer, or one of our errors; never anything else."""

from __future__ import annotations

import json
import random

import pytest

from hcs_plates import harmony, htd, tiff
from omero_plates import Layout, ome_tiff_file, ome_tiff_folder, ome_zarr
from openhcs.errors import OpenHCSError
from openhcs.io import STORAGE_BACKENDS, FileManager
from openhcs.io.omero_local import OMEROLocalBackend
from openhcs.io.tiff_header import check_tiff
from openhcs.microscopes import METADATA_HANDLERS

ROUNDS = 300
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


CASES = {
    "tiff header": (lambda folder: tiff(folder / "a.tif"), check_tiff),
    "tiff image": (
        lambda folder: tiff(folder / "a.tif"),
        lambda path: STORAGE_BACKENDS["disk"]().load(path),
    ),
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
    for _ in range(ROUNDS):
        path.write_bytes(damaged(content, chance))
        try:
            read(path)
        except OpenHCSError:
            named += 1
    assert named > ROUNDS // 10
