"""The one cache manager: for registries, enums, function metadata and whatever else is costly."""

from __future__ import annotations

import os

from plugindex import store
from plugindex.codec import decode
from plugindex.errors import CacheError, Miss, message
from plugindex.header import CacheConfig, check_header, header, locate
from plugindex.inputs import check_files, take_files
from plugindex.keytext import from_text, to_text
from plugindex.paths import cache_disabled, cache_folder, environment_digest, plain_name
from plugindex.serial import (
    deserialize_plugin_class,
    get_package_file_mtimes,
    serialize_plugin_class,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from pathlib import Path
    from typing import Any, Generic, TypeVar

    T = TypeVar("T")
else:
    T = None

    class Generic:
        """Stand in for ``typing.Generic``: importing typing costs a start-up 13 ms."""

        def __class_getitem__(cls, _):
            return cls


__all__ = [
    "CacheConfig",
    "RegistryCacheManager",
    "deserialize_plugin_class",
    "get_package_file_mtimes",
    "serialize_plugin_class",
]

_EXPECTED = (LookupError, TypeError, ValueError, AttributeError, ImportError)


class RegistryCacheManager(Generic[T]):
    """Keep a dict of costly items in one JSON file, and give it back only when it surely holds.

    Args:
        cache_name: the name of the file, without ``.json``.
        version_getter: returns the version of what the items come from.
        serializer: turns one item into JSON values.
        deserializer: turns them back; an error of it makes the cache stale.
        config: when the cache counts.
        file_mtimes_getter: returns the files that decide the items; one more, one less or one
            changed makes the cache stale.
        application: whose cache folder and switches count; by default the root package of the
            function *version_getter*.
        folder: the cache folder itself.
        key_modules: modules and packages that may be imported for an enum key; enums that are
            imported already need none.
        fingerprint_getter: returns what the items come from besides, such as the version of a
            library; the cache is stale when it returns something else.

    Attributes:
        verdict: "hit", "absent", "stale", "corrupt", "refused" or "disabled" after loading;
            "stored" or "not stored" after saving.
        why: the reason, for people.
    """

    def __init__(
        self,
        cache_name: str,
        version_getter: Callable[[], str],
        serializer: Callable[[T], dict[str, Any]],
        deserializer: Callable[[dict[str, Any]], T],
        config: CacheConfig | None = None,
        file_mtimes_getter: Callable[[], dict[str, float]] | None = None,
        *,
        application: str | None = None,
        folder: str | None = None,
        key_modules: tuple[str, ...] = (),
        fingerprint_getter: Callable[[], str] | None = None,
    ) -> None:
        self.cache_name = cache_name
        self.version_getter = version_getter
        self.serializer = serializer
        self.deserializer = deserializer
        self.config = config or CacheConfig()
        self.file_mtimes_getter = file_mtimes_getter
        self.application = application or _root_package(version_getter)
        self.key_modules = key_modules
        self.fingerprint_getter = fingerprint_getter
        self.verdict = ""
        self.why = ""
        self._folder = folder

    @property
    def cache_path(self) -> str:
        """The path of the file in use, "" when there is no place for one; nothing is created."""
        return self._place(environment_digest())[0]

    @property
    def _cache_path(self) -> Path:
        from pathlib import Path

        return Path(self.cache_path)

    def load_cache(self) -> dict[Hashable, T] | None:
        """Return the stored items, or None; ``verdict`` and ``why`` tell more."""
        try:
            items = self._load()
        except Miss as miss:
            self._settle(miss.verdict, str(miss))
            return None
        self._settle("hit")
        return items

    def save_cache(
        self, items: Mapping[Hashable, T], file_mtimes: Mapping[str, float] | None = None
    ) -> None:
        """Store *items*, all or nothing; trouble is told by ``verdict`` and ``why``, never raised.

        Args:
            items: what to store.
            file_mtimes: the files that decided the items, as they were before; by default what
                the getter returns now.
        """
        try:
            self._save(items, file_mtimes)
        except Miss as miss:
            self._settle(miss.verdict, str(miss))
        else:
            self._settle("stored")

    def clear_cache(self) -> None:
        """Remove the file in use.

        Raises:
            CacheError: it is there but can't be removed.
        """
        path = self.cache_path
        try:
            if path:
                os.unlink(path)
        except FileNotFoundError:
            return
        except OSError as error:
            fix = "remove it by hand"
            facts = [("cause", str(error.strerror)), ("fix", fix)]
            raise CacheError(message(f"{path} can't be removed", facts)) from error

    def _settle(self, verdict: str, why: str = "") -> None:
        self.verdict, self.why = verdict, why

    def _place(self, mine: str) -> tuple[str, store.Document]:
        folder = cache_folder(self.application) if self._folder is None else self._folder
        name = plain_name(self.cache_name) + ".json"
        return locate(folder, name, mine)[:2]

    def _load(self) -> dict[Hashable, T]:
        if cache_disabled(self.application):
            raise Miss("disabled", "an environment variable says so")
        mine = environment_digest()
        _, document = self._place(mine)
        check_header(document, self.config, self.version_getter(), mine)
        self._check_fingerprint(document)
        if self.config.check_mtimes:
            check_files(document, self.file_mtimes_getter)
        entries = document.raw_tail()
        if document.verdict != store.OK:
            raise Miss(document.verdict, document.why)
        return {self._key(name): self._item(name, text) for name, text in entries.items()}

    def _check_fingerprint(self, document: store.Document) -> None:
        before = document.head("fingerprint") or ""
        now = self.fingerprint_getter() if self.fingerprint_getter else ""
        if before != now:
            raise Miss("stale", f"it was made from {before or 'nothing named'}, not from {now}")

    def _key(self, text: str) -> Hashable:
        try:
            return from_text(text, self._allows)
        except ValueError as error:
            raise Miss("stale", str(error)) from error

    def _allows(self, module: str) -> bool:
        return any(module == name or module.startswith(name + ".") for name in self.key_modules)

    def _item(self, name: str, text: str) -> T:
        try:
            return self.deserializer(decode(text))
        except _EXPECTED as error:
            raise Miss("stale", f"item {name}: {type(error).__name__}: {error}") from error

    def _save(self, items: Mapping[Hashable, T], file_mtimes: Mapping[str, float] | None) -> None:
        if cache_disabled(self.application):
            raise Miss("disabled", "an environment variable says so")
        if file_mtimes is None and self.file_mtimes_getter is not None:
            file_mtimes = self.file_mtimes_getter()
        mine = environment_digest()
        head = header(self.config, self.version_getter(), mine)
        if self.fingerprint_getter and (fingerprint := self.fingerprint_getter()):
            head["fingerprint"] = fingerprint
        head["files"] = take_files(file_mtimes or {})
        path, _ = self._place(mine)
        if not path:
            raise Miss("not stored", "this user has no folder for it")
        try:
            tail = {to_text(key): self.serializer(item) for key, item in items.items()}
            why = store.write(path, head, "items", tail)
        except _EXPECTED as error:
            why = f"{type(error).__name__}: {error}"
        if why:
            raise Miss("not stored", why)


def _root_package(function: object) -> str:
    root = str(getattr(function, "__module__", None) or "").partition(".")[0]
    return "plugindex" if root in ("", "__main__", "builtins") else root
