"""Build an index: find, read and resolve what is not known yet, and keep the rest."""

from __future__ import annotations

import time

from plugindex import folders, freshness, index, kept, providers, store, surroundings
from plugindex.codec import decode
from plugindex.errors import DAMAGE
from plugindex.header import CacheConfig, header
from plugindex.kept import Kept
from plugindex.merge import merge
from plugindex.paths import search_path
from plugindex.records import Stats
from plugindex.results import fields_of, same_keys
from plugindex.retention import remove_unused
from plugindex.settling import Settling
from plugindex.snapshot import Sections, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from plugindex.config import Scope
    from plugindex.freshness import Changes
    from plugindex.index import Place, Settings
    from plugindex.snapshot import Claims


def build(scope: Scope, settings: Settings, place: Place | None, changes: Changes | None) -> Build:
    """Read and resolve *scope*, keeping what *place* holds and *changes* leave standing.

    Raises:
        DiscoveryError: the scope's package or base can't be found, or the base is no class.
    """
    if scope.function:
        from plugindex import called

        return called.build(scope, settings, place)
    old = None if place is None or changes is None else Kept.of(place.document, changes)
    made = Build(scope, settings, place, old)
    try:
        made.resolve()
    except DAMAGE:  # what a package ships may be sealed, and yet not what we write
        if not made.library.shipments.opened:
            raise
        return build(scope, settings.replace(shipped=False), place, changes)
    return made


class Build(Settling):
    """An index in the making: what was settled, merged into the keys of a registry."""

    def _sections(self) -> dict[str, Any]:
        """Return the sections that a snapshot is made of, worked out once."""
        if self.undecided:
            self.examine()
        if self.sections is None:
            self.sections = self._merged()
        return self.sections

    def _merged(self) -> dict[str, Any]:
        environment = self.place.environment if self.place else ""
        return {
            **header(CacheConfig(cache_version=index.SCHEMA), self._version(), environment),
            "scope": index.scope_digest(self.scope),
            **(self._kept_keys() or self._new_keys()),
            "plugin_folder": self.folder,
            "modules": len(self.modules),
            "checked": self.checked,
            "failed": {},
            "variables": self._variables(),
        }

    def _variables(self) -> Any:
        """Return the variables that undecided modules asked for, and what they were."""
        if self.asked is not None:
            return self.asked.variables
        return self.kept.variables if self.kept and self.unsettled else {}

    def _kept_keys(self) -> dict[str, Any] | None:
        """Return the sections of keys as they were, if what changed doesn't touch them."""
        if self.kept is None or self.kept.moved or self.verdict == "cold":
            return None
        if self.kept.undecided or self.undecided or self.reached or self.kept.reached:
            return None
        for name, result in self.results.items():
            if not same_keys(decode(self.kept.results[name]), result):
                return None
        head = self.kept.document.raw_head()
        return {name: head[name] for name in ("items", "unavailable", "conflicts", "problems")}

    def _new_keys(self) -> dict[str, Any]:
        results = {name: self._result(name) for name in self.modules}
        merged = merge(self.modules, results)
        return {
            "items": merged.items,
            "unavailable": merged.unavailable,
            "conflicts": merged.conflicts,
            "problems": [*merged.problems, *self._troubles()],
        }

    def _troubles(self) -> list[Any]:
        """Return what kept the finder from finding, now or when it last looked."""
        known = [] if self.kept is None or self.kept.moved else self.kept.troubles
        fresh = map(fields_of, self.finder.troubles)
        return [*known, *(one for one in fresh if one not in known)]

    def _version(self) -> str:
        if self.settings.version is not None:
            return self.settings.version
        if self.kept and not self.kept.moved:
            return str(self.kept.document.head("version"))
        return providers.version_of(self.finder, self.scope.application)

    def snapshot(self, started: float) -> Snapshot:
        """Return the snapshot of what was built."""
        sections = self._sections()
        here = {name for name, one in self.library.readings.items() if one.code is not None}
        read = len(here | self.library.read_elsewhere)
        seconds = time.perf_counter() - started
        stats = Stats(len(self.modules), read, self.imported, self.verdict, seconds)
        # What is built goes when it is stored; the snapshot keeps no more of it than it tells.
        detail = _details(self.results, self.kept.results if self.kept else {})
        claims = _claims(self.modules, detail)
        return Sections(lambda name: _plain(sections[name]), detail, claims).snapshot(stats)

    def claims(self) -> Claims:
        """Return the provider of each module in scope, and what each came to."""
        self._sections()
        return self.modules, {name: self._result(name) for name in self.modules}

    def detail(self, module: str) -> Any:
        """Return all that is known of the plugins of a module."""
        self._sections()
        return self._result(module)

    def write(self) -> str:
        """Store the index; trouble costs the next start, nothing else.

        Returns:
            why it could not be stored, "" if it was.
        """
        if self.place is None or not self.place.path:
            return "there is no folder for it"
        why = store.write(self.place.path, *self._document())
        if not why:
            remove_unused(self.place.path)
        return why

    def packed(self) -> bytes:
        """Return the bytes that would be stored."""
        return store.pack(*self._document())

    def _document(self) -> tuple[dict[str, Any], str, dict[str, Any]]:
        head = dict(self._sections())
        files = self.library.files(self.provided)
        if self.asked is not None:
            files = {path: e for path, e in files.items() if e[2] != surroundings.ASKED}
            files = {**self.asked.files, **files}
        before = self.kept.results if self.kept else {}
        results = {name: self.results.get(name) or before[name] for name in self.modules}
        stamps = {path: entry[0] for path, entry in files.items()}
        contents = {path: entry[1:] for path, entry in files.items()}
        tail = {
            index.CONTENTS: contents,
            index.MODULES: self.modules,
            index.UNDECIDED: self.unsettled,
            kept.TROUBLES: self._troubles(),
            kept.REACHED: [self.left_out, self.reached],
            kept.FOUND: self.library.places(self.modules),
            **self.library.followed(self.resolver),
            **{index.RESULT + name: result for name, result in results.items()},
            **self.library.records_text(),
        }
        head["files"] = freshness.by_folder(stamps)
        head["constant"] = {path: contents[path] for path in freshness.constant(stamps)}
        ran = self.unsettled or self.asked is not None
        head["path"] = None if ran else search_path()
        head["roots"] = self._roots()
        head["folders"] = self.library.folders(head["roots"])
        if self.asked is not None:
            asked = (self.asked.folders, self.asked.searched)
            head["folders"] = folders.joined(head["folders"], *asked)
        return head, "records", tail

    def _roots(self) -> list[str] | None:
        """Return the top-level names that were looked up, None where a child may know of more."""
        if self.asked is not None:
            told = self.asked.roots
            return None if told is None else sorted({*self.library.roots(), *told})
        if self.unsettled and self.kept and self.kept.roots is None:
            return None
        return self.library.roots()


def _details(results: dict[str, Any], before: dict[str, Any]) -> Callable[[str], Any]:
    """Return what tells what a module came to, now or before."""
    return lambda name: results[name] if name in results else decode(before[name])


def _claims(modules: dict[str, str], detail: Callable[[str], Any]) -> Callable[[], Claims]:
    """Return what tells the provider of each module, and what each came to."""
    return lambda: (modules, {name: detail(name) for name in modules})


def _plain(section: Any) -> Any:
    return decode(section) if isinstance(section, store.Raw) else section
