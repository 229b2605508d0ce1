"""Ask the importers that are not plain folders: archives, path hooks and meta path finders."""

from __future__ import annotations

import sys
from _frozen_importlib import BuiltinImporter, FrozenImporter
from _frozen_importlib_external import (
    ExtensionFileLoader,
    FileFinder,
    NamespaceLoader,
    PathFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)

from plugindex.records import ModuleFile, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from typing import Any

_OWN = (BuiltinImporter, FrozenImporter, PathFinder)
# setuptools' imports setuptools to answer, and ``Finder`` knows the alias that it makes; pytest's
# rewrites the assertions of files on the path; ours knows what ``Finder`` is told.
_KNOWN = ("_distutils_hack", "_pytest.assertion.rewrite", "plugindex.dropped")
_KINDS = {
    SourceFileLoader: "source",
    SourcelessFileLoader: "bytecode",
    ExtensionFileLoader: "extension",
    NamespaceLoader: "namespace",
    type(None): "namespace",
}


class Importers:
    """Search path entries and names that no folder listing can answer.

    It keeps one importer per path entry and one problem per importer that raised.
    """

    def __init__(self, troubles: list[Problem]) -> None:
        self._troubles = troubles
        self._entries: dict[str, Any] = {}
        self._archives: set[str] = set()
        self._blamed: set[int] = set()
        self._ahead, self._behind = _others()

    def at(self, entry: str) -> Any:
        """Return the importer that a path hook makes for *entry*, or None."""
        if entry not in self._entries:
            made = (self._guarded(hook, hook, entry) for hook in tuple(sys.path_hooks))
            found = next((m for m in made if m is not None), None)
            self._entries[entry] = None if isinstance(found, FileFinder) else found
            self._reread(self._entries[entry])
        return self._entries[entry]

    def find(self, entry: str, name: str) -> ModuleFile | None:
        """Return the module that the importer of *entry* finds, or None."""
        return self._asked(self.at(entry), name)

    def names(self, entry: str) -> Iterator[str]:
        """Yield the names that may be modules directly below *entry*."""
        importer = self.at(entry)
        if importer is None:
            return
        table = self._table(importer)
        if table is None:
            yield from self._listed(importer)
            return
        prefix = importer.prefix
        for path in table:
            if path.startswith(prefix):
                yield path[len(prefix) :].replace("\\", "/").partition("/")[0].partition(".")[0]

    def mapped(self, package: str) -> Iterator[str]:
        """Yield the names directly below *package* that editable installs map to folders."""
        for finder in tuple(sys.meta_path):
            home = sys.modules.get(getattr(finder, "__module__", ""))
            mapping = getattr(home, "MAPPING", None)  # setuptools' generated finders keep it there
            if isinstance(mapping, dict):
                yield from (
                    n.rpartition(".")[2] for n in mapping if n.rpartition(".")[0] == package
                )

    def elsewhere(self, name: str, locations: Sequence[str] | None) -> ModuleFile | None:
        """Return the module that a finder behind the path's own knows, or None.

        Args:
            name: the dotted name.
            locations: the parent's locations, None for a top-level name.
        """
        return self._first(self._behind, name, locations)

    def ahead(self, name: str, locations: Sequence[str] | None) -> ModuleFile | None:
        """Return the module that a finder knows which import asks before the path, or None.

        One whose loader gives no code has nothing to read, and is passed over. Arguments are those
        of ``elsewhere``.
        """
        found = self._first(self._ahead, name, locations) if self._ahead else None
        readable = found is not None and (found.loader is None or hasattr(found.loader, "get_code"))
        return found if readable else None

    def _first(
        self, finders: Iterable[object], name: str, locations: Sequence[str] | None
    ) -> ModuleFile | None:
        path = None if locations is None else list(locations)
        for finder in finders:
            found = self._asked(finder, name, path)
            if found is not None:
                return found
        return None

    def _asked(self, finder: object, name: str, *path: object) -> ModuleFile | None:
        find_spec = getattr(finder, "find_spec", None)
        spec = self._guarded(finder, find_spec, name, *path) if find_spec is not None else None
        return None if spec is None else from_spec(name, spec)

    def _guarded(self, owner: object, call: Callable[..., Any], *args: object) -> Any:
        try:
            return call(*args)
        except ImportError:  # how a path hook declines an entry
            return None
        # Finders and hooks are other people's code, and one that fails must not hide the rest.
        except Exception as error:  # noqa: BLE001
            self._blame(owner, args[0] if args else "", error)
            return None

    def _blame(self, owner: object, name: object, error: Exception) -> None:
        if id(owner) in self._blamed:
            return
        self._blamed.add(id(owner))
        kind = owner if hasattr(owner, "__qualname__") else type(owner)
        label = f"{kind.__module__}.{getattr(kind, '__qualname__', kind)}"
        text = f"the importer {label} raised {type(error).__name__} when asked for {name}"
        self._troubles.append(
            Problem("crashed", str(name), text, "what it alone can find is left out")
        )

    def _reread(self, importer: Any) -> None:
        # zipimport caches tables of contents per process; the answer must be a fresh process's.
        archive = getattr(importer, "archive", None)
        if isinstance(archive, str) and archive not in self._archives:
            self._archives.add(archive)
            self._guarded(importer, importer.invalidate_caches)

    def _table(self, importer: Any) -> Iterable[str] | None:
        read = getattr(importer, "_get_files", None)  # a private table, renamed between versions
        table = self._guarded(importer, read) if read else getattr(importer, "_files", None)
        usable = isinstance(table, dict) and isinstance(getattr(importer, "prefix", None), str)
        return table if usable else None

    def _listed(self, importer: Any) -> list[str]:
        from pkgutil import iter_importer_modules  # type: ignore[attr-defined]

        pairs = self._guarded(importer, lambda: list(iter_importer_modules(importer)))
        return [name for name, _ in pairs or ()]


def _others() -> tuple[list[Any], list[Any]]:
    """Return the finders that are not the interpreter's: those before its path finder, the rest."""
    finders = tuple(sys.meta_path)
    path = finders.index(PathFinder) if PathFinder in finders else 0
    some = [f for f in finders[:path] if not _is_known(f)]
    return some, [f for f in finders[path:] if not _is_known(f)]


def _is_known(finder: object) -> bool:
    """Tell whether asking a finder would tell nothing: the finder of files knows it all."""
    return finder in _OWN or type(finder).__module__ in _KNOWN


def from_spec(name: str, spec: ModuleSpec) -> ModuleFile:
    """Turn an import *spec* into the record of module *name*."""
    kind = _KINDS.get(type(spec.loader), "loader")
    inside = spec.submodule_search_locations
    return ModuleFile(
        name=name,
        kind=kind,
        path=spec.origin if kind != "namespace" and isinstance(spec.origin, str) else "",
        is_package=inside is not None,
        locations=tuple(inside or ()),
        loader=spec.loader if kind == "loader" else None,
    )
