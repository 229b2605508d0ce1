"""Ask the index again, and keep what this process has beyond it."""

from __future__ import annotations

import os
import sys
from _frozen_importlib_external import SourceFileLoader

from plugindex import turns
from plugindex.contents import Contents
from plugindex.failing import write
from plugindex.mapping import raw
from plugindex.names import module_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.live import LiveMapping
    from plugindex.records import Plugin, Problem

_MISSING: Any = object()


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
    gone = _without_file(registry)
    with turns.guard:
        renewed = _renewed(registry, snapshot, gone)
        if refuted:
            _keep_out(registry._contents or Contents(), renewed)
        registry._replace(renewed)
    for follower in registry.followers if refuted is None else ():
        follower.renew()
    registry._report()


def _renewed(registry: LiveMapping[Any, Any], snapshot: Any, gone: set[str]) -> Contents:
    """Return the state that *snapshot* and the classes at hand make; the guard is held.

    Those of the modules that are *gone* claim nothing.
    """
    old, held = registry._contents or Contents(), registry._raw()
    new = Contents(snapshot)
    new.problems = [one for one in old.problems if _stays(one, registry)]
    for key, plugin in old.entries.items():
        if key in old.chosen:
            new.choose(key, held[key])
        elif registry._left_over(held.get(key), new) or module_of(held.get(key)) in gone:
            continue
        elif key in held and (plugin is None or _same(plugin, new.entries.get(key))):
            registry._let_claim(new, key, held[key], registry._leaving_out(key, held[key]))
    homeless = {name for (_, name), cls in registry._stated.items() if module_of(cls) in gone}
    registry.forget_stated(_told(old.snapshot) - _told(snapshot) | homeless)
    registry._claim_stated(new, _told(old.snapshot))
    return new


def _stays(problem: Problem, registry: LiveMapping[Any, Any]) -> bool:
    """Tell whether a problem of this process outlives a refresh: whether the index tells none such.

    What is inherited in modules in scope, it tells anew.
    """
    if problem.kind == "inherited-key" and registry.family is not None:
        return not registry.family.scope.covers(problem.module)
    return problem.kind == "in-process"


def _without_file(registry: LiveMapping[Any, Any]) -> set[str]:
    """Return the modules of the classes stated here whose source file isn't there any more."""
    homes = set(map(module_of, list(registry._stated.values())))
    return set(filter(_lost_its_file, homes))


def _lost_its_file(module: str) -> bool:
    spec = getattr(sys.modules.get(module), "__spec__", None)
    from_source = isinstance(getattr(spec, "loader", None), SourceFileLoader)
    return from_source and not os.path.exists(getattr(spec, "origin", None) or "")


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
