"""Symbolic values: what a name in a module stands for, as far as reading tells.

A value is a tuple whose first item says what it is:

``("c", literal)``                a literal
``("b", packed)``                 a literal that JSON has no form for, packed for a record
``("i", module)``                 a module object
``("f", module, name)``           *name* imported from *module* (absolute)
``("k", number)``                 the class made by the module's class statement *number*
``("d", qualname, line)``         a function whose code starts at *line*
``("g", name, stars)``            a builtin, or a name from one of the first *stars* star imports
``("w", star, name, value)``      *name* of that star import if it has one, else *value*
``("a", value, name)``            an attribute
``("s", value, index)``           a subscript
``("x", callee, args, names)``    the result of a call; the last args have *names*, and "**" marks
                                  keyword arguments that are not spelled out
``("S", value)``                  a starred argument
``("o", operator, left, right)``  an operator's result; that of ``UNPACK`` is an item of *left*
``("l", items)``                  a tuple that is no literal; with a third item, a list or set
``("m", items)``                  any other container or text made of *items*
``("m", items, WHOLE)``           a dict: its keys and values in turn, all of them
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
# The table of modules, as a module and the functions in it name it.
MODULES = (
    ("a", ("i", "sys"), "modules"),
    ("f", "sys", "modules"),
    ("a", ("g", "sys", -1), "modules"),
)
CALLED = "()"  # stands among the keywords of a class that is made by a call of ``type``
WHOLE = "whole"
UNPACK = "unpack"
LONGEST_TEXT = 2000  # characters; longer literals are prose or data, never a key
MOST_ITEMS = 400
SPACES = ("globals", "locals", "vars")  # functions that give a namespace when called with nothing
MOST_PARTS = 3000  # values inside one value, so that working on it takes no time
MOST_COMPOUNDS = 150  # those among them that have parts themselves
LEAVES = frozenset("cbifkdgPVnu?") | {
    "T",
    "null",
    "code",
    "build",
    "exit",
    "slice",
    "E",
    "handling",
}

_BINARY = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "|": operator.or_, "&": operator.and_,
    "^": operator.xor, "<": operator.lt, "<=": operator.le, "==": operator.eq,
    "!=": operator.ne, ">": operator.gt, ">=": operator.ge, "is": operator.is_,
    "is not": operator.is_not, "in": lambda a, b: a in b, "not in": lambda a, b: a not in b,
    "[]": operator.getitem,
}  # fmt: skip
_UNARY = {
    "neg": operator.neg, "pos": operator.pos, "~": operator.invert, "not": operator.not_,
    "text": str,
}  # fmt: skip
_FORMATTED = (str, int, float, type(None))  # of which formatting gives the same as str() does
_TEXT_METHODS = {"startswith", "endswith", "lower", "upper", "strip"}


LONGEST_NUMBER = 4096  # bits; beyond, the decimal conversions refuse


def undecided(reason: str) -> Value:
    """Return the value of which nothing is known, and why."""
    return ("?", reason)


def literal(value: object) -> Value:
    """Return *value*, a constant of the byte code, as a symbolic value."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return ("c", value)
    if kind is int:
        return ("c", value) if value.bit_length() < LONGEST_NUMBER else undecided("a huge number")  # type: ignore[attr-defined]
    if kind is tuple or kind is frozenset:
        return ("c", value) if _small(value) else undecided("large data")
    if kind is float or kind is complex:
        return ("c", value) if value - value == 0 else undecided("not a finite number")  # type: ignore[operator]
    if kind is bytes or value is ...:
        return ("c", value)
    return undecided(f"a {kind.__name__}")


def _small(items: Any) -> bool:
    if len(items) > MOST_ITEMS:
        return all(type(item) is str for item in items)
    return all(type(item) is str or literal(item)[0] == "c" for item in items)


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
            return bounded(("l", (*items[0], *items[1])))
    return bounded(("o", sign, left, right))


def _compute(sign: str, left: Any, right: Any) -> object:
    if sign == "text" and not isinstance(left, _FORMATTED):
        raise TypeError("formatted by a method of its own")
    if sign in _UNARY:
        return _UNARY[sign](left)  # type: ignore[operator]
    if not _is_cheap(sign, left, right):
        raise ValueError("too long to compute")
    return _BINARY[sign](left, right)


def _is_cheap(sign: str, left: Any, right: Any) -> bool:
    if sign == "%":  # formatting: a width in the text may ask for any amount of memory
        return not isinstance(left, str | bytes) or not any(c in "*0123456789" for c in str(left))
    if sign == "*":
        return _product(left, right) <= LONGEST_TEXT and _product(right, left) <= LONGEST_TEXT
    return sign != "+" or _length(left) + _length(right) <= 2 * LONGEST_TEXT


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | bytes | tuple) else 0


def _product(value: Any, count: Any) -> int:
    if not isinstance(count, int):
        return 0
    return value.bit_length() if isinstance(value, int) else _length(value) * count


def bounded(value: Value) -> Value:
    """Return *value*, or an undecided one if it has too many parts to work with."""
    return value if is_bounded(value) else undecided("deep expression")


def is_bounded(value: Value) -> bool:
    """Tell whether *value* is small enough to compare, hash and copy again and again."""
    if value[0] in LEAVES:
        return True
    compounds, parts = _weight_inside(value)
    return compounds <= MOST_COMPOUNDS and parts <= MOST_PARTS


# The weights of values by identity, which holds as long as the value stands beside its weight.
# Values grow from the inside, so each is weighed once, and a table of data takes linear time.
_weights: dict[int, tuple[Value, int, int]] = {}


def forget_weights() -> None:
    """Let go of the values that were weighed: at the end of a reading nothing weighs them again."""
    _weights.clear()


def _weight_inside(value: Value) -> tuple[int, int]:
    """Return how many compounds are inside *value*, and how many parts they all have."""
    inside = _parts(value)
    compounds, parts = 0, len(inside)
    for part in inside:
        if part[0] not in LEAVES:
            known = _weights.get(id(part))
            if known is None:
                known = _weights[id(part)] = (part, *_weight_inside(part))
            compounds += known[1] + 1
            parts += known[2]
    return compounds, parts


def _parts(value: Value) -> Any:
    kind = value[0]
    if kind in ("l", "m"):
        return value[1]
    if kind == "p":
        return [one for _, one in value[1]]
    if kind == "x":
        return (value[1], *value[2])
    if kind == "o":
        return value[2:]
    if kind == "w":
        return value[3:]
    return value[1:] if kind == "s" else value[1:2]


def as_items(value: Value) -> tuple[Value, ...] | None:
    """Return the items of a list or literal tuple as values, or None."""
    if value[0] == "l":
        return tuple(value[1])
    if value[0] == "c" and isinstance(value[1], tuple | frozenset | list):
        # a set's order differs from process to process, and a module's record must not
        items = sorted(value[1], key=repr) if isinstance(value[1], frozenset) else value[1]
        return tuple(literal(item) for item in items)
    return None


def attribute(value: Value, name: str) -> Value:
    """Return the value of ``value.name``."""
    if value[0] == "i":
        known = platform_fact(value[1], name)
        if known is not None:
            return known
    if value[0] == "c" and name in ("major", "minor", "micro") and is_version(value[1]):
        return ("c", value[1][("major", "minor", "micro").index(name)])
    if value[0] in LEAVES or (value[0] == "a" and value[1][0] in LEAVES):
        return ("a", value, name)
    return bounded(("a", value, name))


def subscript(value: Value, index: Value) -> Value:
    """Return the value of ``value[index]``."""
    if value[0] == "c" and index[0] == "c":
        return operate("[]", value, index)
    if index[0] == "slice":
        return _sliced(value, index[1])
    return bounded(("s", value, index if index[0] in "cikfgadPV" else undecided("index")))


def _sliced(value: Value, parts: tuple[Value, ...]) -> Value:
    plain = [part[1] for part in parts if part[0] == "c" and isinstance(part[1], int | None)]
    if value[0] == "c" and isinstance(value[1], str | bytes | tuple) and len(plain) == len(parts):
        return literal(value[1][slice(*plain)]) if plain[2:] != [0] else undecided("a slice")
    return bounded(("s", value, undecided("a slice")))


def call(callee: Value, args: tuple[Value, ...], names: tuple[str, ...] = ()) -> Value:
    """Return the value of a call; text methods of literals are computed here."""
    if _is_text_method(callee) and all(a[0] == "c" for a in args) and not names:
        try:
            return literal(getattr(callee[1][1], callee[2])(*(a[1] for a in args)))
        except TypeError:
            return undecided("a call that raises")
    value = ("x", callee, args, names)
    if is_bounded(value):
        return value
    small = tuple([arg if is_bounded(arg) else undecided("large data") for arg in args])
    return bounded(("x", callee, small, names))


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
