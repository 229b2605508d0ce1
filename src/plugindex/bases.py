"""The bases that classes have, from what their statements name (PEP 560 and typing included)."""

from __future__ import annotations

from plugindex.computing import ComputingEvaluator
from plugindex.meaning import MISSING, TYPED_DICT, is_typing_alias

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Context, Found

OBJECT: Found = ("real", object)
_DICT: Found = ("real", dict)
_TYPING_BASES: dict[str, tuple[Found, ...]] = {
    "NamedTuple": (("real", tuple),),
    "TypedDict": (TYPED_DICT,),
}


class Bases(ComputingEvaluator):
    """An evaluator that knows what classes derive from."""

    def __init__(self, library: Any) -> None:
        super().__init__(library)
        self._typed_dicts: set[Found] = set()

    def entry(self, cls: Found) -> Any:
        """Return the class statement of a class."""
        raise NotImplementedError

    def home(self, cls: Found) -> Context:
        """Return the context that a class statement stands in."""
        raise NotImplementedError

    def order(self, cls: Found) -> tuple[Found, ...]:
        """Return the method resolution order."""
        raise NotImplementedError

    def bases(self, cls: Found) -> tuple[Found, ...]:
        """Return the bases of a class statement, evaluated."""
        context = self.home(cls)
        result: list[Found] = []
        for value in reversed(self.entry(cls)[3]):
            found = self.evaluate(value, context)
            if value[0] == "x" and found[0] != "class":
                found = self.decorated(context.record, value) or found
            if found == MISSING:
                found = (*MISSING, *self._lacking(value, context))
            made = self._real_bases(found)
            if is_typing_alias(value, found):
                made = (*made, *self._generic_unless(result))
            result[:0] = made
        if any(self._is_typed_dict(one) for one in result):
            result = self._bases_of_typed_dict(cls, result)
        return tuple(result) or (OBJECT,)

    def _lacking(self, value: Any, context: Context) -> tuple[str, ...]:
        """Return the module in which a base was looked for in vain, if it was in one."""
        if value[0] == "f":
            return (value[1],)
        owner = self.evaluate(value[1], context) if value[0] == "a" else MISSING
        return tuple(owner[1:]) if owner[0] == "module" else ()

    def _is_typed_dict(self, base: Found) -> bool:
        if base[0] == "class":
            self.order(base)  # which finds out
            return base in self._typed_dicts
        return base == TYPED_DICT

    def _bases_of_typed_dict(self, cls: Found, written: list[Found]) -> list[Found]:
        """Return the bases that a typed dictionary has, whatever it derives from.

        Source: ``_TypedDictMeta.__new__`` of ``Lib/typing.py``.
        """
        self._typed_dicts.add(cls)
        generic = self.member("typing", "Generic")
        return [generic, _DICT] if any(generic in self.order(one) for one in written) else [_DICT]

    def compiled_bases(self, cls: Found) -> tuple[Found, ...]:
        """Return the bases of a class in a compiled module, as far as they are known."""
        from plugindex.ancestry import bases_of  # a table, which few hierarchies need

        return tuple(self.member(*base) for base in bases_of(cls[1]))

    def _generic_unless(self, later: list[Found]) -> tuple[Found, ...]:
        """Return what an alias of typing adds to its bases if none of the *later* ones brings it.

        Source: ``_BaseGenericAlias.__mro_entries__`` of ``Lib/typing.py``.
        """
        generic = self.member("typing", "Generic")
        return () if any(generic in self.order(one) for one in later) else (generic,)

    def _real_bases(self, found: Found) -> tuple[Found, ...]:
        """Return what a base written in a class statement makes of itself (PEP 560)."""
        if found[0] == "function" and found[1] in ("typing", "typing_extensions"):
            return _TYPING_BASES.get(found[2], (found,))
        if found[0] == "instance" and found[1][:2] == ("class", "typing_extensions"):
            return (TYPED_DICT,) if self.is_typed_dict_form(found) else (found,)
        if found[0] == "with_metaclass":
            return tuple(b for base in found[2] for b in self._real_bases(base))
        if found[0] == "items":  # of a base with a star
            return tuple(b for base in found[1] for b in self._real_bases(base))
        # What a decorator gives is no base, or the class that it was given: nearly always.
        return found[4:] or (found,) if found[0] == "unknown" else (found,)
