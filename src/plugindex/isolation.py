"""Give a registry its contents back after a test."""

from __future__ import annotations

from plugindex import turns

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
        self._saved = self._registry.saved()
        self._followers = [(one, one.saved()) for one in self._registry.followers]
        return self._registry

    def __exit__(self, *_: object) -> None:
        with turns.guard:
            self._registry.restore(self._saved)
            for follower, state in self._followers:
                follower.restore(state)
