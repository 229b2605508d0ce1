"""The colour tables that ImageJ shows images in, from the names of matplotlib."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from numpy import ndarray


def lookup_table(name: str) -> ndarray | None:
    """Return 256 rows of red, green and blue, 0 to 255, or None for an unknown name.

    Args:
        name: a colormap of matplotlib, or a colour, which gives a table from black to it.
    """
    import matplotlib
    import numpy
    from matplotlib.colors import LinearSegmentedColormap, is_color_like

    if name in matplotlib.colormaps:
        colormap = matplotlib.colormaps[name]
    elif is_color_like(name):
        colormap = LinearSegmentedColormap.from_list(name, ["black", name])
    else:
        return None
    table: ndarray = colormap(numpy.linspace(0, 1, 256), bytes=True)[:, :3]
    return table
