"""Keep what foreign code prints and warns of while it is only tried out."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Any

# The filters of warnings and the standard streams belong to the whole process: two threads that
# exchange them at a time would put them back in the wrong order. Made anew after a fork, where
# another thread may have held it.
_turn = threading.RLock()


def _renew_turn() -> None:
    global _turn
    _turn = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_turn)


class _Muted:
    """A stream that drops what one thread writes and passes on what the others do."""

    def __init__(self, stream: IO[str], thread: int) -> None:
        self._stream = stream
        self._thread = thread

    def write(self, text: str) -> int:
        if threading.get_ident() == self._thread:
            return len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def quietly() -> Iterator[None]:
    """Ignore warnings and drop what this thread prints."""
    import sys
    import warnings
    from contextlib import redirect_stderr, redirect_stdout

    me = threading.get_ident()
    with _turn, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out, err = _Muted(sys.stdout, me), _Muted(sys.stderr, me)
        with redirect_stdout(out), redirect_stderr(err):
            yield
