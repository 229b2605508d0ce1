"""Write a small ImageXpress plate, cut from a real microscopy image.

The image is ``skimage.data.cell()``, which scikit-image ships in its wheel: a quantitative phase
image of a cell in saline, 0.107 µm a pixel, dedicated to the public domain (CC0).
"""

from __future__ import annotations

from openhcs.errors import UnsupportedFormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

PIXEL_SIZE = 0.107
TILE = 256
GRID = (2, 2)
# Each well shows the cell from another corner, so that no two images are alike.
WELLS = {"A01": (0, 0), "A02": (74, 19), "B01": (148, 38)}
WAVES = ("Phase", "Phase gradient (computed)")
DESCRIPTION = (
    '<MetaData><PlaneInfo><prop id="spatial-calibration-state" type="bool" value="on"/>'
    '<prop id="spatial-calibration-x" type="float" value="{0}"/>'
    '<prop id="spatial-calibration-y" type="float" value="{0}"/>'
    '<prop id="spatial-calibration-units" type="string" value="um"/></PlaneInfo></MetaData>'
)


def write_demo_plate(folder: Path) -> int:
    """Write the plate into the new folder *folder* and return how many images it has.

    Raises:
        UnsupportedFormatError: when scikit-image isn't installed.
        FileExistsError: when *folder* exists.
    """
    import tifffile

    images = _waves()
    images_folder = folder / "TimePoint_1"
    images_folder.mkdir(parents=True)
    (folder / "demo_plate.HTD").write_bytes("\r\n".join(_htd_lines()).encode("cp1252"))
    described = DESCRIPTION.format(PIXEL_SIZE)
    names = list(_tiles())
    for name, wave, top, left in names:
        tile = images[wave][top : top + TILE, left : left + TILE]
        tifffile.imwrite(images_folder / name, tile, description=described, metadata=None)
    return len(names)


def _waves() -> list[Any]:
    """Return the image of the cell and how steep it is at each pixel, both in 16 bits."""
    import numpy as np

    try:
        from skimage import data
    except ModuleNotFoundError as missing:
        raise UnsupportedFormatError(
            "the demo plate is cut from an image of scikit-image, which isn't installed",
            fix="pip install scikit-image",
        ) from missing
    phase = data.cell().astype(np.uint16) * 256
    gradient = np.hypot(*np.gradient(phase.astype(float)))
    return [phase, gradient.clip(0, 65535).astype(np.uint16)]


def _tiles() -> Iterator[tuple[str, int, int, int]]:
    """Yield the name, the wave and the top left corner of each image."""
    rows, columns = GRID
    for well, (top, left) in WELLS.items():
        for site in range(rows * columns):
            row, column = divmod(site, columns)
            for wave in range(len(WAVES)):
                name = f"demo_{well}_s{site + 1}_w{wave + 1}.TIF"
                yield name, wave, top + row * TILE, left + column * TILE


def _htd_lines() -> list[str]:
    lines = ['"HTSInfoFile", Version 1.0', '"Description", "cut from skimage.data.cell()"']
    lines += ['"TimePoints", 1', '"ZSeries", FALSE', '"XWells", 12', '"YWells", 8']
    for row in "ABCDEFGH":
        chosen = ("TRUE" if f"{row}{n:02}" in WELLS else "FALSE" for n in range(1, 13))
        lines.append(f'"WellsSelection{ord(row) - 64}", {", ".join(chosen)}')
    lines += ['"Sites", TRUE', f'"XSites", {GRID[1]}', f'"YSites", {GRID[0]}', '"Waves", TRUE']
    lines += [f'"NWavelengths", {len(WAVES)}']
    lines += [f'"WaveName{number}", "{name}"' for number, name in enumerate(WAVES, 1)]
    return [*lines, '"EndFile"', ""]
