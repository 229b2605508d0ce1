"""What a file name grammar does, both ways."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from openhcs.errors import ComponentError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar

# A name without a component shows the first one.
FIRST = {"site": 1, "channel": 1, "z_index": 1, "timepoint": 1}
# What can stand for a component in a name, and be read out of it again.
_NUMBER = re.compile(r"[0-9]{1,18}|\{[^{}]*\}")
_EXTENSION = re.compile(r"(\.[^./\\]+)*")


class FilenameParser(ABC):
    """Reads the components of an image out of its file name, and makes the name from them.

    Args:
        pattern_format: a ``str.format`` template used to make names instead of the grammar.
    """

    default_extension: ClassVar[str] = ".tif"

    def __init__(self, pattern_format: str | None = None) -> None:
        self.pattern_format = pattern_format

    @abstractmethod
    def split(self, filename: str) -> dict[str, str | None] | None:
        """Return the text of each component in *filename*, or None if it is no image name.

        A component that the name doesn't have is None; one left open is its placeholder.
        """

    @abstractmethod
    def pad(self, components: Mapping[str, Any]) -> dict[str, str]:
        """Return the text of each component as the format writes it in names."""

    @abstractmethod
    def join(self, fields: Mapping[str, str]) -> str:
        """Return the file name, without extension, from the padded text of the components."""

    @abstractmethod
    def extract_component_coordinates(self, well: str) -> tuple[str, str]:
        """Return the row letters and the column of *well*.

        Raises:
            ValueError: when it is no well name.
        """

    def can_parse(self, filename: str) -> bool:
        """Say whether *filename* belongs to this grammar."""
        return self.split(filename) is not None

    def parse_filename(self, filename: str) -> dict[str, Any] | None:
        """Return well, site, channel, z_index, timepoint and extension, or None.

        A component that the name lacks, or that it leaves open with ``{...}``, is None.
        """
        parts = self.split(filename)
        if parts is None:
            return None
        values: dict[str, Any] = {}
        for name, text in parts.items():
            open_or_absent = text is None or text.startswith("{")
            numeric = name not in ("well", "extension")
            values[name] = None if open_or_absent else int(text or 0) if numeric else text
        return values

    def construct_filename(self, extension: str | None = None, **components: Any) -> str:
        """Return the file name for *components*.

        Args:
            extension: the ending, with its dot; the format's own by default.
            **components: well, site, channel, z_index, timepoint; None is left out, and a text
                such as ``{iii}`` leaves the component open.

        Raises:
            ComponentError: when the well is missing, a component is unknown, or a value is none
                that a name of this format can tell. It is a ValueError.
        """
        ending = self.default_extension if extension is None else extension
        _check_extension(ending)
        fields = self.pad(self._checked(components))
        if self.pattern_format:
            return _formatted(self.pattern_format, {**fields, "extension": ending})
        return self.join(fields) + ending

    def _checked(self, components: Mapping[str, Any]) -> dict[str, Any]:
        """Return the *components* that are given, each of which a name can tell."""
        if components.keys() - FIRST.keys() - {"well"} or not components.get("well"):
            raise ComponentError(
                f"a file name needs a well and takes {', '.join(FIRST)}; got {components}",
                fix="give the well, and no other component",
            )
        given = {name: value for name, value in components.items() if value is not None}
        for name in given.keys() - {"well"}:
            _check_number(name, given[name])
        self._check_well(given["well"])
        return given

    def _check_well(self, well: object) -> None:
        if not isinstance(well, str):
            raise ComponentError(f"the well of a file name is {well!r}", fix="give its name")
        if "{" not in well:  # left open
            self.extract_component_coordinates(well)


def _check_number(name: str, value: object) -> None:
    if not _NUMBER.fullmatch(str(value)):
        raise ComponentError(
            f"the {name} of a file name is {value!r}",
            fix="give a whole number from 0, or a text such as '{iii}' that leaves it open",
        )


def _check_extension(extension: object) -> None:
    if not isinstance(extension, str) or not _EXTENSION.fullmatch(extension):
        raise ComponentError(
            f"the extension of a file name is {extension!r}",
            fix="give one with its dot, such as '.tif'",
        )


def _formatted(template: str, fields: Mapping[str, str]) -> str:
    """Return *template* with *fields* in it."""
    try:
        return template.format(**fields)
    except (AttributeError, LookupError, ValueError) as error:
        raise ComponentError(
            f"the pattern_format {template!r} can't be filled in: {error!r}",
            fix=f"use fields such as {{site}} of what is given: {', '.join(fields)}",
        ) from error


def padded(value: Any, width: int) -> str:
    """Return the number *value* with leading zeros, or a placeholder as it is."""
    text = str(value)
    return text if text.startswith("{") else text.zfill(width)


def row_letters(number: int) -> str:
    """Return the letters of the plate row *number*, counted from 1: 1 is A, 27 is AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def row_number(letters: str) -> int:
    """Return the number of the plate row *letters*, counted from 1: A is 1, AA is 27.

    Raises:
        ValueError: when they are no capital letters from A to Z.
    """
    number = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            raise ValueError(f"{letters!r} are no letters of a row")
        number = number * 26 + ord(letter) - ord("A") + 1
    if not number:
        raise ValueError("a row needs a letter")
    return number
