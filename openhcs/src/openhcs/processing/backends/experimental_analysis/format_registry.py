"""The registry of result table formats, and which of them a file is in."""

from __future__ import annotations

import os
from abc import abstractmethod

from openhcs.core.auto_register_meta import AutoRegisterMeta, LazyDiscoveryDict
from openhcs.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, ClassVar

    import pandas as pd

    from openhcs.processing.backends.experimental_analysis.cells import Cell
    from openhcs.processing.backends.experimental_analysis.measurement import Measurement

    TablePath = str | os.PathLike[str]
    # plate: well: feature: value
    Plates = dict[str, dict[str, dict[str, Cell]]]

FORMAT_REGISTRIES: LazyDiscoveryDict[MicroscopeFormatRegistryBase] = LazyDiscoveryDict(
    enable_cache=True
)


class MicroscopeFormatRegistryBase(metaclass=AutoRegisterMeta):
    """A format of result tables; a subclass names its key in ``FORMAT_NAME``.

    A table that was read is a pandas DataFrame of plain cells whose index counts the rows of the
    file from 1, and whose ``attrs["file"]`` says where it comes from.
    """

    __registry_key__ = "FORMAT_NAME"
    __registry_name__ = "microscope format registry"
    __registry__ = FORMAT_REGISTRIES

    FORMAT_NAME: str | None = None

    # The endings of its files, in lower case.
    extensions: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def read_results(self, path: TablePath) -> pd.DataFrame:
        """Return the table in the file *path* as it stands there.

        Raises:
            FormatError: there is no such file, or it holds no table of this format.
        """

    @abstractmethod
    def extract_features(self, raw_df: pd.DataFrame) -> list[str]:
        """Return the names of all features, in the order of the table.

        Raises:
            FormatError: the table is not of this format's shape.
        """

    @abstractmethod
    def measurements(self, raw_df: pd.DataFrame) -> Iterator[Measurement]:
        """Give the rows of the table, one well each.

        Raises:
            FormatError: the table is not of this format's shape.
        """

    @abstractmethod
    def rows(self, plates: Plates, extension: str) -> list[list[Cell]]:
        """Return the rows of a table of *plates*, as a file with *extension* holds them."""

    def extract_plate_names(self, raw_df: pd.DataFrame) -> list[str]:
        """Return the names of the plates, in the order of the table."""
        return list(dict.fromkeys(one.plate for one in self.measurements(raw_df)))

    def create_plates_dict(self, raw_df: pd.DataFrame) -> Plates:
        """Return plates, wells and features of the table, every value None."""
        plates: Plates = {name: {} for name in self.extract_plate_names(raw_df)}
        for one in self.measurements(raw_df):
            plates[one.plate].setdefault(one.well, {}).update(dict.fromkeys(one.values))
        return plates

    def fill_plates_dict(self, raw_df: pd.DataFrame, plates_dict: Plates) -> Plates:
        """Return *plates_dict* with the values of the table put in.

        Raises:
            FormatError: the table tells a feature of a well twice.
        """
        told: dict[tuple[str, str, str], int] = {}
        for one in self.measurements(raw_df):
            for feature, value in one.values.items():
                before = told.setdefault((one.plate, one.well, feature), one.row)
                if before != one.row:
                    raise FormatError(
                        f"rows {before} and {one.row} both tell {feature!r} of well {one.well} "
                        f"on plate {one.plate!r}",
                        file=raw_df.attrs.get("file", ""),
                        fix="keep one row for each well",
                    )
                plates_dict[one.plate][one.well][feature] = value
        return plates_dict

    def process_data(self, path: TablePath) -> dict[str, Any]:
        """Return all that the file *path* holds.

        Returns:
            ``raw_df``, ``features``, ``plate_names``, ``plates_dict`` (plate, well, feature:
            value) and ``format_name``.

        Raises:
            FormatError: the file is not of this format.
        """
        raw_df = self.read_results(path)
        plates = self.fill_plates_dict(raw_df, self.create_plates_dict(raw_df))
        if not any(plates.values()):
            raise FormatError(
                f"this table holds no wells, and is no {self.FORMAT_NAME} table without",
                file=path,
                fix="export the results again",
            )
        return {
            "raw_df": raw_df,
            "features": self.extract_features(raw_df),
            "plate_names": list(plates),
            "plates_dict": plates,
            "format_name": self.FORMAT_NAME,
        }

    def write_results(
        self, path: TablePath, plates_dict: Mapping[str, Mapping[str, Mapping[str, Any]]]
    ) -> None:
        """Write a new table to *path* from which reading gives *plates_dict* back.

        Args:
            path: the file, which must not exist yet; its folder must.
            plates_dict: plate, well, feature: a number, a text, or None for a missing value.

        Raises:
            FormatError: the file exists, the format can't hold the values, or there are none.
        """
        from openhcs.processing.backends.experimental_analysis.measurement import plain_plates
        from openhcs.processing.backends.experimental_analysis.new_sheet import write_sheet

        plates = plain_plates(plates_dict, path)
        extension = self.checked_extension(path)
        write_sheet(path, self.rows(plates, extension), self.sheet_name)

    # The sheet of a workbook that holds the table; None for the first.
    sheet_name: ClassVar[str | None] = None

    def checked_extension(self, path: TablePath) -> str:
        """Return the ending of *path* in lower case.

        Raises:
            FormatError: the format has no files of this kind.
        """
        extension = os.path.splitext(os.fspath(path))[1].lower()
        if extension not in self.extensions:
            raise FormatError(
                f"an {self.FORMAT_NAME} table is no {extension or 'file without ending'}",
                file=path,
                fix="name a file that ends in one of " + ", ".join(self.extensions),
            )
        return extension


def detect_format(path: TablePath) -> str:
    """Return the key of the first format in which the table *path* can be read.

    Raises:
        FormatError: there is none; the text names what was tried and why not.
    """
    failed: dict[str, str] = {}
    for name, registry in FORMAT_REGISTRIES.items():
        try:
            registry().process_data(path)
        except FormatError as reason:
            failed[name] = str(reason).partition("\n")[0]
        else:
            return name
    raise FormatError(
        "this is no result table of a known format\n"
        + "\n".join(f"  tried: {name}: {reason}" for name, reason in failed.items()),
        file=path,
        fix="export the results in one of these formats",
    )
