"""What an index knows, less what is left out now: the keys are settled among those that remain."""

from __future__ import annotations

from plugindex.leaving import because, without
from plugindex.merge import merge
from plugindex.portable import restored
from plugindex.records import Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from typing import Any

    from plugindex.config import Scope
    from plugindex.snapshot import Snapshot

    Results = dict[str, dict[str, Any]]


def narrowed(snapshot: Snapshot, scope: Scope) -> Snapshot:
    """Return *snapshot* without the plugins that are left out now; they count as unavailable.

    A key that one of them had, or took from another class, goes to whoever has a claim to it.
    """
    modules, results = snapshot.claims()
    out: dict[Hashable, Plugin] = {}
    kept = {name: _kept(results[name], provider, scope, out) for name, provider in modules.items()}
    if not out:
        return snapshot
    merged = merge(modules, kept)
    told = [one for one in snapshot.sections["problems"] if one["kind"] != "duplicate-key"]
    told += [one for one in merged.problems if one["kind"] == "duplicate-key"]
    sections = {
        "items": merged.items,
        "unavailable": merged.unavailable,
        "conflicts": merged.conflicts,
        "problems": told,
    }
    found = snapshot.sections.replaced(sections).snapshot(snapshot.stats)
    taken = {*found.plugins, *found.conflicts}
    left = {key: plugin for key, plugin in out.items() if key not in taken}
    return found.replace(unavailable={**found.unavailable, **left})  # type: ignore[no-any-return]


def claimed(snapshot: Snapshot) -> Iterator[Plugin]:
    """Yield every plugin of which an index knows, also those that others keep from their key."""
    modules, results = snapshot.claims()
    for name, provider in modules.items():
        for stored in results[name]["plugins"]:
            yield _plugin(stored, results[name], provider)


def _kept(
    result: dict[str, Any], provider: str, scope: Scope, out: dict[Hashable, Plugin]
) -> dict[str, Any]:
    """Return what a module came to without the plugins that go *out*."""
    plugins = []
    for stored in result["plugins"]:
        plugin = _plugin(stored, result, provider)
        why = because(plugin, scope)
        if why is None:
            plugins.append(stored)
        else:
            out.setdefault(plugin.key, without(plugin, why))
    return {**result, "plugins": plugins}


def _plugin(stored: dict[str, Any], result: dict[str, Any], provider: str) -> Plugin:
    fields = {name: stored[name] for name in ("module", "qualname", "line", "doc")}
    return Plugin(
        restored(stored["key"]),
        **fields,
        file=result["file"],
        attributes={name: restored(one) for name, one in stored["attributes"].items()},
        secondary={name: restored(one) for name, one in stored["secondary"].items()},
        requires=tuple(result["requires"]),
        provider=provider,
    )
