"""Attributes that classes and instances have without a class in their order having them."""

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

    def _of_metaclass(self, cls: Found, name: str) -> Found:
        for meta in self.metaclasses(cls):
            found = self.class_attribute(meta, name) if meta != cls else MISSING
            if found[0] == "function":
                return ("bound", found, cls)
            if found[0] != "missing":
                return unknown(f"the attribute {name} of a metaclass", found, cls)
        return MISSING
