"""Classes that a module makes by a call, as a class statement would: named tuples, ``type()``.

What they are named is a literal, and so are the fields or the names in the body; of any other such
call reading tells less. Sources: ``Lib/collections/__init__.py``, ``Lib/typing.py``, and the
documentation of ``type`` (https://docs.python.org/3/library/functions.html#type).
"""

from __future__ import annotations

from plugindex.expressions import as_items, undecided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from plugindex.expressions import Value

    Statement: TypeAlias = tuple[str, tuple[Value, ...], dict[str, Value]]

_TUPLE = ("f", "builtins", "tuple")
_TYPE = ("g", "type", 0)
_TUPLES = {
    ("collections", "namedtuple"): False,  # whether each field has its type beside it
    ("typing", "NamedTuple"): True,
    ("typing_extensions", "NamedTuple"): True,
}
_OPTIONS = frozenset({"defaults"})  # that change neither name nor fields
_OTHER_NAMES = ("_fields", "_field_defaults", "_make", "_replace", "_asdict")


def statement(callee: Value, args: list[Value], names: tuple[str, ...]) -> Statement | None:
    """Return (name, bases, body) of the class statement that a call stands for, or None."""
    name = args[0][1] if args[0][0] == "c" else None
    if not isinstance(name, str) or not name.isidentifier():
        return None
    if callee == _TYPE:
        return _made_by_type(name, args[1:]) if len(args) == 3 and not names else None
    typed = _TUPLES.get(_reference(callee))
    if typed is None or len(args) != 2 + len(names) or not _OPTIONS.issuperset(names):
        return None
    fields = _fields(args[1], typed)
    return None if fields is None else (name, (_TUPLE,), _body_of_tuple(fields))


def _reference(callee: Value) -> Any:
    """Return the module and name that a callee is taken from."""
    if callee[0] == "f":
        return callee[1:]
    return (callee[1][1], callee[2]) if callee[0] == "a" and callee[1][0] == "i" else None


def _made_by_type(name: str, args: list[Value]) -> Statement | None:
    bases, body = as_items(args[0]), args[1]
    if bases is None or body[0] != "m" or any(one[0] == "S" for one in (*bases, *body[1])):
        return None
    keys, values = body[1][::2], body[1][1::2]
    if not all(key[0] == "c" and isinstance(key[1], str) for key in keys):
        return None
    return name, bases, {key[1]: value for key, value in zip(keys, values, strict=True)}


def _fields(given: Value, typed: bool) -> list[str] | None:
    if given[0] == "c" and isinstance(given[1], str):
        return None if typed else given[1].replace(",", " ").split()
    items = as_items(given)
    if items is None or (typed and not all(as_items(one) for one in items)):
        return None
    told = [as_items(one)[0] for one in items] if typed else items  # type: ignore[index]
    names = [one[1] for one in told if one[0] == "c" and isinstance(one[1], str)]
    return names if len(names) == len(items) else None


def _body_of_tuple(fields: list[str]) -> dict[str, Value]:
    body = dict.fromkeys((*_OTHER_NAMES, *fields), undecided("what a named tuple has"))
    return {**body, "__slots__": ("c", ())}
