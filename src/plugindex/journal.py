"""Record registrations while modules are imported only to see what they register.

A registering metaclass or mixin asks :func:`active` at each class statement. When a
:class:`Journal` is active it reports the key and class to it and raises nothing about duplicates,
and its registry starts no discovery: what is found must be what the modules do themselves. All
else that it raises outside a child it raises in one too, for that is what an import gives.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable

    from plugindex.records import Problem

_active: Journal | None = None


class Journal:
    """What registered in this process, in order: (base, key, class) and the problems met."""

    __slots__ = ("problems", "registrations")

    def __init__(self) -> None:
        self.registrations: list[tuple[type, Hashable, type]] = []
        self.problems: list[tuple[type, Problem]] = []

    def registered(self, base: type, key: Hashable, cls: type) -> None:
        """Note that *cls* registered as *key* with the registry that *base* declares."""
        self.registrations.append((base, key, cls))

    def met(self, base: type, problem: Problem) -> None:
        """Note a *problem* that registration with *base*'s registry met instead of raising it."""
        self.problems.append((base, problem))


def begin() -> Journal:
    """Record from now to the end of this process."""
    global _active
    _active = Journal()
    return _active


def active() -> Journal | None:
    """Return the recording that registrations report to, None in an ordinary process."""
    return _active
