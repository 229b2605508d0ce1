"""What the attributes of evaluated values are: of modules, classes, functions, texts."""

from __future__ import annotations

from plugindex.deciding import Deciding
from plugindex.meaning import CHOSEN, IN_PACKAGE, MISSING, real, unknown
from plugindex.tables import has_method

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Context, Found

_MODULE_ATTRIBUTES = frozenset({
    "__dict__", "__doc__", "__file__", "__loader__", "__package__", "__path__", "__spec__",
    "__builtins__", "__cached__", "__class__",
})  # fmt: skip


class Attributes(Deciding):
    """An evaluator of attributes; those of classes are completed by the hierarchy."""

    def attribute_of_copy(self, owner: Found, value: Any, context: Context) -> Found:
        """Return an attribute of a second copy of a module, unless it may have been set there.

        What the copy is handed to may set it, but for the call that loads the copy.
        """
        found = self.attribute(owner[2][0], value[2])
        record = context.record
        calls = (call for _, call, _ in record.calls if call[1][-1] != "exec_module")
        handed = any(value[1] in call[2] for call in calls)
        may_be_set = handed or any(patch[2] == value[2] for patch in record.patches)
        told = not may_be_set and found[0] in ("class", "outside", "real")
        return unknown(f"the attribute {value[2]}", *((found,) if told else ()))

    def attribute(self, owner: Found, name: str) -> Found:
        """Return ``owner.name``."""
        kind = owner[0]
        if kind == "module":
            return self._module_attribute(owner[1], name)
        if kind == "real":
            return real(owner[1], name)
        if kind == "outside":
            return ("outside", f"{owner[1]}.{name}")
        if kind in ("class", "instance"):
            return self.class_attribute(owner, name)
        if kind == "member":
            return self.member_attribute(owner, name)
        if kind == "function":
            return self._function_attribute(owner, name)
        if kind == "super":
            return self.super_attribute(owner, name)
        if has_method(owner, name):
            return ("method", owner, name)
        if kind == "unknown":
            return self._attribute_of_any(owner, name)
        return MISSING if kind == "missing" else unknown(f"the attribute {name}", owner)

    def _function_attribute(self, owner: Found, name: str) -> Found:
        """Return an attribute that a module sets of its own function, as ``patch.object``."""
        record = self.library.record(owner[1])
        given = [
            patch[3]
            for patch in (record.patches if record else ())
            if tuple(patch[1]) == ("d", *owner[2:4]) and patch[2] == name and patch[0] is True
        ]
        if len(given) != 1 or owner[4] is not None:
            return unknown(f"the attribute {name}", owner)
        return self.evaluate(given[0], self.context(record))  # type: ignore[arg-type]

    def _attribute_of_any(self, owner: Found, name: str) -> Found:
        """Return an attribute of one of several modules or classes, or of None in their place."""
        if owner[1] == IN_PACKAGE:
            return self.in_package(owner[2][0][1], name) or unknown(f"the attribute {name}", owner)
        several = [one for one in owner[2] if one != ("const", None)]
        kinds = ("module", "class") if owner[1] == CHOSEN else ("module",)
        if owner[3] or not all(one[0] in kinds for one in several):
            return unknown(f"the attribute {name}", owner)
        return unknown(f"the attribute {name}", *(self.attribute(one, name) for one in several))

    def in_package(self, beginning: str, name: str) -> Found | None:
        """Return an attribute of one of the modules whose names begin so, if but one has it."""
        return None

    def _module_attribute(self, module: str, name: str) -> Found:
        if name == "__name__":
            return ("const", module)
        found = self.member(module, name)
        if found[0] == "missing" and name in _MODULE_ATTRIBUTES:
            held = ("module", module) if name == "__dict__" else ("const", name)
            return unknown("what import sets", held)
        return found

    def class_attribute(self, owner: Found, name: str) -> Found:
        """Return an attribute of a class or of its instance; completed by the hierarchy."""
        return unknown(f"the attribute {name}", owner)

    def super_attribute(self, found: Found, name: str) -> Found:
        """Return an attribute that follows a class in an order; completed by the hierarchy."""
        return unknown(f"the attribute {name}", found[2])

    def member_attribute(self, owner: Found, name: str) -> Found:
        """Return an attribute of an enum member; completed by the hierarchy."""
        return unknown(f"the attribute {name}", owner)
