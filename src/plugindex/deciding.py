"""Decide the conditions of records: what their tests, imports and names come to."""

from __future__ import annotations

import builtins

from plugindex import conditions
from plugindex.joining import asks_versions
from plugindex.keepers import keeps_class
from plugindex.namespaces import Namespaces
from plugindex.success import SURPRISES
from plugindex.versions import MARKS as VERSION_MARKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from plugindex.meaning import Context, Found

# What ends no import, as supposed: the calls and asserts of :mod:`plugindex.success`, and this.
_SUPPOSED = (*SURPRISES, "attr")
_UNASKED, _ASKED = object(), object()  # of a condition's variable


def _asking(value: Any) -> Iterator[Any]:
    """Yield the calls in a test that may make or compare versions."""
    if value[0] in ("o", "a"):
        for part in value[2:] if value[0] == "o" else value[1:2]:
            yield from _asking(part)
    elif value[0] == "x" and asks_versions(value):
        yield value
        for arg in value[2]:
            yield from _asking(arg)


class Deciding(Namespaces):
    """Namespaces that can tell whether a condition holds."""

    def decide(self, condition: Any, context: Context) -> bool | None:
        """Return whether *condition* holds, None when only running decides."""
        if condition is True or condition is False:
            return condition
        decided = context.decided
        if condition in decided:
            return decided[condition]
        return conditions.decide(context.nodes, condition, self._variables(context), decided)

    def decide_imported(self, condition: Any, context: Context) -> bool | None:
        """Return whether *condition* holds in a module whose import no missing attribute ends.

        A module that lacks one for a reason that only running shows is listed until it is tried.
        """
        told = self.decide(condition, context)
        if told is not None:
            return told
        failing = [failure[0] for failure in context.record.failures if failure[1] in _SUPPOSED]
        if not failing:
            return None
        supposed = conditions.Conditions.resumed(context.nodes)
        try:
            for one in failing:
                condition = supposed.either(condition, one)
        except conditions.TooMany:
            return None
        return conditions.decide(supposed.nodes, condition, self._variables(context), {})

    def _variables(self, context: Context) -> Callable[[int], bool | None]:
        """Return what tells a condition's variable in *context*."""

        def value(number: int) -> bool | None:
            known = context.known.get(number, _UNASKED)
            return self._variable(number, context) if type(known) is object else known

        return value

    def keeps(self, function: Found) -> bool:
        """Tell whether a decorator gives back the class that it is given, or one in its place."""
        return keeps_class(f"{function[1]}:{function[2]}") or self.adds_metaclass(function)

    def adds_metaclass(self, function: Found) -> bool:
        """Tell whether a function is six's that makes decorators, of any copy of six."""
        return function[2] == "add_metaclass" and self.is_six(function[1])

    def _variable(self, number: int, context: Context) -> bool | None:
        known = context.known.get(number, _UNASKED)
        if known is _UNASKED:
            context.known[number] = _ASKED
            known = context.known[number] = self._ask(context.variables[number], context)
        elif known is _ASKED:  # it depends on itself
            self._limits += 1
            return None
        return known  # type: ignore[no-any-return]

    def _ask(self, question: Any, context: Context) -> bool | None:
        kind = question[0]
        if kind == "test" and all(self._compares(one, context) for one in _asking(question[1])):
            return self.truth(self.evaluate(question[1], context))
        if kind == "import":
            self.follow(context, question[1])
            return self.importable(question[1], question[2], context)
        if kind == "name":
            found = self._starred(context, question[1], question[2])
            return None if found[0] == "outside" else found[0] != "missing"
        if kind == "attr":
            found = self.evaluate(question[1], context)
            return None if found[0] in ("unknown", "outside") else found[0] != "missing"
        return None

    def _compares(self, call: Any, context: Context) -> bool:
        """Tell whether a call does nothing but make releases and compare them."""
        found = self.evaluate(call[1], context)
        if found[0] not in ("class", "function"):
            return False
        if self.is_packaging(found[1]):
            return True
        summary = self.library.function(*found[1:4]) if found[0] == "function" else None
        return summary is not None and all(
            self._is_stateless(found[1], one) for one in summary.mentions
        )

    def _is_stateless(self, module: str, name: str) -> bool:
        """Tell whether a global name is a builtin, or one of packaging's: no state is behind it."""
        found = self.member(module, name)
        if found[0] == "missing":
            return hasattr(builtins, name)
        return found[0] in ("class", "function") and self.is_packaging(found[1])

    def is_packaging(self, module: str) -> bool:
        """Tell whether a module is ``packaging.version``, or a copy of it, by what stands in it."""
        record = self.library.record(module) if module.endswith("version") else None
        return record is not None and record.names.keys() >= VERSION_MARKS

    def importable(self, module: str, names: Any, context: Context) -> bool | None:
        """Return whether ``from module import names`` would succeed."""
        if self.lacks(context, module, names) is not None:
            return False
        if self.library.is_inside_compiled(module):
            return None
        return all(self.member(module, name)[0] != "missing" for name in names)

    def lacks(self, context: Context, module: str, names: Any) -> tuple[str, str] | None:
        """Return (missing requirement, module that needs it) if an import must fail."""
        return None if self.library.exists(module) else (module, context.record.name)

    def truth(self, found: Found) -> bool | None:
        """Return whether an evaluated value is true."""
        if found[0] == "const":
            return bool(found[1])
        if found[0] in ("items", "table"):
            return bool(found[1])
        return True if found[0] in ("class", "module", "function") else None
