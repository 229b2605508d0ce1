"""Which plugins a scope has: from the index file where that still holds, else by reading anew."""

from __future__ import annotations

import gc
import sys
import time

from plugindex import freshness, store
from plugindex.errors import DAMAGE
from plugindex.header import CacheConfig, check_header, locate
from plugindex.inputs import Miss
from plugindex.paths import (
    cache_disabled,
    cache_folder,
    environment_digest,
    registry_file_name,
)
from plugindex.records import Record, Stats
from plugindex.snapshot import Sections, Snapshot
from plugindex.stamp import digest
from plugindex.surroundings import ASKED, hold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.config import Scope
    from plugindex.records import Plugin, Problem

SCHEMA = "1.0"
CONTENTS, RESULT = "/contents", "="  # entries of the tail; see plugindex.kept


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

    *path* is "" for one that is in memory only.
    """

    path: str
    document: store.Document
    environment: str


def take(scope: Scope, settings: Settings, anew: bool = False) -> Snapshot:
    """Return the plugins of *scope*; none of them is imported in this process.

    Args:
        scope: what to list.
        settings: how its index is kept.
        anew: read all again, because what the index says was found not to be so.

    Raises:
        DiscoveryError: the scope's package or base can't be found, or the base is no class.
    """
    started = time.perf_counter()
    try:
        return _taken(scope, settings, anew, started)
    except DAMAGE:  # what a package ships may be sealed, and yet not what we write
        if not settings.shipped:
            raise
        return _taken(scope, settings.replace(shipped=False), anew, started)


def _taken(scope: Scope, settings: Settings, anew: bool, started: float) -> Snapshot:
    with no_collection():
        place = find_place(scope, settings)
        changes = None if place is None or anew else changes_at(place, scope, settings)
        found = None
        if place is not None and changes is not None and changes.none:
            found = _stored(scope, settings, place, started)
            changes = changes if found is not None else None
    if place is None or not (place.path or found):
        from plugindex.build import build

        return build(scope, settings, place, changes).snapshot(started)
    if found is None:
        return _renew_safely(scope, settings, place, changes, started)
    if place.path and changes is not None and changes.settled:
        _stamp_anew(place)
    return found


class no_collection:
    """Keep the cyclic garbage collector from walking records that all stay: a tenth of the time.

    Nothing foreign runs meanwhile, and another thread misses it for that moment only.
    """

    def __enter__(self) -> None:
        self.enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self.enabled:
            gc.enable()


def cache_path(scope: Scope, settings: Settings) -> str:
    """Return the path of the index file in use, "" where none is kept; nothing is created."""
    place = find_place(scope, settings)
    return place.path if place else ""


def remember_failure(scope: Scope, settings: Settings, plugin: Plugin, problem: Problem) -> None:
    """Keep in the index that a plugin's module failed, until its file or its imports change."""
    place = find_place(scope, settings)
    if place is None or not place.path or not is_sound(place, scope, settings):
        return
    from plugindex.results import fields_of

    head = place.document.raw_head()
    known = place.document.head("failed")
    known = known if isinstance(known, dict) else {}
    head["failed"] = {**known, plugin.module: fields_of(problem)}
    store.write(place.path, head, "records", place.document.raw_tail())


def find_place(scope: Scope, settings: Settings) -> Place | None:
    """Return where the index of *scope* is kept, None if nowhere; nothing is created."""
    if settings.adopted is not None:
        return Place("", settings.adopted, environment_digest())
    folder = settings.folder or cache_folder(scope.application)
    if not settings.cache or not folder or cache_disabled(scope.application):
        return None
    environment = environment_digest()
    name = registry_file_name(scope.name)
    return Place(*locate(folder, name, environment), environment)


def scope_digest(scope: Scope) -> str:
    """Return what stands for everything that the answer depends on besides the files."""
    fields = [getattr(scope, name) for name in scope._fields]
    running = (sys.hexversion, sys.platform, sys.flags.optimize, sys.pycache_prefix, _mapped())
    return digest(repr((SCHEMA, running, fields)).encode())


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
    if not settings.check_stamps:
        return freshness.Changes()
    document = place.document
    files, folders, checked = (document.head(n) for n in ("files", "folders", "checked"))
    try:
        found = freshness.check(files, lambda: _entry(document, CONTENTS), folders, checked)
        if not hold(document.head("variables") or {}):
            found = found.replace(modules=found.modules | {ASKED})
    except DAMAGE:  # a sealed file of another shape: a forgery or a fault, so read anew
        return None
    return None if found.whole else found


def _entry(document: store.Document, name: str) -> Any:
    from plugindex.codec import decode

    return decode(document.entry(name) or "")


def _stored(scope: Scope, settings: Settings, place: Place, started: float) -> Snapshot | None:
    def result(module: str) -> Any:
        try:
            return _entry(place.document, RESULT + module)
        except DAMAGE:  # the file was replaced meanwhile, or is damaged
            from plugindex.build import build

            return build(scope, settings, None, None).detail(module)

    sections = Sections(place.document.head, result)
    try:
        seconds = time.perf_counter() - started
        return sections.snapshot(Stats(sections["modules"], 0, 0, "hit", seconds))
    except DAMAGE:
        return None


def _stamp_anew(place: Place) -> None:
    """Spare the next start the comparisons of content, once the files have come to rest."""
    head = place.document.raw_head()
    head["checked"] = freshness.now_ns()
    head["files"] = freshness.restamped(place.document.head("files"))
    head["folders"] = freshness.restamped_folders(place.document.head("folders"))
    store.write(place.path, head, "records", place.document.raw_tail())


def _renew_safely(
    scope: Scope,
    settings: Settings,
    place: Place,
    changes: freshness.Changes | None,
    started: float,
) -> Snapshot:
    """Renew what is stored, or build all from nothing where that turns out to be damaged."""
    try:
        return _renew(scope, settings, place, changes, started)
    except DAMAGE:
        if changes is None:  # nothing that was stored is to blame
            raise
        return _renew(scope, settings, place, None, started)


def _renew(
    scope: Scope,
    settings: Settings,
    place: Place,
    changes: freshness.Changes | None,
    started: float,
) -> Snapshot:
    """Build what changed, one process at a time; the others wait a little and use the result."""
    from plugindex.build import build
    from plugindex.lock import Lock

    with Lock(place.path):
        now = find_place(scope, settings) or place
        if now.document.mark != place.document.mark:  # another process was faster
            changes = changes_at(now, scope, settings)
            found = (
                _stored(scope, settings, now, started)
                if changes is not None and changes.none
                else None
            )
            if found is not None:
                return found
            changes = None if changes is not None and changes.none else changes
        else:
            now = place  # what was decoded of it so far serves on
        built = build(scope, settings, now, changes)
        if not built.undecided:
            found = built.snapshot(started)  # before it is written: what was kept may be damaged
            built.write()
            return found
    built.examine()  # foreign code runs in the child, so no lock is held
    found = built.snapshot(started)
    built.write()
    return found
