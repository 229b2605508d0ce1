"""Attributes that no class of an order has, of enum members, and of what ``super()`` gives."""

from __future__ import annotations

from plugindex.hierarchy import Hierarchy
from plugindex.keepers import MARKS
from plugindex.meaning import MISSING, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.meaning import Found

# What ``pytest.mark`` is, and what each of its attributes is:
# https://docs.pytest.org/en/stable/reference/reference.html#marks
_MARKING = (MARKS, "MarkGenerator")
_MARK = (MARKS, "MarkDecorator")


class Answering(Hierarchy):
    """A hierarchy that knows what metaclasses, and the instances of a few classes, answer."""

    def absent(self, owner: Found, name: str) -> Found:
        """Return an attribute that no class in the order of a class, or an instance's, has."""
        if owner[0] == "instance":
            known = owner[1][1] == MARKS and owner[1] == self.member(*_MARKING)
            return ("instance", self.member(*_MARK)) if known else super().absent(owner, name)
        return self._of_metaclass(owner, name)

    def member_attribute(self, owner: Found, name: str) -> Found:
        """Return an attribute of an enum member: its name or its literal value."""
        if name in ("name", "_name_"):
            return ("const", owner[2])
        value = self.entry(owner[1])[5].get(owner[2])
        plain = value is not None and self.hashed_by_value(owner[1]) is not None
        if plain and name in ("value", "_value_"):
            found = self.evaluate(value, self.home(owner[1]))
            return found if found[0] == "const" else unknown("an enum's value")
        return unknown(f"the attribute {name}", owner)

    def super_attribute(self, found: Found, name: str) -> Found:
        """Return an attribute of what follows a class in the order of an instance or a class."""
        _, holder, owner = found
        cls = owner[1] if owner[0] == "instance" else owner
        order = self.order(cls) if cls[0] == "class" else ()
        if holder not in order or any(one[0] not in ("class", "real") for one in order):
            return unknown(f"the attribute {name}", owner)
        return self.in_order(owner, name, order[order.index(holder) + 1 :])

    def _of_metaclass(self, cls: Found, name: str) -> Found:
        for meta in self.metaclasses(cls):
            found = self.class_attribute(meta, name) if meta != cls else MISSING
            if found[0] == "function":
                return ("bound", found, cls)
            if found[0] != "missing":
                return unknown(f"the attribute {name} of a metaclass", found, cls)
        return MISSING
