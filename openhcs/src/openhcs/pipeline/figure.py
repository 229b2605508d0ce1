"""What the pictures of a plate have in common: panels side by side, labelled as plates are."""

from __future__ import annotations

import os
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

DPI = 110
# Inches around each panel: for names of rows, of columns and titles, and for a bar of colours.
LEFT, TOP, RIGHT, BOTTOM, BAR = 0.45, 0.8, 0.2, 0.2, 1.0
EMPTY = "0.88"  # light gray: nothing is here
# Names come from plates: what stands between two dollar signs in one is no formula.
PLAIN: dict[str, Any] = {"parse_math": False}


def new_figure(
    panels: int, width: float, height: float, more: float = 0.0
) -> tuple[Any, list[Any]]:
    """Return a figure in memory, without matplotlib's windows, and its panels side by side.

    Args:
        panels: how many there are.
        width: the width of each, in inches, as all lengths here.
        height: the height of each.
        more: what is kept free at the right.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    pitch = LEFT + width + RIGHT
    whole = (panels * pitch + more, TOP + height + BOTTOM)
    figure = Figure(figsize=whole, dpi=DPI)
    FigureCanvasAgg(figure)
    size = (width / whole[0], height / whole[1])
    corners = [((n * pitch + LEFT) / whole[0], BOTTOM / whole[1]) for n in range(panels)]
    return figure, [figure.add_axes((*corner, *size)) for corner in corners]


def beside(figure: Any, panel: Any) -> Any:
    """Return a narrow panel at the right of *panel*, for its colours."""
    place, width = panel.get_position(), figure.get_figwidth()
    return figure.add_axes((place.x1 + RIGHT / width, place.y0, 0.18 / width, place.height))


def label(panel: Any, title: str, rows: Sequence[int], columns: Sequence[int]) -> None:
    """Write *title* above *panel*, and name rows and columns as they are printed on plates."""
    from openhcs.microscopes.filename_parser import row_letters

    small = 9 if max(len(rows), len(columns)) <= 24 else 5
    panel.set_xticks(range(len(columns)), [str(c + 1) for c in columns], fontsize=small)
    panel.set_yticks(range(len(rows)), [row_letters(r + 1) for r in rows], fontsize=small)
    panel.tick_params(length=0, labeltop=True, labelbottom=False)
    width = panel.get_position().width * panel.figure.get_figwidth()
    panel.set_title(title, fontsize=fitted(title, width + LEFT), **PLAIN)


def fitted(text: str, width: float) -> float:
    """Return the font size, in points, at which *text* is at most *width* inches wide."""
    # A letter is about 0.6 of its size wide; what would be too small to read is cut off instead.
    return max(6.0, min(12.0, 72 * width / (0.6 * max(1, len(text)))))


def with_gray(colors: Any) -> Any:
    """Return the colormap with gray for where nothing is."""
    return colors.with_extremes(bad=EMPTY)


def save(figure: Any, file: Path) -> None:
    """Write *figure*; without the version of matplotlib, so that equal pictures are equal files."""
    part = file.with_name(f"._{file.name}")
    with warnings.catch_warnings():
        # A name in letters that matplotlib's font lacks is drawn as boxes, and no fault.
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing")
        figure.savefig(part, format="png", metadata={"Software": None})
    os.replace(part, file)
