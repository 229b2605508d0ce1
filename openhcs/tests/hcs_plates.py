"""Write small plates in the shapes that instruments export."""

from __future__ import annotations

import hashlib
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
) -> Path:
    """Write a Harmony export with fields at *positions* (micrometres); return its index."""
    space = {
        5: "http://www.perkinelmer.com/PEHH/HarmonyV5",
        6: "http://www.perkinelmer.com/PEHH/HarmonyV6",
        7: "43B2A954-E3C3-47E1-B392-6635266B0DD3/HarmonyV7",
    }[version]
    images, entries = [], []
    resolution = '<ImageResolutionX Unit="m">5.98E-07</ImageResolutionX>'
    for number, name in enumerate(channels, 1):
        named = f"<ChannelName>{name}</ChannelName>{resolution}" if version > 5 else ""
        entries.append(f'<Entry ChannelID="{number}">{named}</Entry>')
        within = f"<ChannelName>{name}</ChannelName>{resolution}" if version == 5 else ""
        for row, column in wells:
            for field, (x, y) in positions.items():
                url = f"r{row:02}c{column:02}f{field:02}p01-ch{number}sk1fk1fl1.tiff"
                images.append(
                    f"<Image><id>x</id><State>Ok</State><URL>{url}</URL><Row>{row}</Row>"
                    f"<Col>{column}</Col><FieldID>{field}</FieldID><PlaneID>1</PlaneID>"
                    f"<TimepointID>{int(version > 5)}</TimepointID>"
                    f"<ChannelID>{number}</ChannelID>{within}"
                    f'<PositionX Unit="m">{x * 1e-6!r}</PositionX>'
                    f'<PositionY Unit="m">{y * 1e-6!r}</PositionY></Image>'
                )
                if url not in missing:
                    tiff(plate / "Images" / url)
    maps = "<Map><Entry ChannelID='1'><FlatfieldProfile>{}</FlatfieldProfile></Entry></Map>"
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><EvaluationInputData xmlns="{space}">'
        "<Wells><Well><id>0101</id><Image id='0101K1F1P1R1' /></Well></Wells>"
        f"<Maps>{maps}<Map>{''.join(entries)}</Map></Maps>"
        f"<Images>{''.join(images)}</Images></EvaluationInputData>"
    )
    path = plate / index
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8-sig" if bom else "utf-8"))
    return path


def fingerprint(folder: Path) -> dict[str, str]:
    """Return the hash of each file below *folder*."""
    files = (f for f in sorted(folder.rglob("*")) if f.is_file())
    return {
        f.relative_to(folder).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files
    }
