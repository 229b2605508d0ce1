from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
import tifffile

from openhcs.io import STORAGE_BACKENDS
from openhcs.microscopes import MICROSCOPE_HANDLERS, create_microscope_handler


@pytest.fixture
def archive(tmp_path):
    """A zip file with an image and a text, one in a folder."""
    image = io.BytesIO()
    tifffile.imwrite(image, np.arange(6, dtype=np.uint16).reshape(2, 3))
    with zipfile.ZipFile(tmp_path / "plate.zip", "w") as file:
        file.writestr("A01-1-DAPI.tif", image.getvalue())
        file.writestr("notes/read.txt", "a plate")
    return tmp_path / "plate.zip"


def test_both_plugins_are_listed_where_the_package_is_installed():
    assert MICROSCOPE_HANDLERS.info("my_microscope").distribution == "my-openhcs-plugin"
    assert "my_zip" in STORAGE_BACKENDS


def test_a_file_name_tells_its_components():
    handler = create_microscope_handler("my_microscope")
    told = handler.parse_filename("b03-2-DAPI.tif")
    assert (told["well"], told["site"], told["channel"]) == ("B03", 2, "DAPI")
    assert handler.parse_filename("notes.txt") is None


def test_images_are_read_inside_the_zip_file(archive):
    backend = STORAGE_BACKENDS["my_zip"]()
    assert backend.load(archive / "A01-1-DAPI.tif").tolist() == [[0, 1, 2], [3, 4, 5]]
    assert backend.list_files(archive, extensions=[".tif"]) == [f"{archive}/A01-1-DAPI.tif"]
    assert backend.list_dir(archive) == ["A01-1-DAPI.tif", "notes"]
    assert len(backend.list_files(archive, recursive=True)) == 2


def test_what_is_not_there_is_no_file(archive, tmp_path):
    backend = STORAGE_BACKENDS["my_zip"]()
    for path in (archive / "B01.tif", tmp_path / "none.zip" / "A01.tif"):
        assert not backend.exists(path)
        with pytest.raises(FileNotFoundError):
            backend.load(path)
    with pytest.raises(IsADirectoryError):
        backend.load(archive / "notes")
    with pytest.raises(NotADirectoryError):
        backend.list_dir(archive / "A01-1-DAPI.tif")
