"""Filter and order what a backend lists, the same way in every backend."""

from __future__ import annotations

from collections import deque
from fnmatch import fnmatchcase

from openhcs.core.natural import natural_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def walk(
    top: str, children: Callable[[str], Iterable[tuple[str, str, bool]]], recursive: bool
) -> Iterator[tuple[str, str]]:
    """Yield (name, path) of each file below *top*, breadth first and in natural order.

    Args:
        top: the folder to begin with.
        children: gives (name, path, is a folder) for each entry of a folder.
        recursive: go into sub-folders.
    """
    folders = deque([top])
    while folders:
        entries = sorted(children(folders.popleft()), key=lambda entry: natural_key(entry[0]))
        yield from ((name, path) for name, path, is_folder in entries if not is_folder)
        if recursive:
            folders.extend(path for _, path, is_folder in entries if is_folder)


def selected(
    files: Iterable[tuple[str, str]], pattern: str | None, extensions: Iterable[str] | None
) -> list[str]:
    """Return the paths of *files* whose name fits *pattern* and one of *extensions*."""
    endings = None if extensions is None else tuple(e.lower() for e in extensions)
    return [
        path
        for name, path in files
        # "._name" is what macOS leaves beside each file it copies to a foreign file system.
        if not name.startswith("._")
        and (pattern is None or fnmatchcase(name, pattern))
        and (endings is None or name.lower().endswith(endings))
    ]
