"""Which plugins a scope has: from the index file where that still holds, else by reading anew."""

from __future__ import annotations

import sys
import time

from plugindex import freshness, store
from plugindex.header import CacheConfig, check_header, locate
from plugindex.inputs import Miss
from plugindex.paths import (
    cache_disabled,
    cache_folder,
    environment_digest,
    plugin_place,
    registry_file_name,
)
from plugindex.records import Record, Stats
from plugindex.snapshot import Sections, Snapshot
from plugindex.stamp import digest
from plugindex.variables import safe_mode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.build import Build
    from plugindex.config import Scope
    from plugindex.records import Plugin, Problem

SCHEMA = "1.1"
# Entries of the tail; see plugindex.kept.
CONTENTS, MODULES, RESULT = "/contents", "/modules", "="
MANY = 8  # comparisons of content that are worth writing the index again
_DAMAGE = (LookupError, TypeError, ValueError, AttributeError)


class Settings(Record):
    """How one registry's index is kept.

    Args:
        cache: whether it is kept on disk at all.
        folder: where; the application's cache folder if "".
        version: the application's version; another one makes the index stale.
        max_age_days: the age from which it is built anew.
        check_stamps: whether the files and folders must be unchanged.
    """

    cache: bool = True
    folder: str = ""
    version: str | None = None
    max_age_days: float | None = 7
    check_stamps: bool = True


class Place(Record):
    """Where a scope's index lies, what lies there, and for which environment."""

    path: str
    document: store.Document
    environment: str


def take(scope: Scope, settings: Settings) -> Snapshot:
    """Return the plugins of *scope*; none of them is imported in this process.

    Raises:
        DiscoveryError: the scope's package or base can't be found, or the base is no class.
    """
    started = time.perf_counter()
    place = _place(scope, settings)
    if place is None:
        from plugindex.build import build

        return build(scope, settings, None, None).snapshot(started)
    changes = _changes(place, scope, settings)
    if changes is not None and changes.none:
        found = _stored(scope, settings, place, started)
        if found is not None:
            _stamp_anew(place, changes)
            return found
    return _renew(scope, settings, place, changes, started)


def cache_path(scope: Scope, settings: Settings) -> str:
    """Return the path of the index file in use, "" where none is kept; nothing is created."""
    place = _place(scope, settings)
    return place.path if place else ""


def remember_failure(scope: Scope, settings: Settings, plugin: Plugin, problem: Problem) -> None:
    """Keep in the index that a plugin's module failed, until its file or its imports change."""
    place = _place(scope, settings)
    if place is None or not is_sound(place, scope, settings):
        return
    from plugindex.results import fields_of

    head = place.document.raw_head()
    known = place.document.head("failed") or {}
    head["failed"] = {**known, plugin.module: fields_of(problem)}
    store.write(place.path, head, "records", place.document.raw_tail())


def _place(scope: Scope, settings: Settings) -> Place | None:
    folder = settings.folder or cache_folder(scope.application)
    if not settings.cache or not folder or cache_disabled(scope.application):
        return None
    environment = environment_digest()
    name = registry_file_name(scope.name, _mode(scope))
    return Place(*locate(folder, name, environment), environment)


def _mode(scope: Scope) -> str:
    """Return the name of the reduced discovery, if this is one: safe mode reads less."""
    return "-".join(filter(None, (scope.mode, "safe" if safe_mode(scope) else "")))


def scope_digest(scope: Scope) -> str:
    """Return what stands for everything that the answer depends on besides the files.

    What is taken of it (``Scope.selection``) is chosen afterwards.
    """
    fields = [getattr(scope, name) for name in scope._fields if name != "selection"]
    fields.append(_mode(scope))
    running = (sys.hexversion, sys.flags.optimize, sys.pycache_prefix)
    return digest(repr((SCHEMA, running, fields)).encode())


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


def _changes(place: Place, scope: Scope, settings: Settings) -> freshness.Changes | None:
    """Return what changed since the index was made, None if it is none of this scope."""
    if not is_sound(place, scope, settings):
        return None
    if not settings.check_stamps:
        return freshness.Changes()
    document = place.document
    looked_at = document.head("variables") or {}
    if not isinstance(looked_at, dict) or freshness.variables(looked_at) != looked_at:
        return None
    files, folders, checked = (document.head(n) for n in ("files", "folders", "checked"))
    try:
        found = freshness.check(files, lambda: _entry(document, CONTENTS), folders, checked)
    except _DAMAGE:  # a sealed file of another shape: a forgery or a fault, so read anew
        return None
    if document.head("plugin_folder") == plugin_place(scope)[1]:
        return found
    return found.replace(folders=True)  # type: ignore[no-any-return]


def _entry(document: store.Document, name: str) -> Any:
    from plugindex.codec import decode

    return decode(document.entry(name) or "")


def _stored(scope: Scope, settings: Settings, place: Place, started: float) -> Snapshot | None:
    def result(module: str) -> Any:
        try:
            return _entry(place.document, RESULT + module)
        except _DAMAGE:  # the file was replaced meanwhile, or is damaged
            return _anew(scope, settings).detail(module)

    def claims() -> tuple[Any, Any]:
        try:
            modules = _entry(place.document, MODULES)
            return modules, {name: _entry(place.document, RESULT + name) for name in modules}
        except _DAMAGE:
            return _anew(scope, settings).claims()

    sections = Sections(place.document.head, result, claims)
    try:
        seconds = time.perf_counter() - started
        return sections.snapshot(Stats(sections["modules"], 0, 0, "hit", seconds))
    except _DAMAGE:
        return None


def _anew(scope: Scope, settings: Settings) -> Build:
    from plugindex.build import build

    return build(scope, settings, None, None)


def _stamp_anew(place: Place, changes: freshness.Changes) -> None:
    """Spare the next start many comparisons of content, once the files have come to rest."""
    now = freshness.now_ns()
    if changes.compared < MANY or now - place.document.head("checked") < freshness.REST_NS:
        return
    head = place.document.raw_head()
    head["checked"] = now
    head["files"] = freshness.restamped(place.document.head("files"))
    store.write(place.path, head, "records", place.document.raw_tail())


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
        now = _place(scope, settings) or place
        if now.document.mark != place.document.mark:  # another process was faster
            changes = _changes(now, scope, settings)
            found = (
                _stored(scope, settings, now, started)
                if changes is not None and changes.none
                else None
            )
            if found is not None:
                return found
        else:
            now = place  # what was decoded of it so far serves on
        built = build(scope, settings, now, changes)
        if not built.undecided:
            built.write()
    if built.undecided:  # foreign code runs in the child, so no lock is held
        built.examine()
        built.write()
    return built.snapshot(started)
