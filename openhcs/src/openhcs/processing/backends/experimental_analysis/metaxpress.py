"""Result tables of MetaXpress: a section a plate, with one row a well.

A section begins with a row "Barcode"; rows such as "Plate Name" give a value in their second cell.
A row whose first cell is empty, or is "Well" in the consolidated CSV form, names the features from
the third cell on; after it come rows of well, laser focus, and values.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from openhcs.errors import FormatError
from openhcs.processing.backends.experimental_analysis.cells import is_empty, text_of, value_of
from openhcs.processing.backends.experimental_analysis.format_registry import (
    MicroscopeFormatRegistryBase,
)
from openhcs.processing.backends.experimental_analysis.measurement import Measurement, all_features
from openhcs.processing.backends.experimental_analysis.wells import tidy_well

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from openhcs.processing.backends.experimental_analysis.cells import Cell
    from openhcs.processing.backends.experimental_analysis.format_registry import Plates, TablePath

BARCODE, PLATE_NAME, PLATE_ID = "Barcode", "Plate Name", "Plate ID"
OTHER_LABELS = ("Description", "Acquisition User", "Z Step")
WELL, LASER_FOCUS = "Well", "Laser Focus"


@dataclass
class _Section:
    """One plate of the table, as far as it is read: its labels, features by column, and rows."""

    row: int
    labels: dict[str, str] = field(default_factory=dict)
    features: dict[int, str] = field(default_factory=dict)
    wells: list[tuple[int, str, tuple[object, ...]]] = field(default_factory=list)

    @property
    def plate(self) -> str:
        names = (self.labels.get(label.casefold(), "") for label in (PLATE_NAME, BARCODE, PLATE_ID))
        return next(filter(None, names), "")


class MetaXpressFormatRegistry(MicroscopeFormatRegistryBase):
    """Read and write tables of the format ``EDDU_metaxpress``."""

    FORMAT_NAME = "EDDU_metaxpress"
    extensions = (".xlsx", ".xls", ".csv")

    def read_results(self, path: TablePath) -> pd.DataFrame:
        from openhcs.processing.backends.experimental_analysis.sheets import read_sheet

        self.checked_extension(path)
        return read_sheet(path)

    def extract_features(self, raw_df: pd.DataFrame) -> list[str]:
        sections = _sections(raw_df)
        return list(dict.fromkeys(name for one in sections for name in one.features.values()))

    def extract_plate_names(self, raw_df: pd.DataFrame) -> list[str]:
        return list(dict.fromkeys(section.plate for section in _sections(raw_df)))

    def measurements(self, raw_df: pd.DataFrame) -> Iterator[Measurement]:
        for section in _sections(raw_df):
            for number, well, row in section.wells:
                values = {name: value_of(row[place]) for place, name in section.features.items()}
                yield Measurement(section.plate, well, values, number)

    def rows(self, plates: Plates, extension: str) -> list[list[Cell]]:
        rows: list[list[Cell]] = []
        for plate, wells in plates.items():
            features = all_features(wells.values())
            # A workbook leaves the first cell of the names empty; the CSV form says "Well".
            first = WELL if extension == ".csv" else None
            rows += [[BARCODE, plate], [PLATE_NAME, plate]]
            rows += [[first, LASER_FOCUS, *features]]
            rows += [[well, None, *map(values.get, features)] for well, values in wells.items()]
            rows += [[]]
        return rows[:-1]


def _sections(table: pd.DataFrame) -> list[_Section]:
    """Return the sections of *table*.

    Raises:
        FormatError: it doesn't consist of such sections.
    """
    sections: list[_Section] = []
    for number, row in zip(table.index, table.itertuples(index=False, name=None), strict=True):
        label = text_of(row[0])
        if label.casefold() == BARCODE.casefold():
            sections.append(_Section(number))
        if not sections:
            raise _wrong(
                table,
                f"row {number} begins with {label!r}, before any row {BARCODE!r}",
                "export the table with the plate's barcode and name above its wells",
            )
        _take(table, sections[-1], number, row)
    for section in sections:
        _check(table, section)
    return sections


def _take(table: pd.DataFrame, section: _Section, number: int, row: tuple[object, ...]) -> None:
    label = text_of(row[0])
    if section.features:
        section.wells.append((number, _well(table, number, label, row, section), row))
    elif label and label.casefold() != WELL.casefold():
        section.labels[label.casefold()] = text_of(row[1]) if len(row) > 1 else ""
    else:
        section.features.update(_features(table, number, row))


def _features(table: pd.DataFrame, number: int, row: tuple[object, ...]) -> dict[int, str]:
    """Return the names of the features by the places of their columns."""
    second = text_of(row[1]) if len(row) > 1 else ""
    # Consolidated tables that were made elsewhere have no laser focus.
    focused = is_empty(row[0]) or not second or second.casefold().startswith(LASER_FOCUS.casefold())
    first = 2 if focused else 1
    names = {place: text_of(row[place]) for place in range(first, len(row))}
    features = {place: name for place, name in names.items() if name}
    if not features or len(set(features.values())) < len(features):
        raise _wrong(
            table,
            f"row {number} must name features, each once, not {list(features.values())}",
            "export the table again, or name its columns",
        )
    return features


def _well(
    table: pd.DataFrame, number: int, label: str, row: tuple[object, ...], section: _Section
) -> str:
    well = tidy_well(label)
    if well is None:
        raise _wrong(
            table,
            f"row {number} begins with {label!r}, which is no well",
            "begin each row with a well such as A01 or R01C01",
        )
    first, known = min(section.features), section.features.keys()
    unnamed = [n for n, c in enumerate(row) if n >= first and n not in known and not is_empty(c)]
    if unnamed:
        raise _wrong(
            table,
            f"row {number} has a value in column {unnamed[0] + 1}, where no feature is named",
            "name the feature above it",
        )
    return well


def _check(table: pd.DataFrame, section: _Section) -> None:
    if not section.plate:
        raise _wrong(
            table,
            f"the section from row {section.row} on names no plate",
            f"give it a {PLATE_NAME} or a {BARCODE}",
        )
    if not section.features:
        raise _wrong(
            table,
            f"the section from row {section.row} on names no features",
            "export it with a row of names above the wells",
        )


def _wrong(table: pd.DataFrame, summary: str, fix: str) -> FormatError:
    return FormatError(summary, file=table.attrs.get("file", ""), fix=fix)
