"""What the streaming backends promise, against a real server in a thread or in a process."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from openhcs.errors import MessageError, ServerError, ServerTimeoutError, StorageError
from openhcs.io import FileManager
from openhcs.io.fiji_stream import FijiStreamingBackend
from openhcs.io.napari_stream import NapariStreamingBackend
from openhcs.microscopes.imagexpress_names import ImageXpressFilenameParser
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


def test_every_image_arrives_as_it_was_and_nothing_is_left(backend):
    sent = images()
    with serving(PORT) as server:
        backend.save_batch(sent, PATHS)
        stacks = {key.parts[0][1]: stack for key, stack in server.layers.stacks.items()}
    np.testing.assert_array_equal(stacks["A01"].data[0, :, 0], sent[:2])
    np.testing.assert_array_equal(stacks["B02"].data[0, :, 0], sent[2:])


def test_a_batch_is_told_as_agreed(backend):
    with serving(PORT) as server:
        backend.save(images(1)[0], PATHS[0])
        (message,) = server.messages
    (image,) = message["images"]
    assert sorted(message) == ["display_config", "images", "timestamp", "type"]
    assert message["type"] == "batch"
    assert abs(message["timestamp"] - time.time()) < 60
    assert (image["path"], image["shape"], image["dtype"]) == (PATHS[0], [8, 9], "uint16")
    assert image["metadata"] == {"well": "A01", "site": 1, "channel": 1, "source": "/p"}
    assert message["display_config"]["colormap"] == "gray"
    assert sorted(message["display_config"]) == ["colormap", "component_modes", "component_order"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("A01_s2_w3_z4_t5.tif", {"well": "A01", "site": 2, "channel": 3, "z_index": 4}),
        ("r02c03f04p05-ch6sk7fk1fl1.tiff", {"well": "R02C03", "site": 4, "channel": 6}),
        ("overview.tif", {"source": "/p"}),
    ],
)
def test_the_name_tells_the_components(backend, name, told):
    with serving(PORT) as server:
        backend.save(images(1)[0], f"/p/{name}")
        metadata = server.messages[0]["images"][0]["metadata"]
    assert told.items() <= metadata.items()


def test_a_grammar_given_is_the_only_one():
    backend = NapariStreamingBackend(port=PORT, parser=ImageXpressFilenameParser())
    with serving(PORT) as server:
        backend.save(images(1)[0], "/p/r02c03f04p05-ch6sk7fk1fl1.tiff")
        backend.cleanup()
        assert server.messages[0]["images"][0]["metadata"] == {"source": "/p"}


def test_saving_again_shows_the_new_image_in_the_same_layer(backend):
    first, second = images(2)
    with serving(PORT) as server:
        backend.save(first, PATHS[0])
        backend.save(second, PATHS[0])
        (stack,) = server.layers.stacks.values()
    np.testing.assert_array_equal(stack.data[0, 0, 0], second)


def test_a_large_batch_goes_in_several_messages(backend):
    sent = images(5, (2048, 2048))  # 8 MiB each, 32 MiB a message
    with serving(PORT) as server:
        backend.save_batch(sent, [f"/p/A01_s{n}_w1.tif" for n in range(1, 6)])
        assert [len(message["images"]) for message in server.messages] == [4, 1]
        (stack,) = server.layers.stacks.values()
    np.testing.assert_array_equal(stack.data[0, :, 0], sent)


def test_many_small_images_go_a_hundred_at_a_time(backend):
    with serving(PORT) as server:
        backend.save_batch(images(201, (2, 2)), [f"/p/A01_s{n}_w1.tif" for n in range(201)])
        assert [len(message["images"]) for message in server.messages] == [100, 100, 1]


def test_threads_share_a_backend(backend):
    from concurrent.futures import ThreadPoolExecutor

    with serving(PORT) as server:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(backend.save, images(12), [f"/p/A01_s{n}_w1.tif" for n in range(12)]))
        (stack,) = server.layers.stacks.values()
    np.testing.assert_array_equal(stack.data[0, :, 0], images(12))


def test_an_empty_batch_needs_no_viewer(backend):
    backend.save_batch([], [])


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


def test_the_viewer_tells_what_it_shows_and_forgets_it(backend):
    with serving(PORT):
        backend.save_batch(images(), PATHS)
        with ServerClient.connect("napari", port=PORT) as client:
            status = client.request("status", statistics=True)
            assert [layer["components"]["well"] for layer in status["layers"]] == ["A01", "B02"]
            assert status["layers"][0]["axes"] == {"timepoint": [1], "site": [1, 2], "z_index": [1]}
            assert client.request("clear_state") == {"type": "ok"}
            assert client.request("status")["layers"] == []


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


@posix
def test_a_backend_goes_on_with_a_viewer_that_was_started_anew(backend):
    with viewer_process():
        backend.save(images(1)[0], PATHS[0])
    with serving(PORT) as server:
        backend.save(images(1)[0], PATHS[0])
        assert len(server.messages) == 1


def test_a_pickled_backend_carries_its_settings_and_no_connection(backend):
    with serving(PORT) as server:
        backend.save(images(1)[0], PATHS[0])
        copy = pickle.loads(pickle.dumps(backend))
        copy.save(images(1)[0], PATHS[1])
        copy.cleanup()
        assert len(server.messages) == 2
    assert (copy.port, copy.display, copy.timeout) == (PORT, backend.display, backend.timeout)


def test_a_backend_that_was_cleaned_up_connects_again(backend):
    with serving(PORT) as server:
        for path in PATHS:
            backend.save(images(1)[0], path)
            backend.cleanup()
        assert len(server.messages) == len(PATHS)


FORKED = """
import os, sys
import numpy
from openhcs.io.napari_stream import NapariStreamingBackend
backend = NapariStreamingBackend(port=int(sys.argv[1]))
backend.save(numpy.zeros((2, 2), "uint8"), "/p/A01_s1_w1.tif")
child = os.fork()
backend.save(numpy.zeros((2, 2), "uint8"), f"/p/A01_s{3 if child else 2}_w1.tif")
backend.cleanup()
if not child:
    os._exit(0)
sys.exit(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_worker_opens_a_connection_of_its_own():
    with serving(PORT) as server:
        command = [sys.executable, "-c", FORKED, str(PORT)]
        subprocess.run(command, check=True, timeout=60)
        sent = [message["images"][0]["metadata"]["site"] for message in server.messages]
    assert sorted(sent) == [1, 2, 3]


def test_several_senders_lose_no_image():
    from concurrent.futures import ThreadPoolExecutor

    def send(channel: int) -> None:
        backend = NapariStreamingBackend(port=PORT, connect_timeout=60)
        for site in range(1, 11):
            backend.save(np.full((4, 4), site, "uint8"), f"/p/A01_s{site}_w{channel}.tif")
        backend.cleanup()

    with serving(PORT) as server:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(send, range(1, 5)))
        stacks = list(server.layers.stacks.values())
    assert [stack.data[0, :, 0, 0, 0].tolist() for stack in stacks] == [list(range(1, 11))] * 4


def test_a_wrong_display_is_refused_when_the_backend_is_made():
    with pytest.raises(MessageError, match="component_modes"):
        NapariStreamingBackend(component_modes={"well": "window"})


def test_the_file_manager_streams_by_name_and_cannot_read_back(backend):
    manager = FileManager({"napari_stream": backend})
    with serving(PORT) as server:
        manager.save_batch(images(), PATHS, "napari_stream")
        assert len(server.layers.stacks) == 2
    with pytest.raises(StorageError, match="has no operation 'load'"):
        manager.load(PATHS[0], "napari_stream")


def test_both_backends_and_viewers_are_listed_without_importing_them():
    code = (
        "import sys; from openhcs.io import STORAGE_BACKENDS as b;"
        "from openhcs.runtime import ZMQ_SERVERS as s;"
        "assert {'napari_stream', 'fiji_stream'} <= set(b), list(b);"
        "assert {'napari', 'fiji'} <= set(s), list(s);"
        "print([m for m in sys.modules if m.partition('.')[0] in"
        " ('numpy', 'zmq', 'napari', 'jpype') or 'stream' in m or 'viewer' in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("kind", "library"), [("napari", "napari"), ("fiji", "jpype")])
def test_a_viewer_whose_library_is_missing_says_what_to_install(kind, library):
    if find_spec(library):
        pytest.skip(f"{library} is installed; the tests of {kind} itself run here")
    command = [sys.executable, "-m", "openhcs.runtime.serve", kind, "--port", str(PORT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert f"pip install 'openhcs[{kind}]'" in done.stderr
    assert "Traceback" not in done.stderr
