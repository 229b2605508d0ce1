from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

import openhcs
from command_lines import here, in_process, refused
from hcs_plates import fingerprint, harmony, htd, tiff


@pytest.fixture
def plate(tmp_path):
    htd(tmp_path / "a.HTD", sites=(1, 2), waves=("DAPI", "GFP"))
    tiff(tmp_path / "A01_s1_w1.tif", size=0.65)
    tiff(tmp_path / "B10_s2_w2.tif")
    tiff(tmp_path / "overview.tif")
    return tmp_path


def test_inspect_prints_what_is_on_a_plate_as_json(plate):
    done = in_process("inspect", plate, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "microscope": "imagexpress",
        "plate": str(plate),
        "wells": ["A01", "B10"],
        "sites": [1, 2],
        "channels": {"1": "DAPI", "2": "GFP"},
        "z_indexes": [1],
        "timepoints": [1],
        "grid_dimensions": [1, 2],
        "pixel_size_um": 0.65,
        "images": 2,
        "ignored": [{"file": "overview.tif", "reason": "its name tells no well"}],
    }


def test_inspect_prints_lines_for_people(plate):
    lines = here("inspect", plate).stdout.splitlines()
    assert "wells:            A01, B10" in lines
    assert "channels:         1 (DAPI), 2 (GFP)" in lines
    assert lines[-1] == "  overview.tif: its name tells no well"


def own_plate(folder):
    fields = {
        "source_filename_parser_name": "ImageXpressFilenameParser",
        "image_files": ["images/A01_s1_w1.tif"],
    }
    tiff(folder / "images" / "A01_s1_w1.tif")
    (folder / "openhcs_metadata.json").write_text(json.dumps({"subdirectories": {".": fields}}))


@pytest.mark.parametrize(
    ("microscope", "write"),
    [
        ("imagexpress", lambda folder: (htd(folder / "a.HTD"), tiff(folder / "A01_s1_w1.tif"))),
        ("opera_phenix", lambda folder: harmony(folder, {1: (0, 0)})),
        ("openhcsdata", own_plate),
    ],
)
def test_a_plate_is_found_out_and_left_as_it_was(tmp_path, microscope, write):
    write(tmp_path)
    before = fingerprint(tmp_path)
    told = json.loads(here("inspect", tmp_path, "--json").stdout)
    assert (told["microscope"], told["images"]) == (microscope, 1)
    assert fingerprint(tmp_path) == before


def test_a_missing_folder_is_bad_input(tmp_path):
    refused(here("inspect", tmp_path / "nowhere"), "no such folder", str(tmp_path / "nowhere"))


def test_a_folder_that_is_no_plate_is_bad_input(tmp_path):
    refused(here("inspect", tmp_path), "no microscope handler recognises", str(tmp_path))


def test_a_broken_htd_is_bad_input(plate):
    (plate / "a.HTD").write_bytes(b"\x00\x01")
    refused(here("inspect", plate, "--json"), "HTD", str(plate / "a.HTD"))


def test_a_broken_index_is_bad_input(tmp_path):
    (tmp_path / "Index.xml").write_text("<Evaluation")
    refused(here("inspect", tmp_path), "damaged XML in line 1", str(tmp_path / "Index.xml"))


@pytest.mark.parametrize("name", ["A01_s1_w1.tif", "B10_s2_w2.tif"])
def test_any_image_cut_short_is_bad_input(plate, name):
    image = plate / name
    image.write_bytes(image.read_bytes()[:100])
    refused(here("inspect", plate), "TIFF is damaged", str(image))


def test_names_that_no_encoding_prints_are_printed_all_the_same(plate):
    with open(os.fsencode(plate) + b"/\xff.tif", "wb"):
        pass
    assert json.loads(in_process("inspect", plate, "--json").stdout)["images"] == 2
    assert "\\udcff.tif" in in_process("inspect", plate).stdout


def test_a_reader_that_stops_early_is_no_error(plate):
    command = [sys.executable, "-m", "openhcs", "inspect", str(plate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device here is always full")
def test_a_full_disk_is_told_as_one(plate):
    command = [sys.executable, "-m", "openhcs", "inspect", str(plate)]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert "fix:   make room" in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("arguments", [(), ("inspect",), ("inspekt",), ("inspect", ".", "--jsn")])
def test_a_wrong_option_is_bad_input(arguments):
    refused(here(*arguments), "--help")


def test_a_wrong_argument_names_the_help_of_its_command():
    refused(here("inspect", "a", "b"), "see openhcs inspect --help")
    refused(here("--jsn", "inspect", "a"), "see openhcs --help")


def test_the_version_is_told():
    done = here("--version")
    assert (done.returncode, done.stdout) == (0, f"openhcs {openhcs.__version__}\n")


def test_an_unknown_microscope_is_bad_input(plate):
    refused(here("inspect", plate, "--microscope", "leica"), "'leica'", "imagexpress")


def plugins(*options: str) -> dict[str, dict[str, dict[str, str]]]:
    """Return what the command tells of each plugin, by registry and key."""
    done = in_process("plugins", "--json", *options)
    assert (done.returncode, done.stderr) == (0, "")
    listed = json.loads(done.stdout)["registries"]
    return {one["name"]: {row["key"]: row for row in one["plugins"]} for one in listed}


def test_plugins_lists_the_five_registries_and_imports_none_of_them():
    found = plugins()
    assert {name: set(rows) for name, rows in found.items()} == {
        "microscope handler": {"imagexpress", "omero", "openhcsdata", "opera_phenix"},
        "storage backend": {
            "disk",
            "memory",
            "zarr",
            "omero_local",
            "napari_stream",
            "fiji_stream",
        },
        "zmq server": {"execution", "napari", "fiji"},
        "library registry": {"openhcs", "skimage", "pyclesperanto", "cupy"},
        "microscope format registry": {"EDDU_CX5", "EDDU_metaxpress"},
    }
    assert not any(row["imported"] for rows in found.values() for row in rows.values())


def test_plugins_prints_lines_for_people():
    lines = [line.split() for line in in_process("plugins").stdout.splitlines()]
    assert ["disk", "DiskStorageBackend", "available"] in lines
    assert "--probe" in lines[-1]


def test_plugins_finds_out_by_using_them_which_libraries_and_servers_work(monkeypatch):
    monkeypatch.setenv("OPENHCS_IJ_JAR", "/nonexistent/ij.jar")
    found = plugins("--probe")
    assert found["library registry"]["skimage"]["status"] == "available"
    assert found["zmq server"]["execution"]["status"] == "available"
    assert found["zmq server"]["fiji"]["status"] == "unavailable"
    assert found["zmq server"]["fiji"]["remedy"]
    for row in (*found["library registry"].values(), *found["zmq server"].values()):
        assert (row["status"] == "available") == (not row["reason"])


def test_plugins_has_findings_where_a_plugin_is_broken(tmp_path, monkeypatch):
    (tmp_path / "broken_kit.py").write_text("class Broken(")
    info = tmp_path / "broken_kit-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-kit\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[openhcs.plugins]\nbroken = broken_kit\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = in_process("plugins")
    assert done.returncode == 1
    assert "syntax-error: broken_kit" in done.stdout


def test_the_demo_shows_registries_a_plate_a_run_and_a_foreign_package(tmp_path):
    pytest.importorskip("skimage", reason="the demo plate is cut from an image of scikit-image")
    kept = tmp_path / "kept"
    done = in_process("demo", kept)
    assert (done.returncode, done.stderr) == (0, "")
    for part in ("skimage.data.cell()", "imagexpress", "A01, A02, B01", "InstallCommand"):
        assert part in done.stdout
    assert "the results of both are equal" in done.stdout
    for name in ("heatmap.png", "montage.png"):
        assert str(kept / "run_local" / name) in done.stdout
        assert (kept / "run_local" / name).is_file()
    shown = json.loads(here("inspect", tmp_path / "kept" / "demo_plate", "--json").stdout)
    assert (shown["microscope"], shown["images"], shown["pixel_size_um"]) == (
        "imagexpress",
        24,
        0.107,
    )
    refused(here("demo", tmp_path / "kept"), "would write over", "demo_plate")


@pytest.mark.parametrize("name", ["steps.toml", "run_processes"])
def test_the_demo_writes_over_nothing(tmp_path, name):
    (tmp_path / name).write_text("mine")
    refused(here("demo", tmp_path), "would write over", name)
    assert fingerprint(tmp_path) == {name: hashlib.sha256(b"mine").hexdigest()}
