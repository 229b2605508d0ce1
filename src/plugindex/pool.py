"""Settle the modules of a large scope in several processes at once.

A process is started for every few hundred modules, as far as there are processors. It runs
:mod:`plugindex.worker`, which imports no module of the application's either, and leaves what it
found in a nameless file. The modules are handed out in portions: a pipe holds the numbers of those
that nobody has begun, and whoever is free takes the next. What a worker took and doesn't tell of,
whatever the reason, is settled in this process.
"""

from __future__ import annotations

import os
import sys

from plugindex import process, store
from plugindex.codec import encode
from plugindex.portable import scope_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, BinaryIO

    from plugindex.settling import Settling

SWITCH = "PLUGINDEX_PROCESSES"  # how many processes read at once, at most; 1 is this one alone
_SHARE = 200  # modules, as many as take longer to settle than a process to start
_MOST = 8
_PORTIONS = 100  # at most; the number of each is one byte, so that no reader gets half of one
_SMALLEST = 16  # modules in a portion: those of one folder lean on the same others
_PATIENCE_S = 30.0  # for a worker, after all that was left to do here is done

_BOOT = """\
import sys
sys.path[:] = [sys.argv[1], *filter(None, sys.path)]
from plugindex.worker import main
main(*map(int, sys.argv[2:]))
"""


class Pool:
    """Processes that share the settling of *names* with this one.

    Args:
        settling: what the names are of.
        names: the modules to settle.
    """

    def __init__(self, settling: Settling, names: Sequence[str]) -> None:
        self.workers: list[Worker] = []
        self._portions = list(portions(names))
        self._left: int | None = None
        further = _count(len(names)) - 1
        try:
            if further:
                self._start(further, encode(_question(settling, names)).encode("ascii"))
        except OSError:  # no room, no descriptors, no memory for a process: do it here
            return

    def _start(self, count: int, question: bytes) -> None:
        self._left = _numbers(len(self._portions))
        for _ in range(count):
            self.workers.append(_started(question, self._left))

    def mine(self) -> Iterator[Sequence[str]]:
        """Yield the portions that no worker has begun, one at a time."""
        if self._left is None:
            yield from self._portions
            return
        for number in taken(self._left):
            yield self._portions[number]

    def end(self) -> None:
        """End the processes that are still at work, and let go of all that was theirs."""
        if self._left is not None:
            os.close(self._left)
        for one in self.workers:
            one.end()


def portions(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield *names* in portions."""
    size = max(_SMALLEST, -(-len(names) // _PORTIONS))
    for at in range(0, len(names), size):
        yield names[at : at + size]


def taken(left: int) -> Iterator[int]:
    """Yield numbers of portions from the pipe *left*, each for this process alone."""
    try:
        while number := os.read(left, 1):
            yield number[0]
    except BlockingIOError:  # a process that was forked off meanwhile holds the other end
        return


def _numbers(count: int) -> int:
    """Return a pipe that holds the numbers below *count*, and then ends."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.write(writing, bytes(range(count)))
    os.close(writing)
    return reading


class Worker:
    """One process at work, and where it leaves what it found."""

    def __init__(self, number: int, answer: BinaryIO, ended: int) -> None:
        self._number = number
        self._answer = answer
        self._ended = ended  # of a pipe that tells so, if only because its other end is closed

    def outcome(self) -> store.Document | None:
        """Return what the process found, once it has ended; None if it didn't tell all."""
        import select

        poll = select.poll()
        poll.register(self._ended, select.POLLIN)
        if not poll.poll(_PATIENCE_S * 1000):
            return None
        self._answer.seek(0)
        found = store.parse(self._answer.read())
        return found if found.verdict == store.OK and found.entry("") is not None else None

    def end(self) -> None:
        """End the process, if it is still at work, and let go of all that was its own."""
        import signal

        self._answer.close()
        os.close(self._ended)
        try:
            if os.waitpid(self._number, os.WNOHANG) == (0, 0):
                os.kill(self._number, signal.SIGKILL)
                os.waitpid(self._number, 0)
        except (ChildProcessError, ProcessLookupError):  # this process ignores how children end
            return


def _count(modules: int) -> int:
    """Return how many processes are to share *modules*, this one included."""
    count = modules // _SHARE
    if count < 2 or process.refusal() or not hasattr(os, "posix_spawn"):
        return 1
    return max(1, min(count, _wanted()))


def _wanted() -> int:
    """Return how many processes may read at once: as many as there are processors, or as is said.

    A number that is none is passed over: it is no reason not to list anything.
    """
    said = os.environ.get(SWITCH, "").strip()
    if said.isascii() and said.isdigit():
        return int(said)
    able = getattr(os, "sched_getaffinity", None)
    return min(_MOST, len(able(0)) if able else os.cpu_count() or 1)


def _question(settling: Settling, names: Sequence[str]) -> dict[str, Any]:
    return {
        "path": [entry for entry in sys.path if isinstance(entry, str)],
        "scope": scope_fields(settling.scope),
        "shipped": settling.settings.shipped,
        "names": names,
    }


def _started(question: bytes, left: int) -> Worker:
    answer = process.scratch()
    try:
        with process.scratch() as asked:
            asked.write(question)
            asked.seek(0)
            number, ended = _at_work(asked.fileno(), left, answer.fileno())
    except OSError:
        answer.close()
        raise
    return Worker(number, answer, ended)


def _at_work(question: int, left: int, answer: int) -> tuple[int, int]:
    """Start a worker; return its number, and the pipe that tells when it has ended."""
    ended, writing = os.pipe()
    try:
        return _spawned(question, left, answer, writing), ended
    except OSError:
        os.close(ended)
        raise
    finally:
        os.close(writing)


def _spawned(*descriptors: int) -> int:
    """Start a worker that gets copies of *descriptors*; return its number."""
    null = os.open(os.devnull, os.O_RDWR)
    try:
        first = max(*descriptors, null, 2) + 1  # so that no copy takes the place of an original
        copies = {first + place: given for place, given in enumerate(descriptors)}
        given = copies | dict.fromkeys((0, 1, 2), null)
        actions = [(os.POSIX_SPAWN_DUP2, original, copy) for copy, original in given.items()]
        words = [process.engine(), *map(str, copies)]
        command = [sys.executable, *process.flags(), "-c", _BOOT, *words]
        return os.posix_spawn(sys.executable, command, process.environment(), file_actions=actions)
    finally:
        os.close(null)
