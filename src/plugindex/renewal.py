"""Renew a stored index: one process builds what changed, the others use the result."""

from __future__ import annotations

from plugindex import folders, freshness, index, store
from plugindex.errors import DAMAGE
from plugindex.results import fields_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugindex.config import Scope
    from plugindex.index import Place, Settings
    from plugindex.records import Problem
    from plugindex.snapshot import Snapshot


def stamp_anew(place: Place) -> None:
    """Spare the next start the comparisons of content, once the files have come to rest."""
    head = place.document.raw_head()
    head["checked"] = freshness.now_ns()
    head["files"] = freshness.restamped(place.document.head("files"))
    head["folders"] = folders.restamped(place.document.head("folders"))
    store.write(place.path, head, "records", place.document.raw_tail())


def remember_failures(scope: Scope, settings: Settings, failures: Mapping[str, Problem]) -> None:
    """Let the next start have a child interpreter settle modules that failed to load.

    It tells whether they fail there too, and what that depends on.
    """
    place = index.find_place(scope, settings)
    place = index.lender(place, scope, settings) or place
    if place is None or not place.path or not index.is_sound(place, scope, settings):
        return
    try:  # what running settled already is as the child found it
        settled = index.entry(place.document, index.UNDECIDED)
        failures = {name: one for name, one in failures.items() if name not in settled}
    except DAMAGE:
        return
    if not failures:
        return
    head = place.document.raw_head()
    known = place.document.head("failed")
    known = known if isinstance(known, dict) else {}
    head["failed"] = known | {module: fields_of(one) for module, one in failures.items()}
    store.write(place.path, head, "records", place.document.raw_tail())


def renew(
    scope: Scope,
    settings: Settings,
    place: Place,
    changes: freshness.Changes | None,
    started: float,
) -> Snapshot:
    """Renew what is stored, or build all from nothing where that turns out to be damaged."""
    try:
        return _renewed(scope, settings, place, changes, started)
    except DAMAGE:
        if changes is None:  # nothing that was stored is to blame
            raise
        return _renewed(scope, settings, place, None, started)


def _renewed(
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
        now = index.find_place(scope, settings) or place
        if now.document.mark != place.document.mark:  # another process was faster
            changes = index.changes_at(now, scope, settings)
            found = (
                index.stored(scope, settings, now, started)
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
