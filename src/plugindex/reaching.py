"""Modules that imports reach and no walk lists: in folders without ``__init__``, ``__main__``."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from plugindex.config import Scope
    from plugindex.library import Library


def reached(
    library: Library, scope: Scope, names: Iterable[str], known: Collection[str]
) -> list[str]:
    """Return the further modules in scope that the modules *names* import, and those import.

    A folder inside a package may hold anything, and ``__main__`` is there to be run, so these count
    only if a module of the package imports them, unguarded.

    Args:
        names: the modules to begin with.
        known: the modules that are known to be in scope.
    """
    found: dict[str, None] = {}
    rest = list(names)
    while rest:
        for target in _imported(library, scope, rest.pop()):
            if target not in known and target not in found and _is_there(library, target):
                found[target] = None
                rest.append(target)
    return sorted(found)


def _imported(library: Library, scope: Scope, name: str) -> Iterator[str]:
    record = library.record(name)
    inside = scope.package + "."
    for _, module, names, _ in record.imports if record else ():
        if (module == scope.package or module.startswith(inside)) and scope.covers(module):
            yield module
            inner = names or ()
            if not _is_folder(library, module):
                inner = [one for one in inner if one == "__main__"]
            yield from (f"{module}.{one}" for one in inner)


def _is_folder(library: Library, module: str) -> bool:
    file = library.file(module)
    return file is not None and file.kind == "namespace"


def _is_there(library: Library, module: str) -> bool:
    file = library.file(module)
    return file is not None and file.kind != "namespace"
