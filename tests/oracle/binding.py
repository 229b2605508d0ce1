"""List the names that one statement binds in its own scope, and to what."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, NamedTuple

from .flow import Place, may_raise
from .folding import NotConstant, fold, fold_flow, same_value

OWN_SCOPE = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

CONSTANT_NODES = (
    *(ast.Constant, ast.Tuple, ast.Subscript, ast.Slice, ast.JoinedStr, ast.FormattedValue),
    *(ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp),
    *(ast.unaryop, ast.operator, ast.boolop, ast.cmpop, ast.expr_context),
)


class Kind(IntEnum):
    """What a binding says about the value of its name."""

    LITERAL = 0  # a constant that the compiler evaluates
    UNSURE = 1  # a constant that jumps or limits leave to a reader to evaluate or not
    OTHER = 2  # anything else


class Binding(NamedTuple):
    """One name bound by one statement."""

    name: str
    kind: Kind
    value: Any = None
    place: Place = Place.STRAIGHT


def bindings(node: ast.stmt, place: Place) -> Iterator[Binding]:
    """Yield what a statement binds, the statements inside it left out.

    Args:
        node: a statement of a class body.
        place: where it stands in that body.
    """
    for binding in _bound_here(node):
        yield binding._replace(place=place)


def outcome(bound: list[Binding]) -> Kind:
    """Return what a name holds at the end of the body, from its bindings in source order."""
    running = [binding for binding in bound if binding.place is not Place.DEAD]
    if not running or _always_equal(running):
        return Kind.UNSURE
    last = running[-1]
    if last.place is Place.STRAIGHT:
        return max(last.kind, Kind.UNSURE) if bound[-1] is not last else last.kind
    return Kind.UNSURE if last.place is Place.UNSURE else Kind.OTHER


def _always_equal(bound: list[Binding]) -> bool:
    # Branches that agree: a reader may join them.
    first, *others = bound
    return (
        bool(others)
        and all(binding.kind is Kind.LITERAL for binding in bound)
        and bound[-1].place is not Place.STRAIGHT
        and all(same_value(binding.value, first.value) for binding in others)
    )


def _bound_here(node: ast.stmt) -> Iterator[Binding]:
    match node:
        case (
            ast.Assign(targets=targets, value=value)
            | ast.AnnAssign(target=targets, value=ast.expr() as value)
        ):
            yield from _assigned(targets if isinstance(targets, list) else [targets], value)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield Binding(node.name, Kind.OTHER)
            yield from _stored(node)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (Binding(_imported(alias), Kind.OTHER) for alias in names)
        case ast.Try() | ast.TryStar() if not may_raise(node.body):
            yield from (each._replace(kind=Kind.UNSURE) for each in _stored(node))
        case ast.AnnAssign():  # without a value it binds nothing
            return
        case _:
            yield from _stored(node)


def _assigned(targets: list[ast.expr], value: ast.expr) -> Iterator[Binding]:
    yield from _stored(value)
    simple = _value_binding(value)
    for target in targets:
        if isinstance(target, ast.Name):
            yield simple._replace(name=target.id)
        else:
            yield from _unpacked(target, value)


def _value_binding(value: ast.expr) -> Binding:
    try:
        return Binding("", Kind.LITERAL, fold(value))
    except NotConstant:
        return Binding("", _kind_if_literal(value))


def _kind_if_literal(value: ast.expr) -> Kind:
    if all(isinstance(node, CONSTANT_NODES) for node in ast.walk(value)):
        return Kind.UNSURE
    try:
        fold_flow(value)
    except NotConstant:
        return Kind.OTHER
    return Kind.UNSURE


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[Binding]:
    # Both sides written out as tuples: the compiler may store each item by itself.
    both_written = isinstance(target, ast.Tuple | ast.List) and isinstance(
        value, ast.Tuple | ast.List
    )
    kind = Kind.UNSURE if both_written else Kind.OTHER
    yield from (binding._replace(kind=kind) for binding in _stored(target))


def _imported(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _stored(node: ast.AST) -> Iterator[Binding]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield Binding(name, Kind.OTHER)
        case ast.NamedExpr(target=target, value=value):
            yield Binding(target.id, max(Kind.UNSURE, _kind_if_literal(value)))
            yield from _stored(value)
            return
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield Binding(name, Kind.OTHER)
        case ast.MatchMapping(rest=str(name)) | ast.ExceptHandler(name=str(name)):
            yield Binding(name, Kind.OTHER)
    yield from _stored_inside(node)


def _stored_inside(node: ast.AST) -> Iterator[Binding]:
    if isinstance(node, OWN_SCOPE):
        return
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt):
            yield from _stored(child)
