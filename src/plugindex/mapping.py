"""Every dict operation for a mapping that knows its keys before it has its values."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _collections_abc import dict_items, dict_keys, dict_values
    from collections.abc import Iterator
    from typing import Any, Self, SupportsIndex, overload

    from typing_extensions import TypeVar

    D = TypeVar("D")
    K = TypeVar("K", default=Any)
    V = TypeVar("V", default=Any)
else:
    K = V = None  # read by type checkers alone

_MISSING: Any = object()
# The storage's own operations, past the overrides below.
raw: Any = dict


class LazyMapping(dict[K, V]):
    """A dict whose storage holds the values at hand, and whose keys are known by other means.

    A subclass gives the operations down to ``__missing__``; the others follow from them. C code
    reads the storage without a Python frame, so there is no ``__getitem__`` here.
    """

    __slots__ = ()
    __hash__ = None

    def _entries(self) -> dict[K, Any]:
        """Return the keys in order, in a dict that is never changed afterwards."""
        raise NotImplementedError

    def _loaded(self) -> dict[K, V]:
        """Load every value and return those that loaded, in order."""
        raise NotImplementedError

    def _put(self, key: K, value: V) -> None:
        raise NotImplementedError

    def _drop(self, *keys: K) -> None:
        raise NotImplementedError

    def __missing__(self, key: K) -> V:
        raise NotImplementedError

    def __contains__(self, key: object) -> bool:
        return key in self._entries()

    def __len__(self) -> int:
        return len(self._entries())

    def __iter__(self) -> Iterator[K]:
        return iter(self._entries())

    def __reversed__(self) -> Iterator[K]:
        return reversed(self._entries())

    def keys(self) -> dict_keys[K, V]:
        """Return a view of the keys; nothing is loaded."""
        from plugindex.views import Keys

        return Keys(self)  # type: ignore[return-value]

    def values(self) -> dict_values[K, V]:
        """Load everything and return a view of what loaded."""
        from plugindex.views import Values

        self._loaded()
        return Values(self)  # type: ignore[return-value]

    def items(self) -> dict_items[K, V]:
        """Load everything and return a view of the keys and values that loaded."""
        from plugindex.views import Items

        self._loaded()
        return Items(self)  # type: ignore[return-value]

    if TYPE_CHECKING:

        @overload
        def get(self, key: K, default: None = None, /) -> V | None: ...
        @overload
        def get(self, key: K, default: V, /) -> V: ...
        @overload
        def get(self, key: K, default: D, /) -> V | D: ...

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of a listed *key*, loading it, and *default* for any other key.

        Raises:
            PluginLoadError: the key is listed, but its module can't be imported.
        """
        held = raw.get(self, key, _MISSING)
        if held is not _MISSING:
            return held
        if key not in self:
            return default
        try:
            return self[key]
        except KeyError:  # it went while it was asked for, though it may be back by now
            return default

    def __setitem__(self, key: K, value: V) -> None:
        self._put(key, value)

    def __delitem__(self, key: K) -> None:
        if key not in self:
            self.__missing__(key)
        self._drop(key)

    def pop(self, key: Any, default: Any = _MISSING) -> Any:
        """Take *key* out and return its value, or *default* if it isn't listed."""
        value = self.get(key, _MISSING)
        if value is _MISSING:
            return self.__missing__(key) if default is _MISSING else default
        self._drop(key)
        return value

    def popitem(self) -> tuple[K, V]:
        """Take the last key out and return it with its value."""
        entries = self._entries()
        if not entries:
            raise KeyError("popitem(): the mapping is empty")
        key = next(reversed(entries))
        return key, self.pop(key)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the value of *key*, which becomes *default* if it isn't listed."""
        value = self.get(key, _MISSING)
        if value is not _MISSING:
            return value
        self._put(key, default)
        return default

    def update(self, *others: Any, **named: Any) -> None:
        """Set the keys and values of another mapping, of pairs, or named ones."""
        for key, value in dict(*others, **named).items():
            self._put(key, value)

    def clear(self) -> None:
        """Take every key out."""
        self._drop(*self._entries())

    def copy(self) -> dict[K, V]:
        """Return a plain dict with everything loaded."""
        return dict(self._loaded())

    def __or__(self, other: Any) -> Any:
        return self._loaded() | _plain(other) if isinstance(other, dict) else NotImplemented

    def __ror__(self, other: Any) -> Any:
        return _plain(other) | self._loaded() if isinstance(other, dict) else NotImplemented

    def __ior__(self, other: Any) -> Self:  # type: ignore[override]
        self.update(other)
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, dict):
            return NotImplemented
        if self is other:
            return True
        return self.keys() == other.keys() and self._loaded() == _plain(other)

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce_ex__(self, _protocol: SupportsIndex) -> Any:
        return self.__reduce__()


def _plain(other: dict[Any, Any]) -> dict[Any, Any]:
    return other._loaded() if isinstance(other, LazyMapping) else other
