"""Write to a plate in another process, which may be killed at any time."""

from __future__ import annotations

import itertools
import sys

import numpy as np

from openhcs.io import STORAGE_BACKENDS
from openhcs.io.ngff import (
    discard_well,
    finish_well,
    finished_wells,
    start_well,
    write_field,
)
from openhcs.io.ngff_lock import StoreLock

WELLS = [f"{row}{column:02}" for row in "ABC" for column in range(1, 5)]
FIELDS = 2


def pixels(well, field):
    """Return an image that only this field of this well has."""
    value = 10 * WELLS.index(well) + field + 1
    return np.full((1, 2, 1, 8, 8), value, np.uint16)


def write_well(store, well):
    """Write one well whole."""
    start_well(store, well)
    for field in range(FIELDS):
        write_field(store, well, field, pixels(well, field), pixel_size_um=0.5)
    finish_well(store, well)


def write_wells(store, wells):
    """Write the wells that are not finished yet."""
    for well in wells:
        if well not in finished_wells(store):
            write_well(store, well)


def save_images(store, wells):
    """Save the images of *wells* under their file names."""
    backend = STORAGE_BACKENDS["zarr"]()
    for well in wells:
        names = [f"{store}/{well}_s001_w{w}_z001_t001.tif" for w in (1, 2)]
        backend.save_batch([pixels(well, 0)[0, w, 0] for w in (0, 1)], names)


def write_for_ever(store):
    """Write, discard and write all wells again and again; tell each step."""
    for turn in itertools.count():
        write_wells(store, WELLS)
        print(turn, flush=True)
        for well in WELLS[::2]:
            discard_well(store, well)
            print(well, flush=True)


def hold_the_lock(store):
    """Take the store's lock and keep it."""
    with StoreLock(store):
        print("held", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
