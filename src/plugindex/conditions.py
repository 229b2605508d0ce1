"""Boolean conditions over numbered variables, as reduced ordered binary decision diagrams.

A condition is ``True``, ``False`` or a node ``(variable, when_true, when_false)``. Nodes are
interned by :class:`Conditions`, so that equal conditions are the same object and a join of both
arms of an ``if`` simplifies back to what held before it (Bryant 1986).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Condition: TypeAlias = "bool | tuple[int, Condition, Condition]"


class Conditions:
    """The nodes of one module, and the operations that make them."""

    __slots__ = ("_memo", "_nodes")

    def __init__(self) -> None:
        self._nodes: dict[tuple[int, int, int], Condition] = {}
        self._memo: dict[tuple[int, int, int], Condition] = {}

    def variable(self, number: int) -> Condition:
        """Return the condition that variable *number* holds."""
        return self._node(number, True, False)

    def _node(self, number: int, high: Condition, low: Condition) -> Condition:
        if high is low:
            return high
        key = (number, id(high), id(low))
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = (number, high, low)
        return node

    def choose(self, test: Condition, yes: Condition, no: Condition) -> Condition:
        """Return ``yes if test else no``."""
        if test is True or yes is no:
            return yes
        if test is False:
            return no
        key = (id(test), id(yes), id(no))
        found = self._memo.get(key)
        if found is None:
            top = min(c[0] for c in (test, yes, no) if c is not True and c is not False)
            high = self.choose(*(_branch(c, top, 1) for c in (test, yes, no)))
            low = self.choose(*(_branch(c, top, 2) for c in (test, yes, no)))
            found = self._memo[key] = self._node(top, high, low)
        return found

    def both(self, one: Condition, other: Condition) -> Condition:
        """Return ``one and other``."""
        return self.choose(one, other, False)

    def either(self, one: Condition, other: Condition) -> Condition:
        """Return ``one or other``."""
        return self.choose(one, True, other)

    def negated(self, one: Condition) -> Condition:
        """Return ``not one``."""
        return self.choose(one, False, True)


class EveryPath(Conditions):
    """Conditions that are all possible: every branch is walked, whatever decides it."""

    def variable(self, number: int) -> Condition:
        """Return True."""
        return True

    def choose(self, test: Condition, yes: Condition, no: Condition) -> Condition:
        """Return True."""
        return True


def _branch(condition: Condition, number: int, side: int) -> Condition:
    if condition is True or condition is False or condition[0] != number:
        return condition
    return condition[side]


def decide(condition: Condition, value: Callable[[int], bool | None]) -> bool | None:
    """Evaluate *condition* where *value* tells each variable, None meaning unknown.

    Returns:
        True or False when every assignment of the unknown variables agrees, else None.
    """
    if condition is True or condition is False:
        return condition
    known = value(condition[0])
    if known is not None:
        return decide(condition[1] if known else condition[2], value)
    high, low = decide(condition[1], value), decide(condition[2], value)
    return high if high is low else None
