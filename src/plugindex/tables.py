"""What operators and methods give of evaluated values: texts, lists and dicts with known items."""

from __future__ import annotations

from plugindex.expressions import LONGEST_TEXT, UNPACK, operate
from plugindex.meaning import BEGUN, concatenated, items_of, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.meaning import Found

_OF_TEXT = frozenset({
    "startswith", "endswith", "lower", "upper", "strip", "lstrip", "rstrip", "removeprefix",
    "removesuffix", "rpartition", "partition", "title", "capitalize",
})  # fmt: skip
_CALLED = ("unknown", "instance", "class")  # what most calls give
_OF_TABLE = frozenset({"get", "keys"})


_NO_LITERALS = frozenset({"class", "module", "function", "real", "instance", "items", "table"})


def operated(sign: str, left: Found, right: Found) -> Found:
    """Return what an operator gives."""
    if sign == UNPACK:
        return _unpacked(left, right[1])
    if left[0] == right[0] == "const":
        result = operate(sign, ("c", left[1]), ("c", right[1]))
        return ("const", result[1]) if result[0] == "c" else unknown(result[1])
    if sign in ("is", "is not") and "const" in (left[0], right[0]):
        other = left if right[0] == "const" else right
        if other[0] in _NO_LITERALS:
            return ("const", sign == "is not")
        if other[0] == "default":  # a parameter compared with None defaults to None
            return ("const", sign == "is")
    if sign == "+" and left[0] == "const" and isinstance(left[1], str) and right[0] == "unknown":
        return unknown(BEGUN, left, right)
    held = is_held(left, right) if sign in ("in", "not in") else None
    if held is not None:
        return ("const", held is (sign == "in"))
    return concatenated(left, right) if sign == "+" else unknown("an operator", left, right)


def _unpacked(found: Found, number: int) -> Found:
    """Return an item of what is unpacked; it comes from anywhere where that shows no items."""
    items = items_of(found)
    if items is not None and number < len(items):
        return items[number]
    return unknown("unpacked", *([found] if found[0] in _CALLED else ()))


def has_method(owner: Found, name: str) -> bool:
    """Tell whether *name* is a method of *owner* whose result can be told."""
    if owner[0] == "table":
        return name in _OF_TABLE
    return owner[0] == "const" and isinstance(owner[1], str) and name in _OF_TEXT


def called(method: Found, args: tuple[Found, ...], names: tuple[str, ...]) -> Found:
    """Return what a call of a method of a text or table gives."""
    _, owner, name = method
    if names or (owner[0] == "table" and len(args) != (name == "get")):
        return unknown("a call", owner, *args)
    if name == "get":
        return looked_up(owner, args[0]) or ("const", None)
    if name == "keys":
        return ("items", tuple(key for key, _ in owner[1]))
    if any(arg[0] != "const" for arg in args):
        return unknown("a call", *args)
    return _of_text(owner[1], name, [arg[1] for arg in args])


def _of_text(text: str, name: str, args: list[object]) -> Found:
    try:
        result = getattr(text, name)(*args)
    except (TypeError, ValueError):
        return unknown("a call that raises")
    large = isinstance(result, str) and len(result) > LONGEST_TEXT
    return unknown("a long text") if large else ("const", result)


def looked_up(table: Found, key: Found) -> Found | None:
    """Return the value under *key*, None if there is none; it is unknown where the key is."""
    if key[0] != "const":
        return unknown("a subscript", *(value for _, value in table[1]))
    found = [value for one, value in table[1] if _same(one, key)]
    return found[-1] if found else None


def _same(one: Found, other: Found) -> bool:
    return bool(one[0] == other[0] == "const" and one[1] == other[1])


def is_held(item: Found, container: Found) -> bool | None:
    """Tell whether a literal is in a list or table; None where that can't be told."""
    if item[0] != "const":
        return None
    if container[0] == "table":
        return any(_same(key, item) for key, _ in container[1])
    items = items_of(container) if container[0] == "items" else None
    if items is None:
        return None
    if any(_same(one, item) for one in items):
        return True
    return False if all(one[0] in ("const", "class", "module") for one in items) else None
