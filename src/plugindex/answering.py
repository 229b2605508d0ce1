"""Attributes that classes and instances have without a class in their order having them."""

from __future__ import annotations

from plugindex.hierarchy import Hierarchy
from plugindex.meaning import MISSING, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.meaning import Found

# What ``pytest.mark`` is, and what each of its attributes is:
# https://docs.pytest.org/en/stable/reference/reference.html#marks
_MARKING = ("_pytest.mark.structures", "MarkGenerator")
_MARK = ("_pytest.mark.structures", "MarkDecorator")


class Answering(Hierarchy):
    """A hierarchy that knows what metaclasses, and the instances of a few classes, answer."""

    def call(self, callee: Found, args: tuple[Found, ...], names: tuple[str, ...]) -> Found:
        """Return what a call gives; a mark gives back a class, and a mark where it gets options."""
        if (
            callee[0] == "instance"
            and callee[1][1] == _MARK[0]
            and callee[1] == self.member(*_MARK)
        ):
            kept = len(args) == 1 and not names and args[0][0] == "class"
            return (
                args[0]
                if kept
                else callee
                if _are_told(args)
                else super().call(callee, args, names)
            )
        return super().call(callee, args, names)

    def absent(self, owner: Found, name: str) -> Found:
        """Return an attribute that no class in the order of a class, or an instance's, has."""
        if owner[0] == "instance":
            known = owner[1][1] == _MARKING[0] and owner[1] == self.member(*_MARKING)
            return ("instance", self.member(*_MARK)) if known else super().absent(owner, name)
        return self._of_metaclass(owner, name)

    def _of_metaclass(self, cls: Found, name: str) -> Found:
        for meta in self.metaclasses(cls):
            found = self.class_attribute(meta, name) if meta != cls else MISSING
            if found[0] == "function":
                return ("bound", found, cls)
            if found[0] != "missing":
                return unknown(f"the attribute {name} of a metaclass", found, cls)
        return MISSING


def _are_told(args: tuple[Found, ...]) -> bool:
    """Tell whether what a mark is given is no class: then they are its options."""
    return len(args) != 1 or args[0][0] in ("const", "items", "table", "instance")
