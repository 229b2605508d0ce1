"""The processes of a pool: known, so that they can be ended in the middle of their work."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext, SpawnProcess
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ENDING_SECONDS = 1.0  # before a worker is ended by force


class Workers(SpawnContext):
    """What a pool starts its processes with: each is a fresh interpreter, and is remembered.

    A forked one would inherit the threads and locks of whatever is loaded here.
    """

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *args: Any, **named: Any) -> SpawnProcess:  # type: ignore[override]
        """Return a new process; the pool calls it so."""
        process = SpawnProcess(*args, **named)
        self.started.append(process)
        return process

    def end(self, seconds: float = ENDING_SECONDS) -> None:
        """End all that still run, whatever they do: by force if they take more than *seconds*."""
        for process in self._running():
            process.terminate()
        deadline = monotonic() + seconds
        while (left := self._running()) and monotonic() < deadline:
            wait([process.sentinel for process in left], max(0, deadline - monotonic()))
        for process in self._running():
            process.kill()

    def _running(self) -> list[SpawnProcess]:
        return [process for process in self.started if process.pid and process.is_alive()]


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore interrupts for what takes a moment only and must be done."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is interrupted
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
