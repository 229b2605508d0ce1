"""Registries that show another attribute of the plugins of a primary one."""

from __future__ import annotations

from plugindex import turns
from plugindex.config import PRIMARY_KEY
from plugindex.errors import PluginLoadError, RegistryError, UnknownKeyError, message
from plugindex.mapping import K, LazyMapping, V, raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from plugindex.registry import LazyDiscoveryDict

_MISSING: Any = object()


class SecondaryRegistryDict(LazyMapping[K, V]):
    """Show an attribute of each plugin of a primary registry; right from the first access.

    Nothing is kept here but what the user sets: an entry is looked up in the primary registry
    each time, so it follows loading, failing, refreshing and attributes assigned late.

    Args:
        primary_registry: the registry to follow; the base that declares this one names it anyway.
    """

    __slots__ = ("_attribute", "_cached", "_hidden", "_primary", "_source")

    def __init__(self, primary_registry: LazyDiscoveryDict[Any, Any] | None = None) -> None:
        super().__init__()
        self._primary = primary_registry
        self._attribute = ""
        self._source = PRIMARY_KEY
        self._hidden: dict[Any, Any] = {}
        self._cached: tuple[Any, dict[Any, Any]] = (None, {})

    def show(self, primary: LazyDiscoveryDict[Any, Any], attribute: str, source: str) -> None:
        """Show *attribute* of the plugins of *primary*, under their key or their *source*."""
        self._primary, self._attribute, self._source = primary, attribute, source
        if not any(one is self for one in primary.followers):
            primary.followers.append(self)

    def _followed(self) -> dict[Any, Any]:
        """Map each key here to the key of the primary registry."""
        if self._primary is None or not self._attribute:
            return {}
        entries = self._primary._entries()
        if self._cached[0] is not entries:
            found = {self._key(key, plugin): key for key, plugin in entries.items()}
            found.pop(_MISSING, None)
            # A class that lives in this process alone may get its attribute at any time.
            fixed = None not in entries.values()
            self._cached = (entries if fixed else None, found)
        return self._cached[1]

    def _key(self, key: Hashable, plugin: Any) -> Any:
        if plugin is not None:
            return plugin.secondary.get(self._attribute, _MISSING)
        cls = raw.get(self._primary, key)
        if getattr(cls, self._attribute, None) is None:
            return _MISSING
        other = key if self._source == PRIMARY_KEY else getattr(cls, self._source, None)
        return _MISSING if other is None or not _is_hashable(other) else other

    def _entries(self) -> dict[Any, Any]:
        followed = self._followed()
        own = self._own()
        if not own and not self._hidden:
            return followed
        hidden = self._hidden
        kept = {key: to for key, to in followed.items() if key not in hidden or key in own}
        return kept | {key: to for key, to in own.items() if key not in kept}

    def __contains__(self, key: object) -> bool:
        return bool(raw.__contains__(self, key)) or (
            key not in self._hidden and key in self._followed()
        )

    def __missing__(self, key: Any) -> Any:
        followed = self._followed()
        if key not in followed or key in self._hidden:
            raise self._unknown(key)
        cls = self._primary[followed[key]]  # type: ignore[index]
        value = getattr(cls, self._attribute, None)
        if value is None:
            raise PluginLoadError(self._empty(key, cls), key=key)
        return value

    def _unknown(self, key: Any) -> RegistryError:
        text = f"no {self._attribute or 'secondary'} entry has the key {key!r}"
        return UnknownKeyError(text, key=key, known=tuple(self._entries()))

    def _empty(self, key: Any, cls: type) -> str:
        fix = f"set {self._attribute} in the module that defines {cls.__qualname__}"
        return message(f"{key!r} has no {self._attribute} at run time", [("fix", fix)])

    def _loaded(self) -> dict[Any, Any]:
        if self._primary is not None:
            self._primary._loaded()
        own = self._own()
        found = {}
        for key in self._entries():
            try:
                found[key] = own[key] if key in own else self[key]
            except PluginLoadError:
                continue  # the primary registry holds the report
        return found

    def _put(self, key: Any, value: Any) -> None:
        with turns.guard:
            raw.__setitem__(self, key, value)

    def _own(self) -> dict[Any, Any]:
        """Return what the user set."""
        with turns.guard:
            return dict(raw.items(self))

    def _drop(self, *keys: Any) -> None:
        followed = self._followed()
        with turns.guard:
            for key in keys:
                raw.pop(self, key, None)
            self._hidden = self._hidden | {key: True for key in keys if key in followed}

    def renew(self) -> None:
        """Show again what was taken out."""
        self._hidden = {}

    def saved(self) -> tuple[dict[Any, Any], dict[Any, Any]]:
        """Return what :meth:`restore` puts back."""
        return self._own(), self._hidden

    def restore(self, state: tuple[dict[Any, Any], dict[Any, Any]]) -> None:
        """Put back what the user had set and taken out."""
        raw.clear(self)
        raw.update(self, state[0])
        self._hidden = state[1]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._attribute}: {list(self._entries())!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._primary is None:
            return type(self), ()
        return follower_of, (self._primary, self._attribute)


def follower_of(primary: LazyDiscoveryDict[Any, Any], attribute: str) -> Any:
    """Return the secondary registry of *primary* that shows *attribute*."""
    shown = [one for one in primary.followers if one._attribute == attribute]
    return shown[0] if shown else SecondaryRegistryDict(primary)


def _is_hashable(key: object) -> bool:
    try:
        hash(key)
    except TypeError:
        return False
    return True
