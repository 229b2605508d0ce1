"""Who may discover now, and what a fork leaves behind."""

from __future__ import annotations

import _thread
import os
import sys

from plugindex.names import is_library, is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

# One lock for all registries: it guards a few assignments, never an import or a file. It is
# re-entrant because a signal handler may read a registry in the middle of such an assignment.
guard = _thread.RLock()
forks = 0
lost_modules: frozenset[str] = frozenset()
_recording: dict[int, int] = {}


class Turn:
    """One discovery in progress: the thread that runs it, and a lock that others wait on."""

    __slots__ = ("forks", "lock", "thread")

    def __init__(self) -> None:
        self.thread = _thread.get_ident()
        self.forks = forks
        self.lock = _thread.allocate_lock()
        self.lock.acquire()

    @property
    def alive(self) -> bool:
        """Say whether the thread of this turn exists in this process."""
        return self.forks == forks

    @property
    def mine(self) -> bool:
        """Say whether the calling thread holds this turn."""
        return self.thread == _thread.get_ident()

    def wait(self, seconds: float) -> bool:
        """Wait until the turn is over, *seconds* at most; say whether it is."""
        over = self.lock.acquire(timeout=seconds)
        if over:
            self.lock.release()
        return over


class recording:
    """Record duplicate keys, in this thread, instead of raising at the class statement."""

    __slots__ = ()

    def __enter__(self) -> None:
        me = _thread.get_ident()
        _recording[me] = _recording.get(me, 0) + 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        me = _thread.get_ident()
        _recording[me] -= 1
        if not _recording[me]:
            del _recording[me]


def is_recording() -> bool:
    """Say whether a discovery or a load runs in the calling thread."""
    return _thread.get_ident() in _recording


def _modules_of_lost_threads() -> frozenset[str]:
    """Name the modules whose import lock belongs to a thread that did not survive the fork."""
    locks = getattr(sys.modules.get("_frozen_importlib"), "_module_locks", {})
    survivors = (None, _thread.get_ident())
    owners = {name: getattr(ref(), "owner", None) for name, ref in list(locks.items())}
    return frozenset(name for name, owner in owners.items() if owner not in survivors)


def _is_replaceable(name: str) -> bool:
    """Tell whether a module may be imported once more: the engine's, the standard library's."""
    return is_ours(name) or is_library(name)


def _revive(names: frozenset[str]) -> None:
    """Let modules whose import a fork cut off be imported anew, instead of waiting for ever.

    The engine imports its cold parts and what they need of the standard library late, so a fork
    falls into such an import easily.
    """
    locks = getattr(sys.modules.get("_frozen_importlib"), "_module_locks", {})
    for name in names:
        locks.pop(name, None)
        spec = getattr(sys.modules.get(name), "__spec__", None)
        if getattr(spec, "_initializing", False):
            for inside in [one for one in sys.modules if f"{one}.".startswith(f"{name}.")]:
                del sys.modules[inside]


def _start_over() -> None:
    global guard, forks, lost_modules
    guard = _thread.RLock()
    forks += 1
    lost = _modules_of_lost_threads()
    replaceable = frozenset(name for name in lost if _is_replaceable(name))
    _revive(replaceable)
    lost_modules |= lost - replaceable
    me = _thread.get_ident()
    for thread in [thread for thread in _recording if thread != me]:
        del _recording[thread]


if hasattr(os, "register_at_fork"):
    # The parent forks between two assignments, never in the middle of a group of them.
    os.register_at_fork(
        before=lambda: guard.acquire() and None,
        after_in_parent=lambda: guard.release(),
        after_in_child=_start_over,
    )
