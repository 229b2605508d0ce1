"""Values as a record keeps them: bounded, JSON-ready, without the machine's own marks."""

from __future__ import annotations

from plugindex.expressions import LONGEST_TEXT, WHOLE, undecided
from plugindex.packing import pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from plugindex.expressions import Value

MOST_ITEMS_KEPT = 40
_DEEPEST = 6
_LEAVES = frozenset("bifkdgPVun?")
_PLAIN = frozenset({int, bool, float, type(None)})


def slim(value: Value, depth: int = _DEEPEST) -> Value:
    """Return *value* as a record keeps it."""
    kind = value[0]
    if kind in _LEAVES:
        return value
    if kind == "c":
        return _slim_literal(value)
    if kind == "w":
        return ("w", value[1], value[2], slim(value[3], depth))
    if not depth or kind not in _PARTS:
        return undecided("deep expression" if not depth else "an inner value")
    return _PARTS[kind](value, depth - 1)


def slim_names(names: dict[str, Value], tables: bool = False) -> dict[str, Value]:
    """Return the names bound in a body with their values, the machine's own names left out.

    With *tables* those that hold tables of data are kept whole.
    """
    result = {}
    for name, value in names.items():
        kind = value[0]
        if name[:1] == "." or kind == "u":
            continue
        plain = kind == "d" or kind == "f" or (kind == "c" and is_plain(value[1]))
        if plain:
            result[name] = value
        else:
            result[name] = slim(value) if tables else slim_attribute(name, value)
    return result


def slim_variables(variables: list[Any]) -> list[Any]:
    """Return what condition variables ask as a record keeps it."""
    return [(key[0], slim(key[1])) if key[0] in ("test", "attr") else key for key in variables]


def is_plain(literal: object) -> bool:
    """Tell whether a literal is one that JSON has a form for."""
    return type(literal) in _PLAIN or (type(literal) is str and len(literal) <= LONGEST_TEXT)


def slim_attribute(name: str, value: Value) -> Value:
    """Return the value of a class's or module's name as a record keeps it: no tables of data."""
    if value[0] in "clm" and name != "__all__" and _count(value) > MOST_ITEMS_KEPT:
        return undecided("large data")
    return slim(value)


def _count(value: Value) -> int:
    return len(value[1]) if isinstance(value[1], tuple | frozenset) else 0


def _slim_literal(value: Value) -> Value:
    plain = value[1]
    kind = type(plain)
    if kind is str:
        return value if len(plain) <= LONGEST_TEXT else undecided("long text")
    return value if kind in _PLAIN else ("b", pack(plain))


def _slim_call(value: Value, depth: int) -> Value:
    """Return a call; one decorator inside another is as deep as if it stood alone."""
    callee, given = slim(value[1], depth), value[2]
    if len(given) == 1:
        return ("x", callee, (slim(given[0], depth + 1),), value[3])
    return ("x", callee, tuple([slim(one, depth) for one in given]), value[3])


def _slim_items(items: tuple[Value, ...], depth: int) -> Value:
    """Return a list of values; items that were starred are added to the others."""
    result: Any = None
    plain: list[Value] = []
    for item in items:
        if item[0] != "S":
            plain.append(slim(item, depth))
            continue
        before = ("l", tuple(plain))
        result = before if result is None else ("o", "+", result, before) if plain else result
        result = ("o", "+", result, slim(item[1], depth))
        plain = []
    rest = ("l", tuple(plain))
    return rest if result is None else ("o", "+", result, rest) if plain else result


def _slim_table(value: Value, depth: int) -> Value:
    starred = any(item[0] == "S" for item in value[1])
    whole = not starred and (value[2:] == (WHOLE,) or len(value[1]) <= MOST_ITEMS_KEPT)
    items = value[1] if whole else [i for i in value[1][:MOST_ITEMS_KEPT] if i[0] != "S"]
    kept = tuple([slim(item, depth) for item in items])
    return ("m", kept, WHOLE) if whole else ("m", kept)


_PARTS: dict[str, Callable[[Value, int], Value]] = {
    "x": _slim_call,
    "S": lambda v, n: ("S", slim(v[1], n)),
    "l": lambda v, n: _slim_items(v[1], n),
    "m": lambda v, n: _slim_table(v, n),
    "p": lambda v, n: ("p", tuple([(condition, slim(one, n)) for condition, one in v[1]])),
    "o": lambda v, n: ("o", v[1], slim(v[2], n), slim(v[3], n)),
    "s": lambda v, n: ("s", slim(v[1], n), slim(v[2], n)),
    "a": lambda v, n: ("a", slim(v[1], n + 1), v[2]),
}  # fmt: skip
