"""What a walker knows at one point of a body: how it got there, and what values mean there."""

from __future__ import annotations

from _bisect import bisect_right

from plugindex.expressions import NONE, operate, truth
from plugindex.joining import as_asked, is_impure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any, TypeAlias

    from plugindex.blocks import Handler
    from plugindex.body import Body
    from plugindex.conditions import Condition
    from plugindex.expressions import Value

    State: TypeAlias = list[Any]  # [condition, operand stack, names] of one way into a block

NULL = ("null",)


def global_key(name: str) -> str:
    """Return under which name a function's frame keeps a global that it binds itself."""
    return f".global {name}"


class PathState:
    """One body being walked: the condition under which it got here, operand stack and names."""

    def __init__(
        self, body: Body, code: CodeType, kind: str, outer: Any, reached: Condition
    ) -> None:
        self.body = body
        self.code = code
        self.kind = kind
        self.outer = outer
        self.reached = reached
        self.names: dict[str, Value] = {}
        self.stack: list[Value] = []
        self.keywords: tuple[str, ...] = ()
        self.returns: list[tuple[Condition, Value]] = []
        self.failures: list[tuple[Condition, Value, int]] = []
        self.offset = 0
        self.alive = True
        self.unrolled = -1  # the head of the loop that is walked item by item
        self.pending: dict[int, list[State]] = {}
        self.table = code.co_lines()  # decoded as far as it is asked for
        self.starts: list[int] = []
        self.numbers: list[int | None] = []
        self.handler: Handler | None = None
        # Whether an exception that arises here may be caught, also by an enclosing body.
        self.caught_outside: bool = outer is not None and outer.guarded
        self.guarded = self.caught_outside
        # A copy of the names that several exceptions share, until a name is bound again.
        self.frozen: dict[str, Value] | None = None
        self.surprised: Any = None
        self.surprising: set[str] = set()  # the kinds of what was raised there

    def slot_key(self, name: str) -> str:
        """Return under which name a "fast local" stands among the names."""
        return name if self.kind == "function" else f".{name}"

    # -- exceptions ----------------------------------------------------------------------------

    def throw(self, when: Condition, error: Value) -> None:
        """Let an exception arise here under the condition *when*; otherwise go on."""
        conditions = self.body.conditions
        raised = conditions.both(self.reached, when)
        if raised is False:
            return
        if self.handler is None:
            self._fail(raised, error)
        else:
            self._raise(raised, error, self.handler)
        self.reached = conditions.both(self.reached, conditions.negated(when))
        self.alive = self.reached is not False

    def _fail(self, raised: Condition, error: Value) -> None:
        for condition, one in error[1] if error[0] == "p" else ((True, error),):
            one = one if one[0] in "Ep" else ("E", "call")
            if one[0] == "p":
                self._fail(self.body.conditions.both(raised, condition), one)
            else:
                both = self.body.conditions.both(raised, condition)
                self.failures.append((both, one, self.offset))

    def _raise(self, raised: Condition, error: Value, handler: Handler) -> None:
        target, depth, lasti = handler
        if self.frozen is None:
            self.frozen = dict(self.names)
        states = self.pending.setdefault(target, [])
        stack = self.stack[:depth] + ([NULL] if lasti else []) + [error]
        if states and states[-1][2] is self.frozen and states[-1][1] == stack:
            raised = self.body.conditions.either(states.pop()[0], raised)
        states.append([raised, stack, self.frozen])

    def may_raise(self, reason: str, kind: str = "call") -> None:
        """Let code raise any exception, or those of a *kind*, if something may catch it."""
        if not self.guarded or self.body.everything:
            return
        # Another one of this kind, or after one of any kind, changes nothing that can be told apart
        # before a name is bound.
        if self.frozen is None or self.surprised is not self.frozen:
            self.surprising = set()
        if self.surprising.isdisjoint((kind, "call")):
            raised = self.body.fresh(reason)
            body, conditions = self.body, self.body.conditions
            body.surprised = conditions.either(
                body.surprised, conditions.both(self.reached, raised)
            )
            self.throw(raised, ("E", kind))
            if self.frozen is None:
                self.frozen = dict(self.names)
            self.surprised = self.frozen
            self.surprising.add(kind)

    # -- conditions ----------------------------------------------------------------------------

    def condition(self, value: Value) -> Condition:
        """Return the condition under which *value* is true."""
        conditions = self.body.conditions
        if value[0] == "T":
            result: Condition = value[1]
            return result
        if value[0] == "p":
            return self.any_of(value, self.condition)
        if value[0] == "o" and value[1] == "not":
            return conditions.negated(self.condition(value[2]))
        known = truth(value)
        return self._test(value) if known is None or self.body.everything else known

    def _test(self, value: Value) -> Condition:
        value = as_asked(value)
        impure = is_impure(value)
        if impure and value[0] != "?" and self.kind == "function" and self.body.keeps_tables:
            return self.body.variable("test", value, len(self.body.variables))
        if impure and self.unrolled >= 0 and self._asks_of_item(value):
            return self.body.variable("test", value, len(self.body.variables))
        if self.body.everything or value[0] == "?" or impure:
            told = self.body.fresh(f"a condition at line {self.line()}")
            if value[0] == "x" and value[1][-1] == "startswith" and len(value[2]) == 1:
                self.body.beginnings.append((value, told))
            return told
        return self.body.variable("test", value)

    def _asks_of_item(self, value: Value) -> bool:
        """Tell whether *value* asks where an item of a loop stands."""
        from plugindex.unrolling import asks_of_item

        return asks_of_item(value)

    def is_none(self, value: Value) -> Condition:
        """Return the condition under which *value* is None."""
        if value[0] == "p":
            return self.any_of(value, self.is_none)
        test = operate("is", value, NONE)
        return bool(test[1]) if test[0] == "c" else self._test(test)

    def any_of(self, choice: Value, test: Callable[[Value], Condition]) -> Condition:
        """Return the condition under which *test* holds of what *choice* chooses."""
        conditions = self.body.conditions
        result: Condition = False
        for condition, value in choice[1]:
            if conditions.both(self.reached, condition) is not False:
                result = conditions.either(result, conditions.both(condition, test(value)))
        return result

    def line(self) -> int:
        """Return the source line of the current instruction."""
        return self.line_of(self.offset)

    def line_of(self, offset: int) -> int:
        """Return the source line of the instruction at *offset*."""
        if not self.starts or self.starts[-1] <= offset:
            self._decode_lines(offset)
        place = bisect_right(self.starts, offset) - 1
        while place >= 0 and not self.numbers[place]:
            place -= 1
        return self.numbers[place] or self.code.co_firstlineno

    def _decode_lines(self, offset: int) -> None:
        """Decode the line table as far as *offset*, which is at the top where imports stand."""
        for start, _, number in self.table:
            self.starts.append(start)
            self.numbers.append(number)
            if start > offset:
                break
