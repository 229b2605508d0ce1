"""Keys, literal attributes and scopes as JSON values that keep their types, and back."""

from __future__ import annotations

import sys

from plugindex.config import KeyRule, LeaveOut, Scope, Selection
from plugindex.keys import EnumKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from typing import Any


_PLAIN = frozenset({str, int, bool, type(None)})


def portable(value: object) -> Any:
    """Return *value* as JSON values that keep its type.

    Raises:
        TypeError: if it is of no kind that can be stored.
    """
    if type(value) in _PLAIN:
        return value
    if _is_enum_member(value):
        return {"enum": _enum_parts(value)}
    if isinstance(value, EnumKey):
        hashed = (portable(value.hashed),) if value.mixed else ()
        return {"enum": [value.module, value.enum, value.member, *hashed]}
    if type(value) is float and value - value != 0:  # JSON has neither
        if value != value:
            raise TypeError("NaN equals nothing, so it can't be stored")
        return {"float": repr(value)}
    if type(value) is float:
        return value
    if type(value) is complex:
        return {"complex": [portable(value.real), portable(value.imag)]}
    if type(value) is bytes:
        return {"bytes": value.hex()}
    if type(value) is tuple:
        return {"tuple": [portable(item) for item in value]}
    if type(value) is frozenset:
        return {"frozenset": [portable(item) for item in value]}
    raise TypeError(f"{type(value).__qualname__} is no kind of key that can be stored")


def is_portable(value: object) -> bool:
    """Tell whether *value* is of a kind that can be stored."""
    try:
        portable(value)
    except TypeError:
        return False
    return True


def _is_enum_member(value: object) -> bool:
    enum = sys.modules.get("enum")  # before it is imported, there are no members
    return enum is not None and isinstance(value, enum.Enum)


def _enum_parts(member: Any) -> list[Any]:
    """Return the arguments of the EnumKey that stands for *member*."""
    owner, parts = type(member), [member._name_]
    value = member._value_
    by_name = hash(member) == hash(member._name_)
    if not by_name and hash(member) != hash(value):
        raise TypeError(f"the hash of {member!r} is neither its name's nor its value's")
    if not by_name or bool(member == value):
        parts.append(portable(value))
    return [owner.__module__, owner.__qualname__, *parts]


def restored(value: Any) -> Hashable:
    """Return the value that :func:`portable` made JSON of."""
    if not isinstance(value, dict):
        if isinstance(value, list):
            raise ValueError("a list stands for no value")
        return value  # type: ignore[no-any-return]
    ((kind, inner),) = value.items()
    if kind == "enum":
        if not all(isinstance(name, str) for name in inner[:3]):
            raise ValueError("an enum member has names")
        return EnumKey(*inner[:3], *(restored(part) for part in inner[3:]))
    if kind == "bytes":
        return bytes.fromhex(inner)
    if kind == "float":
        return float(inner)
    if kind == "complex":
        return _complex(*map(restored, inner))
    if kind == "tuple":
        return tuple(restored(item) for item in inner)
    if kind == "frozenset":
        return frozenset(restored(item) for item in inner)
    raise ValueError(f"{kind} is no kind of stored key")


def _complex(real: Hashable, imaginary: Hashable) -> complex:
    if not (isinstance(real, float) and isinstance(imaginary, float)):
        raise ValueError("a complex number has two parts that are numbers")
    return complex(real, imaginary)


def scope_from(fields: Mapping[str, Any]) -> Scope:
    """Return the Scope that :func:`scope_fields` took apart."""
    lists = {
        "secondary": tuple((pair[0], pair[1]) for pair in fields["secondary"]),
        "excluded": tuple(fields["excluded"]),
        "leave_out": tuple(LeaveOut(*rule) for rule in fields["leave_out"]),
        "selection": Selection(),  # what is taken of a listing is for the asking process to say
    }
    return Scope(**{**fields, **lists, "rule": KeyRule(**fields["rule"])})


def scope_fields(scope: Scope) -> dict[str, Any]:
    """Return *scope* as JSON values."""
    fields = {name: getattr(scope, name) for name in Scope._fields}
    return fields | {
        "rule": {name: getattr(scope.rule, name) for name in KeyRule._fields},
        "leave_out": [[rule.variable, rule.attribute, rule.value] for rule in scope.leave_out],
        "selection": None,
    }
