"""Which distributions are installed, told by the names of their folders."""

from __future__ import annotations

import os
import sys

from plugindex.names import is_dropped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.metadata import Distribution

_KINDS = ("dist-info", "egg-info")


def installed_version(name: str) -> str:
    """Return the version of the distribution called *name*, "" if there is none; import nothing.

    It looks at names of folders alone, which costs a hundredth of ``importlib.metadata``.
    """
    wanted = _normal(name)
    for folder in sys.path:
        for entry in _names(folder):
            stem, _, kind = entry.rpartition(".")
            distribution, _, version = stem.partition("-")
            if kind in _KINDS and version and _normal(distribution) == wanted:
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


def _normal(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")


def _names(folder: object) -> list[str]:
    if not isinstance(folder, str) or "\0" in folder:
        return []
    try:
        return os.listdir(folder or ".")
    except OSError:  # a zip file, or a folder that isn't there
        return []
