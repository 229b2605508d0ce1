"""Which calls and class statements may make classes of a hierarchy that stand nowhere."""

from __future__ import annotations

from plugindex.belonging import home_of, is_method, made_of
from plugindex.creating import MAKING, NOWHERE
from plugindex.meaning import unbound
from plugindex.names import is_ours
from plugindex.rebasing import Rebasing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from plugindex.meaning import Context, Found
    from plugindex.summary import FunctionSummary

    Making = tuple[str, frozenset[str]]

_CALLING = (map, filter, sorted, min, max)  # they call what they are given
EVERYWHERE = frozenset("*")
# Ends a reason that holds for what a module comes to when others are imported, whenever that is.
ANY_TIME = ", at any time"


class Makers(Rebasing):
    """A family that knows what may make classes of it."""

    def makes(self, value: Any, context: Context) -> Making:
        """Return why a call at module level may make or replace a class of the family, and where.

        The places are module names, or ``EVERYWHERE``.
        """
        module = _module_of(value[1])
        if module and self.is_elsewhere(module) and not self._any(self._arguments(value, context)):
            return ("", NOWHERE)  # nearly every call, and that module need not be read
        callee = self.evaluate(value[1], context)
        function, _ = unbound(callee)
        here = frozenset((context.record.name,))
        if len(value[2]) >= 3 and self.adds_base(function):
            return ("a class made by a compiled metaclass", here)
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
        places = self.creates(function) and self._creates_of(callee, value, context)
        given = () if made_of(function) else self._given(callee, value, context)
        if places and (self.reaches(function) or self._any(given)):
            # A function that is told the name of a module makes classes that say they are of it.
            told = (one[1] for one in given if one[0] == "const" and isinstance(one[1], str))
            named = {name for name in told if "." in name and self.library.exists(name)}
            return (f"a class that calling {function[2]} may make", places | named)
        handed = self._calls_what_it_is_given(callee, function) and self._made_by(given)
        return (handed or "", places)

    def _creates_of(self, callee: Found, value: Any, context: Context) -> frozenset[str]:
        """Return where a call may make a class of what it is given."""
        function, bound = unbound(callee)
        args, names = self.arguments(value, context)
        told = "**" not in value[3] and all(arg[0] != "S" for arg in value[2])
        inside = self.inside(function, (*bound, *args), names) if told else None
        return self.creates(function) if inside is None else self.creates_in(inside, function)

    def _calls_what_it_is_given(self, callee: Found, function: Found) -> bool:
        """Tell whether a function calls what it is given, or gives it to its own object's call."""
        summary = self.library.function(*function[1:4])
        own = summary.parameters[:1] if summary and callee[0] == "bound" else ()
        return summary is not None and any(
            call[1][0] == "P" and (call[1][1] not in own or any(map(_is_given, call[2])))
            for _, call, _ in summary.calls
        )

    def _made_by_methods(self, callee: Found, value: Any, context: Context) -> Making:
        """Tell of what runs where a class or an instance is called."""
        for function in self.called_methods(callee):
            owner = callee if callee[0] == "instance" else ("instance", callee)
            made = self._made_by_function(("bound", function, owner), function, value, context)
            if made[0]:
                return made
        return ("", NOWHERE)

    def _given(self, callee: Found, value: Any, context: Context) -> list[Found]:
        """Return what a call hands to a function: arguments, the instance, what it closes over."""
        function, bound = unbound(callee)
        return [*self._arguments(value, context), *bound, *(function[4] or {}).values()]

    def _replaces_base(self, function: Found) -> bool:
        """Tell whether a function may put another class into the base's place, as setuptools does.

        Then it depends on the order of imports which of the two another module's classes derive
        from.
        """
        summary = self.library.function(*function[1:4])
        if summary is None or self.base_name not in summary.sets:
            return False
        return not is_method(function) or self._names_home(function, summary)

    def _names_home(self, function: Found, summary: FunctionSummary) -> bool:
        """Tell whether a function names a module in which the base may be replaced.

        Else what a method sets under the base's name, it sets of its own object.
        """
        homes = {home_of(one) for one in self.possible}
        named = [self.member(function[1], name) for name in summary.mentions]
        modules = {one[1] for one in named if one[0] == "module"}
        modules.update(module for module, _ in summary.imports)
        return (
            not homes
            or "sys" in modules
            or any(f"{home}.".startswith(f"{module}.") for home in homes for module in modules)
        )

    def _made_by_builtin(self, function: Any, value: Any, context: Context) -> str:
        if function is exec:
            return "exec()"
        if function in _CALLING:
            return self._made_by(self._arguments(value, context))
        if ("real", function) in MAKING:  # type.__new__ is given the metaclass first
            bases = self._arguments(value, context)[-2:-1] if len(value[2]) >= 3 else ()
            return "a class made by type()" if self._may_be_bases(bases) else ""
        return ""

    def _may_be_bases(self, given: Iterable[Found]) -> bool:
        """Tell whether what is given for bases may hold a class of the family.

        A tuple whose items are not told counts: ``tuple(globals()[name] for name in names)``.
        """
        open_ended = ("unknown", "instance")
        return any(one[0] in open_ended or self.may_belong(one) is not False for one in given)

    def _made_by_class(self, cls: Found, value: Any, context: Context) -> str:
        if is_ours(cls[1]):
            return ""
        meta = self.descends(cls, "builtins:type")
        enum = not meta and self.is_enum(cls) and self.belongs(cls) is not False
        args = self._arguments(value, context) if meta or enum else ()
        if meta and len(args) >= 3 and self._may_be_bases(args[1:2]):
            return "a class made by its metaclass"
        return "an enum made by a call" if enum and len(args) >= 2 else ""

    def makes_beside(self, cls: Found) -> Making:
        """Return why a class statement may make other classes of the family, and where."""
        for _, function in self.hooks(cls):
            places = self.creates(function)
            if places and (self.reaches(function) or self._any(self.bases(cls))):
                return (f"a class that {function[2]} may make", places)
        added = "" if self.belongs(cls) is not False else self.added_base(cls)
        return (added, frozenset(cls[1:2])) if added else ("", NOWHERE)


def _is_given(value: Any) -> bool:
    """Tell whether a value may be, or hold, a parameter itself; not what is an attribute of it."""
    if value[0] in "cgfidka":
        return False
    if value[0] in "lm":
        return any(map(_is_given, value[1]))
    return True


def _module_of(callee: Any) -> str:
    """Return the module that a callee is taken from by name, "" where it is anything else."""
    while callee[0] == "a":
        callee = callee[1]
    return str(callee[1]) if callee[0] in ("f", "i") else ""
