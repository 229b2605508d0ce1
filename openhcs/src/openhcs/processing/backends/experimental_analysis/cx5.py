"""Result tables of the CellInsight CX5: a sheet "Rawdata" with one row a well.

The columns, after the tables that the instrument's software exports: 2nd the plate, 3rd and 4th row
and column counted from 1, further on one named like "Replicate"; from the next to the last but one
the features. The last column is none.
"""

from __future__ import annotations

from openhcs.errors import FormatError
from openhcs.processing.backends.experimental_analysis.cells import (
    is_empty,
    text_of,
    value_of,
    whole_number,
)
from openhcs.processing.backends.experimental_analysis.format_registry import (
    MicroscopeFormatRegistryBase,
)
from openhcs.processing.backends.experimental_analysis.measurement import Measurement, all_features
from openhcs.processing.backends.experimental_analysis.wells import (
    is_place,
    well_name,
    well_place,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from openhcs.processing.backends.experimental_analysis.cells import Cell
    from openhcs.processing.backends.experimental_analysis.format_registry import Plates, TablePath

PLATE, ROW, COLUMN = 1, 2, 3
REPLICATE = "Replicate"
FIRST_COLUMNS = ("Index", "Plate", "Row", "Column", REPLICATE)
LAST_COLUMN = "Comment"


class CX5FormatRegistry(MicroscopeFormatRegistryBase):
    """Read and write tables of the format ``EDDU_CX5``."""

    FORMAT_NAME = "EDDU_CX5"
    extensions = (".xlsx", ".xls")
    sheet_name = "Rawdata"

    def read_results(self, path: TablePath) -> pd.DataFrame:
        from openhcs.processing.backends.experimental_analysis.sheets import read_sheet

        self.checked_extension(path)
        cells = read_sheet(path, self.sheet_name)
        table = cells.iloc[1:].copy()
        table.columns = [text_of(name) for name in cells.iloc[0]]
        table.attrs = dict(cells.attrs)
        return table

    def extract_features(self, raw_df: pd.DataFrame) -> list[str]:
        return list(_features(raw_df).values())

    def measurements(self, raw_df: pd.DataFrame) -> Iterator[Measurement]:
        features = _features(raw_df)
        for number, row in zip(
            raw_df.index, raw_df.itertuples(index=False, name=None), strict=True
        ):
            plate = text_of(row[PLATE])
            if not plate:
                raise _wrong(raw_df, f"row {number} names no plate", "name it in the 2nd column")
            values = {name: value_of(row[place]) for place, name in features.items()}
            yield Measurement(plate, _well(raw_df, number, row), values, number)

    def rows(self, plates: Plates, extension: str) -> list[list[Cell]]:
        features = all_features(values for wells in plates.values() for values in wells.values())
        rows: list[list[Cell]] = [[*FIRST_COLUMNS, *features, LAST_COLUMN]]
        for plate, wells in plates.items():
            for well, values in wells.items():
                place = well_place(well)
                assert place is not None  # checked before
                told = [values.get(feature) for feature in features]
                rows.append([len(rows), plate, *place, 1, *told, None])
        return rows


def _features(table: pd.DataFrame) -> dict[int, str]:
    """Return the names of the features by the places of their columns."""
    names = list(table.columns)
    found = [n for n, name in enumerate(names) if REPLICATE.casefold() in name.casefold()]
    if not found or found[0] <= COLUMN:
        raise _wrong(
            table,
            f"no column after the 4th is named like {REPLICATE}; there are {', '.join(names)}",
            "export the table with the column Replicate, after which the features begin",
        )
    features = {place: names[place] for place in range(found[0] + 1, len(names) - 1)}
    if not features or "" in features.values() or len(set(features.values())) < len(features):
        raise _wrong(
            table,
            f"between the column {names[found[0]]} and the last one there must be features, each "
            f"with a name of its own, not {list(features.values())}",
            "export the table again, or name its columns",
        )
    return features


def _well(table: pd.DataFrame, number: int, row: tuple[object, ...]) -> str:
    line, column = whole_number(row[ROW]), whole_number(row[COLUMN])
    if line is None or column is None or not is_place(line, column):
        told = " and ".join("nothing" if is_empty(c) else repr(c) for c in row[ROW : COLUMN + 1])
        raise _wrong(
            table,
            f"row {number} has {told} for row and column of its well",
            "number rows and columns from 1 in the 3rd and 4th column",
        )
    return well_name(line, column)


def _wrong(table: pd.DataFrame, summary: str, fix: str) -> FormatError:
    return FormatError(summary, file=table.attrs.get("file", ""), fix=fix)
