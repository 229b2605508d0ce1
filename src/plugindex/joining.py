"""Values where paths meet, and whether two values are one."""

from __future__ import annotations

from plugindex.expressions import UNBOUND, is_bounded, undecided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.conditions import Condition, Conditions
    from plugindex.expressions import Value


_MAKING_VERSIONS = ("Version", "parse", "parse_version")
_VERSIONS = ("__version__", "VERSION", "version")
_ASKING = ("hasattr", "getattr", "isinstance", "callable")


def join(conditions: Conditions, states: list[tuple[Condition, Value]]) -> Value:
    """Return the value that holds where paths meet, a choice if they differ."""
    choices: list[list[Any]] = []
    for condition, value in states:
        for choice in choices:
            if same(choice[1], value):
                choice[0] = conditions.either(choice[0], condition)
                break
        else:
            choices.append([condition, value])
    if len(choices) == 1:
        return choices[0][1]
    joined = ("p", tuple((condition, value) for condition, value in choices))
    return joined if is_bounded(joined) else undecided("too many choices")


def same(one: Value, other: Value) -> bool:
    """Tell whether two values are the same; 1 and True, which are equal, are not."""
    return one is other or (one == other and (one[0] != "c" or repr(one) == repr(other)))


def join_names(
    conditions: Conditions, states: list[tuple[Condition, dict[str, Value]]]
) -> dict[str, Value]:
    """Return the names bound where paths meet."""
    first = states[0][1]
    differing = set()
    for _, other in states[1:]:
        if other is not first:
            differing.update([n for n, value in other.items() if first.get(n) is not value])
            differing.update(first.keys() - other.keys())
    result = dict(first)
    for name in sorted(differing):
        result[name] = join(conditions, [(c, bound.get(name, UNBOUND)) for c, bound in states])
    return result


def is_impure(value: Value) -> bool:
    """Tell whether evaluating *value* twice may give two answers."""
    if value[0] in ("x", "?", "s", "m", "l"):
        return not (value[0] == "x" and _only_asks(value))
    if value[0] == "a":
        return is_impure(value[1])
    return value[0] == "o" and (is_impure(value[2]) or is_impure(value[3]))


def _only_asks(call: Value) -> bool:
    """Tell whether a call gives the same whenever it is made: ``isinstance(a, (B, C))`` does.

    Of one that may compare versions that is found out when it is evaluated.
    """
    asking = call[1][0] == "g" and call[1][1] in _ASKING
    if not asking and not asks_versions(call):
        return False
    asked = (one for arg in call[2] for one in (arg[1] if arg[0] == "l" else (arg,)))
    return not any(map(is_impure, asked))


def asks_versions(call: Value) -> bool:
    """Tell whether a call may make or compare versions: ``Version(text)``, ``newer(a.VERSION)``.

    Whether it does no more, and so gives the same whenever it is made, its own code must say.
    """
    callee = call[1]
    if callee[0] not in ("f", "a", "d"):
        return False
    name = callee[1] if callee[0] == "d" else callee[2]
    return name in _MAKING_VERSIONS or any(
        arg[0] in ("f", "a") and arg[2] in _VERSIONS for arg in call[2]
    )


def as_asked(value: Value) -> Value:
    """Return a test as it is asked: ``inspect.isclass(a)`` as ``isinstance(a, type)``."""
    if value[0] != "x" or len(value[2]) != 1 or not _is_isclass(value[1]):
        return value
    return ("x", ("g", "isinstance", -1), (*value[2], ("g", "type", -1)), ())


def _is_isclass(callee: Value) -> bool:
    inside = callee[0] == "a" and callee[2] == "isclass" and callee[1][1] == "inspect"
    return bool(inside or callee == ("f", "inspect", "isclass"))


def join_classes(conditions: Conditions, one: list[Any], other: list[Any]) -> list[Any]:
    """Join what a class statement makes on two paths: in ``finally``, or of two bases."""
    paths = (one[2], other[2])
    bases: tuple[Value, ...] = (undecided("different bases"),)
    if len(one[3]) == len(other[3]):
        pairs = zip(one[3], other[3], strict=True)
        bases = tuple([join(conditions, list(zip(paths, pair, strict=True))) for pair in pairs])
    body = join_names(conditions, [(paths[0], one[5]), (paths[1], other[5])])
    return [*other[:2], conditions.either(*paths), bases, other[4], body]
