"""Hand an index to another process, which takes it only if it would come to the same itself."""

from __future__ import annotations

from plugindex import freshness, index, store
from plugindex.bytecode import cache_path
from plugindex.errors import DAMAGE, DiscoveryError, Miss, message
from plugindex.header import CacheConfig, check_header
from plugindex.paths import environment_digest, search_path
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from plugindex.build import Build
    from plugindex.config import Scope
    from plugindex.family import Family
    from plugindex.index import Settings
    from plugindex.kept import Kept
    from plugindex.records import Plugin
    from plugindex.snapshot import Snapshot
    from plugindex.stamp import Stamp

# What a document that was made to do harm may bring about.
_DAMAGE = (*DAMAGE, OSError)


class Adoption(Record):
    """What became of an index that was handed over.

    *refusal* says why it was not taken. *document* is there if it is to be kept in memory.
    """

    document: store.Document | None = None
    refusal: str = ""


def export(family: Family | None, settings: Settings) -> tuple[bytes, store.Document | None]:
    """Return the index of a registry, made or renewed if need be, with what tells where it is from.

    Returns:
        the bytes, and the index to be kept in memory if it lies in no file.

    Raises:
        DiscoveryError: the registry can't be listed, or has no index.
    """
    obstacle = _obstacle(family)
    if family is None or obstacle:
        facts = [("cause", obstacle), ("fix", "let each process list it itself")]
        raise DiscoveryError(message("there is no index to export", facts))
    scope = family.scope
    document = _standing(scope, settings)
    if document is None and index.cache_path(scope, settings):
        index.take(scope, settings)
        document = _standing(scope, settings)
    made = None if document else _made(scope, settings)
    return _with_origin(document or made), made


def adopt(family: Family | None, settings: Settings, data: object, keep: bool) -> Adoption:
    """Take an index from elsewhere if it holds here; whatever *data* is, nothing is raised.

    Args:
        family: the registry's.
        settings: how its index is kept.
        data: what ``export`` returned elsewhere.
        keep: whether it may be written to the cache folder.
    """
    obstacle = _obstacle(family)
    if family is None or obstacle:
        return _refused(f"there is nothing to adopt for: {obstacle}")
    if _standing(family.scope, settings) is not None:
        return _refused("this process has an index that holds")
    try:
        return _adopted(_made_from(data, family.scope, settings), keep)
    except Miss as miss:
        return _refused(str(miss))
    except DiscoveryError as error:
        return _refused(str(error).partition("\n")[0])
    except _DAMAGE as error:
        return _refused(f"it is not what an index is ({type(error).__name__}: {error})")


def _refused(why: str) -> Adoption:
    from logging import getLogger

    getLogger("plugindex").debug("an index that was handed over is not adopted: %s", why)
    return Adoption(refusal=why)


def _adopted(made: Build, keep: bool) -> Adoption:
    if keep and not made.write():
        return Adoption()
    return Adoption(store.parse(made.packed()))


def _obstacle(family: Family | None) -> str:
    if family is None:
        return "no base class names this registry yet"
    if family.scope.package == "__main__":
        return "the classes of a script are all in its own process"
    return "a function of the host's finds its classes" if family.config.discovery_function else ""


def _standing(scope: Scope, settings: Settings) -> store.Document | None:
    """Return the whole index that this process would use as it is, None where there is none."""
    place = index.find_place(scope, settings)
    changes = None if place is None else index.changes_at(place, scope, settings)
    if place is None or changes is None or not changes.none:
        return None
    return place.document if place.document.entry(index.CONTENTS) else None


def _made(scope: Scope, settings: Settings) -> store.Document:
    from plugindex.build import build

    try:
        return store.parse(build(scope, settings, _nowhere(), None).packed())
    except DAMAGE:  # what a package ships may be sealed, and yet not what we write
        if not settings.shipped:
            raise
        return _made(scope, settings.replace(shipped=False))


def _with_origin(document: Any) -> bytes:
    head = {**document.raw_head(), "path": search_path()}
    return store.pack(head, "records", document.raw_tail())


def _made_from(data: object, scope: Scope, settings: Settings) -> Build:
    """Return what *data* is here: the modules of now, each with the result that it brings.

    Raises:
        Miss: it doesn't hold here.
    """
    from plugindex.build import Build

    checked = freshness.now_ns()  # before the stamps are taken, as in a build
    document = _opened(data)
    _check_origin(document, scope, settings)
    kept = _kept(document)
    place = index.find_place(scope, settings)
    made = Build(scope, settings, place or _nowhere(), kept)
    made.checked = checked
    if not made.is_settled():
        raise Miss("stale", "modules came or went since, or are found elsewhere here")
    made.resolve()
    _check_stamped(made, kept)
    _check_outcome(made, document)
    return made


def _nowhere() -> index.Place:
    return index.Place("", store.Document(store.ABSENT), environment_digest())


def _opened(data: object) -> store.Document:
    if type(data) is not bytes:
        raise Miss("refused", f"it is of type {type(data).__name__}, not bytes")
    if len(data) > store.LIMIT:
        raise Miss("refused", f"it has more than {store.LIMIT} bytes")
    document = store.parse(data)
    document.entry(index.CONTENTS)  # so that the tail's hash is checked
    if document.verdict != store.OK:
        raise Miss(document.verdict, f"it is damaged: {document.why}")
    return document


def _check_origin(document: store.Document, scope: Scope, settings: Settings) -> None:
    """Check that it was made for this scope, by an interpreter like this one.

    The search path may be another one: what it decides is looked up again.
    """
    path = document.head("path")
    if not isinstance(path, list) or document.head("environment") != environment_digest(path):
        raise Miss("stale", "its environment is another: interpreter, flags or prefix")
    config = CacheConfig(settings.max_age_days, settings.check_stamps, index.SCHEMA)
    version = document.head("version") if settings.version is None else settings.version
    check_header(document, config, version, environment_digest(path))
    if document.head("scope") != index.scope_digest(scope):
        raise Miss("stale", "it is of another registry, interpreter or platform")


def _kept(document: store.Document) -> Kept:
    """Return what the document keeps, with the stamps that its files have here.

    Raises:
        Miss: a file differs, or running code settled a part of it.
    """
    from plugindex.kept import Kept

    kept = Kept.of(document, freshness.Changes(folders=True))
    if kept is None:
        raise Miss("corrupt", "it is not what an index is")
    if kept.undecided:
        raise Miss("stale", f"{kept.undecided[0]} was settled by running it, which is done here")
    kept.failed = {}  # what failed elsewhere may load here; trying tells
    seen = freshness.doubtful(document.head("files"), document.head("checked"))
    differ = {kept.contents[p][1] for p, now in seen.items() if not _is_same(p, now, kept)}
    if differ - {""}:  # "" has the entry points, which are read anyway
        raise Miss("stale", f"files of these modules differ here: {_some(differ - {''})}")
    kept.files.update(seen)
    return kept


def _is_same(path: str, now: Stamp | None, kept: Kept) -> bool:
    """Tell whether import makes the same of a file as where the index is from."""
    known, content = kept.files[path], kept.contents[path][0]
    if now is None or known is None:
        return False
    if content or now == tuple(known):
        return freshness.same_content(path, known, now, content)
    # Import compares a source's size and second with those in its .pyc, whose content is compared.
    compiled = kept.contents.get(cache_path(path)) if path.endswith(".py") else None
    same = now[0] == known[0] and now[1] // 10**9 == known[1] // 10**9
    return bool(compiled and compiled[0]) and same


def _some(modules: set[str]) -> str:
    return ", ".join(sorted(modules)[:3]) + (" and more" if len(modules) > 3 else "")


def _check_stamped(made: Build, kept: Kept) -> None:
    """Check that a later change of any module in scope will be seen."""
    files = (made.finder.find(name) for name in made.modules)
    bare = {file.name for file in files if file and file.path and file.path not in kept.files}
    if bare:
        raise Miss("refused", f"it has no stamps of {_some(bare)}")


def _check_outcome(made: Build, document: store.Document) -> None:
    """Check what is listed, down to the fields that are decoded when somebody asks."""
    snapshot = made.snapshot(0)
    sections: Any = made.sections
    if sections["version"] != document.head("version"):
        raise Miss("stale", "its version is another")
    for plugin in _plugins(snapshot):
        if plugin.module not in made.modules and not made.scope.covers(plugin.module):
            raise Miss("refused", f"it names {plugin.reference}, which is not in scope")
        plugin.attributes.items()
    sections["timestamp"] = document.head("timestamp")  # it doesn't get younger by travelling


def _plugins(snapshot: Snapshot) -> Iterator[Plugin]:
    yield from snapshot.plugins.values()
    yield from snapshot.unavailable.values()
    for rivals in snapshot.conflicts.values():
        yield from rivals
