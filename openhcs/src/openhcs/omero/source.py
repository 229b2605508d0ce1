"""Show a plate of OMERO as a folder: one name for each plane, in the grammar of ImageXpress."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from openhcs.core.natural import well_key
from openhcs.errors import BrokenFileError
from openhcs.microscopes.filename_parser import row_letters
from openhcs.microscopes.imagexpress_names import ImageXpressFilenameParser
from openhcs.omero.gateway import GRID_KEY, NAMESPACE
from openhcs.omero.lengths import micrometres

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from openhcs.omero.gateway import Image, Plate, Well

_PARSER = ImageXpressFilenameParser()


@dataclass(frozen=True, slots=True)
class Plane:
    """One plane: its image and where it lies in it, counted from 0."""

    image: Image
    z: int
    c: int
    t: int

    def load(self) -> Any:
        """Return the plane as an array of rows and columns."""
        return self.image.getPrimaryPixels().getPlane(self.z, self.c, self.t)


class SourcePlate:
    """A plate whose wells are looked into one by one, when they are asked for.

    What was seen is kept: a plate is an original and doesn't change.
    """

    def __init__(self, plate: Plate) -> None:
        self._plate = plate
        self._wells = {_well_name(well): well for well in plate.listChildren()}
        self._planes: dict[str, dict[str, Plane]] = {}

    @property
    def name(self) -> str:
        """The name that the plate has in OMERO."""
        return self._plate.getName()

    def names(self) -> list[str]:
        """Return the names of its planes, well by well."""
        wells = sorted(self._wells, key=well_key)
        return [name for well in wells for name in self._of_well(well)]

    def find(self, name: str) -> Plane | None:
        """Return the plane called *name*, or None."""
        told = _PARSER.parse_filename(name)
        return self._of_well(told["well"]).get(name) if told else None

    def channel_names(self) -> dict[int, str | None]:
        """Return the label of each channel, from the first field of the wells; None without."""
        names: dict[int, str | None] = {}
        for image in self._first_images():
            for number, channel in enumerate(image.getChannels() or (), 1):
                label = channel.getLabel()  # of an unnamed channel, a server gives a wavelength
                names[number] = names.get(number) or (None if label is None else str(label))
        return names

    def pixel_size(self) -> float | None:
        """Return the width of a pixel of the first image in micrometres; None if nobody told."""
        image = next(self._first_images(), None)
        return None if image is None else micrometres(image.getPrimaryPixels().getPhysicalSizeX())

    def grid(self) -> tuple[int, int] | None:
        """Return the rows and columns of the sites in a well, as an annotation tells them.

        Raises:
            BrokenFileError: when the annotation tells something else.
        """
        for annotation in self._plate.listAnnotations():
            if annotation.getNs() == NAMESPACE:
                told = dict(annotation.getValue()).get(GRID_KEY)
                return None if told is None else self._rows_and_columns(told)
        return None

    def _rows_and_columns(self, told: str) -> tuple[int, int]:
        rows, _, columns = (part.strip() for part in told.partition(","))
        if not (rows.isdecimal() and columns.isdecimal() and int(rows) and int(columns)):
            raise BrokenFileError(
                f"{GRID_KEY} of the plate {self.name!r} is {told!r}",
                fix=f'write "rows,columns" into its annotation in {NAMESPACE}',
            )
        return int(rows), int(columns)

    def _first_images(self) -> Iterator[Image]:
        for well in sorted(self._wells, key=well_key):
            yield from (image for _, image in _fields(self._wells[well])[:1])

    def _of_well(self, well: str) -> dict[str, Plane]:
        if well in self._wells and well not in self._planes:
            fields = _fields(self._wells[well])
            self._planes[well] = dict(p for f, i in fields for p in _planes(well, f, i))
        return self._planes.get(well, {})


def _well_name(well: Well) -> str:
    return f"{row_letters(int(well.row) + 1)}{int(well.column) + 1:02}"


def _fields(well: Well) -> list[tuple[int, Image]]:
    """Return the images of *well* with their sites; a site may have none."""
    found = ((site, sample.getImage()) for site, sample in enumerate(well.listChildren(), 1))
    return [(site, image) for site, image in found if image is not None]


def _planes(well: str, site: int, image: Image) -> Iterator[tuple[str, Plane]]:
    counts = image.getSizeT(), image.getSizeC(), image.getSizeZ()
    for t, c, z in product(*map(range, counts)):
        shown: dict[str, Any] = {
            "well": well,
            "site": site,
            "channel": c + 1,
            "z_index": z + 1,
            "timepoint": t + 1,
        }
        # A well beyond 1536 has a name too, which is listed as ignored: no construct_filename.
        yield _PARSER.join(_PARSER.pad(shown)) + _PARSER.default_extension, Plane(image, z, c, t)
