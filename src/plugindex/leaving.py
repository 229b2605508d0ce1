"""Left out, because: the one question that switches, lists and safe mode answer."""

from __future__ import annotations

from plugindex import choices, switches
from plugindex.records import Plugin, Problem, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from plugindex.choices import Origin
    from plugindex.config import Scope


class Because(Record):
    """Why a plugin is left out, and how to have it again.

    *refused* says that somebody is kept from registering, not a plugin from being listed: that
    is a problem if the class statement runs. *provider* brings it, *attributes* decided.
    """

    reason: str
    remedy: str
    refused: bool = False
    provider: str = ""
    attributes: tuple[tuple[str, Any], ...] = ()


def because(plugin: Plugin, scope: Scope) -> Because | None:
    """Return why *plugin*, which the index knows, is left out now; None if it isn't."""
    rule = switches.rule_for(plugin.attributes, scope) if scope.leave_out else None
    if rule is not None:
        return _by_rule(rule, scope)
    return _by_choice(plugin.key, choices.origin(plugin), scope)


def because_class(key: Hashable, cls: type, scope: Scope) -> Because | None:
    """Return why *cls*, whose statement ran in this process, is left out now."""
    rule = switches.rule_for_class(cls, scope) if scope.leave_out else None
    if rule is not None:
        return _by_rule(rule, scope)
    return _by_choice(key, choices.origin_of_class(cls, scope), scope)


def _by_choice(key: Hashable, who: Origin, scope: Scope) -> Because | None:
    told = choices.verdict(key, who, scope)
    return None if told is None else Because(*told, refused=True, provider=who.provider)


def _by_rule(rule: Any, scope: Scope) -> Because:
    decided = ((rule.attribute, rule.value),)
    return Because(switches.reason(rule, scope), switches.remedy(rule, scope), attributes=decided)


def without(plugin: Plugin, why: Because) -> Plugin:
    """Return *plugin* as one that is left out."""
    return plugin.replace(status="unavailable", reason=why.reason)  # type: ignore[no-any-return]


def refusal(cls: type, key: Hashable, why: Because) -> Problem:
    """Return the report of a class that registers in vain."""
    text = f"{cls.__qualname__} registers {key!r} in vain: {why.reason}"
    return Problem("left-out", cls.__module__, text, why.remedy)
