"""Which classes of a family count: those that reading tells all of, and that can be had by name."""

from __future__ import annotations

from plugindex.keyreading import Undecided
from plugindex.makers import ANY_TIME
from plugindex.subscripts import makes_classes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.availability import Requirements
    from plugindex.config import Scope
    from plugindex.meaning import Found

_OTHERS = ("class", "real", "missing", "const", "module", "function", "instance", "made")


class Eligibility:
    """Tells of the classes of a family whether they count in one scope."""

    def __init__(self, family: Requirements, scope: Scope) -> None:
        self.family = family
        self.scope = scope

    def check(self, cls: Found) -> None:
        """Leave to running what reading does not tell of a class that may count."""
        name, line, condition = self.family.entry(cls)[:3]
        said = self.family.entry(cls)[5] | self.family.posts(cls[1]).get(cls[2], {})
        if "__module__" in said and not self._is_text(said["__module__"], cls):
            raise Undecided(f"line {line}: which module {name} says it is of{ANY_TIME}")
        if makes_classes(self.family, cls):
            raise Undecided(f"line {line}: {name}[...] makes a class{ANY_TIME}")
        if "__qualname__" in said or (not self.scope.foreign and self._is_renamed(cls)):
            raise Undecided(f"line {line}: {name} changes its qualified name")
        if self.family.renamed_by_hooks(cls):
            raise Undecided(f"line {line}: a hook may change where {name} is to be had")
        if self.family.belongs(cls) is None or self.family.doubtful(cls):
            raise Undecided(f"line {line}: the bases of {name} are not told by reading")
        lacking = self.family.lacking_base(cls)
        if lacking:
            raise Undecided(f"line {line}: {name} has a base that may be missing: {lacking}")
        if self.family.decide_imported(condition, self.family.home(cls)) is None:
            raise Undecided(f"line {line}: only running decides whether {name} exists")
        if self.family.is_abstract(cls) is None:
            raise Undecided(f"line {line}: whether {name} is abstract")

    def _is_renamed(self, cls: Found) -> bool:
        return "__qualname__" in self.family.set_by_decorators(cls)

    def _is_text(self, value: Any, cls: Found) -> bool:
        found = self.family.evaluate(value, self.family.home(cls))
        return found[0] == "const" and isinstance(found[1], str)

    def counts(self, cls: Found) -> bool:
        """Tell whether the qualified name leads to the class after the import."""
        module, entry = self.family.module_of(cls), self.family.entry(cls)
        if not self.scope.covers(module):
            return False
        if not self.scope.asks_attributes() and self.family.stands_in(cls):
            return True
        names = entry[0].split(".")
        found = self.family.member(module, names[0])
        for name in names[1:]:
            if found[0] == "class" and self.family.may_take(found, name):
                raise Undecided(f"line {entry[1]}: what {entry[0]} is in the end")
            found = self.family.attribute(found, name)
        if found == cls and not self._is_renamed(cls) and self.family.shown_in(cls) is not None:
            return True
        if (found[0] in _OTHERS and found != cls) or self.family.is_replaced(cls):
            return False
        raise Undecided(f"line {entry[1]}: what {entry[0]} is in the end")

    def dated(self, cls: Found, reason: str) -> str:
        """Return why running must tell of a class, with what says that it does so at any time.

        Where another module has the class, that one must have been imported.
        """
        module = self.family.module_of(cls)
        later = not f"{cls[1]}.".startswith(f"{module}.")
        moved = later and self.scope.covers(cls[1]) and self.scope.covers(module)
        return reason + ANY_TIME if moved and not reason.endswith(ANY_TIME) else reason
