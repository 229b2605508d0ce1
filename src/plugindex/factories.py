"""Classes that a function makes by a class statement, as bases of others.

``UInt8 = integers("UInt8", 8)`` stands for such a class: what it derives from is told by the call,
of its attributes nothing is. Where its body may make it abstract, or do more at a class statement
than a body does, it is not told at all.
"""

from __future__ import annotations

from plugindex.abstractness import Abstractness
from plugindex.bases import OBJECT
from plugindex.made import CLASSES, MADE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Context, Found

# What a body may have that does more than other attributes.
DOING = frozenset({
    "__init_subclass__", "__class_getitem__", "__mro_entries__", "__prepare__", "__subclasshook__",
    "__abstractmethods__", "__isabstractmethod__",
})  # fmt: skip
_TELLING = frozenset({"__name__", "__qualname__", "__module__", "__doc__"})


class Factories(Abstractness):
    """A hierarchy that knows which classes functions make to derive from."""

    def made_inside(self, value: Any, context: Context, bases: tuple[Found, ...]) -> Found:
        """Return what a class statement in a function makes."""
        if self._is_told(value, context) and all(map(self._is_plain_base, bases)):
            return (MADE, f"{context.record.name}:<locals>", bases or (OBJECT,))
        return super().made_inside(value, context, bases)

    def _is_told(self, made: Any, context: Context) -> bool:
        """Tell whether all that becomes of a class in its function is in its statement."""
        summary = context.summary
        assert summary is not None
        keywords, body = summary.classes[made[1]][4:6]
        handed = any(is_handed(call, [made]) for _, call, _ in summary.calls)
        set_later = {patch[2] for patch in summary.patches if patch[1] == made}
        return not keywords and not handed and set_later <= _TELLING and DOING.isdisjoint(body)

    def _is_plain_base(self, base: Found) -> bool:
        """Tell whether a base makes no methods abstract, and no metaclasses."""
        if any(self.descends(one, "builtins:type") for one in self.order(base)):
            return False
        return base[0] in CLASSES and not self._has_abcmeta(base)


def is_handed(call: Any, classes: list[Any]) -> bool:
    """Tell whether a call is given one of *classes*, or is one of a method of it."""
    callee = call[1]
    while callee[0] == "a":
        callee = callee[1]
    return _holds(callee, classes) or any(_holds(arg, classes) for arg in call[2])


def _holds(value: Any, classes: list[Any]) -> bool:
    """Tell whether a value is or holds one of *classes*; an attribute of one isn't it."""
    if value in classes:
        return True
    if value[0] == "p":
        return any(_holds(one, classes) for _, one in value[1])
    if value[0] in "lm":
        return any(_holds(one, classes) for one in value[1])
    if value[0] == "x":
        return is_handed(value, classes)
    return value[0] in "So" and any(_holds(one, classes) for one in value[1:] if type(one) is tuple)
