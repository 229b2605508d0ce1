"""Shared memory between a sender and a receiver: nothing is lost, and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from openhcs.errors import StorageError
from openhcs.runtime.shared_memory import DTYPES, discard, share, take

SHM = Path("/dev/shm")
on_linux = pytest.mark.skipif(not SHM.is_dir(), reason="shows segments as files on Linux only")


def start(code: str) -> subprocess.Popen[str]:
    """Run *code* in a fresh interpreter that a line on standard input lets go on."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


SENDER = """
    import numpy, sys
    from openhcs.runtime.shared_memory import discard, share
    segment = share(numpy.arange(6, dtype="uint16").reshape(2, 3))
    print(segment.name, flush=True)
    sys.stdin.readline()
    discard(segment)
"""


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_array_of_every_type_arrives_as_it_was(dtype):
    sent = (np.arange(6) % 2).reshape(2, 3).astype(dtype)
    segment = share(sent)
    received = take(segment.name, (2, 3), dtype)
    discard(segment)
    np.testing.assert_array_equal(received, sent)
    assert received.dtype == dtype


@pytest.mark.parametrize(
    "sent",
    [np.arange(12, dtype=">u2").reshape(3, 4), np.arange(24, dtype="u2").reshape(6, 4)[::2].T],
    ids=["foreign byte order", "strided"],
)
def test_the_layout_in_memory_does_not_matter(sent):
    segment = share(sent)
    received = take(segment.name, sent.shape, "uint16")
    discard(segment)
    np.testing.assert_array_equal(received, sent)


def test_an_array_belongs_to_its_receiver():
    segment = share(np.zeros((2, 2), "uint8"))
    received = take(segment.name, (2, 2), "uint8")
    discard(segment)
    received[:] = 7
    assert received.sum() == 28


def test_what_was_taken_is_gone():
    segment = share(np.zeros((2, 2), "uint8"))
    take(segment.name, (2, 2), "uint8")
    with pytest.raises(StorageError, match="is gone"):
        take(segment.name, (2, 2), "uint8")
    discard(segment)


def test_what_nobody_took_is_removed_by_its_sender():
    segment = share(np.zeros((2, 2), "uint8"))
    discard(segment)
    with pytest.raises(StorageError, match="is gone"):
        take(segment.name, (2, 2), "uint8")


@pytest.mark.parametrize("shape", [(2, 3), (-1, 2), (2**40, 2**40)])
def test_a_wrong_shape_is_refused(shape):
    segment = share(np.zeros((2, 2), "uint8"))
    with pytest.raises(StorageError, match="is no array of"):
        take(segment.name, shape, "uint8")
    discard(segment)


@pytest.mark.parametrize("name", ["psm_abcdef", "../etc/passwd", "openhcs_1_x", "", "a\0b"])
def test_nothing_but_a_segment_of_a_sender_is_opened(name):
    with pytest.raises(StorageError, match="no shared array of a sender of ours"):
        take(name, (2, 2), "uint8")


def test_python_objects_are_not_shared():
    with pytest.raises(StorageError, match="an array of object can't be shared"):
        share(np.array([[object()]]))


@on_linux
def test_a_full_memory_is_an_error_and_leaves_nothing():
    endless = np.broadcast_to(np.uint8(0), (2**42,))  # 4 TiB, of which one byte exists
    with pytest.raises(StorageError, match="has no room for an image of"):
        share(endless)
    assert not list(SHM.glob(f"openhcs_{os.getpid()}_*"))


def test_a_taken_segment_makes_no_noise_at_the_end_of_either_process():
    with start(SENDER) as sender:
        name = sender.stdout.readline().strip()
        receiver = start(f"""
            from openhcs.runtime.shared_memory import take
            print(take({name!r}, (2, 3), "uint16").tolist())
        """)
        assert receiver.communicate(timeout=60) == ("[[0, 1, 2], [3, 4, 5]]\n", "")
        assert sender.communicate("\n", timeout=60) == ("", "")


def test_both_sides_may_be_one_process():
    both = start("""
        import numpy
        from openhcs.runtime.shared_memory import discard, share, take
        segment = share(numpy.zeros((2, 2), "uint8"))
        take(segment.name, (2, 2), "uint8")
        discard(segment)
    """)
    assert both.communicate(timeout=60) == ("", "")


@on_linux
def test_a_killed_sender_leaves_nothing():
    with start(SENDER) as sender:
        segment = SHM / sender.stdout.readline().strip()
        assert segment.exists()
        sender.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 30
        while segment.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not segment.exists()
