"""Which distributions are installed, told by the names of their folders."""

from __future__ import annotations

import os
import sys

from plugindex import stamp
from plugindex.names import is_dropped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import Distribution
    from typing import Any, TypeGuard

_KINDS = ("dist-info", "egg-info")
_LARGEST = 64 << 20  # bytes of a file that lists what was installed


def installed_version(name: str) -> str:
    """Return the version of the distribution called *name*, "" if there is none; import nothing.

    It looks at names of folders alone, which costs a hundredth of ``importlib.metadata``.
    """
    wanted = normal(name)
    for _, _, stem in _metadata():
        distribution, _, version = stem.partition("-")
        if version and normal(distribution) == wanted:
            return version.partition("-")[0]  # an egg's name ends with the interpreter's
    return ""


def distribution_of(module: str, provider: str = "") -> Distribution | None:
    """Return the installed distribution that brings *module*; None for a plugin folder's file.

    Looking through the metadata of all that is installed takes a third of a second, so what was
    found counts until something is installed or removed.

    Args:
        module: its full name.
        provider: the distribution's name, if it is known.
    """
    global _found
    if is_dropped(module):
        return None
    top, installed = module.partition(".")[0], _installed()
    if _found[0] != installed:
        _found = installed, {}
    found = _found[1]
    if (top, provider) not in found:
        found[top, provider] = _look_up(top, provider)
    return found[top, provider]


# The distributions that were asked for, by top-level package and provider, among what was installed
_found: tuple[list[Any], dict[tuple[str, str], Distribution | None]] = [], {}


def _installed() -> list[Any]:
    """Return what stands for the distributions that are installed: their folders, and archives."""
    folders = [os.path.join(folder, entry) for folder, entry, _ in _metadata()]
    archives = [one for one in filter(_is_sound, sys.path) if not os.path.isdir(one or ".")]
    return [(path, stamp.take(path)) for path in (*folders, *archives)]


def _look_up(top: str, provider: str) -> Distribution | None:
    from importlib import metadata

    try:
        return metadata.distribution(provider or top)
    except metadata.PackageNotFoundError:
        pass
    except (OSError, TypeError, ValueError):  # an entry of sys.path that is no folder's name
        return None
    try:
        names = metadata.packages_distributions().get(top, ())
        return metadata.distribution(names[0]) if names else None
    except (OSError, TypeError, ValueError):
        return None


def normal(name: str) -> str:
    """Return the form in which two spellings of one distribution's name are equal."""
    return name.lower().replace("_", "-").replace(".", "-").replace(" ", "-")


def bringing(package: str) -> list[str]:
    """Return the names of the distributions that bring a top-level *package*.

    Folders alone are looked into: what a broken installation lacks costs nobody anything.
    """
    return [
        stem.partition("-")[0]
        for folder, entry, stem in _metadata()
        if package in _packages(os.path.join(folder, entry))
    ]


def _metadata() -> Iterator[tuple[str, str, str]]:
    """Yield folder, name and stem of the metadata of each distribution on the path."""
    for folder in filter(_is_sound, sys.path):
        for entry in _names(folder):
            stem, _, kind = entry.rpartition(".")
            if kind in _KINDS:
                yield folder, entry, stem


def _packages(folder: str) -> set[str]:
    """Return the top-level packages of an installed distribution."""
    told = stamp.read(os.path.join(folder, "top_level.txt"), _LARGEST)
    if told is not None:
        return set(told.decode("utf-8", "replace").split())
    record = stamp.read(os.path.join(folder, "RECORD"), _LARGEST) or b""
    paths = [line.partition(",")[0] for line in record.decode("utf-8", "replace").splitlines()]
    return {path.partition("/")[0].removesuffix(".py") for path in paths}


def _is_sound(folder: object) -> TypeGuard[str]:
    return isinstance(folder, str) and "\0" not in folder


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder or ".")
    except (OSError, ValueError):  # a zip file, no folder, or no name that a folder can have
        return []
