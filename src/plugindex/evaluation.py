"""Work out what the symbolic values of records stand for, across modules."""

from __future__ import annotations

import sys

from plugindex.attributes import Attributes
from plugindex.meaning import (
    CHOICE,
    CHOSEN,
    COPY,
    MISSING,
    RAISES,
    items_of,
    real,
    starred_base,
    unknown,
    unknown_result,
)
from plugindex.packing import unpack
from plugindex.tables import looked_up, operated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Context, Found
    from plugindex.namespaces import Library

_DEEPEST = 60
SUPER = ".super"  # what ``super()`` gives in a method, among its parameters
STARRED = "arguments that are starred"  # the reason of what stands for any number of them
_FOLLOWED = frozenset("fgaswxolmp")  # values that lead to others


class Evaluator(Attributes):
    """Evaluate values through imports, re-exports, star imports, attributes and simple calls."""

    def __init__(self, library: Library) -> None:
        super().__init__(library)
        self._depth = 0

    def evaluate(self, value: Any, context: Context) -> Found:
        """Return what *value* stands for in *context*."""
        kind = value[0]
        if kind not in _FOLLOWED:
            simple: Found = _RULES[kind](self, value, context)
            return simple
        known = context.values.get(id(value))
        return self._worked_out(value, context) if known is None else known[1]

    def _worked_out(self, value: Any, context: Context) -> Found:
        if self._depth >= _DEEPEST:
            self._limits += 1
            return unknown("too deep to follow")
        self._depth += 1
        limits = self._limits
        try:
            found: Found = _RULES[value[0]](self, value, context)
        finally:
            self._depth -= 1
        if self._limits == limits:
            context.values[id(value)] = (value, found)
        return found

    def _module(self, value: Any, context: Context) -> Found:
        return ("module", value[1]) if self.library.exists(value[1]) else MISSING

    def _global(self, value: Any, context: Context) -> Found:
        name, stars = value[1], value[2]
        record = context.record
        if stars < 0 and name in record.names:
            found = self.member(record.name, name)
        elif stars < 0:  # a plain name is never asked of the module's __getattr__
            found = self._starred(self.context(record), name, len(record.stars))
        else:
            found = self._starred(context, name, stars)
        if found[0] in ("missing", "outside"):
            builtin = real(sys.modules["builtins"], name)
            return found if builtin[0] == "missing" else builtin
        return found

    def _after_star(self, value: Any, context: Context) -> Found:
        module, condition = context.record.stars[value[1]]
        if self.decide(condition, context) is not False:
            self.follow(context, module)
            star = self.library.record(module)
            own = ("f", context.record.name, value[2])
            if star is not None and star.names.get(value[2]) == own:  # it has the name from here
                return self.evaluate(value[3], context)
            found = self.exported(module, value[2])
            if found[0] not in ("missing", "outside"):
                return found
        return self.evaluate(value[3], context)

    def _imported(self, value: Any, context: Context) -> Found:
        self.follow(context, value[1])
        return self.member(value[1], value[2])

    def _attribute(self, value: Any, context: Context) -> Found:
        owner = self.evaluate(value[1], context)
        if owner[0] in ("module", "class"):
            self.follow(context, owner[1])
        if owner[:2] == ("unknown", COPY):
            return self.attribute_of_copy(owner, value, context)
        return self.attribute(owner, value[2])

    def _subscript(self, value: Any, context: Context) -> Found:
        owner = self.evaluate(value[1], context)
        if owner[0] in ("class", "real", "outside"):
            return owner
        index = self.evaluate(value[2], context)
        if owner[0] == "function":
            return owner
        if owner[0] == "table":
            return looked_up(owner, index) or self.lacking(index, owner, context)
        if index[0] != "const" or owner[0] not in ("const", "items"):
            return unknown("a subscript", owner)
        try:
            found = owner[1][index[1]]
        except (TypeError, LookupError):
            return unknown("a subscript")
        return found if owner[0] == "items" else ("const", found)

    def lacking(self, index: Found, table: Found, context: Context) -> Found:
        """Return what a dict gives for a key that it didn't have when its module was imported."""
        return unknown("a missing key")

    def _choice(self, value: Any, context: Context) -> Found:
        possible = []
        for condition, one in value[1]:
            holds = self.decide(condition, context)
            if holds is not False:
                possible.append(one)
            if holds:
                return self.evaluate(one, context)
        found = [self.evaluate(one, context) for one in possible]
        if not possible:
            return unknown(RAISES)
        bound = [one for one in found if one[0] != "missing"]
        if bound and all(one == bound[0] for one in bound):
            return bound[0]
        told = found == bound and all(one[0] != "unknown" for one in bound)
        return unknown(CHOSEN if told else CHOICE, *bound)

    def _operator(self, value: Any, context: Context) -> Found:
        left = self.evaluate(value[2], context)
        right = self.evaluate(value[3], context)
        if value[1] == "not" and self.truth(left) is not None:
            return ("const", not self.truth(left))
        return operated(value[1], left, right)

    def _class(self, value: Any, context: Context) -> Found:
        if context.summary is None:
            return ("class", context.record.name, value[1])
        bases = context.summary.classes[value[1]][3]
        return self.made_inside(value, context, tuple(self.evaluate(b, context) for b in bases))

    def made_inside(self, value: Any, context: Context, bases: tuple[Found, ...]) -> Found:
        """Return what a class statement in a function makes; completed by the hierarchy."""
        return unknown("a class made in a function", *bases)

    def _items(self, value: Any, context: Context) -> Found:
        return ("items", tuple(self.evaluate(item, context) for item in value[1]), *value[2:])

    def _mixed(self, value: Any, context: Context) -> Found:
        found = [self.evaluate(item, context) for item in value[1]]
        keys = found[::2]
        if len(value) > 2 and all(key[0] == "const" for key in keys):
            return ("table", tuple(zip(keys, found[1::2], strict=True)))
        return unknown("a container", *found)

    def _parameter(self, value: Any, context: Context) -> Found:
        found = (context.frame or {}).get(value[1])
        return found if found is not None else unknown(f"the parameter {value[1]}")

    def _function(self, value: Any, context: Context) -> Found:
        return ("function", context.record.name, value[1], value[2], context.frame)

    def _call(self, value: Any, context: Context) -> Found:
        args, names = self.arguments(value, context)
        if "**" in value[3] or any(arg[0] == "S" for arg in value[2]):
            names = (*names, "**")
        for arg in args:
            if arg[0] == "module":  # getattr() looks into it
                self.follow(context, arg[1])
        callee = self.evaluate(value[1], context)
        if callee[0] == "real" and callee[1] is super and not args:
            return (context.frame or {}).get(SUPER) or unknown("super() outside of a method")
        return self.call(callee, args, names)

    def arguments(self, value: Any, context: Context) -> tuple[tuple[Found, ...], tuple[str, ...]]:
        """Return the arguments of a call, starred ones spread, and the names of the last ones."""
        args: list[Found] = []
        for arg in value[2]:
            found = self.evaluate(arg[1] if arg[0] == "S" else arg, context)
            spread = arg[0] == "S" and items_of(found)
            if arg[0] == "S" and not isinstance(spread, tuple):
                found = unknown(STARRED, found)
            args.extend(spread if isinstance(spread, tuple) else (found,))
        return tuple(args), tuple(name for name in value[3] if name != "**")

    def call(self, callee: Found, args: tuple[Found, ...], names: tuple[str, ...]) -> Found:
        """Return what a call gives; completed by :mod:`plugindex.calls`."""
        return unknown_result("a call", callee, args)


_RULES: dict[str, Any] = {
    "c": lambda self, value, context: ("const", value[1]),
    "b": lambda self, value, context: ("const", unpack(value[1])),
    "i": Evaluator._module,
    "f": Evaluator._imported,
    "k": Evaluator._class,
    "d": Evaluator._function,
    "g": Evaluator._global,
    "w": Evaluator._after_star,
    "a": Evaluator._attribute,
    "s": Evaluator._subscript,
    "x": Evaluator._call,
    "S": lambda self, value, context: starred_base(self.evaluate(value[1], context)),
    "o": Evaluator._operator,
    "l": Evaluator._items,
    "m": Evaluator._mixed,
    "p": Evaluator._choice,
    "P": Evaluator._parameter,
    "V": Evaluator._parameter,
    "u": lambda self, value, context: MISSING,
    "?": lambda self, value, context: unknown(value[1]),
}
