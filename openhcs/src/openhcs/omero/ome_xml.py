"""Read the OME-XML of a plate: its wells, and in which file and page each plane lies.

Format: https://docs.openmicroscopy.org/ome-model/ (schema 2016-06, OME-TIFF specification).
Elements are found by local names, since the namespace differs from version to version.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from xml.etree import ElementTree

from openhcs.errors import BrokenFileError
from openhcs.omero.records import StoreAnnotation, StoreChannel, StoreLength, checked_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from xml.etree.ElementTree import Element

FIX = "export the plate again as OME-TIFF"


@dataclass(frozen=True, slots=True)
class TiffBlock:
    """Planes that follow each other in one file: number *first* of the image lies in page *ifd*.

    *file* is empty where it is the file that the OME-XML itself was read from.
    """

    first: int
    count: int
    ifd: int
    file: str


@dataclass(frozen=True, slots=True)
class XmlImage:
    """An image as the OME-XML describes it; *order* is its dimension order, such as "XYZCT"."""

    sizes: Mapping[str, int]
    order: str
    channels: tuple[StoreChannel, ...]
    pixel_size: StoreLength | None
    blocks: tuple[TiffBlock, ...]

    def page_of(self, z: int, c: int, t: int) -> tuple[str, int] | None:
        """Return file and page of a plane; None where no file is told for it."""
        number = _plane_number(self.order, self.sizes, {"z": z, "c": c, "t": t})
        for block in self.blocks:
            if block.first <= number < block.first + block.count:
                return block.file, block.ifd + number - block.first
        return None


@dataclass(frozen=True, slots=True)
class XmlPlate:
    """A plate as the OME-XML describes it: row, column and images of each well."""

    name: str
    wells: tuple[tuple[int, int, tuple[XmlImage, ...]], ...]
    annotations: tuple[StoreAnnotation, ...]


class _Builder(ElementTree.TreeBuilder):
    """Builds the tree, but of no document that declares entities: they can blow up to any size."""

    def doctype(self, *_: object) -> None:
        raise ValueError("it declares a document type")


def read_ome_xml(text: str, file: Path) -> XmlPlate | str:
    """Return the plate that *text* describes, or the name of the file that describes it instead.

    Args:
        text: an OME-XML document.
        file: where it was read from, for errors.

    Raises:
        BrokenFileError: when it is damaged, or describes no plate.
    """
    try:
        root = ElementTree.fromstring(text, ElementTree.XMLParser(target=_Builder()))
        elsewhere = root.find("{*}BinaryOnly")
        return elsewhere.attrib["MetadataFile"] if elsewhere is not None else _plate(root)
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise BrokenFileError(f"this OME-XML can't be used: {error}", file=file, fix=FIX) from error


def _plate(root: Element) -> XmlPlate:
    plate = root.find("{*}Plate")
    if plate is None:
        raise ValueError("it describes no plate")
    images = {element.attrib["ID"]: element for element in root.findall("{*}Image")}
    wells = tuple(_well(well, images) for well in plate.findall("{*}Well"))
    return XmlPlate(plate.get("Name", ""), wells, tuple(_annotations(root, plate)))


def _well(well: Element, images: Mapping[str, Element]) -> tuple[int, int, tuple[XmlImage, ...]]:
    # The index of a sample counts over the whole plate, so only its order means anything here.
    samples = sorted(well.findall("{*}WellSample"), key=lambda one: int(one.get("Index", 0)))
    named = [reference for sample in samples for reference in sample.findall("{*}ImageRef")]
    found = tuple(_image(images[reference.attrib["ID"]]) for reference in named)
    row, column = int(well.attrib["Row"]), int(well.attrib["Column"])
    if row < 0 or column < 0:
        raise ValueError(f"a well lies in row {row}, column {column}")
    return row, column, found


def _image(element: Element) -> XmlImage:
    pixels = element.find("{*}Pixels")
    if pixels is None:
        raise ValueError(f"image {element.get('ID')} has no pixels")
    channels = pixels.findall("{*}Channel")
    if any(int(channel.get("SamplesPerPixel", 1)) > 1 for channel in channels):
        raise ValueError(f"image {element.get('ID')} is in colour; only grey planes are read")
    sizes = {axis: int(pixels.attrib[f"Size{axis.upper()}"]) for axis in "zctyx"}
    order = pixels.get("DimensionOrder", "XYCZT")
    if order[:2] != "XY" or sorted(order[2:]) != sorted("ZCT"):
        raise ValueError(f"the dimension order is {order!r}")
    return XmlImage(
        checked_sizes(sizes),
        order,
        tuple(StoreChannel(channel.get("Name")) for channel in channels),
        _pixel_size(pixels),
        tuple(_block(data, order, sizes) for data in pixels.findall("{*}TiffData")),
    )


def _pixel_size(pixels: Element) -> StoreLength | None:
    size = pixels.get("PhysicalSizeX")
    return None if size is None else StoreLength(float(size), pixels.get("PhysicalSizeXUnit", "µm"))


def _block(data: Element, order: str, sizes: Mapping[str, int]) -> TiffBlock:
    first = {axis: int(data.get(f"First{axis.upper()}", 0)) for axis in "zct"}
    number = _plane_number(order, sizes, first)
    rest = sizes["z"] * sizes["c"] * sizes["t"] - number
    # One plane where only its page is told; all that are left where not even that is.
    count = data.get("PlaneCount", 1 if "IFD" in data.attrib else rest)
    name = data.find("{*}UUID")
    file = "" if name is None else name.get("FileName", "")
    return TiffBlock(number, int(count), int(data.get("IFD", 0)), file)


def _plane_number(order: str, sizes: Mapping[str, int], place: Mapping[str, int]) -> int:
    """Return which plane of the image lies at *place*; the first axis of *order* runs fastest."""
    number, step = 0, 1
    for axis in islice(order.lower(), 2, None):  # the first two are those of the plane itself
        number += place[axis] * step
        step *= sizes[axis]
    return number


def _annotations(root: Element, plate: Element) -> list[StoreAnnotation]:
    """Return the maps of keys and values that belong to the plate."""
    wanted = {reference.get("ID") for reference in plate.findall("{*}AnnotationRef")}
    maps = root.findall("{*}StructuredAnnotations/{*}MapAnnotation")
    return [
        StoreAnnotation(
            found.get("Namespace"),
            tuple((m.get("K", ""), m.text or "") for m in found.findall("{*}Value/{*}M")),
        )
        for found in maps
        if found.get("ID") in wanted
    ]
