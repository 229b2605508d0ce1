"""Which plugins a scope has: from the index file where that still holds, else by reading anew."""

from __future__ import annotations

import gc
import os
import sys
import time

from plugindex import freshness, store
from plugindex.errors import DAMAGE, Miss
from plugindex.header import CacheConfig, check_header, locate
from plugindex.names import safe_mode
from plugindex.paths import (
    cache_disabled,
    cache_folder,
    environment_digest,
    index_file_name,
    plugin_place,
)
from plugindex.records import Record, Stats
from plugindex.snapshot import Sections, Snapshot
from plugindex.stamp import digest
from plugindex.surroundings import ASKED, hold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from plugindex.build import Build
    from plugindex.config import Scope

SCHEMA = "1.0"  # as the seed shows it; what else an index depends on is in its scope digest
READING = 10  # goes up with what is read of a module, so that nothing older counts
# Entries of the tail; see plugindex.kept.
CONTENTS, MODULES, RESULT, UNDECIDED = "/contents", "/modules", "=", "/undecided"


class Settings(Record):
    """How one registry's index is kept.

    Args:
        cache: whether it is kept on disk at all.
        folder: where; the application's cache folder if "".
        version: the application's version; another one makes the index stale.
        max_age_days: the age from which it is built anew.
        check_stamps: whether the files and folders must be unchanged.
        adopted: an index that was handed over and is kept in memory, instead of a file.
        shipped: whether what packages ship is used.
    """

    cache: bool = True
    folder: str = ""
    version: str | None = None
    max_age_days: float | None = 7
    check_stamps: bool = True
    adopted: store.Document | None = None
    shipped: bool = True


class Place(Record):
    """Where a scope's index lies, what lies there, and for which environment.

    *path* is "" for one that is in memory only. *other* is the index of the environment that came
    first, if that isn't this one.
    """

    path: str
    document: store.Document
    environment: str
    other: store.Document | None = None


def take(scope: Scope, settings: Settings, anew: bool = False) -> Snapshot:
    """Return the plugins of *scope*; none of them is imported in this process.

    Args:
        scope: what to list.
        settings: how its index is kept.
        anew: read all again, because what the index says was found not to be so.

    Raises:
        DiscoveryError: the scope's package or base can't be found, or the base is no class.
    """
    with no_collection():
        try:
            return _take(scope, settings, anew)
        except DAMAGE:  # what a package ships may be sealed, and yet not what we write
            if not settings.shipped:
                raise
            return _take(scope, settings.replace(shipped=False), anew)


def _take(scope: Scope, settings: Settings, anew: bool) -> Snapshot:
    started = time.perf_counter()
    place = find_place(scope, settings)
    other = None if anew else lender(place, scope, settings)
    found = None if other is None else stored(scope, settings, other, started)
    if found is not None:
        return found
    changes = None if place is None or anew else changes_at(place, scope, settings)
    if place is not None and changes is not None and changes.none:
        found = stored(scope, settings, place, started)
        changes = changes if found is not None else None
    if place is None or not (place.path or found):
        from plugindex.build import build

        return build(scope, settings, place, changes).snapshot(started)
    if found is None:
        from plugindex.renewal import renew

        return renew(scope, settings, place, changes, started)
    if place.path and changes is not None and changes.settled:
        from plugindex.renewal import stamp_anew

        stamp_anew(place)
    return found


class no_collection:
    """Keep the cyclic garbage collector from walking records that all stay: a fifth of the time.

    Nothing foreign runs meanwhile, and another thread misses it for that time only. A process that
    another thread forks off has it again.
    """

    paused = False

    def __enter__(self) -> None:
        self.enabled = gc.isenabled()
        no_collection.paused = no_collection.paused or self.enabled
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self.enabled:
            no_collection.resume()

    @classmethod
    def resume(cls) -> None:
        """Collect again, if it was this that paused it."""
        if cls.paused:
            cls.paused = False
            gc.enable()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=no_collection.resume)


def cache_path(scope: Scope, settings: Settings) -> str:
    """Return the path of the index file in use, "" where none is kept; nothing is created."""
    place = find_place(scope, settings)
    place = lender(place, scope, settings) or place
    return place.path if place else ""


def find_place(scope: Scope, settings: Settings) -> Place | None:
    """Return where the index of *scope* is kept, None if nowhere; nothing is created."""
    if settings.adopted is not None:
        return Place("", settings.adopted, environment_digest())
    folder = settings.folder or cache_folder(scope.application)
    if not settings.cache or not folder or cache_disabled(scope.application):
        return None
    environment = environment_digest()
    path, document, other = locate(folder, index_file_name(scope), environment)
    return Place(path, document, environment, other)


def lender(place: Place | None, scope: Scope, settings: Settings) -> Place | None:
    """Return the place of another environment's index that holds here as it is, if there is one."""
    if place is None or place.other is None or place.document.verdict != store.ABSENT:
        return None
    from plugindex.lending import lent

    other = lent(place)
    changes = None if other is None else changes_at(other, scope, settings)
    return other if changes is not None and changes.none else None


def scope_digest(scope: Scope) -> str:
    """Return what stands for everything that the answer depends on besides the files.

    What is taken of it (``Scope.selection``) is chosen afterwards.
    """
    fields = [getattr(scope, name) for name in scope._fields if name != "selection"]
    fields.append(safe_mode(scope))
    running = (sys.hexversion, sys.platform, sys.flags.optimize, sys.pycache_prefix, _mapped())
    return digest(repr((SCHEMA, READING, running, fields)).encode())


def _mapped() -> list[str]:
    """Return where editable installs say that packages lie: their finders have no stamp."""
    homes = [sys.modules.get(getattr(one, "__module__", "")) for one in sys.meta_path]
    tables = [getattr(home, name, None) for home in homes for name in ("MAPPING", "NAMESPACES")]
    return [repr(sorted(map(repr, one.items()))) for one in tables if isinstance(one, dict)]


def is_sound(place: Place, scope: Scope, settings: Settings) -> bool:
    """Tell whether the document is an index of this scope, environment, version and age."""
    document = place.document
    config = CacheConfig(settings.max_age_days, settings.check_stamps, SCHEMA)
    version = document.head("version") if settings.version is None else settings.version
    try:
        check_header(document, config, version, place.environment)
    except Miss:
        return False
    return bool(document.head("scope") == scope_digest(scope))


def changes_at(place: Place, scope: Scope, settings: Settings) -> freshness.Changes | None:
    """Return what changed since the index was made, None if it is none of this scope."""
    if not is_sound(place, scope, settings):
        return None
    document = place.document
    elsewhere = document.head("plugin_folder") != plugin_place(scope)[1]
    known = document.head("failed")
    if not isinstance(known, dict):
        return None
    failed = frozenset(known)
    if not settings.check_stamps:
        return freshness.Changes(failed, elsewhere)
    files, folders, checked = (document.head(n) for n in ("files", "folders", "checked"))
    try:
        found = freshness.check(
            files,
            lambda paths: _contents(document, paths),
            folders,
            checked,
            lambda: document.head("roots"),
        )
        if not hold(document.head("variables") or {}):
            found = found.replace(modules=found.modules | {ASKED})
        found = found.replace(modules=found.modules | failed) if failed else found
    except DAMAGE:  # a sealed file of another shape: a forgery or a fault, so read anew
        return None
    if elsewhere:
        found = found.replace(folders=True)
    return None if found.whole else found


def _contents(document: store.Document, paths: Collection[str]) -> Any:
    """Return content digest and module of *paths*, by path.

    Those whose stamps never do, as in an image's, lie apart: the rest takes a while to read.
    """
    apart = document.head("constant")
    if isinstance(apart, dict) and apart.keys() >= set(paths):
        return apart
    return entry(document, CONTENTS)


def entry(document: store.Document, name: str) -> Any:
    """Return the decoded entry *name* of the tail."""
    from plugindex.codec import decode

    return decode(document.entry(name) or "")


def stored(scope: Scope, settings: Settings, place: Place, started: float) -> Snapshot | None:
    """Return what is stored at *place*, None if it is damaged."""

    def result(module: str) -> Any:
        try:
            return entry(place.document, RESULT + module)
        except DAMAGE:  # the file was replaced meanwhile, or is damaged
            return _anew(scope, settings).detail(module)

    def claims() -> tuple[Any, Any]:
        try:
            modules = entry(place.document, MODULES)
            return modules, {name: entry(place.document, RESULT + name) for name in modules}
        except DAMAGE:
            return _anew(scope, settings).claims()

    sections = Sections(place.document.head, result, claims)
    try:
        seconds = time.perf_counter() - started
        return sections.snapshot(Stats(sections["modules"], 0, 0, "hit", seconds))
    except DAMAGE:
        return None


def _anew(scope: Scope, settings: Settings) -> Build:
    from plugindex.build import build

    return build(scope, settings, None, None)
