"""Which functions may make a class that stays when they are called, and in which modules."""

from __future__ import annotations

from plugindex.bases import OBJECT
from plugindex.belonging import DEEPEST, Family
from plugindex.meaning import items_of
from plugindex.names import is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Context, Found
    from plugindex.summary import FunctionSummary

_CLASS_FUNCTIONS = frozenset({"types:new_class", "dataclasses:make_dataclass"})
_BASES_PLACE = {"types:new_class": 1}  # of their bases, where these need no name
MAKING = (("real", type), ("real", type.__new__))
NOWHERE: frozenset[str] = frozenset()


class Creating(Family):
    """A family that knows which functions may make classes."""

    def __init__(self, library: Any, base: str, statements_count: bool) -> None:
        super().__init__(library, base)
        self.statements_count = statements_count
        self._creating: dict[tuple[Any, ...], frozenset[str]] = {}

    def creates(self, function: Found, depth: int = 0) -> frozenset[str]:
        """Return the modules in which calling a function may make a class that stays."""
        key = tuple(function[1:4])
        # What our own metaclass calls makes no classes, so a start needn't read the engine.
        if is_ours(key[0]) or self.keeps(("function", *key)):
            return NOWHERE
        if key not in self._creating:
            self._creating[key] = NOWHERE
            if depth < DEEPEST:
                self._creating[key] = self._creates(function, depth)
        return self._creating[key]

    def _creates(self, function: Found, depth: int) -> frozenset[str]:
        context = self.inside(function, (), ("**",))  # whatever it is called with
        return NOWHERE if context is None else self.creates_in(context, function, depth)

    def creates_in(self, context: Context, function: Found, depth: int = 0) -> frozenset[str]:
        """Return the modules in which one call of a function, in that context, may make a class."""
        summary = self.library.function(*function[1:4])
        if summary is None:
            return NOWHERE
        places: set[str] = set()
        stays = self.statements_count or summary.qualifies or _may_be_had(summary)
        if stays and not all(self._is_of_others(entry, context) for entry in summary.classes):
            places.add(function[1])
        for condition, call, _ in summary.calls:
            if self.decide(condition, context) is not False:
                places |= self._call_creates(call, context, depth)
        return frozenset(places)

    def _call_creates(self, value: Any, context: Context, depth: int) -> frozenset[str]:
        callee = self.evaluate(value[1], context)
        if callee[0] == "bound":
            callee = callee[1]
        here = frozenset((context.record.name,))
        count = len(value[2]) - sum(name != "**" for name in value[3])
        if callee == ("real", type) and count != 3:
            return NOWHERE
        if callee == ("real", type.__new__) and value[2] and value[2][0][0] == "P":
            return NOWHERE  # a metaclass' own gives what it was called for
        if callee in MAKING or (callee[0] == "class" and self.descends(callee, "builtins:type")):
            given = self._arguments(value, context)[-2:-1]
            told = any(self._are_of_others(items_of(bases)) for bases in given)
            return here if count >= 3 and not told else NOWHERE
        if callee[0] == "class" and self.is_enum(callee) and (count >= 2 or "names" in value[3]):
            mixed = "type" in value[3] or "**" in value[3]
            return here if mixed or self.belongs(callee) is not False else NOWHERE
        if callee[0] in ("class", "instance"):
            methods = self.called_methods(callee)
            return NOWHERE.union(*(self.creates(one, depth + 1) for one in methods))
        if callee[0] in ("unknown", "outside") and count >= 3:
            spelled = _is_metaclass(value[1]) or self.adds_base(callee)
            spelled = spelled or self._is_given_bases(value, context)
            return here if spelled else NOWHERE
        if callee[0] != "function":
            return NOWHERE
        if f"{callee[1]}:{callee[2]}" in _CLASS_FUNCTIONS:
            return here if self._is_made_of_family(callee, value, context) else NOWHERE
        return self.creates(callee, depth + 1)

    def _is_made_of_family(self, function: Found, value: Any, context: Context) -> bool:
        """Tell whether a class that a function of the library makes may be of the family.

        Its bases are those that it is given (``bases``), and it has none but ``object`` without.
        """
        if self.base == OBJECT or "**" in value[3] or any(arg[0] == "S" for arg in value[2]):
            return True
        args, names = self.arguments(value, context)
        frame = dict(zip(names, args[len(args) - len(names) :], strict=True))
        place = _BASES_PLACE.get(f"{function[1]}:{function[2]}", len(args))
        given = frame.get("bases") or (args[place] if place < len(args) - len(names) else None)
        return given is not None and not self._are_of_others(items_of(given))

    def _are_of_others(self, bases: tuple[Found, ...] | None) -> bool:
        """Tell whether *bases* are told, and none of them is of the family."""
        if bases is None or (not bases and self.base == OBJECT):
            return False
        known = all(one[0] in ("class", "real", "outside") for one in bases)
        return known and not self._any(bases)

    def _is_of_others(self, entry: Any, context: Context) -> bool:
        """Tell whether a class statement in a function makes a class of another hierarchy."""
        bases = tuple(self.evaluate(value, context) for value in entry[3])
        bare = all(name != "metaclass" for name, _ in entry[4])
        return bare and self._are_of_others(bases)

    def _is_given_bases(self, value: Any, context: Context) -> bool:
        """Tell whether the second argument of a call is a tuple of classes of the family."""
        args = self._arguments(value, context)
        return args[1][0] == "items" and self._any(args[1:2])

    def _arguments(self, value: Any, context: Context) -> tuple[Found, ...]:
        return self.arguments(value, context)[0]

    def _any(self, found: Any) -> bool:
        return any(self.may_belong(one) is not False for one in found)


def _may_be_had(summary: FunctionSummary) -> bool:
    """Tell whether a class of a function's binds a global name, or says itself where it is."""
    return any(
        "<locals>" not in entry[0] or "__qualname__" in entry[5] for entry in summary.classes
    )


def _is_metaclass(callee: Any) -> bool:
    """Tell whether a callee is spelled ``type(cls)`` or ``cls.__class__``."""
    if callee[0] == "x":
        return bool(callee[1][:2] == ("g", "type") and len(callee[2]) == 1)
    return bool(callee[0] == "a" and callee[2] == "__class__")
