"""Which calls and class statements may make classes of a hierarchy that stand nowhere."""

from __future__ import annotations

from plugindex.bases import OBJECT
from plugindex.belonging import DEEPEST, Family, made_of
from plugindex.calls import KEEPS_CLASS
from plugindex.meaning import items_of
from plugindex.names import is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from plugindex.meaning import Context, Found

    Making = tuple[str, frozenset[str]]

_CLASS_FUNCTIONS = frozenset({"types:new_class", "dataclasses:make_dataclass"})
_BASES_PLACE = {"types:new_class": 1}  # of their bases, where these need no name
_CALLING = (map, filter, sorted, min, max)  # they call what they are given
_NOWHERE: frozenset[str] = frozenset()
EVERYWHERE = frozenset("*")
# Ends a reason that holds for what a module comes to when others are imported, whenever that is.
ANY_TIME = ", at any time"


class Makers(Family):
    """A family that knows what may make classes of it."""

    def __init__(self, library: Any, base: str, statements_count: bool) -> None:
        super().__init__(library, base)
        self.statements_count = statements_count
        self._creating: dict[tuple[Any, ...], frozenset[str]] = {}

    def makes(self, value: Any, context: Context) -> Making:
        """Return why a call at module level may make or replace a class of the family, and where.

        The places are module names, or ``EVERYWHERE``.
        """
        module = _module_of(value[1])
        if module and self.is_elsewhere(module) and not self._any(self._arguments(value, context)):
            return ("", _NOWHERE)  # nearly every call, and that module need not be read
        callee = self.evaluate(value[1], context)
        function = callee[1] if callee[0] == "bound" else callee
        here = frozenset((context.record.name,))
        if function[0] == "real":
            return (self._made_by_builtin(function[1], value, context), here)
        if function[0] == "class":
            reason = self._made_by_class(function, value, context)
            return (reason, here) if reason else self._made_by_methods(function, value, context)
        if function[0] == "instance":
            return self._made_by_methods(function, value, context)
        if function[0] == "function":
            return self._made_by_function(callee, function, value, context)
        if function[0] == "unknown":
            return (self._made_by_metaclass(value, context) or self._made_by(function[2]), here)
        return (self._made_by(function[1:2]) if function[0] == "partial" else "", here)

    def _made_by(self, functions: Iterable[Found]) -> str:
        """Tell of functions one of which may be what is called."""
        for found in functions:
            ours = found[0] == "function" and not self.is_elsewhere(found[1])
            if ours and self.creates(found) and self.reaches(found):
                return f"a class that calling {found[2]} may make"
        return ""

    def _made_by_metaclass(self, value: Any, context: Context) -> str:
        """Tell of a call of a metaclass that was worked out: ``type(Base)(name, bases, body)``."""
        positional = len(value[2]) - len(value[3])  # a name, bases and a body are given by place
        args = self._arguments(value, context) if positional >= 3 else ()
        made = len(args) >= 3 and args[1][0] == "items" and self._any([args[1]])
        return "a class made by a call" if made else ""

    def _made_by_function(
        self, callee: Found, function: Found, value: Any, context: Context
    ) -> Making:
        if self._replaces_base(function):
            return (f"{function[2]}() replaces a class {self.base_name}", EVERYWHERE)
        places = self.creates(function)
        given = () if made_of(function) else self._given(callee, value, context)
        if places and (self.reaches(function) or self._any(given)):
            return (f"a class that calling {function[2]} may make", places)
        handed = self._calls_what_it_is_given(function) and self._made_by(given)
        return (handed or "", places)

    def _calls_what_it_is_given(self, function: Found) -> bool:
        summary = self.library.function(*function[1:4])
        return summary is not None and any(call[1][0] == "P" for _, call, _ in summary[4])

    def _made_by_methods(self, callee: Found, value: Any, context: Context) -> Making:
        """Tell of what runs where a class or an instance is called."""
        for function in self.called_methods(callee):
            owner = callee if callee[0] == "instance" else ("instance", callee)
            made = self._made_by_function(("bound", function, owner), function, value, context)
            if made[0]:
                return made
        return ("", _NOWHERE)

    def _arguments(self, value: Any, context: Context) -> tuple[Found, ...]:
        return self.arguments(value, context)[0]

    def _given(self, callee: Found, value: Any, context: Context) -> list[Found]:
        """Return what a call hands to a function: arguments, the instance, what it closes over."""
        function = callee[1] if callee[0] == "bound" else callee
        bound = callee[2:3] if callee[0] == "bound" else ()
        return [*self._arguments(value, context), *bound, *(function[4] or {}).values()]

    def _replaces_base(self, function: Found) -> bool:
        """Tell whether a function may put another class into the base's place, as setuptools does.

        Then it depends on the order of imports which of the two another module's classes derive
        from.
        """
        summary = self.library.function(*function[1:4])
        return summary is not None and self.base_name in summary[12]

    def _made_by_builtin(self, function: Any, value: Any, context: Context) -> str:
        if function is exec:
            return "exec()"
        if function in _CALLING:
            return self._made_by(self._arguments(value, context))
        args = self._arguments(value, context) if function is type else ()
        return "a class made by type()" if len(args) == 3 and self._any([args[1]]) else ""

    def _any(self, found: Any) -> bool:
        return any(self.may_belong(one) is not False for one in found)

    def _made_by_class(self, cls: Found, value: Any, context: Context) -> str:
        if is_ours(cls[1]):
            return ""
        meta = self.descends(cls, "builtins:type")
        enum = not meta and self.is_enum(cls) and self.belongs(cls) is not False
        args = self._arguments(value, context) if meta or enum else ()
        if meta and len(args) >= 3 and self._any([args[1]]):
            return "a class made by its metaclass"
        return "an enum made by a call" if enum and len(args) >= 2 else ""

    def makes_beside(self, cls: Found) -> Making:
        """Return why a class statement may make other classes of the family, and where."""
        for _, function in self.hooks(cls):
            places = self.creates(function)
            if places and (self.reaches(function) or self._any(self.bases(cls))):
                return (f"a class that {function[2]} may make", places)
        return ("", _NOWHERE)

    def creates(self, function: Found, depth: int = 0) -> frozenset[str]:
        """Return the modules in which calling a function may make a class that stays."""
        key = tuple(function[1:4])
        # What our own metaclass calls makes no classes, so a start needn't read the engine.
        if is_ours(key[0]) or f"{key[0]}:{key[1]}" in KEEPS_CLASS:
            return _NOWHERE
        if key not in self._creating:
            self._creating[key] = _NOWHERE
            if depth < DEEPEST:
                self._creating[key] = self._creates(function, depth)
        return self._creating[key]

    def _creates(self, function: Found, depth: int) -> frozenset[str]:
        context = self.inside(function, (), ("**",))  # whatever it is called with
        if context is None:
            return _NOWHERE
        summary = self.library.function(*function[1:4])
        places: set[str] = set()
        if summary[3] and (self.statements_count or summary[6] or _binds_globals(summary)):
            places.add(function[1])
        for condition, call, _ in summary[4]:
            if self.decide(condition, context) is not False:
                places |= self._call_creates(call, context, depth)
        return frozenset(places)

    def _call_creates(self, value: Any, context: Context, depth: int) -> frozenset[str]:
        callee = self.evaluate(value[1], context)
        if callee[0] == "bound":
            callee = callee[1]
        here = frozenset((context.record.name,))
        count = len(value[2]) - sum(name != "**" for name in value[3])
        if callee == ("real", type):
            return here if count == 3 else _NOWHERE
        if callee[0] == "class" and self.descends(callee, "builtins:type"):
            return here if count >= 3 else _NOWHERE
        if callee[0] == "class" and self.is_enum(callee) and (count >= 2 or "names" in value[3]):
            mixed = "type" in value[3] or "**" in value[3]
            return here if mixed or self.belongs(callee) is not False else _NOWHERE
        if callee[0] in ("class", "instance"):
            methods = self.called_methods(callee)
            return _NOWHERE.union(*(self.creates(one, depth + 1) for one in methods))
        if callee[0] in ("unknown", "outside") and count >= 3:
            spelled = _is_metaclass(value[1]) or self._is_given_bases(value, context)
            return here if spelled else _NOWHERE
        if callee[0] != "function":
            return _NOWHERE
        if f"{callee[1]}:{callee[2]}" in _CLASS_FUNCTIONS:
            return here if self._is_made_of_family(callee, value, context) else _NOWHERE
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
        known = bases is not None and all(one[0] in ("class", "real") for one in bases)
        return known and not self._any(bases)

    def _is_given_bases(self, value: Any, context: Context) -> bool:
        """Tell whether the second argument of a call is a tuple of classes of the family."""
        args = self._arguments(value, context)
        return args[1][0] == "items" and self._any(args[1:2])


def _binds_globals(summary: Any) -> bool:
    """Tell whether a class statement of a function's binds a global name (``global A``)."""
    return any("<locals>" not in entry[0] for entry in summary[3])


def _module_of(callee: Any) -> str:
    """Return the module that a callee is taken from by name, "" where it is anything else."""
    while callee[0] == "a":
        callee = callee[1]
    return str(callee[1]) if callee[0] in ("f", "i") else ""


def _is_metaclass(callee: Any) -> bool:
    """Tell whether a callee is spelled ``type(cls)`` or ``cls.__class__``."""
    if callee[0] == "x":
        return bool(callee[1][:2] == ("g", "type") and len(callee[2]) == 1)
    return bool(callee[0] == "a" and callee[2] == "__class__")
