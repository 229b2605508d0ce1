"""What a table tells of one well, and plates of wells checked before they are written."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass

from openhcs.errors import FormatError
from openhcs.processing.backends.experimental_analysis.wells import tidy_well, well_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from openhcs.processing.backends.experimental_analysis.cells import Cell
    from openhcs.processing.backends.experimental_analysis.format_registry import Plates, TablePath


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row of a table: the *values* of the features of one well."""

    plate: str
    well: str
    values: Mapping[str, Cell]
    row: int


def plain_plates(plates: Mapping[str, Mapping[str, Mapping[str, Any]]], path: TablePath) -> Plates:
    """Return *plates* as plain values, for a table at *path*.

    Raises:
        FormatError: a plate or well is empty or badly named, or a value can't stand in a table.
    """
    if not plates:
        raise FormatError("there are no plates to write", file=path, fix="measure some wells first")
    found: Plates = {}
    for plate, wells in plates.items():
        if not (isinstance(plate, str) and plate == plate.strip() != ""):
            raise FormatError(f"{plate!r} is no name of a plate", file=path, fix="name it")
        if not wells:
            raise FormatError(
                f"plate {plate!r} has no wells to write", file=path, fix="leave the plate out"
            )
        found[plate] = _plain_wells(plate, wells, path)
    return found


def _plain_wells(
    plate: str, wells: Mapping[str, Mapping[str, Any]], path: TablePath
) -> dict[str, dict[str, Cell]]:
    found: dict[str, dict[str, Cell]] = {}
    places = set()
    for name, features in wells.items():
        well, place = (tidy_well(name), well_place(name)) if isinstance(name, str) else (None, None)
        if well is None or place in places or not features:
            raise FormatError(
                f"{name!r} on plate {plate!r} is no well, is told twice, or has no features",
                file=path,
                fix="name wells A01 or R01C01, each once, and give each a feature",
            )
        places.add(place)
        found[well] = {_feature(n, path): _plain(v, path) for n, v in features.items()}
    return found


def _feature(name: object, path: TablePath) -> str:
    if not (isinstance(name, str) and name == name.strip() != ""):
        raise FormatError(f"{name!r} is no name of a feature", file=path, fix="name it")
    return name


def _plain(value: object, path: TablePath) -> Cell:
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return None if math.isnan(value) else float(value)
    if value is None or isinstance(value, str):
        return value or None
    raise FormatError(
        f"{value!r} can't stand in a table", file=path, fix="give a number, a text or None"
    )


def all_features(wells: Iterable[Mapping[str, Cell]]) -> list[str]:
    """Return the names of the features of *wells*, each once, in their order."""
    return list(dict.fromkeys(feature for features in wells for feature in features))
