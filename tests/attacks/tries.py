"""Run one try in a process of its own, and take its answer or the way it ended."""

from __future__ import annotations

import os
import pickle
import select
import signal
import time
import traceback
import warnings
from typing import NamedTuple

LIMIT_S = 60.0  # generous: a try that takes longer hangs


class Outcome(NamedTuple):
    """What became of a try: "answered" with a value, or "raised", "hung" or "killed" and why."""

    kind: str
    value: object


class Try:
    """A forked process that runs *work*, a function whose result can be pickled."""

    def __init__(self, work):
        self._reading, writing = os.pipe()
        with warnings.catch_warnings():  # 3.12 warns of threads that may be lost
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            _run(work, writing)
        os.close(writing)

    def result(self, limit_s=LIMIT_S):
        """Wait for the process, end it if it takes too long, and return its outcome."""
        try:
            data = self._answer(time.monotonic() + limit_s)
        finally:
            os.close(self._reading)
            self.kill()
            _, status = os.waitpid(self.pid, 0)
        if data is None:
            return Outcome("hung", f"no answer within {limit_s} s")
        if not data:
            return Outcome("killed", f"it ended with status {status}")
        return Outcome(*pickle.loads(data))

    def kill(self):
        """End the process, and those of its session, at once."""
        for end in (os.kill, os.killpg):
            try:
                end(self.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue

    def _answer(self, deadline):
        """Return what the process said: nothing if it ended, None if it is late."""
        data, poll = b"", select.poll()
        poll.register(self._reading, select.POLLIN)
        while not _is_whole(data):
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            if poll.poll(left * 1000):
                more = os.read(self._reading, 1 << 16)
                if not more:
                    return b""
                data += more
        return data[8:]


def attempt(work, limit_s=LIMIT_S):
    """Run *work* in a forked process and return its outcome."""
    return Try(work).result(limit_s)


def _is_whole(data):
    return len(data) >= 8 and len(data) - 8 >= int.from_bytes(data[:8], "little")


def _run(work, writing):
    """Do the work of the child; it never gets back into the code that forked it."""
    try:
        os.setsid()
        _quiet()
        warnings.resetwarnings()
        warnings.simplefilter("error")
        said = ("answered", work())
    except BaseException:  # noqa: BLE001 - what a try raises, exits included, is its outcome
        said = ("raised", traceback.format_exc())
    try:
        data = pickle.dumps(said)
        os.write(writing, len(data).to_bytes(8, "little"))
        while data:
            data = data[os.write(writing, data) :]
    finally:
        os._exit(0)


def _quiet():
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
