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
        renewed = _renewed(registry, snapshot)
        if refuted:
            _keep_out(registry._contents or Contents(), renewed)
        registry._replace(renewed)
    for follower in registry.followers if refuted is None else ():
        follower.renew()
    registry._report()


def _renewed(registry: LiveMapping[Any, Any], snapshot: Any) -> Contents:
    """Return the state that *snapshot* and the classes at hand make; the guard is held."""
    old, held = registry._contents or Contents(), registry._raw()
    new = Contents(snapshot)
    # Of the modules in scope the index tells what is inherited, and tells it anew.
    kept = [one for one in old.problems if one.kind in _KEPT]
    scope = registry.family.scope if registry.family else None
    told = [
        one for one in kept if one.kind == "inherited-key" and scope and scope.covers(one.module)
    ]
    new.problems = [one for one in kept if one not in told]
    for key, plugin in old.entries.items():
        if key in old.chosen:
            new.choose(key, held[key])
        elif registry._left_over(held.get(key), new):
            continue
        elif key in held and (plugin is None or _same(plugin, new.entries.get(key))):
            registry._let_claim(new, key, held[key], registry._leaving_out(key, held[key]))
    registry.forget_stated(_told(old.snapshot) - _told(snapshot))
    registry._claim_stated(new, _told(old.snapshot))
    return new


def _keep_out(old: Contents, new: Contents) -> None:
    """Leave out what the user took out and what failed: nobody asked for that again."""
    for key, name in old.hidden.items():
        plugin = new.entries.get(key)
        if plugin is not None and plugin.reference == name:
            new.hide(key)
    for key, error in old.failed.items():
        if key in new.entries and key not in new.held:
            new.fail(key, error)


def _told(snapshot: Any) -> set[str]:
    """Return the object references of the classes that the index tells of."""
    if snapshot is None:
        return set()
    known = [*snapshot.plugins.values(), *snapshot.unavailable.values()]
    rivals = [one for claimants in snapshot.conflicts.values() for one in claimants]
    beaten = [name for plugin in known for name in plugin.beaten]
    return {*beaten, *(plugin.reference for plugin in known + rivals)}


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
