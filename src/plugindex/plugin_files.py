"""Find what users dropped into a plugin folder, without running it."""

from __future__ import annotations

import os

from plugindex import stamp
from plugindex.files import distrust, mend
from plugindex.names import PLUGIN_FOLDER, value, variable
from plugindex.paths import plugin_place
from plugindex.records import ModuleFile, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugindex.config import Scope
    from plugindex.finder import Finder, Listing

_LIMIT = 1 << 20  # bytes of a file that need not be empty


def find(finder: Finder, name: str) -> ModuleFile | None:
    """Return where the file of a plugin folder lies that the module *name* stands for.

    It must be source: none of the byte code that lies there is believed.
    """
    if name in finder.dropped:
        return ModuleFile(name, "namespace", "", True, (finder.dropped[name],))
    parent, _, tail = name.rpartition(".")
    package = finder.find(parent)
    listed = finder.listing(package.locations[0]) if package and package.locations else None
    if package is None or listed is None:
        return None
    stem = os.path.join(package.locations[0], tail)
    inside = finder.listing(stem) if tail in listed.folders else None
    if inside is not None and "__init__.py" in inside.files:
        return _package(finder, name, stem)
    return ModuleFile(name, "dropped", stem + ".py") if tail + ".py" in listed.files else None


def _package(finder: Finder, name: str, folder: str) -> ModuleFile | None:
    why = distrust(folder)
    if why:
        finder.troubles.append(_ignored(folder, why, mend(folder, why)))
        return None
    return ModuleFile(name, "dropped", os.path.join(folder, "__init__.py"), True, (folder,))


def offered(finder: Finder, scope: Scope) -> list[tuple[str, str]]:
    """Return the package that stands for the plugin folder, if there is one to be used."""
    package, folder = plugin_place(scope)
    finder.troubles.extend(_misnamed(scope, folder))
    listed = finder.listing(folder) if folder else None  # which stamps it, also while it is absent
    if listed is None:
        if os.path.isfile(folder):
            finder.troubles.append(_ignored(folder, "it is no folder", "make it a folder"))
        return []
    why = distrust(folder)
    if why:
        finder.troubles.append(_ignored(folder, why, mend(folder, why)))
        return []
    finder.troubles.extend(_odd(folder, listed))
    return [(package, PLUGIN_FOLDER)]


def _misnamed(scope: Scope, folder: str) -> Iterator[Problem]:
    """Yield what is wrong with the folder that a variable names."""
    name, told = variable(scope.application, "PLUGIN_DIR"), value(scope.application, "PLUGIN_DIR")
    if not told or scope.selection.plugin_folder:
        return
    if not os.path.isabs(os.path.expanduser(told)):
        yield _ignored(told, "it is no absolute path", f"set {name} to an absolute path")
    elif not os.path.lexists(folder):
        yield _ignored(folder, "there is no such folder", f"make it, or correct {name}")


def _odd(folder: str, listed: Listing) -> Iterator[Problem]:
    """Yield what somebody may take for a plugin, but that import doesn't."""
    for name in sorted(listed.names - listed.folders):
        stem, dot, suffix = name.rpartition(".")
        if not dot or not stem or name[0] == ".":
            continue
        path = os.path.join(folder, name)
        if suffix in ("pyc", "pyd", "so"):
            yield _ignored(path, "it is no source file", "drop the .py file that it was made from")
        elif suffix != "py":
            continue
        elif not os.path.isfile(path):
            yield _ignored(path, "it is no file", "put the file itself into the folder")
        elif not stem.isidentifier():
            hint = "call it by letters, digits and underscores: " + _plain(stem) + ".py"
            yield _ignored(path, "its name is no name of a module", hint)
        elif name in ("__init__.py", "__main__.py") and stamp.read(path, _LIMIT):
            yield _ignored(path, "the folder itself is no package", "give the file another name")


def _plain(stem: str) -> str:
    plain = "".join(c if c.isalnum() else "_" for c in stem)
    return plain if plain.isidentifier() else f"_{plain}"


def _ignored(path: str, why: str, hint: str) -> Problem:
    """Return the problem of a file or folder that is not used."""
    return Problem("ignored", "", f"not used: {why}", hint, path)
