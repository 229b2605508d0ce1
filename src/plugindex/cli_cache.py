"""``plugindex cache``: where indexes lie, what they are, and how to be rid of them."""

from __future__ import annotations

import os
import time

from plugindex import index, output, store, targets
from plugindex.cli import SOUND, target_of
from plugindex.errors import CacheError, message
from plugindex.paths import ENVIRONMENT, cache_folder, environment_digest
from plugindex.records import Record
from plugindex.shipped_report import reports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator
    from typing import Any

    from plugindex.shipped_report import Report

_INDEX = "_registry.json"


class CacheFile(Record):
    """One file: its *verdict* (ok, absent, corrupt, refused), size, age in seconds, items."""

    path: str
    verdict: str
    why: str = ""
    bytes: int = 0
    age_seconds: float | None = None
    plugins: int | None = None
    environment: str = ""


def run(options: Namespace, started: float) -> int:
    """Print where the cache is, or what is in it, or remove it."""
    if options.action == "path":
        return _path(options)
    files = list(_files(options))
    if options.action == "clear":
        return _clear(files, options)
    found = [describe(path) for path in files]
    shipped = [] if _is_application(options) else list(_shipped(options))
    if options.json:
        output.document({"files": _as_json(found), "shipped": _as_json(shipped)})
    else:
        _print(found)
        for one in shipped:
            output.say(f"  shipped: {one.text}")
    return SOUND


def _as_json(records: Iterable[Record]) -> list[dict[str, Any]]:
    return [{name: getattr(one, name) for name in one._fields} for one in records]


def _shipped(options: Namespace) -> Iterator[Report]:
    """Yield what became of each index that a distribution of the target ships, each once."""
    seen: set[Report] = set()
    for one in targets.resolve(target_of(options)):
        for report in reports(one.scope, one.settings):
            if report not in seen:
                seen.add(report)
                yield report


def _path(options: Namespace) -> int:
    """Print the folder of an application, or the file of each registry of a target."""
    paths = [_folder(options.target)] if _is_application(options) else list(_indexes(options))
    if options.json:
        output.document({"paths": paths})
    else:
        for path in paths:
            output.say(path or "no cache is kept here")
    return SOUND


def _is_application(options: Namespace) -> bool:
    """Tell whether an application is named: a plain word stands for all its caches."""
    return bool(options.target and options.target.isidentifier()) and not options.package


def _folder(application: str) -> str:
    return cache_folder(application)


def _indexes(options: Namespace) -> Iterator[str]:
    for one in targets.resolve(target_of(options)):
        yield index.cache_path(one.scope, one.settings)


def _files(options: Namespace) -> Iterator[str]:
    if _is_application(options):
        yield from _kept(_folder(options.target))
    else:
        yield from (path for path in _indexes(options) if os.path.lexists(path))


def _kept(folder: str) -> Iterator[str]:
    """Yield the files of ours in a cache folder, other environments' included."""
    for name in _names(folder):
        path = os.path.join(folder, name)
        if name.startswith(ENVIRONMENT):
            yield from _kept(path)
        elif name.endswith(".json") and _is_ours(path, name):
            yield path


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder)) if folder else []
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        fix = "make it readable, or choose another with <APPLICATION>_CACHE_DIR"
        facts = [("cause", error.strerror or ""), ("fix", fix)]
        raise CacheError(message(f"the folder {folder} can't be listed", facts)) from None


def _is_ours(path: str, name: str) -> bool:
    """Tell whether a file was written as a cache; the application may keep others beside it."""
    return name.endswith(_INDEX) or store.read(path).verdict == store.OK


def describe(path: str) -> CacheFile:
    """Return what one cache file is."""
    found = store.read(path)
    if found.verdict != store.OK:
        return CacheFile(path, found.verdict, found.why)
    written, items = found.head("timestamp"), found.head("items")
    owner = found.head("environment")
    return CacheFile(
        path,
        found.verdict,
        "",
        os.stat(path).st_size,
        round(time.time() - written, 1) if isinstance(written, int | float) else None,
        len(items) if isinstance(items, dict) else None,
        "this" if owner == environment_digest() else "another" if owner else "",
    )


def _print(found: Iterable[CacheFile]) -> None:
    rows = [
        (
            one.path,
            one.verdict,
            str(one.bytes),
            "" if one.plugins is None else str(one.plugins),
            one.environment,
            "" if one.age_seconds is None else f"{one.age_seconds:.0f} s",
            one.why,
        )
        for one in found
    ]
    names = ("file", "verdict", "bytes", "items", "environment", "age", "why")
    output.table(f"{len(rows)} cache file{'s' * (len(rows) != 1)}", names, rows)


def _clear(files: Iterable[str], options: Namespace) -> int:
    removed: list[Any] = []
    for path in files:
        for one in (path, f"{path}.lock"):
            if _remove(one) and one == path:
                removed.append(path)
    if options.json:
        output.document({"removed": removed})
    else:
        output.say("\n".join(f"removed {path}" for path in removed) or "nothing to remove")
    return SOUND


def _remove(path: str) -> bool:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        fix = "remove it by hand, or as its owner"
        facts = [("cause", error.strerror or ""), ("fix", fix)]
        raise CacheError(message(f"{path} can't be removed", facts)) from None
    return True
