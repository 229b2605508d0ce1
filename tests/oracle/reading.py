"""Walk a syntax tree and list its classes, imports and literal class attributes."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from .binding import Binding, Kind, bindings, outcome
from .flow import Place, statements

# The compiler sets these itself, or they say nothing about a plugin.
EXCLUDED = frozenset(
    f"__{name}__"
    for name in (
        *("doc", "module", "qualname", "slots", "annotations", "static_attributes"),
        *("firstlineno", "classcell", "classdictcell", "type_params"),
    )
)
UNREADABLE = "?"
Import = tuple[int, str, tuple[str, ...] | None, int]


class Scope(NamedTuple):
    """A module or class body as seen from the statements in it."""

    qualname: str = ""
    private: str = ""  # the class whose name mangles private names
    names: frozenset[str] = frozenset()  # declared global in this body


def facts(source: str | bytes, filename: str = "<source>") -> dict[str, list[Any]]:
    """Return the classes and imports of a module, those that never run kept apart.

    Args:
        source: the module's source, in its own encoding if bytes.
        filename: what a syntax error shows.

    Returns:
        `classes` and `imports` that run, `dead_classes` and `dead_imports` that may not.
    """
    tree = ast.parse(source, filename)
    found: dict[str, list[Any]] = {
        key: [] for key in ("classes", "imports", "dead_classes", "dead_imports")
    }
    for key, item in _items(tree.body, Scope(), Place.STRAIGHT):
        found[key].append(item)
    return found


def _items(body: list[ast.stmt], scope: Scope, outer: Place) -> Iterator[tuple[str, Any]]:
    for node, place in statements(body, outer):
        dead = "dead_" if place is Place.DEAD else ""
        if isinstance(node, ast.ClassDef):
            inner = _inner_scope(node, scope)
            yield dead + "classes", _class(node, scope, inner)
            yield from _items(node.body, inner, Place.DEAD if dead else Place.STRAIGHT)
        else:
            yield from ((dead + "imports", item) for item in _imports(node, scope.private))


def _inner_scope(node: ast.ClassDef, outer: Scope) -> Scope:
    nested = outer.qualname and mangle(node.name, outer.private) not in outer.names
    qualname = f"{outer.qualname}.{node.name}" if nested else node.name
    return Scope(qualname, node.name, frozenset(_declared_global(node)))


def _declared_global(node: ast.ClassDef) -> Iterator[str]:
    for inner, _ in statements(node.body, Place.STRAIGHT):
        if isinstance(inner, ast.Global):
            yield from (mangle(name, node.name) for name in inner.names)


def _class(node: ast.ClassDef, outer: Scope, inner: Scope) -> dict[str, Any]:
    attributes, unsure = _attributes(node, inner)
    return {
        "qualname": inner.qualname,
        "line": (node.decorator_list or [node])[0].lineno,
        "bases": [_base(base, _private_in_bases(node, outer)) for base in node.bases],
        "keywords": [keyword.arg or "**" for keyword in node.keywords],
        "attributes": attributes,
        "unsure": unsure,
    }


def _private_in_bases(node: ast.ClassDef, outer: Scope) -> str:
    if not getattr(node, "type_params", ()):
        return outer.private
    # Bases of a generic class stand in a scope of their own, which 3.12 gives the new class's name.
    return node.name if sys.version_info < (3, 13) else ""


def _base(node: ast.expr, private: str) -> str:
    """Return a base as written: names, attributes and subscripts, or "?" for anything else."""
    match node:
        case ast.Name(id=name):
            return mangle(name, private)
        case ast.Attribute(value=value, attr=name):
            return _append(_base(value, private), f".{mangle(name, private)}")
        case ast.Subscript(value=value):
            return _append(_base(value, private), "[]")
    return UNREADABLE


def _append(owner: str, suffix: str) -> str:
    return owner if owner == UNREADABLE else owner + suffix


def _attributes(node: ast.ClassDef, scope: Scope) -> tuple[dict[str, Any], frozenset[str]]:
    by_name: dict[str, list[Binding]] = {}
    for inner, place in statements(node.body, Place.STRAIGHT):
        for binding in bindings(inner, place):
            by_name.setdefault(mangle(binding.name, scope.private), []).append(binding)
    literal: dict[str, Any] = {}
    unsure: set[str] = set()
    for name in by_name.keys() - EXCLUDED - scope.names:
        kind = outcome(by_name[name])
        if kind is Kind.LITERAL:
            literal[name] = by_name[name][-1].value
        elif kind is Kind.UNSURE:
            unsure.add(name)
    return literal, frozenset(unsure)


def _imports(node: ast.stmt, private: str) -> Iterator[Import]:
    match node:
        case ast.Import(names=names, lineno=line):
            yield from ((0, mangle(alias.name, private), None, line) for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level, lineno=line):
            wanted = tuple(alias.name for alias in names)
            yield level, mangle(module or "", private), wanted, line


def mangle(name: str, private: str) -> str:
    """Return a name as the compiler stores it in the body of the class `private`."""
    owner = private.lstrip("_")
    hidden = name.startswith("__") and not name.endswith("__") and "." not in name
    return f"_{owner}{name}" if owner and hidden else name
