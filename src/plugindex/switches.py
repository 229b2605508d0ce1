"""The plugins that an environment variable leaves out, told from what the index knows of them."""

from __future__ import annotations

from plugindex.variables import switched_on, variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from plugindex.config import LeaveOut, Scope
    from plugindex.records import Plugin
    from plugindex.snapshot import Snapshot

_MISSING: Any = object()


def narrowed(snapshot: Snapshot, scope: Scope) -> Snapshot:
    """Return *snapshot* without the plugins that are left out now; they count as unavailable."""
    rules = _active(scope)
    if not rules:
        return snapshot
    out = {key: _judged(plugin, rules, scope) for key, plugin in snapshot.unavailable.items()}
    judged = {key: _judged(plugin, rules, scope) for key, plugin in snapshot.plugins.items()}
    kept = {key: one for key, one in judged.items() if one is snapshot.plugins[key]}
    out |= {key: one for key, one in judged.items() if key not in kept}
    return snapshot.replace(plugins=kept, unavailable=out)  # type: ignore[no-any-return]


def _judged(plugin: Plugin, rules: tuple[LeaveOut, ...], scope: Scope) -> Plugin:
    rule = _matching(rules, plugin.attributes)
    return left_out(plugin, rule, scope) if rule else plugin


def left_out(plugin: Plugin, rule: LeaveOut, scope: Scope) -> Plugin:
    """Return *plugin* as one that *rule* leaves out."""
    return plugin.replace(status="unavailable", reason=reason(rule, scope))  # type: ignore[no-any-return]


def rule_for(plugin: Plugin, scope: Scope) -> LeaveOut | None:
    """Return the rule that leaves *plugin* out now, if one does."""
    rules = _active(scope)
    return _matching(rules, plugin.attributes) if rules else None


def rule_for_class(cls: Any, scope: Scope) -> LeaveOut | None:
    """Return the rule that leaves the class *cls* out now, if one does."""
    for rule in _active(scope):
        if _equals(getattr(cls, rule.attribute, _MISSING), rule.value):
            return rule
    return None


def _active(scope: Scope) -> tuple[LeaveOut, ...]:
    return tuple(one for one in scope.leave_out if switched_on(scope.application, one.variable))


def _matching(rules: tuple[LeaveOut, ...], attributes: Mapping[str, Any]) -> LeaveOut | None:
    for rule in rules:
        if _equals(attributes.get(rule.attribute, _MISSING), rule.value):
            return rule
    return None


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
