"""What ``keys``, ``values`` and ``items`` of a lazy mapping return; imported when one is asked for.

They are abstract classes' children, whose making takes longer than a start-up should.
"""

from __future__ import annotations

# The same classes as in collections.abc, which would import the package collections.
from _collections_abc import ItemsView, KeysView, ValuesView

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from plugindex.mapping import LazyMapping

_Proxy: Any = type(vars(type))


class _View:
    """What dict views have beyond those of collections.abc."""

    __slots__ = ()
    _mapping: LazyMapping[Any, Any]

    @property
    def mapping(self) -> Any:
        """The mapping that this view shows, read-only."""
        return _Proxy(self._mapping)

    def __reversed__(self) -> Iterator[Any]:
        return reversed(list(self))  # type: ignore[call-overload]

    def __repr__(self) -> str:
        return f"dict_{type(self).__name__.lower()}({list(self)!r})"  # type: ignore[call-overload]


class Keys(_View, KeysView):  # type: ignore[type-arg]
    """The keys of a lazy mapping; reading them loads nothing."""

    __slots__ = ()


class Values(_View, ValuesView):  # type: ignore[type-arg]
    """The values of a lazy mapping that loaded."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._mapping._loaded().values())

    def __contains__(self, value: object) -> bool:
        return value in self._mapping._loaded().values()


class Items(_View, ItemsView):  # type: ignore[type-arg]
    """The keys and values of a lazy mapping that loaded."""

    __slots__ = ()

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(self._mapping._loaded().items())
