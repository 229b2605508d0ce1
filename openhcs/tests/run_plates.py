"""Plates with pictures of spots, and what a run leaves of them, for the tests of runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import tifffile

from hcs_plates import CALIBRATED, fingerprint, harmony, htd

SIZE = (40, 48)
WELLS = ("A01", "A02", "B01")
STEPS = """
[[step]]
name = "smooth"
function = "skimage:filters.gaussian"
parameters = {sigma = 1.5, preserve_range = true}

[[step]]
function = "openhcs:subtract_background"
parameters = {radius = 6}
channels = [1]

[[step]]
function = "openhcs:max_projection"
"""


def spots(*seed: int) -> np.ndarray:
    """Return an image of bright spots on noise, another one for each *seed*."""
    random = np.random.default_rng(seed)
    image = random.normal(300, 20, SIZE)
    rows, columns = np.ogrid[: SIZE[0], : SIZE[1]]
    for _ in range(3 + seed[0] % 4):
        row, column = random.uniform(5, 35), random.uniform(5, 43)
        image += 2000 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 8)
    return image.astype(np.uint16)


def imagexpress(folder: Path, wells: tuple[str, ...] = WELLS) -> Path:
    """Write an ImageXpress plate of two sites, two waves and two planes."""
    htd(folder / "plate.HTD", sites=(1, 2), waves=("DAPI", "GFP"))
    described = CALIBRATED.format(size=0.65)
    for number, well in enumerate(wells):
        for site in (1, 2):
            for wave in (1, 2):
                for plane in (1, 2):
                    name = f"{well}_s{site}_w{wave}_z{plane}.tif"
                    image = spots(number, site, wave, plane)
                    tifffile.imwrite(folder / name, image, description=described, metadata=None)
    return folder


def opera_phenix(folder: Path) -> Path:
    """Write an Opera Phenix plate of two fields and two channels."""
    wells = ((1, 1), (1, 2), (2, 1))
    harmony(folder, {1: (0, 0), 2: (300, 0)}, wells=wells, channels=("DAPI", "GFP"))
    for number, image in enumerate(sorted((folder / "Images").glob("*.tiff"))):
        tifffile.imwrite(image, spots(number, 7), metadata=None)
    return folder


PLATES = {"imagexpress": imagexpress, "opera_phenix": opera_phenix}


def steps(folder: Path, text: str = STEPS) -> Path:
    """Write the file of the steps into *folder*."""
    file = folder / "steps.toml"
    file.write_text(text)
    return file


def cut_short(file: Path) -> Path:
    """Leave half of *file*, as a copy that was broken off does."""
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return file


def outcome(out: Path) -> dict[str, object]:
    """Return all that a run left in *out* and that another run of the job must give too."""
    left: dict[str, object] = {}
    for name, digest in fingerprint(out).items():
        if name.endswith(".json") and not name.startswith("plate.zarr"):
            known = json.loads((out / name).read_bytes())
            left[name] = {k: v for k, v in known.items() if k not in ("run", "seconds")}
        elif not Path(name).name.startswith("._"):
            left[name] = digest
    return left
