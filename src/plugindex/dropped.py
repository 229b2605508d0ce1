"""Files that users drop into a plugin folder, as modules that no installed package can hide.

``FOLDER/yak.py`` of the application ``zoo`` is the module ``plugindex.dropped.zoo.yak``. This
module is the package above them all: importing it puts the finder in place that knows their names
and no other, so a spawned process finds them by their names alone.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import SourceFileLoader, spec_from_file_location

from plugindex.files import Refused, distrust, read_own
from plugindex.names import DROPPED, is_dropped
from plugindex.paths import is_apart, plugin_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

__path__: list[str] = []  # makes this module a package; its finder needs no folder
_LARGEST = 64 << 20  # bytes; larger is no module that anybody wrote
# Folders that somebody named, by package; the others are told by the name of the application.
_named: dict[str, str] = {}


class DistrustedError(ImportError):
    """A file that another user could have written; what it holds isn't run."""


def know(package: str, folder: str) -> None:
    """Let modules of *package* be imported from *folder*."""
    if is_apart(package):
        _named[package] = folder
    if not any(isinstance(one, _Finder) for one in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _folder(package: str) -> str:
    """Return the folder for which *package* stands.

    Raises:
        ModuleNotFoundError: only the base class's module knows it, and isn't imported yet.
    """
    if package in _named:
        return _named[package]
    if is_apart(package):
        text = f"{package} stands for a plugin folder that a registry names; import that first"
        raise ModuleNotFoundError(text, name=package)
    return plugin_folder(package.rpartition(".")[2])


class _Finder:
    """Find the modules below ours: files of plugin folders that nobody else can write."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where the module *name* lies; None if it is none of ours.

        Raises:
            DistrustedError: another user could have written it.
        """
        if not is_dropped(name):
            return None
        _, _, application, *parts = name.split(".")
        folder = _folder(f"{DROPPED}.{application}")
        if not parts:
            return ModuleSpec(name, None, is_package=True) if os.path.isdir(folder) else None
        stem = os.path.join(folder, *parts)
        inside = os.path.join(stem, "__init__.py")
        is_package = os.path.isfile(inside)
        file = inside if is_package else stem + ".py"
        if not os.path.isfile(file):
            return None
        _check(name, folder, file)
        locations = [stem] if is_package else None
        return spec_from_file_location(
            name, file, loader=_Loader(name, file), submodule_search_locations=locations
        )


def _check(name: str, folder: str, file: str) -> None:
    """Refuse a file if others may write it or a folder on the way to it."""
    place = file
    while True:
        why = distrust(place)
        if why:
            raise DistrustedError(f"{place} is not used: {why}", name=name, path=place)
        if place == folder:
            return
        place = os.path.dirname(place)


class _Loader(SourceFileLoader):
    """Load source that is the user's own; byte code beside it is neither used nor written."""

    def path_stats(self, path: str) -> dict[str, float]:
        """Keep the import system from looking for byte code."""
        raise OSError("no byte code is kept for a plugin folder")

    def get_data(self, path: str) -> bytes:
        """Return the bytes of *path*; those of the module itself must be the user's own."""
        if path != self.path:
            return super().get_data(path)
        try:
            return read_own(path, _LARGEST)
        except Refused as why:
            raise DistrustedError(f"{path} is not used: {why}", name=self.name, path=path) from None


know("", "")
