"""Find modules by name from folder listings, importing nothing."""

from __future__ import annotations

import _imp
import os
import sys

from plugindex import plugin_files
from plugindex.importers import Importers
from plugindex.names import is_dropped
from plugindex.records import ModuleFile, Problem, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

# The order is the one in which importlib's path finder tries suffixes.
_KINDS = dict.fromkeys(_imp.extension_suffixes(), "extension")
_KINDS |= {".py": "source"} | ({".pyw": "source"} if sys.platform == "win32" else {})
_KINDS |= {".pyc": "bytecode"}
_SUFFIXES = tuple(_KINDS.items())
_NEVER = frozenset({"__init__", "__main__", "__pycache__", ""})


class Listing(Record):
    """What one folder held: all *names*, and those that are files, folders, links to folders."""

    names: frozenset[str]
    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()


_NOTHING = Listing(frozenset())


class Finder:
    """Find modules as a fresh process would, each folder listed once.

    Args:
        path: the search path; ``sys.path`` as it is now when left out.
        dropped: the plugin folder for which a package stands, by that package.
    """

    def __init__(
        self, path: Sequence[str] | None = None, dropped: Mapping[str, str] | None = None
    ) -> None:
        entries = [_entry(e) for e in (sys.path if path is None else path) if isinstance(e, str)]
        self.path: tuple[str, ...] = tuple(dict.fromkeys(entries))
        self.dropped = dict(dropped or {})
        self.troubles: list[Problem] = []
        self.consulted: dict[str, frozenset[str] | None] = {}
        self._listings: dict[str, Listing | None] = {}
        self._found: dict[str, ModuleFile | None] = {}
        self._importers = Importers(self.troubles)
        self.left_out = False  # whether a package had modules that no walk over it lists

    def find(self, name: str) -> ModuleFile | None:
        """Return where the module *name* lies, or None when there is no such module."""
        try:
            return self._found[name]
        except KeyError:
            found = self._found[name] = self._locate(name)
            return found

    def modules(self, package: str, recursive: bool = True) -> list[ModuleFile]:
        """Return *package* itself and the modules in it, sorted by name.

        Args:
            package: a dotted name; for a plain module the answer is that module alone.
            recursive: descend into the packages inside.
        """
        root = self.find(package)
        if root is None:
            return []
        found = {package: root}
        self._collect(root, found, recursive, root.kind == "namespace", root.locations)
        return [found[name] for name in sorted(found)]

    def submodules(self, package: str) -> set[str]:
        """Return the last parts of the names of the modules directly inside *package*."""
        found = self.find(package)
        return {child.name.rpartition(".")[2] for child in self._children(found)}

    def listing(self, folder: str) -> Listing | None:
        """Return what *folder* holds, None when it is absent, unreadable or no folder."""
        try:
            return self._listings[folder]
        except KeyError:
            listed = self._listings[folder] = self._scan(folder)
            self.consulted[folder] = None if listed is None else listed.names
            return listed

    def looked_up(self) -> Iterator[str]:
        """Yield every name that was to be found, whether it was or not."""
        return iter(self._found)

    def list_all(self) -> None:
        """List every folder of the search path: whoever runs code may look in each."""
        for place in self.path:
            self.listing(place)

    def searched(self) -> frozenset[str]:
        """Return the folders of the search path that are no package's as well."""
        found = [file for file in self._found.values() if file is not None]
        return frozenset(self.path).difference(*[file.locations for file in found])

    def _locate(self, name: str) -> ModuleFile | None:
        parent, _, tail = name.rpartition(".")
        if not tail or (not parent and "." in name):
            return None
        if is_dropped(name):
            return plugin_files.find(self, name)
        if name == "os.path":  # os is no package: it enters its path module in sys.modules
            return self._alias(name, os.path.__name__)
        if parent:
            return self._inside(self.find(parent), name)
        if name in sys.builtin_module_names:
            return ModuleFile(name, "builtin")
        return self._top_level(name)

    def _top_level(self, name: str) -> ModuleFile | None:
        if name == "distutils" and "_distutils_hack" in sys.modules:
            # setuptools' shim stands before the path and imports setuptools to answer.
            shimmed = self._alias(name, "setuptools._distutils")
            if shimmed is not None:
                return shimmed
        frozen = _imp.is_frozen(name)
        first = getattr(sys, "_stdlib_dir", None) if frozen else None
        places = (first, *self.path) if first else self.path
        found = self._importers.ahead(name, None) or self._search(name, name, places)
        if found is None and frozen:
            return _frozen(name)
        return found or self._importers.elsewhere(name, None)

    def _inside(self, parent: ModuleFile | None, name: str) -> ModuleFile | None:
        if parent is None or not parent.is_package:
            return None
        found = self._importers.ahead(name, parent.locations)
        found = found or self._search(name, name.rpartition(".")[2], parent.locations)
        if found is None and parent.kind == "frozen" and _imp.is_frozen(name):
            return _frozen(name)
        return found or self._importers.elsewhere(name, parent.locations)

    def _alias(self, name: str, target: str) -> ModuleFile | None:
        found = self.find(target)
        alias: ModuleFile | None = found and found.replace(name=name)
        return alias

    def _search(self, name: str, tail: str, places: Sequence[str]) -> ModuleFile | None:
        portions: list[str] = []
        for place in places:
            listed = self.listing(place)
            if listed is None:
                found = self._importers.find(place, name)
            else:
                found = self._in_folder(name, tail, place, listed)
            if found is not None and found.kind != "namespace":
                return found
            portions += found.locations if found is not None else ()
        if not portions:
            return None
        return ModuleFile(name, "namespace", "", True, tuple(_unlike(portions)))

    def _in_folder(self, name: str, tail: str, place: str, listed: Listing) -> ModuleFile | None:
        folder = (place if place.endswith(os.sep) else place + os.sep) + tail
        inside = tail in listed.folders
        if inside:
            files = (self.listing(folder) or _NOTHING).files
            for suffix, kind in _SUFFIXES:
                if "__init__" + suffix in files:
                    path = f"{folder}{os.sep}__init__{suffix}"
                    return ModuleFile(name, kind, path, True, (folder,))
        files = listed.files
        for suffix, kind in _SUFFIXES:
            if tail + suffix in files:
                return ModuleFile(name, kind, folder + suffix)
        return ModuleFile(name, "namespace", "", True, (folder,)) if inside else None

    def _children(self, package: ModuleFile | None) -> list[ModuleFile]:
        if package is None:
            return []
        prefix = package.name + "."
        held = set(self._tails(package))
        self.left_out = self.left_out or "__main__" in held
        tails = sorted(held - _NEVER)
        named = [self.find(prefix + tail) for tail in tails if tail.isidentifier()]
        children = [child for child in named if child is not None]
        if package.kind == "namespace":
            return children
        listed = [child for child in children if child.kind != "namespace"]
        self.left_out = self.left_out or len(listed) < len(children)
        return listed

    def _tails(self, package: ModuleFile) -> list[str]:
        tails: list[str] = []
        for place in package.locations:
            listed = self.listing(place)
            if listed is None:
                tails += self._importers.names(place)
                continue
            tails += listed.folders
            parts = (file.partition(".") for file in listed.files)
            tails += [stem for stem, _, suffix in parts if "." + suffix in _KINDS]
        if package.kind == "namespace":
            tails += self._importers.mapped(package.name)
        if package.kind == "frozen":
            tails += _frozen_children(package.name)
        return tails

    def _collect(
        self,
        package: ModuleFile,
        found: dict[str, ModuleFile],
        recursive: bool,
        whole: bool,
        chain: tuple[str, ...],
    ) -> None:
        for child in self._children(package):
            if child.kind == "namespace" and not (whole and recursive):
                continue
            if child.is_package and self._loops(child, chain):
                continue
            before = len(found)
            if recursive and child.is_package:
                inside = whole and child.kind == "namespace"
                self._collect(child, found, recursive, inside, chain + child.locations)
            if child.kind != "namespace" or len(found) > before:
                found[child.name] = child

    def _loops(self, child: ModuleFile, chain: tuple[str, ...]) -> bool:
        linked = [place for place in child.locations if self._is_link(place)]
        if not linked:
            return False
        above = [os.path.realpath(place) + os.sep for place in chain]
        targets = [os.path.realpath(place) + os.sep for place in linked]
        return any(place.startswith(target) for place in above for target in targets)

    def _is_link(self, folder: str) -> bool:
        parent, tail = os.path.split(folder)
        return tail in (self._listings.get(parent) or _NOTHING).links

    def _scan(self, folder: str) -> Listing | None:
        try:
            with os.scandir(folder) as entries:
                found = list(entries)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        except OSError as error:
            self.troubles.append(_unreadable(folder, error))
            return None
        links = [e for e in found if e.is_symlink()]
        plain = [e for e in found if not e.is_symlink()] if links else found
        linked = frozenset([e.name for e in links if _holds(e.is_dir)])
        return Listing(
            frozenset([e.name for e in found]),
            frozenset([e.name for e in plain if e.is_file()])
            | {e.name for e in links if _holds(e.is_file)},
            frozenset([e.name for e in plain if e.is_dir()]) | linked,
            linked,
        )


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except OSError:  # a link that loops, or leads where we may not look
        return False


def _entry(entry: str) -> str:
    if os.path.isabs(entry) or (entry and not os.path.isdir(entry)):
        return entry  # a relative entry that is no folder may be a path hook's placeholder
    try:
        return os.path.abspath(entry)
    except OSError:  # the working folder is gone
        return entry


def _unlike(portions: list[str]) -> list[str]:
    return list({os.path.realpath(place): place for place in reversed(portions)}.values())[::-1]


def _frozen(name: str) -> ModuleFile:
    return ModuleFile(name, "frozen", "", _imp.is_frozen_package(name))


def _frozen_children(package: str) -> list[str]:
    names: list[str] = getattr(_imp, "_frozen_module_names", list)()
    prefix = package + "."
    return [n[len(prefix) :] for n in names if n.startswith(prefix)]


def _unreadable(folder: str, error: OSError) -> Problem:
    reason = error.strerror or type(error).__name__
    hint = "make the folder readable, or take it off the path"
    return Problem("unreadable", "", f"the folder can't be listed: {reason}", hint, folder)
