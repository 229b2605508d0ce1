"""Note what runs in a child asks of its surroundings: variables, files, folders and modules.

Of a folder that the import system lists, the names that it looks for count; of one that anybody
else lists, all.

What an undecided module or a discovery function comes to may depend on any of them, so the index
stamps them like the files that were read. Asking whether a file is there is not told to anybody,
and isn't seen.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib_external import PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec
    from typing import Any

ALL = "*"  # a module that goes through the environment asks for every variable
_LIBRARY = os.path.dirname(os.__file__)
_INSTALLED = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))
_NOWHERE = ("/proc/", "/sys/", "/dev/")  # made as they are read, so never the same
_MODULE = (".py", ".pyc", ".so", ".pyd")
_MOST = 5_000
_IMPORT_SYSTEM = PathFinder.find_spec.__code__.co_filename


class Witness:
    """What was asked for since the beginning, until it is closed."""

    def __init__(self) -> None:
        self.variables: set[str] = set()
        self.files: set[str] = set()
        self.folders: set[str] = set()
        self.searched: set[str] = set()
        self.roots: set[str] = set()
        self.written: set[str] = set()
        self.closed = False
        self._before = frozenset(sys.modules)

    def told(self) -> dict[str, Any]:
        """Return it as JSON values, and note no more."""
        self.closed = True
        files = {_source(path) for path in self.files - self.written if _counts(path)}
        folders = {path for path in self.folders if _counts(path + os.sep)}
        searched = {path for path in self.searched - folders if _counts(path + os.sep)}
        return {
            "variables": sorted(self.variables),
            "files": sorted(files)[:_MOST],
            "folders": sorted(folders)[:_MOST],
            "searched": sorted(searched)[:_MOST],
            "roots": sorted(self.roots.union(name.partition(".")[0] for name in list(sys.modules))),
            "modules": self._modules(),
        }

    def _modules(self) -> dict[str, str]:
        """Return the file behind each module that came in; an archive is one."""
        found = {}
        for name, module in list(sys.modules.items()):
            spec = None if name in self._before else getattr(module, "__spec__", None)
            origin = getattr(getattr(spec, "loader", None), "archive", None)
            origin = origin or getattr(spec, "origin", None)
            if isinstance(origin, str) and getattr(spec, "has_location", False):
                found[name] = origin
        return found

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take an audit event; it must never raise, for that would fail what the module does."""
        if self.closed or event not in ("open", "os.listdir", "os.scandir"):
            return
        try:
            path = os.path.abspath(os.fsdecode(arguments[0] or "."))
        except (TypeError, ValueError, OSError):  # a descriptor, or no path at all
            return
        if event != "open":
            by_import = sys._getframe(1).f_code.co_filename == _IMPORT_SYSTEM
            (self.searched if by_import else self.folders).add(path)
        elif _reads(arguments[1], arguments[2]):
            self.files.add(path)
        else:
            self.written.add(path)


def begin() -> Witness:
    """Note what is asked from now on; an audit hook stays to the end of the process."""
    witness = Witness()
    sys.addaudithook(witness._note)
    _watch(witness)
    for environment in (os.environ, getattr(os, "environb", os.environ)):
        environment.__class__ = _noting(type(environment), witness)
    return witness


def _watch(witness: Witness) -> None:
    """Note the top-level names that are looked for on the search path, found or not."""
    look_up = PathFinder.find_spec

    def find_spec(fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        witness.roots.add(str(fullname).partition(".")[0])
        return look_up(fullname, path, target)

    PathFinder.find_spec = staticmethod(find_spec)  # type: ignore[method-assign]


def _noting(kind: Any, witness: Witness) -> type:
    class Noting(kind):  # type: ignore[misc]
        def __getitem__(self, name: Any) -> Any:
            if isinstance(name, (str, bytes)):
                witness.variables.add(os.fsdecode(name))
            return super().__getitem__(name)

        def __iter__(self) -> Iterator[Any]:
            witness.variables.add(ALL)
            return iter(list(super().__iter__()))

    return Noting


def _reads(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return not set(mode) & set("wax+")
    return isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR) == 0


def _counts(path: str) -> bool:
    """Leave out what comes with the interpreter, or changes with a version that is installed."""
    if path.startswith(_NOWHERE) or "__pycache__" + os.sep == path[-12:]:
        return False
    if any(part in path for part in _INSTALLED):
        return not path.endswith(_MODULE) and os.path.isfile(path)
    return not path.startswith(_LIBRARY + os.sep)


def _source(path: str) -> str:
    """Return the source that bytecode was made from: that changes first, and is what is kept."""
    folder, name = os.path.split(path)
    if os.path.basename(folder) != "__pycache__":
        return path
    return os.path.join(os.path.dirname(folder), name.partition(".")[0] + ".py")
