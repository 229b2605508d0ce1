"""Put the fields of a well in raster order, from the stage positions that the index gives."""

from __future__ import annotations

from dataclasses import dataclass
from math import dist
from statistics import median

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Position = tuple[float, float]

# A field whose nearest neighbour is this much farther than usual belongs to no grid.
ORPHAN_FACTOR = 3.0
# Stage positions of one row differ by less than this part of the distance between fields.
TOLERANCE = 0.5


@dataclass(frozen=True)
class FieldLayout:
    """The number of each field, the rows and columns if known, and the fields outside the grid."""

    numbers: Mapping[int, int]
    grid: tuple[int, int] | None
    orphans: frozenset[int] = frozenset()


def lay_out(positions: Mapping[int, Position]) -> FieldLayout:
    """Number fields 1..n, from the top row (largest y) down and left to right.

    Args:
        positions: x and y of each field, in any unit.
    """
    if len(positions) < 2:
        return FieldLayout(dict(zip(positions, (1,), strict=False)), (1, 1))
    nearest = _nearest(positions)
    usual = median(nearest.values())
    orphans = frozenset(f for f, d in nearest.items() if d > ORPHAN_FACTOR * usual)
    grid = {field: place for field, place in positions.items() if field not in orphans}
    columns = _lines({f: x for f, (x, _) in grid.items()}, TOLERANCE * usual)
    rows = _lines({f: -y for f, (_, y) in grid.items()}, TOLERANCE * usual)
    ordered = sorted(grid, key=lambda field: (rows[field], columns[field], field))
    numbers = {field: number for number, field in enumerate(ordered, 1)}
    return FieldLayout(numbers, (_count(rows), _count(columns)), orphans)


def _nearest(positions: Mapping[int, Position]) -> dict[int, float]:
    """Return each field's distance to the nearest field elsewhere."""
    return {
        field: min(
            (d for other, at in positions.items() if other != field and (d := dist(here, at)) > 0),
            default=0.0,
        )
        for field, here in positions.items()
    }


def _lines(values: Mapping[int, float], tolerance: float) -> dict[int, int]:
    """Return for each field the number of the line that its value lies on, counted from 0."""
    lines: dict[int, int] = {}
    line, last = 0, None
    for field, value in sorted(values.items(), key=lambda item: item[1]):
        line += last is not None and value - last > tolerance
        lines[field], last = line, value
    return lines


def _count(lines: Mapping[int, int]) -> int:
    return max(lines.values(), default=0) + 1
