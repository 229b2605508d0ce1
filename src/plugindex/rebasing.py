"""Which classes a metaclass may give a base of a hierarchy that their statement doesn't name."""

from __future__ import annotations

from plugindex.bases import OBJECT
from plugindex.creating import Creating
from plugindex.made import CLASSES, MADE
from plugindex.meaning import items_of, leaves, unknown
from plugindex.names import is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from plugindex.meaning import Context, Found

    Passed = tuple[tuple[Found, ...], Found]  # the bases, and the class's body as a leaf


_TOLD = CLASSES | {"outside"}
_EMPTY: Found = ("table", ())


class Rebasing(Creating):
    """A family that knows the metaclasses which work out the bases of their classes."""

    def __init__(self, library: Any, base: str, statements_count: bool) -> None:
        self._passing: dict[tuple[Any, ...], list[Passed]] = {}  # needed to tell the base
        super().__init__(library, base, statements_count)

    def _call_class(self, callee: Found, args: tuple[Found, ...]) -> Found:
        if len(args) == 3 and args[0][0] == "const" and self.descends(callee, "builtins:type"):
            bases = items_of(args[1])
            if self._changes_bases(callee):
                return unknown("a class that a metaclass gives other bases")
            told = bases is not None and all(one[0] in _TOLD for one in bases)
            if told and args[2] == _EMPTY:
                return (MADE, str(args[0][1]), bases or (OBJECT,), callee)
        return super()._call_class(callee, args)

    def _changes_bases(self, meta: Found) -> bool:
        """Tell whether a metaclass may make something else of the bases that it is given."""
        order = self.order(meta)
        if self.metaclasses(meta) or any(one[0] not in ("class", "real") for one in order):
            return True
        bodies = [(one, self.entry(one)[5]) for one in order if one[0] == "class"]
        made = [self.evaluate(b["__new__"], self.home(one)) for one, b in bodies if "__new__" in b]
        return any("mro" in body for _, body in bodies) or any(
            one[0] != "function" or self._passed(one) for one in made
        )

    def added_base(self, cls: Found) -> str:
        """Return why the metaclass of a class may give it a base of the family, or ""."""
        if any(map(self.adds_base, self.metaclasses(cls))):
            return "a base that its metaclass may add"
        for name, function in self.hooks(cls):
            passed = self._passed(function) if name == "__new__" else ()
            if any(self._may_add(bases, body, function, cls) for bases, body in passed):
                return f"a base that {function[2]} may add"
        return ""

    def _may_add(self, bases: tuple[Found, ...], body: Found, function: Found, cls: Found) -> bool:
        if any(one[0] == "instance" or (one[0] == "unknown" and one[3]) for one in bases):
            return self.reaches(function) or self._any(self._held(cls))
        if any(_comes_from(one, body) for one in bases) and self._any(self._held(cls)):
            return True
        return self._any(bases)

    def _held(self, cls: Found) -> Iterator[Found]:
        """Yield what stands in a class's body, but for its methods."""
        for value in self.entry(cls)[5].values():
            if value[0] != "d":
                yield self.evaluate(value, self.home(cls))

    def _passed(self, function: Found) -> list[Passed]:
        """Return what a metaclass passes on in the place of the bases that it was given."""
        key = tuple(function[1:4])
        if key not in self._passing:
            self._passing[key] = [] if is_ours(key[0]) else list(self._worked_out_bases(function))
        return self._passing[key]

    def _worked_out_bases(self, function: Found) -> Iterator[Passed]:
        context = self.inside(function, (), ("**",))  # whatever class it makes
        summary = self.library.function(*function[1:4])
        if context is None or summary is None:
            return
        for _, call, _ in summary.calls:
            if _gives_bases(call):
                own = ("P", *summary.parameters[2:3])  # what the class statement says
                added = [one for one in _summands(call[2][2]) if tuple(one[:2]) != own]
                bases = [base for one in added for base in self._bases_in(one, context)]
                body = [one[1] for one in call[2][3:4] if one[0] == "P"]
                yield tuple(bases), ("default", *body)

    def _bases_in(self, value: Any, context: Context) -> tuple[Found, ...]:
        found = self.evaluate(value, context)
        items = items_of(found)
        return (found,) if items is None else items


def _summands(value: Any) -> Iterator[Any]:
    """Yield what is put together: ``(Other,) + bases``."""
    if value[0] == "o" and value[1] == "+":
        yield from _summands(value[2])
        yield from _summands(value[3])
    else:
        yield value


def _comes_from(found: Found, origin: Found) -> bool:
    """Tell whether a value may come from *origin*, or hold what does."""
    parts = found[1] if found[0] == "items" else leaves(found)
    return found == origin or any(_comes_from(one, origin) for one in parts if one != found)


def _gives_bases(call: Any) -> bool:
    """Tell whether a call is ``super().__new__(cls, name, bases, ...)`` with bases worked out."""
    first = call[2][:3]
    told = len(first) == 3 and all(one[0] != "S" for one in first)
    return bool(call[1][0] == "a" and call[1][2] == "__new__" and told and first[2][0] != "P")
