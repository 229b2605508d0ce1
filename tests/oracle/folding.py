"""Evaluate the constant expressions that CPython's compiler evaluates, within its limits."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

MAX_BITS = 128
MAX_ITEMS = 256
MAX_NESTED_ITEMS = 1024
MAX_TEXT = 4096
FAILURES = (ArithmeticError, TypeError, ValueError, LookupError)


class NotConstant(Exception):
    """Signals an expression whose value the compiler leaves to run time."""


def fold(node: ast.expr) -> Any:
    """Return the value of a constant expression.

    Raises:
        NotConstant: the compiler doesn't evaluate this expression.
    """
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id="__debug__"):
            return __debug__
        case ast.Tuple(elts=items):
            return tuple(fold(item) for item in items)
    return _fold_operation(node)


def _fold_operation(node: ast.expr) -> Any:
    match node:
        case ast.UnaryOp(op=op, operand=operand):
            return _attempt(UNARY[type(op)], fold(operand))
        case ast.BinOp(op=op, left=left, right=right) if type(op) in BINARY:
            return _attempt(BINARY[type(op)], fold(left), fold(right))
        case ast.Subscript(value=value, slice=index):
            return _attempt(operator.getitem, fold(value), fold(index))
    raise NotConstant


def fold_flow(node: ast.expr) -> Any:
    """Return the value that is left once the compiler has also dropped dead jumps.

    Raises:
        NotConstant: something is left to evaluate at run time.
    """
    match node:
        case ast.JoinedStr(values=parts):
            return "".join(fold(part) for part in parts)
        case ast.Tuple(elts=items):
            return tuple(fold_flow(item) for item in items)
        case ast.NamedExpr(value=value):
            return fold_flow(value)
        case ast.IfExp() | ast.BoolOp():
            return fold_flow(_taken(node))
    return fold(node)


def _taken(node: ast.IfExp | ast.BoolOp) -> ast.expr:
    if isinstance(node, ast.IfExp):
        return node.body if _known(node.test) else node.orelse
    deciding = isinstance(node.op, ast.Or)
    for value in node.values[:-1]:
        if _known(value) is deciding:
            return value
    return node.values[-1]


def _known(node: ast.expr) -> bool:
    decided = truth(node)
    if decided is None:
        raise NotConstant
    return decided


def truth(node: ast.expr) -> bool | None:
    """Return whether a condition always or never holds, or None where only running tells."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = truth(operand)
            return None if inner is None else not inner
        case ast.BoolOp(op=op, values=values):
            return _truth_of_all(isinstance(op, ast.Or), [truth(value) for value in values])
        case ast.NamedExpr():
            return None
    try:
        return bool(fold_flow(node))
    except NotConstant:
        return None


def _truth_of_all(deciding: bool, known: list[bool | None]) -> bool | None:
    if deciding in known:
        return deciding
    return None if None in known else not deciding


def same_value(left: object, right: object) -> bool:
    """Return whether two constants are equal in type and value, item by item."""
    if type(left) is not type(right):
        return False
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same_value, left, right))
    if isinstance(left, float | complex):  # tells -0.0 from 0.0, and knows nan
        return repr(left) == repr(right)
    return left == right


def _attempt(operation: Callable[..., Any], *operands: Any) -> Any:
    try:
        return operation(*operands)
    except FAILURES as error:
        raise NotConstant from error


def _require(condition: bool) -> None:
    if not condition:
        raise NotConstant


def _multiply(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        _require(not (left and right) or left.bit_length() + right.bit_length() <= MAX_BITS)
    elif isinstance(left, int):
        _require_small(left, right)
    elif isinstance(right, int):
        _require_small(right, left)
    return left * right


def _require_small(times: int, sequence: Any) -> None:
    if isinstance(sequence, tuple):
        _require(not sequence or 0 <= times <= MAX_ITEMS // len(sequence))
        _require(not times or _room_left(sequence, MAX_NESTED_ITEMS // times) >= 0)
    elif isinstance(sequence, str | bytes):
        _require(not sequence or 0 <= times <= MAX_TEXT // len(sequence))


def _room_left(value: Any, limit: int) -> int:
    if isinstance(value, tuple):
        limit -= len(value)
        for item in value:
            limit = _room_left(item, limit) if limit >= 0 else limit
    return limit


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and left and right > 0:
        _require(left.bit_length() <= MAX_BITS // right)
    return left**right


def _shift_left(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and left and right:
        _require(0 <= right <= MAX_BITS and left.bit_length() <= MAX_BITS - right)
    return left << right


def _modulo(left: Any, right: Any) -> Any:
    _require(not isinstance(left, str | bytes))  # formatting is left to run time
    return left % right


UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _modulo,
    ast.Pow: _power,
    ast.LShift: _shift_left,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_,
}
