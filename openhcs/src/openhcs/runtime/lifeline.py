"""Notice the end of the process that a server or a worker belongs to."""

from __future__ import annotations

import os
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_SECONDS = 0.5


def watch_parent(ended: Callable[[], object]) -> None:
    """Call *ended*, from a thread of its own, once this process has lost its parent.

    It covers what a pipe can't: a forked child of the parent may hold the pipe's other end.
    Windows keeps a lost parent's number; there only the pipe tells.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        ended()

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


def watch_stdin(ended: Callable[[], object]) -> None:
    """Call *ended*, from a thread of its own, once standard input is at its end.

    Whoever started this process holds the other end of the pipe; the system closes it however
    that process ends, also by a kill that no handler sees.
    """

    def watch() -> None:
        while os.read(0, 4096):
            pass
        ended()

    threading.Thread(target=watch, name="stdin watch", daemon=True).start()
