"""What a child's findings depend on besides the code that was read, and whether it still holds."""

from __future__ import annotations

import os

from plugindex import folders, stamp
from plugindex.codec import encode
from plugindex.names import root
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

ASKED = "/asked"  # stands for the module of a file that undecided modules read
ALL = "*"
# A shell changes these with every command, and the engine sets the last two for the child.
_PASSING = ("_", "SHLVL", "PWD", "OLDPWD", "PYTHONDONTWRITEBYTECODE", "PLUGINDEX_CHILD")
_LIMIT = 64 << 20
_TICK_NS = 10_000_000  # as coarse as kernels keep the times of files
_CHANGING = "?"  # no digest equals it


class Surroundings(Record):
    """The variables, files and folders that were asked for, as they were after it.

    *searched* are the folders that were listed to find modules, *roots* the top-level names that
    were looked for; None where nobody could say.
    """

    variables: Mapping[str, str | None] = {}
    files: Mapping[str, tuple[Any, str, str]] = {}
    folders: tuple[Any, ...] = ()
    searched: tuple[Any, ...] = ()
    roots: tuple[str, ...] | None = None


def taken(asked: Mapping[str, Any], since: int, roots: Iterable[str] = ()) -> Surroundings:
    """Return what was *asked* for as it is now.

    Args:
        asked: names of variables and paths of files and folders, by kind, and ``modules``, the
            files of those that came in; what a :class:`plugindex.witness.Witness` told.
        since: the time in ns when the child had not begun yet; what changed after it may have
            changed after it was read, and so is never taken for the same.
        roots: the packages whose modules nobody has read, so that their files count wherever
            they are installed.
    """
    modules = asked.get("modules", {}).items()
    unread = {path for name, path in modules if root(name) in roots}
    names = [name for name in asked.get("variables", ()) if name not in _PASSING]
    files = {path: _file(path, since) for path in unread.union(asked.get("files", ()))}
    return Surroundings(
        variables={name: value_digest(name) for name in names},
        files=files,
        folders=tuple(folders.look(asked.get("folders", ()))),
        searched=tuple(folders.look(asked.get("searched", ()))),
        roots=tuple(asked["roots"]) if "roots" in asked else None,
    )


def _file(path: str, since: int) -> tuple[Any, str, str]:
    before = stamp.take(path)
    data = stamp.read(path, _LIMIT)
    if before is not None and max(before[1], before[3]) > since - _TICK_NS:
        return before, _CHANGING, ASKED
    return before, "" if data is None else stamp.digest(data), ASKED


def value_digest(name: str) -> str | None:
    """Return what stands for the value of a variable, None where it isn't set."""
    if name == ALL:
        items = sorted(item for item in os.environ.items() if item[0] not in _PASSING)
        return stamp.digest(encode(items).encode("ascii"))
    value = os.environ.get(name)
    return None if value is None else stamp.digest(value.encode("utf-8", "surrogatepass"))


def hold(variables: Mapping[str, str | None]) -> bool:
    """Tell whether the *variables* that were asked for are as they were."""
    return all(value_digest(name) == digest for name, digest in variables.items())
