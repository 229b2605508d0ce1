"""What a file name grammar does, both ways."""

from __future__ import annotations

from abc import ABC, abstractmethod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar

# A name without a component shows the first one.
FIRST = {"site": 1, "channel": 1, "z_index": 1, "timepoint": 1}


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
            ValueError: when the well is missing or a component is unknown.
        """
        unknown = components.keys() - FIRST.keys() - {"well"}
        if unknown or not components.get("well"):
            raise ValueError(
                f"a file name needs a well and takes {', '.join(FIRST)}; got {components}"
            )
        fields = self.pad({k: v for k, v in components.items() if v is not None})
        ending = self.default_extension if extension is None else extension
        if self.pattern_format:
            return self.pattern_format.format(**fields, extension=ending)
        return self.join(fields) + ending


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
