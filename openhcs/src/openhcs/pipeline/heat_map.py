"""Draw one feature of the wells at their places on the plate."""

from __future__ import annotations

from openhcs.pipeline.figure import BAR, PLAIN, beside, label, new_figure, save, with_gray
from openhcs.pipeline.spots import Spot, plate_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

CELL = 0.42  # inches a well, on plates with few of them
WIDEST = 16  # inches of a plate
NO_VALUE = "\N{MULTIPLICATION SIGN}"  # a well all of whose images failed


def draw_heat_map(
    file: Path, title: str, feature: str, values: Mapping[str, float | None], colors: Any
) -> None:
    """Draw the value of each well into the PNG *file*.

    Args:
        file: the PNG to write.
        title: what stands above.
        feature: what the values are.
        values: by well; None for a well without one.
        colors: matplotlib's colormap.
    """
    import numpy as np

    spots = {Spot.of(well): value for well, value in values.items()}
    rows, columns = plate_size(list(spots))
    grid = np.full((rows, columns), np.nan)
    for spot, value in spots.items():
        grid[spot.row, spot.column] = np.nan if value is None else value
    cell = min(CELL, WIDEST / columns)
    figure, (panel,) = new_figure(1, columns * cell, rows * cell, BAR)
    shown = panel.imshow(np.ma.masked_invalid(grid), cmap=with_gray(colors), aspect="auto")
    for spot in (spot for spot, value in spots.items() if value is None):
        panel.text(spot.column, spot.row, NO_VALUE, ha="center", va="center")
    label(panel, title, range(rows), range(columns))
    figure.colorbar(shown, cax=beside(figure, panel)).set_label(feature, **PLAIN)
    save(figure, file)
