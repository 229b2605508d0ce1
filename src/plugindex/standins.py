"""Which decorators put a subclass of the decorated class in its place, under its own name.

They add a base or replace methods, and set where it is to be had to what the class itself says::

    def frozen(cls):
        class Frozen(Mixin, cls):
            def __setattr__(self, name, value): raise TypeError
        Frozen.__qualname__, Frozen.__module__ = cls.__qualname__, cls.__module__
        return Frozen
"""

from __future__ import annotations

from plugindex.factories import DOING, is_handed
from plugindex.renamers import Renamers
from plugindex.summary import as_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from plugindex.makers import Making
    from plugindex.meaning import Context, Found
    from plugindex.summary import FunctionSummary

_NAMED_BY = frozenset({"__module__", "__qualname__"})
_NOTHING: Making = ("", frozenset())


class StandIns(Renamers):
    """A family that knows which classes others stand in for."""

    def __init__(self, library: Any, base: str, statements_count: bool, package: str) -> None:
        super().__init__(library, base, statements_count, package)
        self._standing: dict[Found, bool] = {}
        decorated = self.base[4:] if self.base[0] == "unknown" else ()
        named = decorated and not self._has_another_name(decorated[0])
        if named and self.stands_in(decorated[0]):
            self.rest_on(decorated[0])

    def makes(self, value: Any, context: Context) -> Making:
        """Return why a call at module level may make, replace or rename a class, and where."""
        inner = value[2][0] if len(value[2]) == 1 else value
        if inner[0] == "k":
            cls = ("class", context.record.name, inner[1])
            if self.decorates(value[1], cls) and self.stands_in(cls):
                return _NOTHING
        return super().makes(value, context)

    def stands_in(self, cls: Found) -> bool:
        """Tell whether the name of a class is that of a subclass of it, which counts as the class.

        It does so if it is concrete as the class is, and of the family because the class is.
        """
        if cls not in self._standing:
            self._standing[cls] = False  # while it is worked out
            self._standing[cls] = self._stands_in(cls)
        return self._standing[cls]

    def _stands_in(self, cls: Found) -> bool:
        decorators = self.decorators(cls)
        if len(decorators) != 1 or decorators[0][0] != "function" or self.renamed_by_hooks(cls):
            return False
        summary = self.library.function(*decorators[0][1:4])
        context = self.inside(decorators[0], (cls,), ())
        nested = "." in self.entry(cls)[0]  # found by what its outer class has in the end
        if summary is None or context is None or nested or summary.blurred:
            return False
        if not summary.positional:
            return False
        given = ("P", summary.parameters[0])
        made = [value for value in _results(summary) if value != given]
        if not made or any(is_handed(call, [given, *made]) for _, call, _ in summary.calls):
            return False
        return all(self._is_alike(value, given, summary, context) for value in made)

    def _is_alike(self, value: Any, given: Any, summary: FunctionSummary, context: Context) -> bool:
        """Tell whether a class that a decorator makes differs in nothing that is listed."""
        if value[0] != "k" or not _is_named_as(value, given, summary):
            return False
        _, _, _, bases, keywords, body = summary.classes[value[1]][:6]
        others = [self.evaluate(base, context) for base in bases if base != given]
        cls = self.evaluate(given, context)
        return (
            given in bases
            and not keywords
            and DOING.isdisjoint(body)
            and all(name[:2] == name[-2:] == "__" for name in body)
            and self.is_abstract(cls) is False
            and not self._has_abcmeta(cls)
            and all(self._adds_nothing(other) for other in others)
        )

    def _adds_nothing(self, base: Found) -> bool:
        """Tell whether a base is not of the family, and does nothing at a class statement."""
        if self.belongs(base) is not False or self.metaclasses(base):
            return False
        kinds = {one[0] for one in self.order(base)}
        bodies = [self.entry(one)[5] for one in self.order(base) if one[0] == "class"]
        return kinds <= {"class", "real"} and all(DOING.isdisjoint(body) for body in bodies)

    def _has_another_name(self, cls: Found) -> bool:
        """Tell whether a class that another stands in for can be derived from itself."""
        record, own = self.home(cls).record, ("k", cls[2])
        bases = [base for entry in record.classes for base in entry[3]]
        return own in map(as_value, (*record.names.values(), *bases))


def _results(summary: FunctionSummary) -> Iterator[Any]:
    """Yield what a function may give, choices taken apart."""
    waiting = [value for _, value in summary.results]
    while waiting:
        value = waiting.pop()
        if value[0] == "p":
            waiting += [one for _, one in value[1]]
        else:
            yield value


def _is_named_as(made: Any, given: Any, summary: FunctionSummary) -> bool:
    """Tell whether a function sets the naming of a class that it makes to another's."""
    condition = summary.classes[made[1]][2]
    patches = [patch for patch in summary.patches if patch[2] in _NAMED_BY]
    told = {
        name
        for when, target, name, value, _ in patches
        if when == condition and target == made and value == ("a", given, name)
    }
    return told == _NAMED_BY and len(patches) == len(told)
