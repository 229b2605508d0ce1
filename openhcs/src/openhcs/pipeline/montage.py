"""Draw small pictures of all wells side by side."""

from __future__ import annotations

from openhcs.pipeline.figure import DPI, PLAIN, fitted, label, new_figure, save, with_gray
from openhcs.pipeline.preview import PREVIEW
from openhcs.pipeline.spots import Spot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    import numpy as np

    Array = np.ndarray[Any, Any]

WIDEST = 2400  # pixels of the longer side of a montage, about
SMALLEST = 12  # pixels, so that something can be seen of a well of a full plate
SHOWN = (0.5, 99.5)  # percentiles of the pixels that the colormap spans: no speck outshines all


def draw_montage(
    file: Path, title: str, channels: Sequence[str], previews: Mapping[str, Array], colors: Any
) -> None:
    """Draw a small picture of each well, in the rows and columns that have wells.

    Args:
        file: the PNG to write.
        title: what stands above.
        channels: a label for each channel; each has a panel of its own.
        previews: for each well its channels, rows and columns of pixels.
        colors: matplotlib's colormap.
    """
    spots = {Spot.of(well): pixels for well, pixels in previews.items()}
    rows, columns = sorted({s.row for s in spots}), sorted({s.column for s in spots})
    height, width = _tile(previews, tile_side(previews, len(channels)))
    figure, panels = new_figure(len(channels), len(columns) * width, len(rows) * height)
    figure.suptitle(title, fontsize=fitted(title, figure.get_figwidth()), **PLAIN)
    for number, (name, panel) in enumerate(zip(channels, panels, strict=True)):
        whole = _tiled({s: pixels[number] for s, pixels in spots.items()}, rows, columns)
        _show(panel, whole, (len(rows), len(columns)), with_gray(colors))
        label(panel, name, rows, columns)
    save(figure, file)


def _show(panel: Any, whole: Array, wells: tuple[int, int], colors: Any) -> None:
    """Show the pictures so that the middle of each well is at a whole number."""
    import numpy as np

    finite = whole[np.isfinite(whole)]
    low, high = np.percentile(finite, SHOWN) if finite.size else (0, 1)
    extent = (-0.5, wells[1] - 0.5, wells[0] - 0.5, -0.5)
    pixels = np.ma.masked_invalid(whole)
    panel.imshow(pixels, cmap=colors, vmin=low, vmax=high, extent=extent, aspect="auto")


def tile_side(wells: Iterable[str], channels: int) -> int:
    """Return how many pixels the longer side of each of the *wells* gets in the montage."""
    spots = list(map(Spot.of, wells))
    rows, columns = len({s.row for s in spots}), len({s.column for s in spots})
    return max(SMALLEST, min(PREVIEW, WIDEST // max(rows, columns * channels)))


def _tile(previews: Mapping[str, Array], side: int) -> tuple[float, float]:
    """Return the height and width of one well in the montage, in inches."""
    height, width = _largest(previews)
    longer = side / DPI
    return longer * height / max(height, width), longer * width / max(height, width)


def _largest(pictures: Mapping[Any, Array]) -> tuple[int, int]:
    """Return the height and width that all *pictures* fit in."""
    shapes = [one.shape[-2:] for one in pictures.values()]
    height, width = (int(max(sides)) for sides in zip(*shapes, strict=True))
    return height, width


def _tiled(pictures: Mapping[Spot, Array], rows: list[int], columns: list[int]) -> Array:
    """Return one array of all pictures with a gap between them; NaN where there is none."""
    import numpy as np

    height, width = (side + 2 for side in _largest(pictures))
    whole: Array = np.full((height * len(rows), width * len(columns)), np.nan, np.float32)
    for spot, one in pictures.items():
        top, left = rows.index(spot.row) * height + 1, columns.index(spot.column) * width + 1
        whole[top : top + one.shape[0], left : left + one.shape[1]] = one
    return whole
