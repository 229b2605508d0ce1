"""Read Harmony's description of a plate, ``Index.idx.xml`` (V5) or ``Index.xml`` (V6, V7).

The versions differ in namespace and in where they keep channel names and pixel sizes; reading by
local names, with the channel's map entry as the fallback, covers all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.parsers import expat

from openhcs.errors import BrokenFileError
from openhcs.microscopes.plate import measured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

FIX = "export the measurement again from Harmony, or copy its index again"
ROOT = "EvaluationInputData"
_METRES = {"m": 1.0, "mm": 1e-3, "um": 1e-6, "µm": 1e-6, "μm": 1e-6, "nm": 1e-9}
# Elements whose children are read, by their parent: "Image" also occurs empty below Wells.
_RECORDS = {("Images", "Image"): "image", ("Map", "Entry"): "channel"}


@dataclass(frozen=True)
class IndexImage:
    """One image as the index describes it; lengths in metres, None where the index has none.

    *url* is empty where no image was written, as when the autofocus failed.
    """

    url: str
    row: int
    column: int
    field: int
    plane: int
    channel: int
    timepoint: int
    x: float | None
    y: float | None


@dataclass(frozen=True)
class HarmonyIndex:
    """What an index says: its images, the names of the channels, metres in a pixel."""

    images: tuple[IndexImage, ...]
    channel_names: dict[int, str | None]
    resolution: float | None


Record = dict[str, str]


class _Collector:
    """Gathers the records of an index while the parser runs over it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, list[Record]] = {"image": [], "channel": []}
        self.names: list[str] = []
        self.record: Record | None = None
        self.depth = 0
        self.text: list[str] = []
        self.unit = ""

    def parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text.append
        parser.StartDoctypeDeclHandler = self.refuse_doctype
        return parser

    def refuse_doctype(self, *_: object) -> None:
        # Entities can blow a small file up to any size; no instrument writes them.
        raise BrokenFileError("this index declares a document type", file=self.path, fix=FIX)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if not self.names and name != ROOT:
            raise BrokenFileError(
                f"this is no Harmony index: it holds {name}, not {ROOT}", file=self.path, fix=FIX
            )
        kind = _RECORDS.get((self.names[-1] if self.names else "", name))
        self.names.append(name)
        if kind:
            self.record, self.depth = dict(attributes), len(self.names)
            self.found[kind].append(self.record)
        self.unit = attributes.get("Unit", "")
        self.text.clear()

    def end(self, _: str) -> None:
        name = self.names.pop()
        if self.record is not None and len(self.names) == self.depth:
            self.record[name] = "".join(self.text).strip()
            if self.unit:
                self.record[name + "@Unit"] = self.unit
        elif len(self.names) < self.depth:
            self.record, self.depth = None, 0
        self.unit = ""
        self.text.clear()


def read_index(path: Path) -> HarmonyIndex:
    """Read the index file *path*.

    Raises:
        BrokenFileError: when it is no Harmony index, is damaged, or lists no image.
    """
    found = _collected(path)
    if not found["image"]:
        raise BrokenFileError("this index lists no image", file=path, fix=FIX)
    try:
        return _index(found["image"], found["channel"])
    except (KeyError, ValueError) as error:
        raise BrokenFileError(
            f"an image in this index lacks a part or has a wrong one: {error}", file=path, fix=FIX
        ) from error


def _collected(path: Path) -> dict[str, list[Record]]:
    collector = _Collector(path)
    parser = collector.parser()
    try:
        with open(path, "rb") as stream:
            parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise BrokenFileError(
            f"this index is damaged XML in line {error.lineno}: {expat.ErrorString(error.code)}",
            file=path,
            fix=FIX,
        ) from error
    except LookupError as error:  # of the encoding that the first line declares
        raise BrokenFileError(f"this index has an {error}", file=path, fix=FIX) from error
    return collector.found


def _index(images: list[Record], entries: list[Record]) -> HarmonyIndex:
    # Harmony V5 counts timepoints from 0, V6 and V7 from 1; file names always from 1.
    first = min(int(record.get("TimepointID", 1)) for record in images)
    shift = 1 if first == 0 else 0
    return HarmonyIndex(
        tuple(_image(record, shift) for record in images),
        _channel_names([*entries, *images]),
        next(filter(None, map(_resolution, [*images, *entries])), None),
    )


def _image(record: Record, shift: int) -> IndexImage:
    return IndexImage(
        url=record.get("URL", ""),
        row=int(record["Row"]),
        column=int(record["Col"]),
        field=int(record["FieldID"]),
        plane=int(record.get("PlaneID", 1)),
        channel=int(record.get("ChannelID", 1)),
        timepoint=int(record.get("TimepointID", 1 - shift)) + shift,
        x=_length(record, "PositionX"),
        y=_length(record, "PositionY"),
    )


def _length(record: Record, name: str) -> float | None:
    if not record.get(name):
        return None
    return float(record[name]) * _METRES[record.get(name + "@Unit", "m")]


def _resolution(record: Record) -> float | None:
    return measured(_length(record, "ImageResolutionX"))


def _channel_names(records: list[Record]) -> dict[int, str | None]:
    """Return each channel's name, from whichever record tells it."""
    names: dict[int, str | None] = {}
    for record in records:
        if record.get("ChannelID"):
            number = int(record["ChannelID"])
            names[number] = record.get("ChannelName") or names.get(number)
    return names
