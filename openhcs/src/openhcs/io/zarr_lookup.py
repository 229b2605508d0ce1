"""Find the planes of a plate by their file names."""

from __future__ import annotations

from openhcs.errors import BrokenFileError
from openhcs.io.ngff_groups import NODE_NAME, read_node
from openhcs.io.ngff_image import open_array
from openhcs.io.ngff_plate import fields_of, read_plate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Index = tuple[int, int, int]


def image_folder(store: Path, well: str, number: int) -> Path | None:
    """Return the image of field *number* of *well*, or None if the plate doesn't list it."""
    listed = read_plate(store).wells.get(well)
    if listed is None or number not in fields_of(store / listed.path):
        return None
    return store / listed.path / str(number)


def filename_map(image: Path) -> dict[str, Index]:
    """Return the names of the planes of *image* with their places.

    Raises:
        BrokenFileError: when the names have another shape.
    """
    node = read_node(image / "0") or {"attributes": {}}
    names: dict[str, list[int]] = node["attributes"].get("openhcs_filename_map", {})
    try:
        return {name: (t, c, z) for name, (t, c, z) in names.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise BrokenFileError(
            f"the names of its planes can't be read: {error}",
            file=image / "0" / NODE_NAME,
            fix="write the store again",
        ) from error


def names_in(store: Path) -> Iterator[str]:
    """Yield the name of each plane that the plate has."""
    for well in read_plate(store).wells.values():
        for number in fields_of(store / well.path):
            yield from filename_map(store / well.path / str(number))


def plane_bytes(image: Path) -> int:
    """Return the size of a plane's pixels, uncompressed."""
    array = open_array(image)
    return int(array.shape[-2] * array.shape[-1] * array.dtype.itemsize)
