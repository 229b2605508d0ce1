"""What holds in a module whose import succeeds.

A module whose import fails for a reason that only running shows is listed until it is tried. So
conditions are simplified by the fact that no exception that any code may raise, and no failing
``assert``, ends the import. Exceptions that the code raises on purpose are no such surprise.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.body import Body
    from plugindex.conditions import Condition
    from plugindex.walker import Walker

SETTING = "set"  # an attribute, which raises an AttributeError or a TypeError
STANDARD = "standard"  # a call of the standard library, which finds itself
SURPRISES = ("call", SETTING, STANDARD, "AssertionError")
# In which place of an entry of these lists its condition stands.
_PLACES = {"classes": 2, "imports": 0, "stars": 1, "calls": 0, "patches": 0}


def suppose(body: Body, frame: Walker) -> None:
    """Simplify every condition of a module that was read, supposing that its import succeeds."""
    fact = _fact(body, frame)
    if fact is True or fact is False:
        return
    for field, place in _PLACES.items():
        entries = getattr(body, field)
        entries[:] = [_entry(body, entry, place, fact) for entry in entries]
    body.variables[:] = [_value(body, key, fact) for key in body.variables]
    frame.names = {name: _value(body, value, fact) for name, value in frame.names.items()}


def _fact(body: Body, frame: Walker) -> Condition:
    """Return the condition under which no surprise ends the import."""
    conditions = body.conditions
    expected = conditions.negated(body.surprised)
    failing: Condition = False
    for reached, error, _ in frame.failures:
        if error[1] in SURPRISES or conditions.both(reached, expected) is False:
            failing = conditions.either(failing, reached)
    return conditions.negated(failing)


def _entry(body: Body, entry: Any, place: int, fact: Condition) -> Any:
    new = [_value(body, part, fact) for part in entry]
    new[place] = body.conditions.given(entry[place], fact)
    return new if isinstance(entry, list) else tuple(new)


def _value(body: Body, value: Any, fact: Condition) -> Any:
    if isinstance(value, dict):
        return {name: _value(body, one, fact) for name, one in value.items()}
    if not isinstance(value, tuple) or not value:
        return value
    if value[0] != "p":
        return tuple([_value(body, part, fact) for part in value])
    given = [(body.conditions.given(c, fact), _value(body, one, fact)) for c, one in value[1]]
    possible = [choice for choice in given if choice[0] is not False]
    return possible[0][1] if len(possible) == 1 else ("p", tuple(possible))
