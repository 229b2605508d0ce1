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
    only if a module of the package imports them, unguarded, or the base class stands there.

    Args:
        names: the modules to begin with.
        known: the modules that are known to be in scope.
    """
    found: dict[str, None] = {}
    targets: Iterable[str] = _around_base(scope)
    pending = list(names)
    while True:
        for target in targets:
            if target not in known and target not in found and _is_there(library, target):
                found[target] = None
                pending.append(target)
        if not pending:
            return sorted(found)
        targets = _imported(library, scope, pending.pop(), known)


def _around_base(scope: Scope) -> list[str]:
    """Return the module of the base class and the packages around it, as far as in scope."""
    parts = scope.base.partition(":")[0].split(".")
    names = (".".join(parts[: end + 1]) for end in range(len(parts)))
    return [name for name in names if scope.covers(name)]


def _imported(library: Library, scope: Scope, name: str, known: Collection[str]) -> Iterator[str]:
    record = library.record(name)
    inside = scope.package + "."
    for _, module, names, _ in record.imports if record else ():
        if (module == scope.package or module.startswith(inside)) and scope.covers(module):
            yield module
            walked = module in known  # so that of what is in it, a walk lists all but this
            inner = [one for one in names or () if one == "__main__" or not walked]
            yield from (f"{module}.{one}" for one in inner)


def _is_there(library: Library, module: str) -> bool:
    file = library.file(module)
    return file is not None and file.kind != "namespace"
