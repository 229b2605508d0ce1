"""Try out every function of a library, in another process, once per version of the library."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from openhcs.errors import LibraryUnavailableError
from openhcs.processing.backends.lib_registry.function_cache import TOO_SLOW
from openhcs.processing.backends.lib_registry.progress import ProgressBar
from openhcs.processing.contracts import Classification

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

    from openhcs.processing.backends.lib_registry.unified_registry import LibraryRegistryBase

# The slowest of scikit-image takes 20 s, one of OpenCL 25 s to compile, on two slow cores.
LIMIT_S = 120
# What the watchdog of faulthandler ends the process with.
EXIT_TOO_SLOW = 1
_WORKER = "openhcs.processing.backends.lib_registry.trial_worker"


def classify_library(
    registry: LibraryRegistryBase, names: Sequence[str] | None = None, limit_s: float = LIMIT_S
) -> Iterator[Classification]:
    """Give how each function did, as it is tried in a process of its own.

    A function that ends that process, or takes too long, is rejected, and the rest goes on in a new
    one.

    Args:
        registry: the library.
        names: the functions to try; all by default.
        limit_s: what one function may take in seconds.

    Raises:
        LibraryUnavailableError: the process can't import the library.
    """
    todo = None if names is None else list(names)
    progress: ProgressBar | None = None
    while todo is None or todo:
        with _Worker(registry, todo, limit_s) as worker:
            todo = worker.names()
            progress = progress or ProgressBar(f"trying {registry.key}", len(todo))
            for one in worker.results():
                todo.remove(one.name)
                progress.advance(one.name)
                yield one
        if todo:
            yield Classification(todo.pop(0), "", "", reason=worker.end)
            progress.advance("")
    if progress:
        progress.close()


class _Worker:
    """The process that tries functions; it is ended with the block that it serves."""

    def __init__(
        self, registry: LibraryRegistryBase, names: Sequence[str] | None, limit_s: float
    ) -> None:
        self._library = registry.key
        place = f"{type(registry).__module__}:{type(registry).__qualname__}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", _WORKER, place, str(limit_s)],
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._send(names)

    def _send(self, names: Sequence[str] | None) -> None:
        stream = self._process.stdin
        assert stream is not None
        try:
            json.dump(names, stream)
            stream.close()
        except BrokenPipeError:  # it is gone already; reading tells
            return

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._output.close()
        self._process.wait()

    @property
    def end(self) -> str:
        """How the function that it tried last ended it."""
        code = self._process.returncode
        return TOO_SLOW if code == EXIT_TOO_SLOW else f"it ended the interpreter with {code}"

    @property
    def _output(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def names(self) -> list[str]:
        """Return the names of the functions that it will try."""
        line = self._output.readline()
        answer = json.loads(line) if line else {"failed": "its process ended"}
        if "failed" in answer:
            raise LibraryUnavailableError(
                f"the functions of {self._library} can't be listed: {answer['failed']}",
                fix="see whether a fresh interpreter imports it",
            )
        return [str(name) for name in answer["names"]]

    def results(self) -> Iterator[Classification]:
        """Give the results until the process ends."""
        for line in self._output:
            if line.endswith("\n"):  # else it was ended while it wrote
                yield Classification.from_json(json.loads(line))
        self._process.wait()


def _environment() -> dict[str, str]:
    path = os.pathsep.join(entry for entry in sys.path if entry)
    # A figure that a function draws must not ask for a screen.
    return {**os.environ, "PYTHONPATH": path, "MPLBACKEND": "Agg"}
