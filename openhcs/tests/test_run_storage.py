"""A run reads a plate through whatever storage holds it, and gets the same numbers."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
import tifffile

from hcs_plates import fingerprint
from openhcs.io.zarr import ZarrStorageBackend
from openhcs.pipeline.progress import ProgressBar
from openhcs.pipeline.run import Order, run_plate
from run_plates import imagexpress, steps

CHANNELS = {"1": "DAPI", "2": "GFP"}


def own_plate(folder: Path, subdirectory: str, **fields: object) -> str:
    """Write the metadata of a plate that has the form *subdirectory*."""
    told = {
        "source_filename_parser_name": "ImageXpressFilenameParser",
        "channels": CHANNELS,
        "pixel_size": 0.65,
        "grid_dimensions": [1, 2],
        "main": True,
        **fields,
    }
    document = {"subdirectories": {subdirectory: told}}
    (folder / "openhcs_metadata.json").write_text(json.dumps(document))
    return str(folder)


def images(source: Path) -> list[Path]:
    return sorted(source.glob("*.tif"))


def workspace(source: Path, folder: Path, monkeypatch) -> str:
    """Write a plate whose images have names that tell nothing, and a mapping that tells all."""
    (folder / "plate" / "data").mkdir(parents=True)
    mapping = {image.name: f"data/{n}.tif" for n, image in enumerate(images(source))}
    for image in images(source):
        shutil.copy(image, folder / "plate" / mapping[image.name])
    told = {"image_files": list(mapping), "workspace_mapping": mapping}
    backends = {"disk": True, "virtual_workspace": True}
    return own_plate(folder / "plate", ".", **told, available_backends=backends)


def store(source: Path, folder: Path) -> list[str]:
    """Write the images into an OME-Zarr store and return their names."""
    folder.mkdir(parents=True)
    backend = ZarrStorageBackend(pixel_size_um=0.65, channel_names={1: "DAPI", 2: "GFP"})
    names = [image.name for image in images(source)]
    backend.save_batch(list(map(tifffile.imread, images(source))), [folder / n for n in names])
    return names


def zarr(source: Path, folder: Path, monkeypatch) -> str:
    names = store(source, folder / "plate" / "zarr")
    files = [f"zarr/{name}" for name in names]
    return own_plate(folder / "plate", "zarr", image_files=files, available_backends={"zarr": True})


def omero(source: Path, folder: Path, monkeypatch) -> str:
    store(source, folder / "plate_57.zarr")
    monkeypatch.setenv("OPENHCS_OMERO_STORE", str(folder))
    return "/omero/plate_57"


def test_an_image_that_can_be_read_again_has_its_well_done_again(tmp_path, monkeypatch):
    source = imagexpress(tmp_path / "files", ("A01", "A02"))
    plate = omero(source, tmp_path / "store", monkeypatch)
    order = Order(plate, str(steps(tmp_path)), str(tmp_path / "out"))
    (chunk, *_) = (tmp_path / "store" / "plate_57.zarr" / "A" / "02" / "1" / "0" / "c").rglob("0")
    chunk = next(file for file in sorted(chunk.parent.rglob("*")) if file.is_file())
    whole = chunk.read_bytes()
    chunk.write_bytes(b"")
    assert run_plate(order, ProgressBar(io.StringIO()))["problems"]
    chunk.write_bytes(whole)
    report = run_plate(order, ProgressBar(io.StringIO()))
    assert (report["problems"], report["run"]["wells"]) == ([], ["A02"])


@pytest.mark.parametrize(
    ("write", "backend"),
    [(workspace, "virtual_workspace"), (zarr, "zarr"), (omero, "omero_local")],
)
def test_the_numbers_are_those_of_the_files(tmp_path, monkeypatch, write, backend):
    source = imagexpress(tmp_path / "files", ("A01",))
    file = str(steps(tmp_path))
    plate = write(source, tmp_path / "kept", monkeypatch)
    before = fingerprint(tmp_path / "kept")
    expected = run_plate(Order(str(source), file, str(tmp_path / "a")), ProgressBar(io.StringIO()))
    report = run_plate(Order(plate, file, str(tmp_path / "b")), ProgressBar(io.StringIO()))
    assert report["job"]["backend"] == backend
    assert report["problems"] == []
    assert report["wells"] == expected["wells"]
    assert fingerprint(tmp_path / "kept") == before
