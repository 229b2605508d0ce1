"""The registry that people hold: a dict that knows its plugins before it imports them."""

from __future__ import annotations

from plugindex.config import selection
from plugindex.errors import DiscoveryError
from plugindex.live import LiveMapping
from plugindex.mapping import raw
from plugindex.records import Record, Stats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from contextlib import AbstractContextManager
    from os import PathLike
    from typing import Any, Generic, Self

    from typing_extensions import TypeVar

    from plugindex.config import RegistryConfig, Scope
    from plugindex.describe import CacheFile, PluginInfo
    from plugindex.records import Problem

    B = TypeVar("B", default=Any)
    T = TypeVar("T", default=Any)
    Key = TypeVar("Key", default=str)
else:
    T = Key = object  # read by type checkers alone

    class Generic:
        """Stand in for ``typing.Generic``, which costs a start-up 13 ms."""

        __slots__ = ()

        def __class_getitem__(cls, _parameters):
            return cls


_MISSING: Any = object()


class Changes(Record):
    """The keys that a refresh added, removed and changed."""

    added: tuple[Hashable, ...] = ()
    removed: tuple[Hashable, ...] = ()
    changed: tuple[Hashable, ...] = ()


class LazyDiscoveryDict(LiveMapping[Key, type[T]], Generic[T, Key]):
    """A dict of plugin classes by key, known by reading code and imported one at a time.

    It is empty until a base class names it, in ``__registry__`` or in a :class:`RegistryConfig`.
    Write ``LazyDiscoveryDict[Base]`` for type checkers, ``LazyDiscoveryDict[Base, int]`` where
    keys aren't strings. ``keys()``, ``len``, ``in``, iteration, :meth:`info` and :meth:`find`
    import no plugin; ``registry[key]`` imports one module.

    Args:
        enable_cache: keep an index on disk between processes.
        folder: keep it here instead of in the user's data folder.
        version: the application's version; found by its distribution when not given.
        max_age_days: build the index anew when it is older.
        check_stamps: build anew what changed on disk.
        plugin_folder: where users drop plugins; the application's own folder when not given.
        allow: keys and names of distributions; all other plugins are left out.
        deny: keys and names of distributions whose plugins are left out.
        safe_mode: take the application's own plugins alone, and look at no others.
    """

    __slots__ = ()

    def __init__(
        self,
        enable_cache: bool = True,
        *,
        folder: str = "",
        version: str | None = None,
        max_age_days: int = 7,
        check_stamps: bool = True,
        plugin_folder: str | PathLike[str] = "",
        allow: Iterable[Hashable] | None = None,
        deny: Iterable[Hashable] = (),
        safe_mode: bool = False,
    ) -> None:
        super().__init__(
            selection(plugin_folder, allow, deny, safe_mode),
            cache=enable_cache,
            folder=folder,
            version=version,
            max_age_days=max_age_days,
            check_stamps=check_stamps,
        )

    @classmethod
    def for_subclasses(
        cls,
        base: type[B] | str,
        *,
        package: str,
        key: str | None = None,
        recursive: bool = True,
        name: str | None = None,
        enable_cache: bool = True,
    ) -> LazyDiscoveryDict[B, Any]:
        """Return a registry of the concrete subclasses of a *base* that knows nothing of us.

        Args:
            base: the class, or its object reference ``module:QualName``.
            package: the package, or module, whose classes count.
            key: the attribute that names a class, in its own body; the object reference if None.
            recursive: whether packages inside *package* count too.
            name: what the registry is called in messages and on disk.
            enable_cache: keep an index on disk between processes.

        Raises:
            DiscoveryError: *base* is a text, but no object reference.
        """
        from plugindex.foreign import foreign_family

        registry: LazyDiscoveryDict[Any, Any] = cls(enable_cache)
        registry.bind(foreign_family(base, package, key, recursive, name, enable_cache))
        return registry

    def __missing__(self, key: Any) -> type[T]:
        contents = self._now()
        held: type[T] = raw.get(self, key, _MISSING)
        if held is not _MISSING:  # discovery let in a class that waited for it
            return held
        plugin = contents.entries.get(key)
        if plugin is None:
            held = self._undecided(key)
            if held is not _MISSING:
                return held
            if key in contents.refused and self._tried(key):
                return self[key]
            from plugindex.reports import absent

            raise absent(key, self._frozen(), self.family.scope if self.family else None)
        loaded: type[T] = self._load(key, plugin)
        return loaded

    def _tried(self, key: Any) -> bool:
        """Import what claims a contested key; tell whether so many fail that one class has it."""
        from plugindex.failing import try_rivals
        from plugindex.recheck import recheck

        if try_rivals(self, key):
            recheck(self)
        return key in self._now().entries

    def _undecided(self, key: Any) -> Any:
        """Look for *key* in modules that neither reading nor a child interpreter settled.

        That is so where no child can be started (frozen or embedded applications), and of keys
        that can't be listed. They are imported here, but only for a key that nothing else has.
        """
        from plugindex.reports import may_bring

        modules = [one.module for one in self._now().all_problems if may_bring(one, key)]
        if modules:
            from plugindex.loader import import_or_describe

            for module in modules:
                import_or_describe(module)
        return raw.get(self, key, _MISSING)

    @property
    def scope(self) -> Scope:
        """What this registry covers.

        Raises:
            DiscoveryError: no base class names this registry yet.
        """
        if self.family is None:
            raise DiscoveryError("no base class names this registry: set it as its __registry__")
        return self.family.scope

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What keeps modules, classes or keys out, or may do so."""
        return self._now().all_problems

    @property
    def stats(self) -> Stats:
        """What the discovery cost."""
        contents = self._now()
        stats: Stats = contents.snapshot.stats if contents.snapshot else Stats()
        return stats.replace(imported=stats.imported + contents.imported)  # type: ignore[no-any-return]

    @property
    def cache_path(self) -> str:
        """The file in which the index of this registry is kept between processes."""
        from plugindex import index

        path: str = index.cache_path(self.scope, self._chosen_settings())
        return path

    def export_index(self) -> bytes:
        """Return the index, for :meth:`adopt_index` in another process; imports no plugin.

        Raises:
            DiscoveryError: this registry can't be listed, or keeps no index.
        """
        from plugindex import handover

        data, made = handover.export(self.family, self._chosen_settings())
        if made is not None:
            self._settings = {**self._settings, "adopted": made}
        return data

    def adopt_index(self, data: bytes, *, keep: bool = True) -> bool:
        """Take an index that another process has exported, if it holds here; imports nothing.

        It is taken only where this process has none that holds, and only if it passes all that an
        index file must pass. What is listed already is listed until :meth:`refresh`.

        Args:
            data: what :meth:`export_index` returned there.
            keep: write it to the cache folder, if there is one, for other processes too.

        Returns:
            Whether it was taken; if not, :attr:`why_not_adopted` says why.
        """
        from plugindex import handover

        adoption = handover.adopt(self.family, self._chosen_settings(), data, keep)
        if adoption.document is not None:
            self._settings = {**self._settings, "adopted": adoption.document}
        self.why_not_adopted = adoption.refusal
        return not adoption.refusal

    def info(self, key: Any) -> PluginInfo:
        """Return what is known of the plugin with *key*, without importing it.

        Raises:
            UnknownKeyError: no plugin has that key.
        """
        from plugindex.describe import info

        return info(key, self._now(), self.scope, raw.get(self, key))

    def find(self, **attributes: Any) -> tuple[Any, ...]:
        """Return the keys of the plugins whose *attributes* have these values; imports nothing."""
        from plugindex.describe import matches

        entries, held = self._entries(), self._raw()
        return tuple(k for k, p in entries.items() if matches(p, held.get(k), attributes))

    def refresh(self) -> Changes:
        """Look at the files again; loaded classes stay the same objects.

        Returns:
            The keys that were added, removed and changed. What was taken out by hand, and what
            failed, is back if it is still there.
        """
        from plugindex.recheck import recheck

        before = self._entries()
        recheck(self)
        after = self._entries()
        added = tuple(key for key in after if key not in before)
        removed = tuple(key for key in before if key not in after)
        both = (key for key in after if key in before)
        return Changes(added, removed, tuple(key for key in both if before[key] != after[key]))

    def isolated(self) -> AbstractContextManager[Self]:
        """Return a context manager that gives this registry its present contents back at the end.

        Secondary registries and problems are given back too.
        """
        from plugindex.isolation import Isolation

        return Isolation(self)

    @property
    def _config(self) -> RegistryConfig | None:
        return self.family.config if self.family else None

    @property
    def _cache_manager(self) -> CacheFile | None:
        from plugindex.describe import CacheFile

        path = self.cache_path if self.family is not None else ""
        return CacheFile(path) if path else None

    def __repr__(self) -> str:
        from plugindex.describe import summary

        name = self.family.scope.name if self.family else "unbound"
        return f"<{type(self).__name__} {name!r}: {{{summary(self._frozen(), self._raw())}}}>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self.family is None:
            return type(self), (self._settings["cache"],)
        return self.family.restore
