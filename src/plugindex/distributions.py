"""Which distributions are installed, told by the names of their folders."""

from __future__ import annotations

import os
import sys

from plugindex.names import is_dropped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import Distribution

_KINDS = ("dist-info", "egg-info")


def installed_version(name: str) -> str:
    """Return the version of the distribution called *name*, "" if there is none; import nothing.

    It looks at names of folders alone, which costs a hundredth of ``importlib.metadata``.
    """
    wanted = normal(name)
    for folder in sys.path:
        for entry in _names(folder):
            stem, _, kind = entry.rpartition(".")
            distribution, _, version = stem.partition("-")
            if kind in _KINDS and version and normal(distribution) == wanted:
                return version.partition("-")[0]  # an egg's name ends with the interpreter's
    return ""


def distribution_of(module: str, provider: str = "") -> Distribution | None:
    """Return the installed distribution that brings *module*; None for a plugin folder's file.

    Args:
        module: its full name.
        provider: the distribution's name, if it is known.
    """
    from importlib import metadata

    top = module.partition(".")[0]
    if is_dropped(module):
        return None
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


_brought: dict[tuple[str, str, tuple[str, ...]], frozenset[str]] = {}


def brought_by(package: str, group: str) -> frozenset[str]:
    """Return the distributions that bring a top-level *package*, in the normal form of their names.

    Args:
        package: the package.
        group: an entry point of this group that names the package tells of its distribution too.
    """
    asked = (package, group, tuple(map(str, sys.path)))
    if asked not in _brought:
        _brought[asked] = frozenset(_bringing(package, group))
    return _brought[asked]


def forget() -> None:
    """Look at what is installed again when somebody asks."""
    _brought.clear()


def _bringing(package: str, group: str) -> Iterator[str]:
    from importlib import metadata

    for name in metadata.packages_distributions().get(package, ()):
        yield normal(name)
    for point in metadata.entry_points(group=group):
        if point.module.partition(".")[0] == package and point.dist is not None:
            yield normal(point.dist.name)


def _names(folder: object) -> list[str]:
    if not isinstance(folder, str) or "\0" in folder:
        return []
    try:
        return os.listdir(folder or ".")
    except OSError:  # a zip file, or a folder that isn't there
        return []
