"""Enums whose members depend on what is installed: the colormaps of napari, or of matplotlib."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import Enum
    from typing import Any

    from matplotlib.colors import Colormap as MatplotlibColormap

    Colormap: type[Enum]
    LazyColormap: type[Enum]
    HeadlessColormap: type[Enum]

# Colormaps that napari and matplotlib both have.
_LAZY = ("gray", "viridis", "magma", "inferno", "plasma", "cividis")
_HEADLESS = ("gray", "viridis")
_LIBRARIES = ("napari", "matplotlib")
_KEPT_DAYS = 30
_NO = ("", "0", "false", "no", "off")


def create_colormap_enum(enable_cache: bool = True, lazy: bool = False) -> type[Enum]:
    """Return an enum of the colormaps that images can be shown in.

    The value of a member is the library's name of the colormap. One process makes each of the
    three enums once: that of all colormaps, the lazy one, and the one of a headless machine.

    Args:
        enable_cache: keep the names between processes, for 30 days or until the libraries change.
        lazy: return six colormaps that are always there, and import no library to find others.
    """
    if lazy:
        return _enum("LazyColormap", enable_cache=False)
    return _enum("HeadlessColormap" if _is_headless() else "Colormap", enable_cache)


def matplotlib_colormap(colormap: Enum | str) -> MatplotlibColormap:
    """Return matplotlib's colormap for a member of a colormap enum, or for a library's name.

    Where matplotlib has none of that name, it is made from napari's.

    Raises:
        UnknownColormapError: no library that is installed has it.
    """
    import matplotlib

    name = colormap if isinstance(colormap, str) else str(colormap.value)
    if name in matplotlib.colormaps:
        return matplotlib.colormaps[name]
    found = _napari_colormaps().get(name)
    if found is None:
        raise _unknown(name, [*matplotlib.colormaps, *_napari_colormaps()])
    import numpy as np
    from matplotlib.colors import ListedColormap

    return ListedColormap(found.map(np.linspace(0, 1, 256)), name=name)


def _unknown(name: str, known: Iterable[str]) -> Exception:
    from difflib import get_close_matches

    from openhcs.errors import UnknownColormapError

    near = ", ".join(get_close_matches(name, list(known), 3))
    fix = f"did you mean {near}?" if near else "use a value of create_colormap_enum()"
    return UnknownColormapError(f"no colormap is called {name!r}", fix=fix)


def _is_headless() -> bool:
    """Tell whether this is a machine without a display, as ``OPENHCS_HEADLESS`` and ``CI`` say."""
    names = ("OPENHCS_HEADLESS", "CI")
    return any(os.environ.get(name, "").strip().lower() not in _NO for name in names)


def _enum(name: str, enable_cache: bool) -> type[Enum]:
    from openhcs import __version__
    from plugindex import CacheConfig, cached_enum

    return cached_enum(
        name,
        _MEMBERS[name],
        module=__name__,
        cache_name="colormap_enum",
        version=__version__,
        fingerprint=_libraries,
        config=CacheConfig(max_age_days=_KEPT_DAYS),
        # Two fixed names cost nothing to find, and must not be taken for all there are.
        enable_cache=enable_cache and name == "Colormap",
    )


def _libraries() -> str:
    """Return which versions of the libraries are installed; none of them is imported."""
    from plugindex import installed_version

    return ", ".join(f"{name} {installed_version(name) or 'absent'}" for name in _LIBRARIES)


def _all_members() -> dict[str, str]:
    return colormap_members(list(_napari_colormaps()) or _matplotlib_colormaps())


def _napari_colormaps() -> dict[str, Any]:
    try:
        from napari.utils.colormaps import AVAILABLE_COLORMAPS
    except (ImportError, AttributeError, OSError, RuntimeError, ValueError):
        return {}  # absent, or broken by what it imports
    return dict(AVAILABLE_COLORMAPS)


def _matplotlib_colormaps() -> list[str]:
    import matplotlib

    return list(matplotlib.colormaps)


def colormap_members(names: Iterable[str]) -> dict[str, str]:
    """Return the names of colormaps by the member that each becomes, in their order."""
    members: dict[str, str] = {}
    for name in names:
        member = _member_name(name)
        while member in members:  # two names may differ in nothing but what is replaced
            member += "_"
        members[member] = name
    return members


def _member_name(name: str) -> str:
    member = "".join("_" if letter in " -." else letter for letter in name).upper()
    return member if member[:1].isalpha() else f"CMAP_{member}"


_MEMBERS = {
    "Colormap": _all_members,
    "LazyColormap": lambda: colormap_members(_LAZY),
    "HeadlessColormap": lambda: colormap_members(_HEADLESS),
}


def __getattr__(name: str) -> Any:
    if name not in _MEMBERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = _enum(name, enable_cache=True)
    return globals()[name]
