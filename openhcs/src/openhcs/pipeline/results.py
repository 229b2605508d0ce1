"""Write what a run has found: the table, the pictures and the report."""

from __future__ import annotations

from dataclasses import dataclass

from openhcs.pipeline.colors import find_colormap
from openhcs.pipeline.folder import STORE, write_file
from openhcs.pipeline.heat_map import draw_heat_map
from openhcs.pipeline.montage import draw_montage, tile_side
from openhcs.pipeline.preview import shrunk
from openhcs.pipeline.table import table_writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Self

    from openhcs.pipeline.folder import RunFolder
    from openhcs.pipeline.job import Job
    from openhcs.pipeline.source import Source
    from openhcs.pipeline.table import TableWriter

    Records = Mapping[str, dict[str, Any]]

HEAT_MAP, MONTAGE = "heatmap.png", "montage.png"


@dataclass(frozen=True)
class Presentation:
    """How results are shown: matplotlib's colormap, and what writes the table."""

    colors: Any
    table: TableWriter

    @classmethod
    def checked(cls, colormap: str, table_format: str) -> Self:
        """Return the presentation with these names.

        Raises:
            JobError: when there is no such colormap or format.
        """
        return cls(find_colormap(colormap), table_writer(table_format))


def write_results(
    job: Job,
    source: Source,
    folder: RunFolder,
    records: Records,
    shown: Presentation,
    about_run: dict[str, Any],
) -> dict[str, Any]:
    """Write table, pictures and report of the finished wells, and return the report.

    Args:
        job: what was done.
        source: the plate.
        folder: where to write.
        records: those of the finished wells, by well.
        shown: how.
        about_run: what the report says of this run only.
    """
    done = {well: records[well] for well in source.wells if well in records}
    features = {well: record["features"] for well, record in done.items()}
    table = shown.table.write(folder.path, source.name, features)
    pictures = _draw(source, folder, features, shown.colors)
    report = {
        "plate": source.plate.summary(),
        "job": job.identity(),
        "wells": {well: _described(record) for well, record in done.items()},
        "problems": [problem for record in done.values() for problem in record["problems"]],
        "store": STORE,
        "table": table,
        "pictures": pictures,
        "run": about_run,
    }
    write_file(folder.report, report)
    return report


def _described(record: dict[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in ("features", "sites")}


def _draw(
    source: Source, folder: RunFolder, features: Mapping[str, dict[str, Any]], colors: Any
) -> list[str]:
    """Draw what there is to see, and return the names of the pictures."""
    name = source.name
    feature = next(iter(next(iter(features.values()))))
    values = {well: numbers[feature] for well, numbers in features.items()}
    draw_heat_map(folder.path / HEAT_MAP, f"{name}: {feature}", feature, values, colors)
    labels = list(source.channel_labels().values())
    side = tile_side(features, len(labels))
    kept = ((well, folder.preview(well)) for well in features)
    # Made small one by one: those of a full plate wouldn't fit into memory together.
    previews = {well: shrunk(pixels, side) for well, pixels in kept if pixels is not None}
    if not previews:
        return [HEAT_MAP]
    draw_montage(folder.path / MONTAGE, name, labels, previews, colors)
    return [HEAT_MAP, MONTAGE]
