"""Boolean conditions over numbered variables, as reduced ordered binary decision diagrams.

A condition is ``True``, ``False`` or the number of a node in a table; a node is (variable, when
true, when false). Nodes are unique, so that equal conditions are equal numbers and a join of both
arms of an ``if`` simplifies back to what held before it (Bryant 1986). The newest variable stands
nearest the root: a condition grows and shrinks at its end, so both cost one node.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeAlias

    Condition: TypeAlias = bool | int

MOST_NODES = 40_000  # half a second of work; code that people write has some hundred
_FIRST = 2  # True and False equal 1 and 0, so nodes are numbered from here


class Unreadable(Exception):
    """The code holds something that reading does not know, or more than it works through."""


class TooMany(Unreadable):
    """The code has more conditions than are worked through."""

    def __init__(self) -> None:
        super().__init__("too many conditions")


class Conditions:
    """The nodes of one body, and the operations that make them.

    Args:
        most: of nodes.
    """

    __slots__ = ("_given", "_memo", "_most", "_numbers", "nodes")
    endless = False  # whether there may be any number of variables

    def __init__(self, most: int = MOST_NODES) -> None:
        self._most = most
        self.nodes: list[tuple[int, Condition, Condition]] = []
        self._numbers: dict[tuple[int, Condition, Condition], int] = {}
        self._memo: dict[tuple[Condition, Condition, Condition], Condition] = {}
        self._given: dict[tuple[Condition, Condition], Condition] = {}

    @classmethod
    def resumed(cls, nodes: Sequence[Any]) -> Conditions:
        """Return conditions that go on from a table of nodes which was kept."""
        resumed = cls(len(nodes) + MOST_NODES)
        resumed.nodes = [(node[0], node[1], node[2]) for node in nodes]
        resumed._numbers = {node: at + _FIRST for at, node in enumerate(resumed.nodes)}
        return resumed

    def variable(self, number: int) -> Condition:
        """Return the condition that variable *number* holds."""
        return self._node(number, True, False)

    def _node(self, variable: int, high: Condition, low: Condition) -> Condition:
        if high == low:
            return high
        key = (variable, high, low)
        number = self._numbers.get(key)
        if number is None:
            if len(self.nodes) >= self._most:
                raise TooMany
            number = self._numbers[key] = len(self.nodes) + _FIRST
            self.nodes.append(key)
        return number

    def choose(self, test: Condition, yes: Condition, no: Condition) -> Condition:
        """Return ``yes if test else no``."""
        if test is True or yes == no:
            return yes
        if test is False:
            return no
        if yes is True and no is False:
            return test
        key = (test, yes, no)
        found = self._memo.get(key)
        if found is not None:
            return found
        top = max(self._newest(test), self._newest(yes), self._newest(no))
        branch = self._branch
        high = self.choose(branch(test, top, 1), branch(yes, top, 1), branch(no, top, 1))
        low = self.choose(branch(test, top, 2), branch(yes, top, 2), branch(no, top, 2))
        found = self._memo[key] = self._node(top, high, low)
        return found

    def _newest(self, condition: Condition) -> int:
        if condition is True or condition is False:
            return -1
        return self.nodes[condition - _FIRST][0]

    def _branch(self, condition: Condition, variable: int, side: int) -> Condition:
        if condition is True or condition is False:
            return condition
        node = self.nodes[condition - _FIRST]
        return node[side] if node[0] == variable else condition

    def both(self, one: Condition, other: Condition) -> Condition:
        """Return ``one and other``."""
        return self.choose(one, other, False)

    def either(self, one: Condition, other: Condition) -> Condition:
        """Return ``one or other``."""
        return self.choose(one, True, other)

    def negated(self, one: Condition) -> Condition:
        """Return ``not one``."""
        return self.choose(one, False, True)

    def given(self, condition: Condition, fact: Condition) -> Condition:
        """Return a condition that equals *condition* wherever *fact* holds, and is simpler."""
        if fact is True or fact is False or condition is True or condition is False:
            return condition
        key = (condition, fact)
        found = self._given.get(key)
        if found is not None:
            return found
        top = max(self._newest(condition), self._newest(fact))
        high, low = self._branch(condition, top, 1), self._branch(condition, top, 2)
        if_high, if_low = self._branch(fact, top, 1), self._branch(fact, top, 2)
        if high == low:  # what else the fact says of this variable doesn't matter
            found = self.given(condition, self.either(if_high, if_low))
        elif if_high is False:
            found = self.given(low, if_low)
        elif if_low is False:
            found = self.given(high, if_high)
        else:
            found = self._node(top, self.given(high, if_high), self.given(low, if_low))
        self._given[key] = found
        return found


class EveryPath(Conditions):
    """Conditions that are all possible: every branch is walked, whatever decides it."""

    __slots__ = ()
    endless = True

    def variable(self, number: int) -> Condition:
        """Return True."""
        return True

    def choose(self, test: Condition, yes: Condition, no: Condition) -> Condition:
        """Return True."""
        return True


class Blurred(Conditions):
    """Conditions that hold, don't hold, or may: those that may are one, variable 0."""

    __slots__ = ()
    endless = True

    def variable(self, number: int) -> Condition:
        """Return the condition that may hold."""
        return super().variable(0)

    def choose(self, test: Condition, yes: Condition, no: Condition) -> Condition:
        """Return ``yes if test else no``, where that may be either what may be."""
        if test is True or yes == no:
            return yes
        return no if test is False else self.variable(0)

    def given(self, condition: Condition, fact: Condition) -> Condition:
        """Return *condition*."""
        return condition


def decide(
    nodes: Sequence[Any],
    condition: Condition,
    value: Callable[[int], bool | None],
    memo: dict[Condition, bool | None],
) -> bool | None:
    """Evaluate *condition* where *value* tells each variable, None meaning unknown.

    Args:
        nodes: the table of nodes.
        condition: what to evaluate.
        value: tells a variable; it should remember what it told.
        memo: what was evaluated before with the same *nodes* and *value*.

    Returns:
        True or False when every assignment of the unknown variables agrees, else None.
    """
    # Not recursive: a condition can be as deep as a module has tests.
    waiting = [condition]
    while waiting:
        top = waiting[-1]
        if top is True or top is False or top in memo:
            waiting.pop()
            continue
        variable, high, low = nodes[top - _FIRST]
        known = value(variable)
        one = low if known is False else high
        if one is not True and one is not False:
            if one not in memo:
                waiting.append(one)
                continue
            one = memo[one]
        if known is None and one is not None:  # both must agree
            if low is not True and low is not False and low not in memo:
                waiting.append(low)
                continue
            other = low if low is True or low is False else memo[low]
            one = one if one is other else None
        memo[top] = one
        waiting.pop()
    return condition if condition is True or condition is False else memo[condition]
