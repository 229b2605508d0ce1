"""Split compound statements into blocks and find the code that can never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import IntEnum

from .folding import truth

NEXT, BREAK, CONTINUE = "next", "break", "continue"
Exits = frozenset[str]
GOES_ON: Exits = frozenset({NEXT})
HARMLESS = (ast.Pass, ast.Break, ast.Continue, ast.Global)


class Place(IntEnum):
    """Where a block stands, seen from the scope that holds it."""

    STRAIGHT = 0  # runs once, with the scope's own statements
    UNSURE = 1  # the compiler may make it straight-line code
    BRANCH = 2  # runs under a condition, in a loop or guarded
    DEAD = 3  # never runs: the compiler may drop it


Block = tuple[list[ast.stmt], Place]


def statements(body: list[ast.stmt], place: Place) -> Iterator[tuple[ast.stmt, Place]]:
    """Yield every statement of a scope with its place, not entering functions or classes."""
    for node in body:
        yield node, place
        for block, inner in blocks(node):
            yield from statements(block, _nested(place, inner))
        if NEXT not in exits(node):
            place = Place.DEAD


def _nested(outer: Place, inner: Place) -> Place:
    return max(outer, inner)


def blocks(node: ast.stmt) -> list[Block]:
    """Return the statement lists inside a compound statement, each with its place."""
    match node:
        case ast.If():
            return _if_blocks(node)
        case ast.While():
            return _while_blocks(node)
        case ast.For() | ast.AsyncFor():
            return [(node.body, Place.BRANCH), (node.orelse, Place.UNSURE)]
        case ast.With() | ast.AsyncWith():
            return [(node.body, Place.UNSURE)]  # a branch only if the manager swallows a raise
        case ast.Try() | ast.TryStar():
            return _try_blocks(node)
        case ast.Match():
            return _match_blocks(node)
    return []


def _if_blocks(node: ast.If) -> list[Block]:
    known = truth(node.test)
    if known is not None:
        places = (Place.UNSURE, Place.DEAD) if known else (Place.DEAD, Place.UNSURE)
        return list(zip((node.body, node.orelse), places, strict=True))
    return [
        (node.body, _beside(block_exits(node.orelse))),
        (node.orelse, _beside(block_exits(node.body))),
    ]


def _beside(other: Exits) -> Place:
    return Place.BRANCH if NEXT in other else Place.UNSURE


def _while_blocks(node: ast.While) -> list[Block]:
    known = truth(node.test)
    body = {None: Place.BRANCH, True: Place.UNSURE, False: Place.DEAD}[known]
    return [(node.body, body), (node.orelse, Place.DEAD if known else Place.UNSURE)]


def _try_blocks(node: ast.Try | ast.TryStar) -> list[Block]:
    body_goes_on = NEXT in block_exits(node.body)
    caught = any(NEXT in block_exits(handler.body) for handler in node.handlers)
    handled = Place.BRANCH if body_goes_on else Place.UNSURE
    return [
        (node.body, Place.BRANCH if caught else Place.UNSURE),
        *((each.body, handled if may_raise(node.body) else Place.DEAD) for each in node.handlers),
        (node.orelse, Place.UNSURE if body_goes_on else Place.DEAD),
        (node.finalbody, Place.UNSURE),
    ]


def may_raise(body: list[ast.stmt]) -> bool:
    """Return whether a list of statements holds one that an exception can leave."""
    for node in body:
        if not _is_harmless(node):
            return True
        if NEXT not in exits(node):
            return False
    return False


def _is_harmless(node: ast.stmt) -> bool:
    match node:
        case ast.Assert(test=test):
            return truth(test) is True
        case ast.Expr(value=ast.Constant()):
            return True
    return isinstance(node, HARMLESS)


def _match_blocks(node: ast.Match) -> list[Block]:
    found: list[Block] = []
    for case in node.cases:
        guard = None if case.guard is None else truth(case.guard)
        place = Place.UNSURE if _irrefutable(case) else Place.BRANCH
        found.append((case.body, Place.DEAD if guard is False else place))
    return found


def _irrefutable(case: ast.match_case) -> bool:
    guarded = case.guard is not None and truth(case.guard) is not True
    return not guarded and _always_matches(case.pattern)


def _always_matches(pattern: ast.pattern) -> bool:
    match pattern:
        case ast.MatchAs(pattern=inner):
            return inner is None or _always_matches(inner)
        case ast.MatchOr(patterns=patterns):
            return any(_always_matches(each) for each in patterns)
    return False


def block_exits(body: list[ast.stmt]) -> Exits:
    """Return how control can leave a list of statements, exceptions apart."""
    left: Exits = frozenset()
    for node in body:
        ways = exits(node)
        left |= ways - GOES_ON
        if NEXT not in ways:
            return left
    return left | GOES_ON


def exits(node: ast.stmt) -> Exits:
    """Return how control can leave a statement, exceptions apart."""
    match node:
        case ast.Raise():
            return frozenset()
        case ast.Assert(test=test) if truth(test) is False:
            return frozenset()
        case ast.Break():
            return frozenset({BREAK})
        case ast.Continue():
            return frozenset({CONTINUE})
        case ast.If() | ast.While() | ast.For() | ast.AsyncFor():
            return _branch_exits(node)
        case ast.Try() | ast.TryStar():
            return _try_exits(node)
        case ast.With() | ast.AsyncWith():
            return block_exits(node.body) | GOES_ON  # a context manager may swallow a raise
        case ast.Match():
            return _match_exits(node)
    return GOES_ON


def _branch_exits(node: ast.If | ast.While | ast.For | ast.AsyncFor) -> Exits:
    known = None if isinstance(node, ast.For | ast.AsyncFor) else truth(node.test)
    body = frozenset() if known is False else block_exits(node.body)
    orelse = frozenset() if known is True else block_exits(node.orelse)
    if isinstance(node, ast.If):
        return body | orelse
    return orelse | (GOES_ON if BREAK in body else frozenset())


def _try_exits(node: ast.Try | ast.TryStar) -> Exits:
    tried = block_exits(node.body)
    if NEXT in tried:
        tried = (tried - GOES_ON) | block_exits(node.orelse)
    for handler in node.handlers if may_raise(node.body) else ():
        tried |= block_exits(handler.body)
    final = block_exits(node.finalbody)
    return tried | (final - GOES_ON) if NEXT in final else final


def _match_exits(node: ast.Match) -> Exits:
    left: Exits = frozenset()
    for case in node.cases:
        left |= block_exits(case.body)
        if _irrefutable(case):
            return left
    return left | GOES_ON
