"""What goes wrong between a streaming backend and a viewer: it is told, and nothing is left."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from openhcs.errors import MessageError, ServerError, ServerTimeoutError, StorageError
from openhcs.io.fiji_stream import FijiStreamingBackend
from openhcs.io.napari_stream import NapariStreamingBackend
from openhcs.runtime.client import ServerClient
from openhcs.runtime.transport import server_address
from streaming_viewer import own_sockets, segments_left, serving

PORT = 15555
VIEWER = Path(__file__).with_name("streaming_viewer.py")
PATHS = [f"/p/{well}_s{site}_w1.tif" for well in ("A01", "B02") for site in (1, 2)]
posix = pytest.mark.skipif(sys.platform == "win32", reason="kills by a signal")


@pytest.fixture(autouse=True)
def folder_of_its_own():
    with own_sockets():
        yield
    assert not segments_left()


@pytest.fixture
def backend():
    made = NapariStreamingBackend(port=PORT, connect_timeout=20, timeout=20)
    yield made
    made.cleanup()


@contextlib.contextmanager
def viewer_process(mode: str = ""):
    """Run the test's viewer in a process of its own, and end it with the block."""
    process = subprocess.Popen([sys.executable, str(VIEWER), str(PORT), mode])
    try:
        with ServerClient("napari", server_address(PORT)) as client:
            client.wait_ready(60)
        yield process
    finally:
        process.kill()
        process.wait()


def images(count: int = 4, shape=(8, 9)) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 2**16, shape).astype(np.uint16) for _ in range(count)]


def test_a_batch_of_unequal_lengths_sends_nothing(backend):
    with serving(PORT) as server:
        with pytest.raises(ValueError, match="4 items can't be saved to 3 paths"):
            backend.save_batch(images(), PATHS[:3])
        assert not server.messages


@pytest.mark.parametrize(
    "data", ["text", np.zeros(3), np.zeros((0, 3)), np.array([["a"]]), {"cells": 3}], ids=repr
)
def test_what_is_no_image_is_refused_before_anything_is_sent(backend, data):
    with serving(PORT) as server:
        with pytest.raises(StorageError, match=r"a viewer|sent to a viewer") as raised:
            backend.save_batch([images(1)[0], data], PATHS[:2])
        assert raised.value.file == PATHS[1]
        assert not server.messages


def test_an_image_that_the_viewer_refuses_is_named_and_the_others_are_shown(backend):
    rois = {"1.roi": b"Iout"}
    with serving(PORT) as server:
        with pytest.raises(StorageError, match="refused 1 of 2 images") as raised:
            backend.save_batch([images(1)[0], rois], [PATHS[0], "/p/A01.roi.zip"])
        assert len(server.layers.stacks) == 1
    assert raised.value.file == "/p/A01.roi.zip"


def test_a_whole_batch_that_the_viewer_refuses_leaves_the_backend_usable():
    with serving(PORT) as server:
        wrong = NapariStreamingBackend(port=PORT, colormap="nonesuch")
        for _ in range(2):
            with pytest.raises(ServerError, match="there is no colormap 'nonesuch'"):
                wrong.save(images(1)[0], PATHS[0])
        wrong.cleanup()
        assert len(server.messages) == 2


def test_an_image_without_acknowledgement_is_an_error(backend):
    with serving(PORT, "forgets"), pytest.raises(StorageError, match="was not acknowledged"):
        backend.save_batch(images(2), PATHS[:2])


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "batch"},
        {"type": "batch", "images": [{}], "display_config": {}, "timestamp": 0},
        {"type": "batch", "images": 3, "display_config": {}, "timestamp": 0},
    ],
)
def test_a_malformed_batch_is_answered_and_the_viewer_goes_on(wrong, backend):
    with serving(PORT) as server:
        assert b"error" in raw_request(wrong)
        backend.save(images(1)[0], PATHS[0])
        assert len(server.layers.stacks) == 1


def raw_request(message: dict) -> bytes:
    import json

    import zmq

    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.rcvtimeo = 20_000
        socket.connect(server_address(PORT).data)
        socket.send(json.dumps(message).encode())
        return socket.recv()


def test_two_images_of_one_number_are_refused(backend):
    with serving(PORT) as server:
        backend.save(images(1)[0], PATHS[0])
        message = server.messages[0]
        assert b"same image_id" in raw_request({**message, "images": message["images"] * 2})


@pytest.mark.parametrize(
    ("kind", "viewer"), [(NapariStreamingBackend, "napari"), (FijiStreamingBackend, "fiji")]
)
def test_without_a_viewer_the_error_names_it_and_how_to_start_it(kind, viewer):
    backend = kind(port=PORT, connect_timeout=0.2)
    with pytest.raises(ServerError, match=f"openhcs.runtime.serve {viewer} --port {PORT}"):
        backend.save(images(1)[0], PATHS[0])


def test_another_kind_of_viewer_is_not_sent_anything():
    backend = FijiStreamingBackend(port=PORT)
    with serving(PORT) as server:
        with pytest.raises(ServerError, match="'napari', not 'fiji'"):
            backend.save(images(1)[0], PATHS[0])
        assert not server.messages


@posix
@pytest.mark.parametrize("mode", ["dies", "dies late"])
def test_a_viewer_killed_within_a_batch_is_noticed_at_once_and_nothing_is_left(backend, mode):
    with viewer_process(mode):
        start = time.monotonic()
        with pytest.raises(ServerError, match=r"napari viewer at .* ended before it answered"):
            backend.save_batch(images(), PATHS)
        assert time.monotonic() - start < 10
        assert not segments_left()


@posix
def test_a_viewer_that_hangs_is_given_up_and_nothing_is_left():
    backend = NapariStreamingBackend(port=PORT, timeout=0.5, connect_timeout=60)
    with viewer_process("hangs"):
        with pytest.raises(ServerTimeoutError, match=r"didn't answer within 0\.5 s"):
            backend.save_batch(images(), PATHS)
        assert not segments_left()
    backend.cleanup()


def test_a_late_answer_is_not_taken_for_that_of_the_next_message(backend):
    with serving(PORT, "slow") as server:
        backend.timeout = 0.1
        with pytest.raises(ServerTimeoutError):
            backend.save(images(1)[0], PATHS[0])
        backend.timeout = 20
        backend.save(images(2)[1], PATHS[0])
        (stack,) = server.layers.stacks.values()
    np.testing.assert_array_equal(stack.data[0, 0, 0], images(2)[1])


@posix
def test_a_backend_goes_on_with_a_viewer_that_was_started_anew(backend):
    with viewer_process():
        backend.save(images(1)[0], PATHS[0])
    with serving(PORT, "slow") as server:  # else the answer comes before the old one's end shows
        backend.save(images(1)[0], PATHS[0])
        assert len(server.messages) == 1


def test_a_wrong_display_is_refused_when_the_backend_is_made():
    with pytest.raises(MessageError, match="component_modes"):
        NapariStreamingBackend(component_modes={"well": "window"})


@pytest.mark.parametrize(("kind", "library"), [("napari", "napari"), ("fiji", "jpype")])
def test_a_viewer_whose_library_is_missing_says_what_to_install(kind, library):
    if find_spec(library):
        pytest.skip(f"{library} is installed; the tests of {kind} itself run here")
    command = [sys.executable, "-m", "openhcs.runtime.serve", kind, "--port", str(PORT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert f"pip install 'openhcs[{kind}]'" in done.stderr
    assert done.stderr.startswith(f"openhcs: the {kind} viewer needs")
