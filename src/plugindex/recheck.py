"""Ask the index again, and keep what this process has beyond it."""

from __future__ import annotations

import sys

from plugindex import turns
from plugindex.contents import Contents
from plugindex.failing import write
from plugindex.mapping import raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.live import LiveMapping
    from plugindex.records import Plugin

_MISSING: Any = object()
_KEPT = ("inherited-key", "in-process")  # problems that a refresh doesn't tell anew


def recheck(registry: LiveMapping[Any, Any], refuted: tuple[Any, Plugin] | None = None) -> None:
    """Ask the index again; if it still says what was *refuted*, all is read anew."""
    if "plugindex.choices" in sys.modules:
        sys.modules["plugindex.choices"].forget()
    registry._now()
    if registry.family is None:
        return
    if registry._failures is not None:
        write(registry)
    snapshot = registry._asked()
    if refuted and snapshot and _same(refuted[1], snapshot.plugins.get(refuted[0])):
        registry._settings = {**registry._settings, "adopted": None}
        snapshot = registry._asked(anew=True)
    registry._look_up()
    with turns.guard:
        registry._replace(_renewed(registry, snapshot))
    for follower in registry.followers:
        follower.renew()
    registry._report()


def _renewed(registry: LiveMapping[Any, Any], snapshot: Any) -> Contents:
    """Return the state that *snapshot* and the classes at hand make; the guard is held."""
    old, held = registry._contents or Contents(), registry._raw()
    new = Contents(snapshot)
    new.problems = [one for one in old.problems if one.kind in _KEPT]
    for key, plugin in old.entries.items():
        if key in old.chosen:
            new.choose(key, held[key])
        elif key in held and (plugin is None or _same(plugin, new.entries.get(key))):
            registry._let_claim(new, key, held[key], registry._leaving_out(key, held[key]))
    registry.forget_stated(_told(old.snapshot) - _told(snapshot))
    registry._claim_stated(new, _told(old.snapshot))
    return new


def _told(snapshot: Any) -> set[str]:
    """Return the object references of the classes that the index tells of."""
    if snapshot is None:
        return set()
    known = [*snapshot.plugins.values(), *snapshot.unavailable.values()]
    rivals = [one for claimants in snapshot.conflicts.values() for one in claimants]
    return {plugin.reference for plugin in known + rivals}


def load_anew(registry: LiveMapping[Any, Any], key: Any, refuted: Plugin) -> Any:
    """Load *key* after asking the index again, once: what it said of it isn't so."""
    recheck(registry, (key, refuted))
    held = raw.get(registry, key, _MISSING)
    plugin = registry._now().entries.get(key)
    if held is not _MISSING or plugin is None:
        return registry[key]
    return registry._load(key, plugin, again=False)


def _same(plugin: Plugin, other: Plugin | None) -> bool:
    return other is not None and other.reference == plugin.reference
