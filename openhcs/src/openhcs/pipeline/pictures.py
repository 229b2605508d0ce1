"""Draw a plate: one feature as a heat map, and the wells themselves as a montage."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    import numpy as np

    Array = np.ndarray[Any, Any]

# Rows and columns of the plates with 96, 384 and 1536 wells (ANSI/SLAS 4-2004).
PLATES = ((8, 12), (16, 24), (32, 48))
PREVIEW = 160  # pixels of the longer side of a well in the montage, at most
MONTAGE = 2400  # pixels of the longer side of a montage, about
SMALLEST = 12  # pixels, so that something can be seen of a well of a full plate
DPI = 110
EMPTY = "0.88"  # light gray: no well of the run is here
NO_VALUE = "\N{MULTIPLICATION SIGN}"  # a well all of whose images failed


@dataclass(frozen=True, order=True)
class Spot:
    """Where a well lies on the plate, both counted from 0."""

    row: int
    column: int

    @classmethod
    def of(cls, well: str) -> Spot:
        """Return where the well named *well* lies.

        Raises:
            StorageError: when the name tells no row and column.
        """
        from openhcs.io.ngff_metadata import well_place
        from openhcs.microscopes.filename_parser import row_number

        place = well_place(well)
        return cls(row_number(place.row) - 1, int(place.column) - 1)


def previews(image: Array) -> Array:
    """Return a small picture of each channel of an image with the axes t, c, z, y, x.

    It is the middle plane at the first time, reduced by averaging to `PREVIEW` pixels a side.
    """
    import numpy as np

    planes = image[0, :, image.shape[2] // 2]
    small: Array = np.stack([_reduced(plane.astype(np.float32)) for plane in planes])
    return small


def _reduced(plane: Array) -> Array:
    """Return the mean of each block of pixels; the last ones may be smaller."""
    import numpy as np

    step = max(1, -(-max(plane.shape) // PREVIEW))
    starts = [np.arange(0, side, step) for side in plane.shape]
    sums = np.add.reduceat(np.add.reduceat(plane, starts[0], axis=0), starts[1], axis=1)
    heights, widths = (
        np.diff(start, append=side) for start, side in zip(starts, plane.shape, strict=True)
    )
    reduced: Array = sums / np.outer(heights, widths).astype(np.float32)
    return reduced


def draw_heat_map(
    file: Path, title: str, feature: str, values: Mapping[str, float | None], colors: Any
) -> None:
    """Draw the value of each well at its place on the plate into the PNG *file*."""
    import numpy as np

    spots = {Spot.of(well): value for well, value in values.items()}
    rows, columns = _plate_size(list(spots))
    grid = np.full((rows, columns), np.nan)
    for spot, value in spots.items():
        grid[spot.row, spot.column] = np.nan if value is None else value
    figure, axes = _figure(1, (min(16.0, 2.2 + columns * 0.42), min(11.0, 1.4 + rows * 0.42)))
    shown = axes[0].imshow(np.ma.masked_invalid(grid), cmap=_with_gray(colors), aspect="equal")
    _label(axes[0], range(rows), range(columns))
    for spot in (spot for spot, value in spots.items() if value is None):
        axes[0].text(spot.column, spot.row, NO_VALUE, ha="center", va="center")
    axes[0].set_title(title)
    figure.colorbar(shown, ax=axes[0], label=feature, shrink=0.8)
    _save(figure, file)


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
    import numpy as np

    spots = {Spot.of(well): pixels for well, pixels in previews.items()}
    rows, columns = sorted({s.row for s in spots}), sorted({s.column for s in spots})
    height, width = _tile(previews, len(rows), len(columns) * len(channels))
    size = (len(columns) * width / DPI + 0.6, len(rows) * height / DPI + 1.0)
    figure, axes = _figure(len(channels), (size[0] * len(channels), size[1]))
    figure.suptitle(title)
    for number, (label, panel) in enumerate(zip(channels, axes, strict=True)):
        whole = _tiled({s: pixels[number] for s, pixels in spots.items()}, rows, columns)
        low, high = np.nanpercentile(whole, (0.5, 99.5)) if np.isfinite(whole).any() else (0, 1)
        extent = (-0.5, len(columns) - 0.5, len(rows) - 0.5, -0.5)
        shown = np.ma.masked_invalid(whole)
        panel.imshow(shown, cmap=_with_gray(colors), vmin=low, vmax=high, extent=extent)
        panel.set_aspect(whole.shape[0] * len(columns) / (whole.shape[1] * len(rows)))
        _label(panel, rows, columns)
        panel.set_title(label)
    _save(figure, file)


def _tile(previews: Mapping[str, Array], rows: int, columns: int) -> tuple[float, float]:
    """Return the height and width of one well in the montage, in pixels."""
    shapes = [pixels.shape[1:] for pixels in previews.values()]
    height, width = (max(sides) for sides in zip(*shapes, strict=True))
    longer = max(SMALLEST, min(PREVIEW, MONTAGE // max(rows, columns)))
    return longer * height / max(height, width), longer * width / max(height, width)


def _tiled(pixels: Mapping[Spot, Array], rows: list[int], columns: list[int]) -> Array:
    """Return one array of all pictures with a gap between them; NaN where there is none."""
    import numpy as np

    height = max(one.shape[0] for one in pixels.values()) + 2
    width = max(one.shape[1] for one in pixels.values()) + 2
    whole: Array = np.full((height * len(rows), width * len(columns)), np.nan, np.float32)
    for spot, one in pixels.items():
        top, left = rows.index(spot.row) * height + 1, columns.index(spot.column) * width + 1
        whole[top : top + one.shape[0], left : left + one.shape[1]] = one
    return whole


def _plate_size(spots: Sequence[Spot]) -> tuple[int, int]:
    """Return the rows and columns of the smallest usual plate that has all *spots*."""
    rows = max(spot.row for spot in spots) + 1
    columns = max(spot.column for spot in spots) + 1
    fitting = [size for size in PLATES if size[0] >= rows and size[1] >= columns]
    return fitting[0] if fitting else (rows, columns)


def _figure(panels: int, size: tuple[float, float]) -> tuple[Any, Any]:
    """Return a figure in memory, without matplotlib's windows, and its panels side by side."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(1, panels, squeeze=False)[0]


def _label(panel: Any, rows: Sequence[int], columns: Sequence[int]) -> None:
    """Name rows and columns at the edges as they are printed on plates."""
    from openhcs.microscopes.filename_parser import row_letters

    small = 9 if max(len(rows), len(columns)) <= 24 else 5
    panel.set_xticks(range(len(columns)), [str(c + 1) for c in columns], fontsize=small)
    panel.set_yticks(range(len(rows)), [row_letters(r + 1) for r in rows], fontsize=small)
    panel.tick_params(length=0, labeltop=True, labelbottom=False)


def _with_gray(colors: Any) -> Any:
    return colors.with_extremes(bad=EMPTY)


def _save(figure: Any, file: Path) -> None:
    """Write *figure*; without the version of matplotlib, so that equal pictures are equal files."""
    import os

    part = file.with_name(f"._{file.name}")
    figure.savefig(part, format="png", metadata={"Software": None})
    os.replace(part, file)
