"""Which calls and assignments may move classes of a hierarchy to another module by name.

A package that shows its classes where it re-exports them sets their ``__module__``: in a loop over
``__all__``, by a function that is handed ``globals()``, or in its ``__getattr__`` when one asks.
"""

from __future__ import annotations

from plugindex.displacing import Displacing
from plugindex.expressions import CALLED, SPACES
from plugindex.machine import NAMING
from plugindex.made import MADE
from plugindex.makers import ANY_TIME
from plugindex.meaning import unbound
from plugindex.names import root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from plugindex.makers import Making
    from plugindex.meaning import Context, Found
    from plugindex.reader import ModuleRecord

_NAMING = frozenset(NAMING)
_UNTOLD: Making = ("", frozenset())


class Renamers(Displacing):
    """A family that knows what may set where its classes are to be had."""

    def __init__(self, library: Any, base: str, statements_count: bool, package: str) -> None:
        super().__init__(library, base, statements_count, package)
        self._at_hand: dict[str, frozenset[str]] = {}

    def makes(self, value: Any, context: Context) -> Making:
        """Return why a call at module level may make, replace or rename a class, and where."""
        made = super().makes(value, context)
        if made[0] or self._shows(value, context):
            return made
        return self._renames(value, context)

    def _shows(self, value: Any, context: Context) -> bool:
        """Tell whether a call decorates a class, and where it shows that is told."""
        inner = value[2][0] if len(value[2]) == 1 else value
        while inner[0] == "x" and len(inner[2]) == 1:
            inner = inner[2][0]
        cls = ("class", context.record.name, inner[1])
        return inner[0] == "k" and self.shown_in(cls) is not None and self.decorates(value[1], cls)

    def _renames(self, value: Any, context: Context) -> Making:
        callee = self.evaluate(value[1], context)
        function, _ = unbound(callee)
        summary = self.summary_of(function)
        if summary is None or self.keeps(function) or not self._sets_naming(function):
            return _UNTOLD
        args = self.arguments(value, context)[0]
        places = self._handed(value, args, context)
        here = function[1] == context.record.name and "globals" in summary.mentions
        if here or "f_globals" in summary.mentions:  # its own names, or those of who calls it
            places |= self.at_hand(context.record)
        if not places:
            return _UNTOLD
        named = (*args, *(function[4] or {}).values())
        late = not self._sets_naming(function, inside=False)  # by a function that it makes
        when = ANY_TIME if late else ""
        return (f"{function[2]}() sets the module of classes{when}", places | _texts(named))

    def _sets_naming(self, function: Found, *, inside: bool = True) -> bool:
        """Tell whether a function sets the naming of classes, itself or by one *inside* it."""
        summary = self.library.function(*function[1:4])
        if summary is None:
            return False
        if _names_by_text(summary) or (inside and not _NAMING.isdisjoint(summary.sets_inside)):
            return True
        return not _NAMING.isdisjoint(summary.sets) and self._names_more_than_functions(function)

    def _names_more_than_functions(self, function: Found) -> bool:
        """Tell whether a function sets the naming of anything but functions that it made."""
        context = self.inside(function, (), ("**",))  # whatever it is called with
        summary = self.library.function(*function[1:4])
        return (
            context is None
            or summary is None
            or any(
                not self._is_function(target, context)
                for condition, target, name, _, _ in summary.patches
                if name in NAMING and self.decide(condition, context) is not False
            )
        )

    def _is_function(self, value: Any, context: Context) -> bool:
        if value[0] == "p":
            return all(self._is_function(one, context) for _, one in value[1])
        return bool(self.evaluate(value, context)[0] == "function")

    def late(self, record: ModuleRecord) -> tuple[str, bool]:
        """Tell why a module may make or rename classes when one of its names is asked for.

        Returns:
            the reason or "", and whether the classes of other modules are concerned.
        """
        value = record.names.get("__getattr__")
        found = ("",) if value is None else self.evaluate(value, self.context(record))
        summary = self.library.function(*found[1:4]) if found[0] == "function" else None
        if summary is None:
            return "", False
        if self._sets_naming(found):
            return f"line {found[3]}: {found[2]}() sets the module of classes{ANY_TIME}", True
        made = self.creates(found) and self.reaches(found)
        return (f"line {found[3]}: {found[2]}() may make a class{ANY_TIME}" if made else ""), False

    def _handed(self, value: Any, args: tuple[Found, ...], context: Context) -> frozenset[str]:
        """Return where the classes of the family stand that a call is given."""
        places: set[str] = set()
        for arg in value[2]:
            if arg[0] == "x" and arg[1][0] == "g" and arg[1][1] in SPACES and not arg[2]:
                places |= self.at_hand(context.record)
            elif arg[0] == "a" and arg[2] == "__dict__":
                places |= self._of_module(self.evaluate(arg[1], context))
        for found in args:
            places |= self._of_module(found) | self._of_classes((found,))
        return frozenset(places)

    def _of_module(self, found: Found) -> frozenset[str]:
        record = self.library.record(found[1]) if found[0] == "module" else None
        return frozenset() if record is None else self.at_hand(record)

    def renamed_by_hooks(self, cls: Found) -> bool:
        """Tell whether what runs at a class statement may set where the class is to be had.

        A class that a call makes says that it is where the code of its metaclass is.
        """
        called = any(name == CALLED for name, _ in self.entry(cls)[4])
        if called and self.metaclasses(cls):
            return True
        for hook, summary in self.foreign_hooks(cls):
            if summary is not None and (summary.renames or _names_by_text(summary)):
                return True
            calls = [call for _, call, _ in summary.calls] if summary is not None else []
            if any(_names_by_keyword(call) or self.copies_naming(call, hook) for call in calls):
                return True
        return False

    def is_replaced(self, cls: Found) -> bool:
        """Tell whether a decorator puts a class of its own in the place of *cls*, found by no name.

        What the decorator returns is made by its own class statement, and nothing names it anew.
        """
        decorators = self.decorators(cls)
        if len(decorators) != 1 or decorators[0][0] != "function" or self.renamed_by_hooks(cls):
            return False
        summary = self.library.function(*decorators[0][1:4])
        if summary is None or "__init_subclass__" in self.entry(cls)[5]:
            return False
        if summary.calls or self._sets_naming(decorators[0]):  # any call may be given the class
            return False
        made = [summary.classes[value[1]] for _, value in summary.results if value[0] == "k"]
        return bool(made) and len(made) == len(summary.results) and all(map(_is_hidden, made))

    def renamed(self, target: Found, value: Found, record: ModuleRecord) -> frozenset[str]:
        """Return the modules that setting ``target.__module__`` changes, none for other objects."""
        if target[0] == "unknown" and not target[2]:
            places = self.at_hand(record)
        elif target[0] == "unknown":
            spaces = any(one[0] == "real" and _name(one[1]) in SPACES for one in target[2])
            held = [self._of_module(one) for one in target[2]]  # what getattr() of it may give
            places = self.at_hand(record) if spaces else self._of_classes(target[2]).union(*held)
        else:
            places = self._of_classes((target,))
        return places | _texts((value,)) if places else places

    def replaced(self, target: Found, name: str) -> frozenset[str]:
        """Return the module in which setting ``target.name`` replaces a class of the family."""
        held = self.member(target[1], name) if target[0] == "module" else ("",)
        held = held[4] if held[0] == "unknown" and held[4:] else held  # a decorator was given it
        doubtful = held[0] in ("class", MADE) and self.may_belong(held) is not False
        return frozenset((target[1],)) if doubtful else frozenset()

    def at_hand(self, record: ModuleRecord) -> frozenset[str]:
        """Return the modules of the family's classes that a module has names for.

        What the modules that it has names for hold is at hand, too.
        """
        places = self._at_hand.get(record.name)
        if places is None:
            self._at_hand[record.name] = frozenset()  # while star imports lead around
            found = self._named(record)
            inside = [one for one in found if one[0] == "module" and _is_kin(one[1], record.name)]
            lists = [self._named(self.library.record(one[1])) for one in inside]
            stars = [self._of_module(("module", star[0])) for star in record.stars]
            classes = [self._of_classes(one) for one in (found, *lists)]
            places = self._at_hand[record.name] = frozenset().union(*classes, *stars)
        return places

    def _named(self, record: ModuleRecord | None) -> list[Found]:
        return [self.member(record.name, name) for name in record.names] if record else []

    def _of_classes(self, values: Iterable[Found]) -> frozenset[str]:
        places: set[str] = set()
        for found in values:
            if found[0] == "items":
                places |= self._of_classes(found[1])
            for one in found[4:] if found[0] == "unknown" else (found,):
                if one[0] == "class" and self.belongs(one) is not False:
                    places.add(one[1])
        return frozenset(places)


def _names_by_text(summary: Any) -> bool:
    return "setattr" in summary.mentions and any(one in summary.texts for one in NAMING)


def _names_by_keyword(call: Any) -> bool:
    """Tell whether a call is given the naming of a class: ``body.update(__qualname__=...)``."""
    return any(one in call[3] for one in NAMING)


def _is_hidden(entry: Any) -> bool:
    """Tell whether no name leads to a class that a function makes: its own says where it is."""
    return "<locals>" in entry[0] and not any(one in entry[5] for one in NAMING)


def _is_kin(module: str, other: str) -> bool:
    return module != other and root(module) == root(other)


def _texts(values: Iterable[Found]) -> frozenset[str]:
    """Return the texts among *values*: one may name the module that classes are moved to."""
    return frozenset(one[1] for one in values if one[0] == "const" and isinstance(one[1], str))


def _name(builtin: object) -> str:
    return str(getattr(builtin, "__name__", ""))
