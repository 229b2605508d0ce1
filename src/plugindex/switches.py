"""The plugins that an environment variable leaves out by an attribute, as a base class declares."""

from __future__ import annotations

from plugindex.names import switched_on, variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from plugindex.config import LeaveOut, Scope

_MISSING: Any = object()


def rule_for(attributes: Mapping[str, Any], scope: Scope) -> LeaveOut | None:
    """Return the rule that now leaves out a plugin with these literal *attributes*, if one does."""
    for rule in _active(scope):
        if _equals(attributes.get(rule.attribute, _MISSING), rule.value):
            return rule
    return None


def rule_for_class(cls: Any, scope: Scope) -> LeaveOut | None:
    """Return the rule that leaves the class *cls* out now, if one does."""
    for rule in _active(scope):
        if _equals(getattr(cls, rule.attribute, _MISSING), rule.value):
            return rule
    return None


def _active(scope: Scope) -> tuple[LeaveOut, ...]:
    return tuple(one for one in scope.leave_out if switched_on(scope.application, one.variable))


def _equals(found: object, wanted: object) -> bool:
    # An array or another class's own == is foreign code; a literal has one of our types.
    return type(found) is type(wanted) and found == wanted


def reason(rule: LeaveOut, scope: Scope) -> str:
    """Return why *rule* leaves a plugin out."""
    named = variable(scope.application, rule.variable)
    return f"{named} is set, which leaves out plugins with {rule.attribute} = {rule.value!r}"


def remedy(rule: LeaveOut, scope: Scope) -> str:
    """Return the command that undoes it."""
    return f"unset {variable(scope.application, rule.variable)}"
