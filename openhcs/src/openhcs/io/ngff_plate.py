"""The plate's own record: which wells are finished, and what the plate is besides."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from openhcs.errors import BrokenFileError, StorageError
from openhcs.io.ngff_groups import NODE_NAME, group_attributes, write_group
from openhcs.io.ngff_metadata import plate_metadata, well_metadata, well_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

# The attribute in which we keep what the specification has no place for.
OURS = "openhcs"


@dataclass(frozen=True)
class FinishedWell:
    """A well that the plate lists: its group and the number of its fields."""

    path: str
    fields: int


@dataclass(frozen=True)
class PlateRecord:
    """What the root of a store says of its plate; wells go by the names that they were given."""

    name: str
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    acquisition: str = ""
    wells: Mapping[str, FinishedWell] = field(default_factory=dict)

    def path_of(self, well: str) -> str:
        """Return the group of *well*; raise as ``well_place``."""
        known = self.wells.get(well)
        return known.path if known else well_place(well).path

    def without(self, well: str) -> PlateRecord:
        """Return the record in which *well* is not finished."""
        return replace(self, wells={n: w for n, w in self.wells.items() if n != well})

    def with_well(self, well: str, fields: int) -> PlateRecord:
        """Return the record in which *well* is finished."""
        return replace(self, wells={**self.wells, well: FinishedWell(self.path_of(well), fields)})


def read_plate(store: Path) -> PlateRecord:
    """Return the record of *store*, an empty one if it is no store yet.

    Raises:
        BrokenFileError: when the plate's metadata is damaged.
        StorageError: when *store* has an older form of zarr.
    """
    attributes = group_attributes(store)
    if not attributes and (store / ".zgroup").exists():
        raise StorageError(
            "this is a store of zarr format 2, which is neither read nor written",
            file=store,
            fix="name another folder, or convert the store to OME-Zarr 0.5",
        )
    ours = attributes.get(OURS)
    try:
        if ours is None:
            return _foreign(store, attributes.get("ome", {}).get("plate", {}))
        wells = {name: FinishedWell(**well) for name, well in ours["wells"].items()}
        return PlateRecord(
            ours["name"], tuple(ours["rows"]), tuple(ours["columns"]), ours["acquisition"], wells
        )
    except (AttributeError, LookupError, TypeError) as error:
        raise BrokenFileError(
            f"this plate's metadata has another shape: {error!r}",
            file=store / NODE_NAME,
            fix="write the store again",
        ) from error


def _foreign(store: Path, plate: Mapping[str, Any]) -> PlateRecord:
    """Return the record of a plate that other software wrote."""
    count = plate.get("field_count", 1)
    paths = [well["path"] for well in plate.get("wells", ())]
    wells = {path.replace("/", ""): FinishedWell(path, count) for path in paths}
    return PlateRecord(plate.get("name", store.name.removesuffix(".zarr")), wells=wells)


def save_plate(store: Path, plate: PlateRecord) -> None:
    """Make *store* the plate that the record describes; hold the store's lock meanwhile.

    Without a finished well there is no plate metadata: the specification wants one at least.
    """
    kept = {k: v for k, v in group_attributes(store).items() if k not in ("ome", OURS)}
    if plate.wells:
        counts = {well.path: well.fields for well in plate.wells.values()}
        kept["ome"] = plate_metadata(
            plate.name, counts, plate.rows, plate.columns, plate.acquisition
        )
    # In one order, whoever finished first: the same plate is then the same bytes.
    wells = {name: vars(well) for name, well in sorted(plate.wells.items())}
    write_group(store, {**kept, OURS: {**vars(plate), "wells": wells}})


def fields_of(well_folder: Path) -> list[int]:
    """Return the fields that the well's metadata lists, in order."""
    images = group_attributes(well_folder).get("ome", {}).get("well", {}).get("images", ())
    return sorted(int(image["path"]) for image in images if image["path"].isdecimal())


def check_owner(folder: Path, well: str) -> None:
    """Make sure that the group *folder* is free for *well*.

    Raises:
        StorageError: when another well has that place.
    """
    owner = group_attributes(folder).get(OURS, {}).get("well", well)
    if owner != well:
        raise StorageError(
            f"the wells {owner} and {well} are one place",
            file=folder,
            fix="name each well in one way only",
        )


def save_well(folder: Path, well: str, fields: Iterable[int]) -> None:
    """Make the group *folder* the well that has *fields*; hold the store's lock meanwhile."""
    if not (folder.parent / NODE_NAME).exists():
        write_group(folder.parent, {OURS: {"row": folder.parent.name}})
    write_group(folder, {"ome": well_metadata(fields), OURS: {"well": well}})
