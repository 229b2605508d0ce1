"""Enums whose members are costly to find: kept between processes, made once in each."""

from __future__ import annotations

from plugindex.cache import RegistryCacheManager
from plugindex.errors import message
from plugindex.family import words
from plugindex.portable import portable, restored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import Enum
    from typing import Any

    from typing_extensions import TypeVar

    from plugindex.header import CacheConfig

    E = TypeVar("E", bound=type[Enum], default=type[Enum])
    Members = Mapping[str, Any]
    Parts = dict[str, dict[str, Any]]

_ENTRY = "enums"  # all enums of a file are one item, so they are kept and lost together
_UNFIT = (LookupError, TypeError, ValueError, AttributeError)
_PLAIN = (str, int, float, bool, bytes, type(None))
# Threads that come at the same time may each find members, and make an enum; the first that enters
# it here wins. To wait for each other would need a lock, held while foreign code imports.
_made: dict[tuple[str, str], Any] = {}
_found: dict[Callable[[], Members], Parts] = {}


def cached_enum(
    name: str,
    members: Callable[[], Members],
    *,
    module: str,
    base: E | None = None,
    part: str = "",
    cache_name: str = "",
    mode: str = "",
    version: str | None = None,
    fingerprint: Callable[[], str] | None = None,
    file_mtimes_getter: Callable[[], dict[str, float]] | None = None,
    config: CacheConfig | None = None,
    enable_cache: bool = True,
    application: str = "",
    folder: str | None = None,
) -> E:
    """Return the enum *module*:*name*, made once per process, its members kept on disk.

    Members pickle by name: *name* must be had from *module*, as a global or through its
    ``__getattr__``. Later calls with this identity return the same enum, whatever else they say.

    Args:
        name: the name of the enum, where dots may stand.
        members: returns the values by name, in the order of the members; called only if nothing
            that holds is kept. With *part*, it returns the members of several enums by part.
        module: the full name of the module that holds the enum.
        base: an enum without members that gives it methods; plain ``Enum`` by default.
        part: which of the enums that *members* finds; all of them are kept in one file.
        cache_name: the name of the file, without ``.json``; by default *name* in words.
        mode: names a reduced finding, which has a file of its own; it needs a *name* of its own.
        version: the application's version; found by its distribution if not given.
        fingerprint: returns what the members come from, such as :func:`installed_version` of a
            library; when it returns something else, they are found anew.
        file_mtimes_getter: returns the files that decide the members.
        config: when what is kept counts; for 7 days by default.
        enable_cache: whether anything is kept at all.
        application: whose folder and switches count; by default the root package of *module*.
        folder: the cache folder itself.
    """
    identity = (module, name)
    if identity in _made:
        return _made[identity]  # type: ignore[no-any-return]
    application = application or module.partition(".")[0]
    manager = None
    if enable_cache and application != "__main__":  # which belongs to no application
        manager = _manager(
            _file_name(cache_name or f"{words(name)} enum", mode),
            application,
            version,
            fingerprint,
            config=config,
            file_mtimes_getter=file_mtimes_getter,
            folder=folder,
        )
    source = _Source(members, part, part or name.rpartition(".")[2], manager)
    return _made.setdefault(identity, source.make(name, module, base))  # type: ignore[no-any-return]


def _file_name(name: str, mode: str) -> str:
    return f"{name}-{mode}" if mode else name


def _manager(
    name: str,
    application: str,
    version: str | None,
    fingerprint: Callable[[], str] | None,
    **options: Any,
) -> RegistryCacheManager[Parts]:
    from plugindex.distributions import installed_version

    told = version if version is not None else installed_version(application) or "unknown"
    made_from = fingerprint() if fingerprint else ""  # once: what changes while we find is stale
    return RegistryCacheManager(
        name,
        lambda: told,
        _stored,
        _taken,
        application=application,
        fingerprint_getter=lambda: made_from,
        **options,
    )


def _stored(parts: Parts) -> dict[str, Any]:
    return {
        part: {name: _checked(value) for name, value in members.items()}
        for part, members in parts.items()
    }


def _checked(value: object) -> Any:
    if not _is_plain(value):
        raise TypeError(f"{value!r} is no value that can be kept and comes back as it was")
    return portable(value)


def _is_plain(value: object) -> bool:
    if type(value) in (tuple, frozenset):
        return all(map(_is_plain, value))  # type: ignore[call-overload]
    return type(value) in _PLAIN


def _taken(parts: dict[str, Any]) -> Parts:
    return {
        part: {name: _restored(value) for name, value in members.items()}
        for part, members in parts.items()
    }


def _restored(stored: object) -> Any:
    value = restored(stored)
    if not _is_plain(value):
        raise TypeError(f"{value!r} is nothing that is ever kept")
    return value


class _Source:
    """Where the members of one enum come from: memory, the file, or finding them."""

    __slots__ = ("manager", "members", "part", "shared")

    def __init__(
        self,
        members: Callable[[], Members],
        shared: str,
        part: str,
        manager: RegistryCacheManager[Parts] | None,
    ) -> None:
        self.members = members
        self.shared = bool(shared)
        self.part = part
        self.manager = manager

    def make(self, name: str, module: str, base: Any) -> Any:
        """Return the enum, of what is known where that serves."""
        known = (_found.get(self.members) if self.shared else None) or self._kept()
        if known is not None:
            try:
                made = _enum(name, known[self.part], module, base)
            except _UNFIT:  # of an older form, or for another base class
                known = None
            else:
                return self._remember(known, made)
        found = self._find()
        return self._remember(found, _enum(name, found[self.part], module, base))

    def _remember(self, parts: Parts, made: Any) -> Any:
        if self.shared:
            _found[self.members] = parts
        return made

    def _kept(self) -> Parts | None:
        items = self.manager.load_cache() if self.manager else None
        return items.get(_ENTRY) if items else None

    def _find(self) -> Parts:
        found = self.members()
        groups = found if self.shared else {self.part: found}
        parts = {part: _named(dict(members), part) for part, members in groups.items()}
        if self.manager:
            self.manager.save_cache({_ENTRY: parts})
            if self.manager.verdict == "not stored":
                self._tell(self.manager)
        return parts

    def _tell(self, manager: RegistryCacheManager[Parts]) -> None:
        from logging import getLogger

        getLogger("plugindex").debug("%s is not kept: %s", manager.cache_name, manager.why)


def _named(members: dict[str, Any], enum: str) -> dict[str, Any]:
    wrong = [name for name in members if not isinstance(name, str)]
    if wrong:
        fix = "give each member a text as its name"
        facts = [("cause", f"{wrong[0]!r} is no name of a member"), ("fix", fix)]
        raise TypeError(message(f"the enum {enum} can't be made", facts))
    return members


def _enum(name: str, members: Members, module: str, base: Any) -> Any:
    from enum import Enum

    kind: Any = base or Enum
    short = name.rpartition(".")[2]
    return kind(short, list(members.items()), module=module, qualname=name)
