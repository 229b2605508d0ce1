"""Symbolic values: what a name in a module stands for, as far as reading tells.

A value is a tuple whose first item says what it is:

``("c", literal)``                a literal
``("b", packed)``                 a literal that JSON has no form for, packed for a record
``("i", module)``                 a module object
``("f", module, name)``           *name* imported from *module* (absolute)
``("k", number)``                 the class made by the module's class statement *number*
``("d", qualname, line)``         a function whose code starts at *line*
``("g", name, stars)``            a name bound by one of the first *stars* star imports, or a builtin
``("w", star, name, value)``      *name* of that star import if it has one, else *value*
``("a", value, name)``            an attribute
``("s", value, index)``           a subscript
``("x", callee, args, names)``    the result of a call; the last args have *names*
``("o", operator, left, right)``  an operator's result
``("l", items)``                  a list, set or tuple that is no literal
``("m", items)``                  any other container or text made of *items*
``("p", ((condition, value), ..))``  the value whose condition holds
``("P", name)`` ``("V", name)``   a parameter of this function, of an enclosing one
``("n", name)``                   a plain name, unresolved (only where text is compared)
``("u",)``                        unbound
``("?", reason)``                 undecided

Values that came out of JSON are lists of the same shape; nothing here or in the resolver depends
on which it is.
"""

from __future__ import annotations

import operator
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Value: TypeAlias = Any

NONE = ("c", None)
UNBOUND = ("u",)
LITERALS = (str, int, float, bool, bytes, complex, type(None), type(...))
LONGEST_TEXT = 2000  # characters; longer literals are prose or data, never a key
MOST_ITEMS = 400

_BINARY = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "|": operator.or_, "&": operator.and_,
    "^": operator.xor, "<": operator.lt, "<=": operator.le, "==": operator.eq,
    "!=": operator.ne, ">": operator.gt, ">=": operator.ge, "is": operator.is_,
    "is not": operator.is_not, "in": lambda a, b: a in b, "not in": lambda a, b: a not in b,
    "[]": operator.getitem,
}  # fmt: skip
_UNARY = {"neg": operator.neg, "pos": operator.pos, "~": operator.invert, "not": operator.not_}
_TEXT_METHODS = {"startswith", "endswith", "lower", "upper", "strip"}


def undecided(reason: str) -> Value:
    """Return the value of which nothing is known, and why."""
    return ("?", reason)


def literal(value: object) -> Value:
    """Return *value*, a constant of the byte code, as a symbolic value."""
    if isinstance(value, str | int | None):
        return ("c", value)
    if isinstance(value, float) and not -1e308 < value < 1e308:
        return undecided("not a finite number")
    if isinstance(value, tuple | frozenset) and not _small(value):
        return undecided("large data")
    return ("c", value)


def _small(items: Any) -> bool:
    if len(items) > MOST_ITEMS:
        return all(type(item) is str for item in items)
    return all(literal(item)[0] == "c" for item in items)


def pack(value: Any) -> Any:
    """Return a literal in a form that JSON keeps; :func:`unpack` is the way back."""
    if isinstance(value, tuple | frozenset):
        mark = "t" if isinstance(value, tuple) else "s"
        items = value if mark == "t" else sorted(value, key=repr)
        return [mark, [pack(item) for item in items]]
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


def operate(sign: str, left: Value, right: Value = NONE) -> Value:
    """Return the value of an operator; computed here where both sides are literals."""
    if left[0] == "c" and right[0] == "c":
        try:
            return literal(_compute(sign, left[1], right[1]))
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            return undecided(f"{sign} raises {type(error).__name__}")
    if sign in ("is", "is not") and right[0] == "c" and left[0] in ("i", "k", "d"):
        return ("c", sign == "is not")  # a module, class or function is no literal
    if sign == "+" and left[0] in "cl" and right[0] in "cl":
        items = as_items(left), as_items(right)
        if items[0] is not None and items[1] is not None:
            return ("l", (*items[0], *items[1]))
    return ("o", sign, left, right) if _shallow(left) else undecided("deep expression")


def _compute(sign: str, left: Any, right: Any) -> object:
    if sign in _UNARY:
        return _UNARY[sign](left)
    if sign in ("*", "+") and len(repr(left)) + len(repr(right)) > LONGEST_TEXT:
        raise ValueError("too long to compute")
    if sign == "*" and max(_size(left, right), _size(right, left)) > LONGEST_TEXT:
        raise ValueError("too long to compute")
    return _BINARY[sign](left, right)


def _size(sequence: Any, count: Any) -> int:
    return len(sequence) * count if hasattr(sequence, "__len__") and isinstance(count, int) else 0


def _shallow(value: Value) -> bool:
    for _ in range(12):
        if value[0] not in ("o", "x", "a", "s"):
            return True
        value = value[2] if value[0] == "o" else value[1]
    return False


def as_items(value: Value) -> tuple[Value, ...] | None:
    """Return the items of a list or literal tuple as values, or None."""
    if value[0] == "l":
        return tuple(value[1])
    if value[0] == "c" and isinstance(value[1], tuple | frozenset | list):
        return tuple(literal(item) for item in value[1])
    return None


def attribute(value: Value, name: str) -> Value:
    """Return the value of ``value.name``."""
    if value[0] == "i":
        known = platform_fact(value[1], name)
        if known is not None:
            return known
    if value[0] == "c" and name in ("major", "minor", "micro") and is_version(value[1]):
        return ("c", value[1][("major", "minor", "micro").index(name)])
    return ("a", value, name) if _shallow(value) else undecided("deep expression")


def subscript(value: Value, index: Value) -> Value:
    """Return the value of ``value[index]``."""
    if value[0] == "c" and index[0] == "c":
        return operate("[]", value, index)
    return ("s", value, index if index[0] in "cikfgad" else undecided("index"))


def call(callee: Value, args: tuple[Value, ...], names: tuple[str, ...] = ()) -> Value:
    """Return the value of a call; text methods of literals are computed here."""
    if _is_text_method(callee) and all(a[0] == "c" for a in args) and not names:
        try:
            return literal(getattr(callee[1][1], callee[2])(*(a[1] for a in args)))
        except TypeError:
            return undecided("a call that raises")
    if not _shallow(callee):
        return undecided("deep expression")
    return ("x", callee, args, names)


def _is_text_method(value: Value) -> bool:
    if value[0] != "a" or value[1][0] != "c" or value[2] not in _TEXT_METHODS:
        return False
    return isinstance(value[1][1], str)


def platform_fact(module: str, name: str) -> Value | None:
    """Return what this interpreter says of ``module.name``, where that can't change while it runs.

    An index is never used by another interpreter, so these conditions are decided by reading.
    """
    if name == "TYPE_CHECKING" and module in ("typing", "typing_extensions"):
        return ("c", False)
    if module == "sys" and name in ("platform", "byteorder", "maxsize", "hexversion"):
        return ("c", getattr(sys, name))
    if module == "sys" and name == "version_info":
        return ("c", tuple(sys.version_info))
    return ("c", os.name) if (module, name) == ("os", "name") else None


def is_version(value: object) -> bool:
    """Tell whether *value* is this interpreter's version tuple."""
    return value == tuple(sys.version_info)


def truth(value: Value) -> bool | None:
    """Return whether *value* is true, where reading decides it."""
    if value[0] == "c":
        return bool(value[1])
    return True if value[0] in ("i", "k", "d") else None
