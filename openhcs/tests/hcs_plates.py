"""Write small plates in the shapes that instruments export."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile

CALIBRATED = (
    '<MetaData><PlaneInfo><prop id="spatial-calibration-state" type="bool" value="on"/>'
    '<prop id="spatial-calibration-x" type="float" value="{size}"/>'
    '<prop id="spatial-calibration-units" type="string" value="um"/></PlaneInfo></MetaData>'
)


def tiff(path: Path, value: int = 0, size: float | None = 0.65) -> Path:
    """Write an 8 x 8 image that is *value* all over."""
    path.parent.mkdir(parents=True, exist_ok=True)
    description = None if size is None else CALIBRATED.format(size=size)
    image = np.full((8, 8), value, np.uint16)
    tifffile.imwrite(path, image, description=description, metadata=None)
    return path


def htd(
    path: Path, sites: tuple[int, int] = (1, 1), waves: tuple[str, ...] = ("DAPI",), **more: str
) -> Path:
    """Write an HTD file for *sites* rows and columns and the named *waves*."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ['"HTSInfoFile", Version 1.0']
    lines += [f'"{key}", {value}' for key, value in more.items()]
    lines += [f'"XSites", {sites[1]}', f'"YSites", {sites[0]}', f'"NWavelengths", {len(waves)}']
    lines += [f'"WaveName{number}", "{name}"' for number, name in enumerate(waves, 1)]
    path.write_bytes("\r\n".join([*lines, '"EndFile"', ""]).encode("cp1252"))
    return path


SPACES = {
    5: "http://www.perkinelmer.com/PEHH/HarmonyV5",
    6: "http://www.perkinelmer.com/PEHH/HarmonyV6",
    7: "43B2A954-E3C3-47E1-B392-6635266B0DD3/HarmonyV7",
}
RESOLUTION = '<ImageResolutionX Unit="m">5.98E-07</ImageResolutionX>'


def harmony(
    plate: Path,
    positions: dict[int, tuple[float, float]],
    *,
    version: int = 5,
    wells: tuple[tuple[int, int], ...] = ((1, 1),),
    channels: tuple[str, ...] = ("DAPI",),
    index: str = "Images/Index.idx.xml",
    missing: tuple[str, ...] = (),
    bom: bool = False,
    timepoints: int = 1,
    unwritten: tuple[tuple[int, int], ...] = (),
) -> Path:
    """Write a Harmony export with fields at *positions* (micrometres); return its index.

    The wells *unwritten* stand only in what the index says of the plate.
    """
    places = [
        (well, field, channel, time)
        for channel in range(1, len(channels) + 1)
        for well in wells
        for field in positions
        for time in range(1, timepoints + 1)
    ]
    images = []
    for (row, column), field, channel, time in places:
        url = f"r{row:02}c{column:02}f{field:02}p01-ch{channel}sk{time}fk1fl1.tiff"
        x, y = positions[field]
        name = f"<ChannelName>{channels[channel - 1]}</ChannelName>"
        images.append(
            f"<Image Version='1'><id>{row:02}{column:02}K{time}F{field}P1R{channel}</id>"
            f"<State>Ok</State><URL>{url}</URL><Row>{row}</Row><Col>{column}</Col>"
            f"<FieldID>{field}</FieldID><PlaneID>1</PlaneID>"
            f"<TimepointID>{time - (version == 5)}</TimepointID>"
            + ("" if version == 5 else f"<SequenceID>1</SequenceID><GroupID>{channel}</GroupID>")
            + f"<ChannelID>{channel}</ChannelID>{name + RESOLUTION if version == 5 else ''}"
            f'<PositionX Unit="m">{x * 1e-6!r}</PositionX>'
            f'<PositionY Unit="m">{y * 1e-6!r}</PositionY></Image>'
        )
        if url not in missing:
            tiff(plate / "Images" / url)
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><EvaluationInputData xmlns="{SPACES[version]}">'
        f"{_harmony_plate((*wells, *unwritten))}{_harmony_maps(version, channels)}"
        f"<Images>{''.join(images)}</Images></EvaluationInputData>"
    )
    path = plate / index
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8-sig" if bom else "utf-8"))
    return path


def _harmony_plate(wells: tuple[tuple[int, int], ...]) -> str:
    names = [f"{row:02}{column:02}" for row, column in wells]
    listed = "".join(f'<Well id="{name}" />' for name in names)
    described = "".join(
        f"<Well><id>{name}</id><Row>{int(name[:2])}</Row><Col>{int(name[2:])}</Col>"
        f'<Image id="{name}K1F1P1R1" /></Well>'
        for name in names
    )
    about = "<PlateID>1</PlateID><PlateRows>16</PlateRows><PlateColumns>24</PlateColumns>"
    return f"<Plates><Plate>{about}{listed}</Plate></Plates><Wells>{described}</Wells>"


def _harmony_maps(version: int, channels: tuple[str, ...]) -> str:
    """Return one map in V5, and in V6 and V7 three, the last with the channels' names."""
    flat = ["<FlatfieldProfile>{Channel: 1}</FlatfieldProfile>" for _ in channels]
    orientation = ["<OrientationMatrix>[[1,0],[0,1]]</OrientationMatrix>" for _ in channels]
    named = [f"<ChannelName>{name}</ChannelName>{RESOLUTION}" for name in channels]
    maps = [flat] if version == 5 else [flat, orientation, named]
    entries = [
        "".join(f'<Entry ChannelID="{n}">{entry}</Entry>' for n, entry in enumerate(one, 1))
        for one in maps
    ]
    return f"<Maps>{''.join(f'<Map>{one}</Map>' for one in entries)}</Maps>"


def fingerprint(folder: Path) -> dict[str, str]:
    """Return the hash of each file below *folder*."""
    files = (f for f in sorted(folder.rglob("*")) if f.is_file())
    return {
        f.relative_to(folder).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files
    }


@contextlib.contextmanager
def untouched(folder: Path) -> Iterator[None]:
    """Make *folder* read-only for a while, and hold that its files stay what they were."""
    before = fingerprint(folder)
    folders = [found for found, _, _ in os.walk(folder)]
    for path in (f for f in folder.rglob("*") if f.is_file()):
        path.chmod(stat.S_IRUSR)
    for found in folders:
        os.chmod(found, stat.S_IRUSR | stat.S_IXUSR)
    try:
        yield
    finally:
        for found in folders:
            os.chmod(found, stat.S_IRWXU)
    assert fingerprint(folder) == before
