"""Which classes make a class of each subscript, as the generic models of pydantic do.

``Page[User]`` is a class that stands nowhere: a subclass of ``Page``, in the module of ``Page``,
made by the first who asks for it, in whichever module.
"""

from __future__ import annotations

import sys

from plugindex.meaning import unknown
from plugindex.names import root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.hierarchy import Hierarchy
    from plugindex.meaning import Context, Found

_GETTER = "__class_getitem__"
_ANY = unknown("a parameter")
_CLOSED = ("class", "real", "outside", "const", "module", "missing")


def makes_classes(family: Hierarchy, cls: Found) -> bool:
    """Tell whether subscripts of *cls* may make classes: it has parameters, and code of its own."""
    context = family.home(cls)
    if not any(_has_parameters(family, base, context) for base in family.entry(cls)[3]):
        return False
    for one in family.order(cls):
        if one[0] == "class" and _GETTER in family.entry(one)[5]:
            return root(one[1]) not in sys.stdlib_module_names and _gives_another(family, cls)
        if one[0] == "real" and hasattr(one[1], _GETTER):
            return False
        if one[0] in ("unknown", "items"):
            return True
    return False


def _has_parameters(family: Hierarchy, base: Any, context: Context) -> bool:
    """Tell whether a base as written names type variables: ``Generic[T]``, ``Page[list[T]]``."""
    if base == ("f", "typing", "Generic"):  # that of ``class Page[T]``
        return True
    return base[0] == "s" and _is_open(family, base[2], context)


def _is_open(family: Hierarchy, value: Any, context: Context) -> bool:
    if value[0] == "s":
        return _is_open(family, value[2], context)
    if value[0] in "lm":
        return any(_is_open(family, one, context) for one in value[1])
    return family.evaluate(value, context)[0] not in _CLOSED


def _gives_another(family: Hierarchy, cls: Found) -> bool:
    """Tell whether what a subscript gives may be neither the class itself nor a plain object."""
    found = family.class_attribute(cls, _GETTER)
    if found[0] == "function":
        found = ("bound", found, cls)  # it is a class method without being called one
    if found[0] == "bound":
        found = family.call(found, (_ANY,), ())
    return bool(found[0] == "unknown")
