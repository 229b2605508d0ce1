"""The server's side of one worker: its process, and a thread that listens to it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

from openhcs.errors import MessageError
from openhcs.runtime.messages import LARGEST, decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from openhcs.runtime.messages import Message

    # Called with the worker and what it says, in the listening thread.
    Heard = Callable[["WorkerProcess", Message], object]

ENDING_SECONDS = 2.0
GRACE_SECONDS = 1.0  # to end by itself once it has closed its pipe
# A server may do without what needs a viewer; that is no reason for its workers to.
NOT_INHERITED = frozenset({"OPENHCS_SUBPROCESS_NO_GPU"})


class WorkerProcess:
    """Start a worker in a fresh interpreter, in a process group of its own.

    Args:
        job_reference: ``module:name`` of the class of the jobs.
        run_reference: ``module:name`` of the function that runs a well.
        heard: takes each message of the worker; the last is of type "ended" and has a reason.
        indexes: of the registries, for the worker to adopt before its first well.

    Raises:
        OSError: when the system starts no more processes.
    """

    def __init__(
        self,
        job_reference: str,
        run_reference: str,
        heard: Heard,
        indexes: dict[str, str] | None = None,
    ) -> None:
        inherited = {k: v for k, v in os.environ.items() if k not in NOT_INHERITED}
        safe = ["-P"] if sys.flags.safe_path else []  # the same import path as the server's
        self._process = subprocess.Popen(
            [sys.executable, *safe, "-m", "openhcs.runtime.worker", job_reference, run_reference],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=inherited,
            start_new_session=True,  # so that all it starts can be ended with it
        )
        self.task: tuple[str, str] | None = None  # the execution and the well it runs
        self.begun = 0  # how many tasks it has begun
        self.given = 0  # how many it was given
        self._heard = heard
        self._indexes = indexes or {}
        self._listener = threading.Thread(target=self._listen, name="worker", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def run(self, execution_id: str, well: str, job: Message) -> None:
        """Give the worker a well to run; if it has just ended, its end will be heard."""
        self.task = (execution_id, well)
        self.given += 1
        task = encode({"type": "run", "well": well, "job": job}) + b"\n"
        if self._indexes:
            task = encode({"type": "adopt", "indexes": self._indexes}) + b"\n" + task
            self._indexes = {}
        # A pipe holds 64 KiB and a worker may be slow to read: the server doesn't wait for it.
        threading.Thread(target=self._send, args=(task,), name="task", daemon=True).start()

    def _send(self, task: bytes) -> None:
        stdin = self._stream(self._process.stdin)
        with contextlib.suppress(BrokenPipeError, ValueError):  # it has ended, or been killed
            stdin.write(task)
            stdin.flush()

    @staticmethod
    def _stream(stream: IO[bytes] | None) -> IO[bytes]:
        if stream is None:
            raise ValueError("this stream of the worker is no pipe")
        return stream

    def _listen(self) -> None:
        nonsense = ""
        with self._stream(self._process.stdout) as stdout:
            try:
                while line := stdout.readline(LARGEST + 2):
                    self._heard(self, decode(line.rstrip(b"\n")))
            except MessageError as error:
                self._end_group()
                nonsense = f"its worker spoke nonsense: {error}"
        told = _told(self._outcome())
        self._heard(self, {"type": "ended", "reason": nonsense or told})

    def _outcome(self) -> int:
        """Return how the worker ended, once nothing that it had started is left."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_SECONDS)
        self._end_group()
        return self._process.wait()

    def _end_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody of it is left
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def kill(self) -> None:
        """End the worker in whatever it is doing, and wait until it is gone."""
        if self._listener.is_alive():  # else it is gone, and its number may be another's
            self._end_group()
        self._listener.join(ENDING_SECONDS)
        with contextlib.suppress(BrokenPipeError):
            self._stream(self._process.stdin).close()


def _told(code: int) -> str:
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return f"its worker was killed by {name}"
    return f"its worker ended with exit code {code}"
