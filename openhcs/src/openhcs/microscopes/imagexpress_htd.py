"""Read MetaXpress's description of a plate, the HTD file."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field

from openhcs.errors import BrokenFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

FIX = "export the plate again, or copy the HTD from one of its TimePoint folders"
# Old versions wrote `SiteColumns=2`; today's write `"XSites", 2`.
_OLD_LINE = re.compile(r'^"?(\w+)"?\s*=\s*(.*)$')
_OLD_NAMES = {"SiteColumns": "XSites", "SiteRows": "YSites"}
_KNOWN = {"XSites", "YSites", "NWavelengths", "TimePoints", "Sites", "Waves", "WaveName1"}


@dataclass(frozen=True)
class HTD:
    """What an HTD file says: rows and columns of sites, and the name of each wave."""

    grid: tuple[int, int] | None
    wave_names: dict[int, str] = field(default_factory=dict)


def read_htd(path: Path) -> HTD:
    """Read the HTD file *path*.

    Raises:
        BrokenFileError: when it is no HTD file, or something needed is gone from it.
    """
    values = _values(path, _text(path.read_bytes()))
    if "HTSInfoFile" in values and "EndFile" not in values:  # the first line and the last
        raise BrokenFileError("this HTD file is cut short: it has no EndFile", file=path, fix=FIX)
    if not _KNOWN & values.keys():
        raise BrokenFileError("this is no HTD file: none of its lines is known", file=path, fix=FIX)
    return HTD(_grid(path, values), _wave_names(path, values))


def _text(data: bytes) -> str:
    """Decode *data*; the description is typed by people in whatever code page they have."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _values(path: Path, text: str) -> dict[str, list[str]]:
    """Return the values behind each key."""
    values: dict[str, list[str]] = {}
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        old = _OLD_LINE.match(line)
        if old:
            key, row = old[1], [old[2].strip().strip('"')]
        else:
            _refuse_cut_line(path, number, line)
            key, *row = _cells(path, number, line)
        values[_OLD_NAMES.get(key.strip(), key.strip())] = [value.strip() for value in row]
    return values


def _cells(path: Path, number: int, line: str) -> list[str]:
    try:
        return next(csv.reader([line], skipinitialspace=True), None) or [""]
    except csv.Error as error:  # a line of a hundred thousand letters: zeros of a bad disk
        raise BrokenFileError(
            f"line {number} of this HTD file is none: {error}", file=path, fix=FIX
        ) from error


def _refuse_cut_line(path: Path, number: int, line: str) -> None:
    # The description is free text: it may hold a single quote mark, or go on in lines of its own.
    if line.count('"') % 2 and line.startswith('"') and not line.startswith('"Description"'):
        raise BrokenFileError(f"line {number} of this HTD file is cut short", file=path, fix=FIX)


def _number(path: Path, values: dict[str, list[str]], key: str) -> int | None:
    text = (values.get(key) or [""])[0]
    if not text and key not in values:
        return None
    if not re.fullmatch(r"\d{1,9}", text):
        raise BrokenFileError(
            f"{key} of this HTD file is {text!r} and should be a number", file=path, fix=FIX
        )
    return int(text)


def _grid(path: Path, values: dict[str, list[str]]) -> tuple[int, int] | None:
    rows, columns = _number(path, values, "YSites"), _number(path, values, "XSites")
    if _is_off(values, "Sites"):
        return (1, 1)
    # Of nothing there is no grid: 0 tells as little as no line.
    return (rows, columns) if rows and columns else None


def _is_off(values: dict[str, list[str]], key: str) -> bool:
    return bool(values.get(key)) and values[key][0].upper() == "FALSE"


def _wave_names(path: Path, values: dict[str, list[str]]) -> dict[int, str]:
    names = {
        int(key[len("WaveName") :]): row[0]
        for key, row in values.items()
        if re.fullmatch(r"WaveName\d{1,9}", key) and row and row[0]
    }
    promised = _number(path, values, "NWavelengths") or 0
    if "EndFile" not in values and not names.keys() >= set(range(1, promised + 1)):
        raise BrokenFileError(
            f"this HTD file promises {promised} waves and ends after {len(names)}",
            file=path,
            fix=FIX,
        )
    return names
