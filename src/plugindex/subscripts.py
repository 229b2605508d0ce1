"""Which classes make a class of each subscript, as the generic models of pydantic do.

``Page[User]`` is a class that stands nowhere: a subclass of ``Page``, in the module of ``Page``,
made by the first who asks for it, in whichever module.
"""

from __future__ import annotations

from plugindex.meaning import unknown
from plugindex.names import is_library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.makers import Makers
    from plugindex.meaning import Context, Found

_GETTER = "__class_getitem__"
_ANY = unknown("a parameter")
_CLOSED = ("class", "real", "outside", "const", "module", "missing")


def makes_classes(family: Makers, cls: Found) -> bool:
    """Tell whether subscripts of *cls* may make classes: it has parameters, and code of its own."""
    context = family.home(cls)
    if not any(_has_parameters(family, base, context) for base in family.entry(cls)[3]):
        return False
    for one in family.order(cls):
        if one[0] == "class" and _GETTER in family.entry(one)[5]:
            if is_library(one[1]) or not _gives_another(family, one, cls):
                return False
            if not _asks_the_next(family, one):
                return True
        if one[0] == "real" and hasattr(one[1], _GETTER):
            return False
        if one[0] in ("unknown", "items"):
            return True
    return False


def _has_parameters(family: Makers, base: Any, context: Context) -> bool:
    """Tell whether a base as written names type variables: ``Generic[T]``, ``Page[list[T]]``."""
    if base == ("f", "typing", "Generic"):  # that of ``class Page[T]``
        return True
    return base[0] == "s" and _is_open(family, base[2], context)


def _is_open(family: Makers, value: Any, context: Context) -> bool:
    if value[0] == "s":
        return _is_open(family, value[2], context)
    if value[0] in "lm":
        return any(_is_open(family, one, context) for one in value[1])
    return family.evaluate(value, context)[0] not in _CLOSED


def _getter(family: Makers, cls: Found) -> Found:
    """Return the method of a class itself that its subscripts call."""
    found = family.evaluate(family.entry(cls)[5][_GETTER], family.home(cls))
    return found[1] if found[0] == "classmethod" else found  # it is one without being called one


def _gives_another(family: Makers, holder: Found, cls: Found) -> bool:
    """Tell whether what a subscript gives may be neither the class itself nor a plain object."""
    found = _getter(family, holder)
    if found[0] == "function":
        found = family.call(("bound", found, cls), (_ANY,), ())
    return bool(found[0] == "unknown")


def _asks_the_next(family: Makers, holder: Found) -> bool:
    """Tell whether a class leaves it to the next one in order to say what a subscript gives."""
    found = _getter(family, holder)
    summary = family.library.function(*found[1:4]) if found[0] == "function" else None
    if summary is None or family.creates(found) or "super" in family.home(holder).record.names:
        return False
    return bool(summary.results) and all(_is_super(value) for _, value in summary.results)


def _is_super(value: Any) -> bool:
    """Tell whether a value is written ``super().__class_getitem__(...)``."""
    if value[0] != "x" or value[1][0] != "a" or value[1][2] != _GETTER:
        return False
    owner = value[1][1]
    return bool(owner[0] == "x" and owner[1][:2] == ("g", "super") and not owner[2])
