"""A real napari viewer in a process of its own; what it tells is what napari itself holds."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from openhcs.errors import ServerError, StorageError
from openhcs.io.napari_stream import NapariStreamingBackend
from openhcs.runtime.client import ServerClient
from openhcs.runtime.viewer_display import has_qt, has_screen
from streaming_viewer import own_sockets, segments_left

pytestmark = pytest.mark.heavy
PORT = 15555
PATHS = [
    f"/p/{well}_s1_w{channel}_z{z}.tif"
    for well in ("A01", "B02")
    for channel in (1, 2)
    for z in (1, 2, 3)
]


def images(count: int = len(PATHS)) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 2**16, (8, 9)).astype(np.uint16) for _ in range(count)]


def digest(data: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(data).tobytes()).hexdigest()


@pytest.fixture(scope="module")
def server():
    """A client of a napari without a window."""
    options = ["--headless"]
    with (
        own_sockets(),
        ServerClient.spawn("napari", port=PORT, options=options, start_timeout=120) as client,
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
        backend = NapariStreamingBackend(port=PORT, **settings)
        made.append(backend)
        backend.save_batch(data, paths)

    yield save
    for backend in made:
        backend.cleanup()


def layers(viewer) -> list[dict]:
    return viewer.request("status", statistics=True)["layers"]


def test_wells_and_channels_become_layers_of_their_planes(viewer, stream):
    sent = images()
    stream(sent, PATHS, colormap="viridis")
    shown = layers(viewer)
    assert [layer["name"] for layer in shown] == [
        f"well {well} channel {channel} (p)" for well in ("A01", "B02") for channel in (1, 2)
    ]
    assert all(layer["shape"] == [1, 1, 3, 8, 9] for layer in shown)
    assert all(layer["axes"]["z_index"] == [1, 2, 3] for layer in shown)
    assert {layer["colormap"] for layer in shown} == {"viridis"}
    stacked = [digest(np.stack(sent[start : start + 3])) for start in (0, 3, 6, 9)]
    assert [layer["statistics"]["sha256"] for layer in shown] == stacked


def test_the_modes_and_their_order_decide_what_is_stacked(viewer, stream):
    modes = {"channel": "stack", "site": "layer", "timepoint": "layer"}
    sent = images()
    stream(sent, PATHS, component_modes=modes, component_order=["z_index", "channel"])
    first = layers(viewer)[0]
    assert first["name"] == "well A01 site 1 timepoint 1 (p)"
    assert first["shape"] == [3, 2, 8, 9]
    stacked = np.stack(sent[:6]).reshape(2, 3, 8, 9).swapaxes(0, 1)
    assert first["statistics"]["sha256"] == digest(stacked)


def test_an_image_sent_again_replaces_the_old_one(viewer, stream):
    first, second = images(2)
    stream([first], PATHS[:1])
    stream([second], PATHS[:1])
    (layer,) = layers(viewer)
    assert layer["statistics"]["sha256"] == digest(second)


def test_a_plane_that_comes_later_makes_its_layer_grow(viewer, stream):
    sent = images(3)
    for image, path in zip(sent, PATHS, strict=False):
        stream([image], [path])
    (layer,) = layers(viewer)
    assert layer["statistics"]["sha256"] == digest(np.stack(sent))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "float32", "float64"])
def test_every_type_is_shown_as_it_is(viewer, stream, dtype):
    image = (np.arange(12).reshape(4, 3) % 2).astype(dtype)  # 3 columns, which are no colours
    stream([image], ["/p/A01_s1_w1.tif"])
    (layer,) = layers(viewer)
    assert (layer["dtype"], layer["shape"]) == (dtype, [1, 1, 1, 4, 3])
    assert layer["statistics"]["sha256"] == digest(image)


def test_an_unknown_colormap_is_refused_and_the_viewer_goes_on(viewer, stream):
    with pytest.raises(ServerError, match="napari has no colormap 'nonesuch'"):
        stream(images(1), PATHS[:1], colormap="nonesuch")
    stream(images(1), PATHS[:1], colormap="bop blue")
    assert [layer["colormap"] for layer in layers(viewer)] == ["bop blue"]


def test_rois_are_refused_with_the_reason(viewer, stream):
    with pytest.raises(StorageError, match="the napari viewer doesn't show rois"):
        stream([{"1.roi": b"Iout"}], ["/p/A01_s1_w1.roi.zip"])


def test_a_picture_needs_a_window(viewer):
    with pytest.raises(ServerError, match="this napari has no window"):
        viewer.request("screenshot")


def test_a_second_viewer_on_the_port_is_refused_and_the_first_one_stays(viewer, stream):
    command = [sys.executable, "-m", "openhcs.runtime.serve", "napari", "--port", str(PORT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "another server" in done.stderr) == (2, True), done.stderr
    stream(images(1), PATHS[:1])
    assert len(layers(viewer)) == 1


def test_a_killed_viewer_is_noticed_and_nothing_is_left():
    with own_sockets():
        backend = NapariStreamingBackend(port=PORT, connect_timeout=2)
        with ServerClient.spawn("napari", port=PORT, options=["--headless"]) as client:
            backend.save_batch(images(), PATHS)
            os.kill(client.process.pid, signal.SIGKILL)
            with pytest.raises(ServerError, match=f"openhcs.runtime.serve napari --port {PORT}"):
                for _ in range(100):  # the first may go out before the system has closed the socket
                    backend.save_batch(images(), PATHS)
        backend.cleanup()
    assert not segments_left()


if has_screen() and has_qt():

    def test_a_window_shows_the_image_in_its_colours():
        import base64
        import io

        from matplotlib.image import imread

        image = np.full((64, 64), 200, "uint8")
        image[0, 0] = 0
        with own_sockets(), ServerClient.spawn("napari", port=PORT, start_timeout=120) as client:
            backend = NapariStreamingBackend(port=PORT, colormap="red", timeout=120)
            backend.save(image, PATHS[0])
            picture = client.request("screenshot", timeout=60)["png_base64"]
            backend.cleanup()
        pixels = imread(io.BytesIO(base64.b64decode(picture)), format="png")
        rows, columns = pixels.shape[:2]
        # napari spreads the colours over all values of a byte
        assert pixels[rows // 2, columns // 2, :3] == pytest.approx([200 / 255, 0, 0], abs=0.01)
