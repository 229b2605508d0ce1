"""Literals that JSON has no form for, in one that it has."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def pack(value: Any) -> Any:
    """Return a literal in a form that JSON keeps; :func:`unpack` is the way back."""
    if isinstance(value, tuple | frozenset):
        mark = "t" if isinstance(value, tuple) else "s"
        items = value if mark == "t" else sorted(value, key=repr)
        return [mark, [item if type(item) is str else pack(item) for item in items]]
    if isinstance(value, bytes):
        return ["y", value.hex()]
    if isinstance(value, complex):
        return ["j", value.real, value.imag]
    return ["e"] if value is ... else value


def unpack(packed: Any) -> Any:
    """Return the literal that :func:`pack` packed."""
    if not isinstance(packed, list):
        return packed
    mark = packed[0]
    if mark in ("t", "s"):
        items = map(unpack, packed[1])
        return tuple(items) if mark == "t" else frozenset(items)
    if mark == "y":
        return bytes.fromhex(packed[1])
    return complex(packed[1], packed[2]) if mark == "j" else ...
