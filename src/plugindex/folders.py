"""What folders held: the digest that an index keeps of each, and whether it still holds.

A folder of the search path may have anything in it that a program writes there. Of its names, only
those count that import could take for what was looked up, and the metadata of distributions. In a
folder of a package all count, since a new name may be a new module.
"""

from __future__ import annotations

import os

from plugindex import stamp
from plugindex.codec import encode
from plugindex.files import distrust

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import Any

    Names = frozenset[str]

SEARCHED = "/"  # before the digest of a folder of the search path
_LIMIT = 64 << 20  # bytes of an archive whose content is compared
_METADATA = ("-info", ".egg-link")  # ends what tells which distributions are installed


def listed(folder: str) -> Names | None:
    """Return the names in *folder*, None when it can't be listed."""
    try:
        return frozenset(os.listdir(folder))
    except (OSError, ValueError):
        return None


def take(
    consulted: Mapping[str, Names | None],
    dropped: Iterable[str] = (),
    searched: Collection[str] = (),
    roots: Collection[str] = (),
) -> list[Any]:
    """Return path, stamp and digest of each folder that was listed.

    Args:
        consulted: the names that each had, None where a path is no folder.
        dropped: the plugin folders.
        searched: those of which only the *roots* count, the top-level names that were looked up.
    """
    return [
        [path, stamp.take(path), _first_digest(path, names, dropped, searched, roots)]
        for path, names in consulted.items()
    ]


def look(paths: Iterable[str]) -> list[Any]:
    """Return the same of each of *paths* as it is now, all names of a folder counting."""
    return take({path: listed(path) for path in paths})


def joined(found: list[Any], asked: Iterable[Any], searched: Iterable[Any]) -> list[Any]:
    """Return the entries of folders, each path once.

    Args:
        found: those that were listed to find modules.
        asked: those that a child listed for its own ends: all their names count.
        searched: those in which a child looked for modules.
    """
    entries = {path: [path, *rest] for path, *rest in (*searched, *found)}
    for path, *rest in asked:
        if path not in entries or entries[path][2][:1] == SEARCHED:
            entries[path] = [path, *rest]
    return list(entries.values())


def _first_digest(
    path: str,
    names: Names | None,
    dropped: Iterable[str],
    searched: Collection[str],
    roots: Collection[str],
) -> str:
    if names is not None and path in searched:
        return _searched_digest(names, roots)
    return _digest(path, names, path if _in(path, dropped) else "")


def _in(path: str, folders: Iterable[str]) -> bool:
    return any(f"{path}{os.sep}".startswith(f"{folder}{os.sep}") for folder in folders)


def holds(path: str, digest: str, roots: Callable[[], Iterable[str]]) -> bool:
    """Tell whether *digest* stands for what lies at *path* now.

    Args:
        path: a folder or an archive.
        digest: what was kept of it.
        roots: returns the top-level names that had been looked up.
    """
    names = listed(path)
    if digest[:1] == SEARCHED:
        return names is not None and _searched_digest(names, roots()) == digest
    return _digest(path, names, path if digest[:1] == stamp.OWN else "") == digest


def is_bare(path: str, roots: Collection[str]) -> bool:
    """Tell whether nothing lies at *path* that import could take for one of *roots*.

    Programs don't count, whose files have no suffix: those of an environment lie in one folder.
    """
    names = listed(path)
    if names is None:
        return not os.path.lexists(path)
    known = frozenset(roots)
    return not any(_counts(name, known) and not _is_program(path, name) for name in names)


def _counts(name: str, roots: Names) -> bool:
    return name.partition(".")[0] in roots or name.endswith(_METADATA)


def _is_program(folder: str, name: str) -> bool:
    return "." not in name and os.path.isfile(os.path.join(folder, name))


def rerooted(entry: list[Any], before: Collection[str], roots: Collection[str] | None) -> list[Any]:
    """Return an *entry* of ``take`` after more names were looked up.

    Args:
        entry: path, stamp and digest.
        before: the roots then.
        roots: the roots now, None where any name may matter.

    Returns:
        the entry as it was, where it doesn't hold any more: the next start finds that out.
    """
    path, _, digest = entry
    now, names = stamp.take(path), listed(path)
    if digest[:1] != SEARCHED or names is None or _searched_digest(names, before) != digest:
        return entry
    return [path, now, _names_digest(names) if roots is None else _searched_digest(names, roots)]


def restamped(folders: Iterable[Any]) -> list[Any]:
    """Return stamps of now for *folders*, which were found to hold the same."""
    return [[path, stamp.take(path), digest] for path, _, digest in folders]


def _searched_digest(names: Names, roots: Iterable[str]) -> str:
    known = frozenset(roots)
    return SEARCHED + _names_digest(frozenset(name for name in names if _counts(name, known)))


def _names_digest(names: Names | None, own: str = "") -> str:
    """Return what stands for the names of a folder; the bytecode folder comes and goes.

    Args:
        names: None where they can't be listed.
        own: the folder's path, if it counts too whether others may write it.
    """
    if names is None and not own:
        return ""
    told: list[Any] = sorted(names - {"__pycache__"}) if names is not None else []
    told += [distrust(own)] if own else []
    return (stamp.OWN if own else "") + stamp.digest(encode(told).encode("ascii"))


def _digest(path: str, names: Names | None, own: str) -> str:
    """Return what stands for what *path* holds, be it a folder or an archive."""
    if names is not None or own:
        return _names_digest(names, own)
    data = stamp.read(path, _LIMIT)
    return "" if data is None else stamp.digest(data)
