"""Record registrations while modules are imported only to see what they register.

A registering metaclass or mixin asks :func:`active` at each class statement. When a
:class:`Journal` is active it reports the key and class to it and raises nothing about duplicates,
and its registry starts no discovery: what is found must be what the modules do themselves. All
else that it raises outside a child it raises in one too, for that is what an import gives.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from types import FrameType

    from plugindex.records import Problem

_active: Journal | None = None


class Journal:
    """What registered in this process, in order: (base, key, class) and the problems met.

    *makers* has the module whose import made a class, and *names* the object reference that the
    class had then, by the class's id.
    """

    __slots__ = ("makers", "names", "problems", "registrations")

    def __init__(self) -> None:
        self.registrations: list[tuple[type, Hashable, type]] = []
        self.problems: list[tuple[type, Problem]] = []
        self.makers: dict[int, str] = {}
        self.names: dict[int, str] = {}

    def registered(self, base: type, key: Hashable, cls: type) -> None:
        """Note that *cls* registered as *key* with the registry that *base* declares."""
        self.registrations.append((base, key, cls))
        self.makers[id(cls)] = _imported_now()
        self.names[id(cls)] = f"{cls.__module__}:{cls.__qualname__}"

    def met(self, base: type, problem: Problem) -> None:
        """Note a *problem* that registration with *base*'s registry met instead of raising it."""
        self.problems.append((base, problem))


def _imported_now() -> str:
    """Return the module that is being imported by this thread, "" if none is."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    name = frame.f_globals.get("__name__") if frame is not None else ""
    return name if isinstance(name, str) and name != "__main__" else ""


def begin() -> Journal:
    """Record from now to the end of this process."""
    global _active
    _active = Journal()
    return _active


def active() -> Journal | None:
    """Return the recording that registrations report to, None in an ordinary process."""
    return _active
