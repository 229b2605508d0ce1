"""A viewer without a library behind it, for tests: it keeps what it is sent, or misbehaves.

Run as a program it serves in a process of its own: ``streaming_viewer.py PORT [MODE]``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from openhcs.errors import MessageError
from openhcs.runtime.shared_memory import take
from openhcs.runtime.transport import Address, server_address
from openhcs.runtime.viewer_base import ViewerServer


class PlainViewer(ViewerServer):
    """Answers as a napari viewer does.

    Args:
        address: where to listen.
        mode: what goes wrong when a batch comes: "dies" before any image is taken, "dies late"
            after the first, "hangs", is "slow" by a second, "forgets" to acknowledge the first;
            "" for nothing.
    """

    def __init__(self, address: Address, mode: str = "") -> None:
        super().__init__(address)
        # No class attribute: a test's class stays out of the registry.
        self._server_type = "napari"
        self.mode = mode
        self.messages: list[dict] = []

    def check_display(self, display) -> None:
        if display.colormap == "nonesuch":
            raise MessageError("there is no colormap 'nonesuch'")

    def show(self, changed, display) -> None:
        pass

    def forget(self) -> None:
        pass

    def describe(self, key) -> dict:
        data = self.layers.stacks[key].data
        return {"name": key.name, "shape": list(data.shape), "dtype": data.dtype.name}

    def measure(self, key) -> str:
        return hashlib.sha256(self.layers.stacks[key].data.tobytes()).hexdigest()

    def batch(self, request) -> dict:
        self.messages.append(request)
        first = request["images"][0]
        if self.mode == "dies late":
            take(first["shm_name"], tuple(first["shape"]), first["dtype"])
        if self.mode.startswith("dies"):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.mode == "hangs":
            signal.pause()
        if self.mode == "slow":
            threading.Event().wait(1)
        answer = super().batch(request)
        return {**answer, "images": answer["images"][1:]} if self.mode == "forgets" else answer


@contextmanager
def serving(port: int, mode: str = ""):
    """Serve in a thread of this process, and end with the block."""
    server = PlainViewer(server_address(port), mode)
    with server:
        server.ready = True
        thread = threading.Thread(target=_serve, args=(server,))
        thread.start()
        try:
            yield server
        finally:
            server.call_soon(server.stop)
            thread.join()


def _serve(server: PlainViewer) -> None:
    while not server.stopping:
        server.step(1.0)


@contextmanager
def own_sockets():
    """Keep sockets in a folder of the block's own: a port there is nobody else's."""
    folder = tempfile.mkdtemp(prefix="oh")  # short, as a socket's path must be
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        yield folder
    shutil.rmtree(folder)


def segments_left() -> list[str]:
    """Return the names of this process's shared memory that is still there."""
    return [found.name for found in Path("/dev/shm").glob(f"openhcs_{os.getpid()}_*")]


if __name__ == "__main__":
    PlainViewer(server_address(int(sys.argv[1])), *sys.argv[2:]).run()
