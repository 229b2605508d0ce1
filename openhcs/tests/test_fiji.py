"""A real ImageJ in a process of its own; the figures are what ImageJ itself measures."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys

import numpy as np
import pytest

from openhcs.errors import ServerError, StorageError
from openhcs.io.fiji_stream import FijiStreamingBackend
from openhcs.runtime.client import ServerClient
from openhcs.runtime.viewer_display import has_screen
from streaming_viewer import own_sockets, segments_left

pytestmark = pytest.mark.heavy
PORT = 15565


@pytest.fixture(scope="module")
def server():
    """A client of an ImageJ without windows."""
    with (
        own_sockets(),
        ServerClient.spawn("fiji", port=PORT, options=["--headless"]) as client,
    ):
        yield client
    assert not segments_left()


@pytest.fixture
def viewer(server, monkeypatch):
    """The same, showing nothing yet."""
    # Backends of this process look for the viewer in the same folder.
    folder = server.address.folder.removesuffix("/openhcs/ipc")
    monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
    server.request("clear_state")
    return server


@pytest.fixture
def stream(viewer):
    """A function that saves to the viewer, with the settings it is given."""
    made = []

    def save(data, paths, **settings):
        backend = FijiStreamingBackend(port=PORT, **settings)
        made.append(backend)
        backend.save_batch(data, paths)

    yield save
    for backend in made:
        backend.cleanup()


def shown(viewer) -> list[dict]:
    return viewer.request("status", statistics=True)["layers"]


def measured(plane: np.ndarray) -> dict[str, float]:
    """What ImageJ measures, by numpy; the centre of a pixel lies half a pixel from its corner."""
    plane = plane.astype(float)
    rows, columns = np.indices(plane.shape) + 0.5
    return {
        "mean": plane.mean(),
        "min": plane.min(),
        "max": plane.max(),
        "x_center_of_mass": (columns * plane).sum() / plane.sum(),
        "y_center_of_mass": (rows * plane).sum() / plane.sum(),
    }


def rectangle(left: int = 1, top: int = 2, width: int = 3, height: int = 4) -> bytes:
    """An ImageJ ROI file: the header that ij.io.RoiDecoder describes, of type 1, a rectangle."""
    bounds = (top, left, top + height, left + width)
    return struct.pack(">4shBx4h", b"Iout", 227, 1, *bounds).ljust(64, b"\0")


def test_channels_slices_and_frames_are_where_the_names_say(viewer, stream):
    random = np.random.default_rng(0)
    places = [(t, z, c) for t in (1, 2) for z in (1, 2, 3) for c in (1, 2)]
    images = {place: random.integers(1, 2**16, (8, 9)).astype(np.uint16) for place in places}
    order = sorted(places, key=lambda place: place[::-1])  # not the order they are shown in
    stream([images[p] for p in order], [f"/p/A01_s1_w{c}_z{z}_t{t}.tif" for t, z, c in order])
    (image,) = shown(viewer)
    assert (image["channels"], image["slices"], image["frames"]) == (2, 3, 2)
    assert (image["width"], image["height"], image["bit_depth"]) == (9, 8, 16)
    for found, place in zip(image["statistics"], places, strict=True):
        assert found == pytest.approx(measured(images[place]))


def test_wells_and_sites_become_images_of_their_own(viewer, stream):
    wells = {("A01", 1): 10, ("A01", 2): 20, ("B02", 1): 30}
    stream(
        [np.full((4, 4), value, "uint8") for value in wells.values()],
        [f"/p/{well}_s{site}_w1.tif" for well, site in wells],
    )
    means = {image["name"]: image["statistics"][0]["mean"] for image in shown(viewer)}
    assert means == {f"well {well} site {s} (p)": value for (well, s), value in wells.items()}


def test_what_has_no_axis_in_imagej_becomes_frames(viewer, stream):
    places = [(site, time) for site in (1, 2) for time in (1, 2)]
    stream(
        [np.full((4, 4), 10 * site + time, "uint8") for site, time in places],
        [f"/p/A01_s{site}_w1_t{time}.tif" for site, time in places],
        component_modes={"site": "stack"},
        component_order=["site", "timepoint"],
    )
    (image,) = shown(viewer)
    assert image["frames"] == 4
    assert [plane["mean"] for plane in image["statistics"]] == [11, 12, 21, 22]


def test_a_stack_in_one_file_becomes_slices(viewer, stream):
    stack = np.arange(3, dtype="uint8")[:, None, None] * np.ones((3, 4, 5), "uint8")
    stream([stack], ["/p/A01_s1_w1.tif"])
    (image,) = shown(viewer)
    assert (image["slices"], image["width"]) == (3, 5)
    assert [plane["mean"] for plane in image["statistics"]] == [0, 1, 2]


@pytest.mark.parametrize(
    ("dtype", "bits"),
    [("bool", 8), ("uint8", 8), ("uint16", 16), ("float32", 32), ("int16", 32), ("float64", 32)],
)
def test_every_type_keeps_its_values(viewer, stream, dtype, bits):
    image = (np.arange(12).reshape(3, 4) % 2).astype(dtype)
    stream([image], ["/p/A01_s1_w1.tif"])
    (found,) = shown(viewer)
    assert found["bit_depth"] == bits
    assert found["statistics"][0] == pytest.approx(measured(image))


def test_signed_values_and_the_largest_ones_are_right(viewer, stream):
    stream([np.array([[-5, 5, 3]], "int16")], ["/p/A01_s1_w1.tif"])
    stream([np.array([[0, 65535, 40000]], "uint16")], ["/p/A02_s1_w1.tif"])
    signed, unsigned = (image["statistics"][0] for image in shown(viewer))
    assert (signed["min"], signed["max"], signed["mean"]) == (-5, 5, 1)
    assert (unsigned["min"], unsigned["max"], unsigned["mean"]) == (0, 65535, 35178 + 1 / 3)


def test_an_image_sent_again_replaces_the_old_one(viewer, stream):
    for value in (1, 2):
        stream([np.full((4, 4), value, "uint8")], ["/p/A01_s1_w1.tif"])
    (image,) = shown(viewer)
    assert image["statistics"][0]["mean"] == 2


@pytest.mark.parametrize("image_first", [True, False])
def test_rois_are_laid_over_the_image_of_their_place(viewer, stream, image_first):
    image = ([np.zeros((8, 9), "uint8")], ["/p/A01_s1_w1.tif"])
    rois = ([{"1.roi": rectangle(), "2.roi": rectangle(4)}], ["/p/A01_s1_w1_cells.roi.zip"])
    for data, paths in (image, rois) if image_first else (rois, image):
        stream(data, paths)
    stream([np.zeros((8, 9), "uint8")], ["/p/B02_s1_w1.tif"])
    assert [found["rois"] for found in shown(viewer)] == [2, 0]


def test_rois_without_an_image_are_kept_and_told(viewer, stream):
    stream([{"1.roi": rectangle()}], ["/p/A01_s1_w1.roi.zip"])
    (rois,) = viewer.request("status")["rois"]
    assert (rois["components"]["well"], rois["count"]) == ("A01", 1)


def test_what_imagej_cannot_read_as_a_roi_is_refused(viewer, stream):
    with pytest.raises(StorageError, match=r"1\.roi: .*not an ImageJ ROI"):
        stream([{"1.roi": bytes(80)}], ["/p/A01_s1_w1.roi.zip"])


@pytest.mark.parametrize("colormap", ["viridis", "red", "#ff8000"])
def test_colormaps_and_colours_are_taken(viewer, stream, colormap):
    stream([np.zeros((4, 4), "uint8")] * 2, ["/p/A01_w1.tif", "/p/A01_w2.tif"], colormap=colormap)
    assert shown(viewer)[0]["channels"] == 2


def test_an_unknown_colormap_is_refused(stream):
    with pytest.raises(ServerError, match="no colormap 'nonesuch' for ImageJ"):
        stream([np.zeros((4, 4), "uint8")], ["/p/A01_w1.tif"], colormap="nonesuch")


def serve(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "openhcs.runtime.serve", "fiji", "--port", str(PORT)]
    return subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_second_viewer_on_the_port_is_refused(viewer):
    done = serve()
    assert (done.returncode, "another server" in done.stderr) == (2, True), done.stderr


def test_without_its_jar_imagej_is_unavailable_and_says_what_to_install():
    with own_sockets():
        done = serve(OPENHCS_IJ_JAR="/nonexistent/ij.jar")
    assert done.returncode == 2
    assert "there is no ImageJ at /nonexistent/ij.jar" in done.stderr
    assert "install Debian's package imagej, or let OPENHCS_IJ_JAR name" in done.stderr


def test_a_jar_that_holds_no_imagej_is_told(tmp_path):
    (tmp_path / "ij.jar").write_text("no jar")
    with own_sockets():
        done = serve(OPENHCS_IJ_JAR=str(tmp_path / "ij.jar"))
    assert (done.returncode, "ImageJ can't be started" in done.stderr) == (2, True), done.stderr


def test_a_killed_viewer_is_noticed_and_nothing_is_left():
    with own_sockets():
        backend = FijiStreamingBackend(port=PORT, connect_timeout=2)
        images, paths = [np.zeros((4, 4), "uint8")], ["/p/A01_w1.tif"]
        with ServerClient.spawn("fiji", port=PORT, options=["--headless"]) as client:
            backend.save_batch(images, paths)
            os.kill(client.process.pid, signal.SIGKILL)
            with pytest.raises(ServerError, match=f"openhcs.runtime.serve fiji --port {PORT}"):
                for _ in range(100):  # the first may go out before the system has closed the socket
                    backend.save_batch(images, paths)
        backend.cleanup()
    assert not segments_left()


def test_java_ends_with_its_server():
    with own_sockets():
        client = ServerClient.spawn("fiji", port=PORT, options=["--headless"])
        process = client.process.pid
        client.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


if has_screen():

    def test_where_there_is_a_screen_imagej_shows_windows_and_ends_in_time():
        import time

        with own_sockets():
            client = ServerClient.spawn("fiji", port=PORT)
            backend = FijiStreamingBackend(port=PORT)
            for _ in range(2):
                backend.save(np.zeros((64, 64), "uint8"), "/p/A01_w1.tif")
            backend.cleanup()
            start = time.monotonic()
            client.close()
            assert time.monotonic() - start < 5
