"""Give a registry its contents back after a test."""

from __future__ import annotations

from plugindex import turns
from plugindex.mapping import raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.live import LiveMapping


class Isolation:
    """Remember what a registry holds on entering, and give it back on leaving."""

    __slots__ = ("_followers", "_registry", "_saved")

    def __init__(self, registry: LiveMapping[Any, Any]) -> None:
        self._registry = registry

    def __enter__(self) -> Any:
        """Discover, so that there is something to go back to, and return the registry."""
        self._registry._now()
        self._saved = _saved(self._registry)
        self._followers = [(one, one.saved()) for one in self._registry.followers]
        return self._registry

    def __exit__(self, *_: object) -> None:
        with turns.guard:
            _restore(self._registry, self._saved)
            for follower, state in self._followers:
                follower.restore(state)


def _saved(registry: LiveMapping[Any, Any]) -> tuple[Any, ...]:
    """Return the state, the classes at hand, what the user had set and what was stated."""
    with turns.guard:
        contents = registry._contents
        if contents is not None:
            contents.frozen = True
        return contents, registry._raw(), dict(registry._preset), dict(registry._stated)


def _restore(registry: LiveMapping[Any, Any], state: tuple[Any, ...]) -> None:
    """Put back what was saved; the guard is held."""
    contents, held, registry._preset, registry._stated = state
    registry._unchecked = {k: c for k, c in registry._unchecked.items() if k in registry._stated}
    registry._latest = {key: cls for (key, _), cls in registry._stated.items()}
    if contents is None:
        raw.clear(registry)
        raw.update(registry, held)
    else:
        changed = contents.successor()
        changed.held = held
        registry._replace(changed)
