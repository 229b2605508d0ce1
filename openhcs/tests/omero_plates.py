"""Write small plates as OME-TIFF and OME-Zarr, the forms in which OMERO hands plates out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import tifffile

SPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
SIDE = 8


@dataclass(frozen=True)
class Layout:
    """What the plates written here hold."""

    wells: tuple[tuple[int, int], ...] = ((0, 0), (1, 11))
    fields: int = 2
    z: int = 2
    t: int = 2
    labels: tuple[str | None, ...] = ("DAPI", "GFP")
    pixel_size: float | None = 0.65
    grid: str | None = "1,2"

    def stack(self, well: int, field: int) -> np.ndarray:
        """Return the planes of a field as t, c, z, y, x; no two planes are alike."""
        shape = (self.t, len(self.labels), self.z)
        values = [1 + p for p in range(int(np.prod(shape)))]
        stack = np.zeros((*shape, SIDE, SIDE), np.uint16)
        stack += np.array(values, np.uint16).reshape(*shape, 1, 1)
        return stack + np.uint16(1000 * (well * self.fields + field))

    @property
    def images(self) -> list[tuple[int, int]]:
        """Well and field of each image."""
        return list(product(range(len(self.wells)), range(self.fields)))


def ome_xml(layout: Layout, files: list[str], *, plate: bool = True) -> str:
    """Return the OME-XML of the plate whose image number n lies in file n, or all in one."""
    size = "" if layout.pixel_size is None else f'PhysicalSizeX="{layout.pixel_size * 1000}" '
    size += 'PhysicalSizeXUnit="nm"' if size else ""
    planes = layout.t * layout.z * len(layout.labels)
    channels = "".join(
        f'<Channel ID="Channel:{n}" SamplesPerPixel="1"{f" Name={label!r}" if label else ""}/>'
        for n, label in enumerate(layout.labels)
    )
    images = "".join(
        f'<Image ID="Image:{n}"><Pixels ID="Pixels:{n}" DimensionOrder="XYZCT" Type="uint16" '
        f'SizeX="{SIDE}" SizeY="{SIDE}" SizeZ="{layout.z}" SizeC="{len(layout.labels)}" '
        f'SizeT="{layout.t}" {size}>{channels}'
        f'<TiffData IFD="{0 if len(files) > 1 else n * planes}" PlaneCount="{planes}">'
        f'<UUID FileName="{files[n if len(files) > 1 else 0]}">urn:uuid:{n}</UUID></TiffData>'
        "</Pixels></Image>"
        for n in range(len(layout.images))
    )
    noted, reference = _annotation(layout)
    described = (
        f'<Plate ID="Plate:1" Name="experiment" Rows="32" Columns="48">{_wells(layout)}{reference}'
        "</Plate>"
    )
    about = described if plate else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="{SPACE}">{about}{images}{noted}</OME>'
    )


def _wells(layout: Layout) -> str:
    return "".join(
        f'<Well ID="Well:{n}" Row="{row}" Column="{column}">'
        + "".join(
            f'<WellSample ID="WellSample:{i}" Index="{i}"><ImageRef ID="Image:{i}"/></WellSample>'
            # The order in the file means nothing; the index does.
            for i in reversed([n * layout.fields + f for f in range(layout.fields)])
        )
        + "</Well>"
        for n, (row, column) in enumerate(layout.wells)
    )


def _annotation(layout: Layout) -> tuple[str, str]:
    if layout.grid is None:
        return "", ""
    pairs = f'<M K="openhcs.grid_dimensions">{layout.grid}</M>'
    noted = (
        '<StructuredAnnotations><MapAnnotation ID="Annotation:1" Namespace="openhcs.metadata">'
        f"<Value>{pairs}</Value></MapAnnotation></StructuredAnnotations>"
    )
    return noted, '<AnnotationRef ID="Annotation:1"/>'


def _pages(layout: Layout, image: tuple[int, int]) -> np.ndarray:
    """Return the planes of *image* in the order XYZCT, one after the other."""
    return layout.stack(*image).reshape(-1, SIDE, SIDE)


def ome_tiff_file(path: Path, layout: Layout | None = None) -> Path:
    """Write the whole plate into one OME-TIFF."""
    layout = layout or Layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    pages = np.concatenate([_pages(layout, image) for image in layout.images])
    xml = ome_xml(layout, [path.name])
    tifffile.imwrite(path, pages, description=xml.encode(), metadata=None)
    return path


def ome_tiff_folder(folder: Path, layout: Layout | None = None) -> Path:
    """Write one OME-TIFF for each image, and a companion that describes them."""
    layout = layout or Layout()
    folder.mkdir(parents=True, exist_ok=True)
    files = [f"image{n}.ome.tiff" for n in range(len(layout.images))]
    (folder / "plate.companion.ome").write_text(ome_xml(layout, files), "utf-8")
    refers = f'<OME xmlns="{SPACE}"><BinaryOnly MetadataFile="plate.companion.ome"/></OME>'
    for name, image in zip(files, layout.images, strict=True):
        pages = _pages(layout, image)
        tifffile.imwrite(folder / name, pages, description=refers.encode(), metadata=None)
    return folder


def ome_zarr(folder: Path, layout: Layout | None = None, version: str = "0.5") -> Path:
    """Write the plate as OME-Zarr 0.4 (zarr 2) or 0.5 (zarr 3)."""
    layout = layout or Layout()
    names = [(_row_name(row), str(column + 1)) for row, column in layout.wells]
    rows, columns = (sorted({name[i] for name in names}) for i in (0, 1))
    plate = {
        "name": "experiment",
        "rows": [{"name": name} for name in rows],
        "columns": [{"name": name} for name in columns],
        "field_count": layout.fields,
        "wells": [
            {"path": f"{r}/{c}", "rowIndex": rows.index(r), "columnIndex": columns.index(c)}
            for r, c in names
        ],
    }
    noted = {"openhcs.metadata": {"openhcs.grid_dimensions": layout.grid}} if layout.grid else {}
    _group(folder, {"plate": plate}, version, noted)
    for at, (row, column) in enumerate(names):
        well = folder / row / column
        images = [{"path": str(field)} for field in range(layout.fields)]
        _group(well.parent, {}, version)
        _group(well, {"well": {"images": images}}, version)
        for field in range(layout.fields):
            _group(well / str(field), _multiscales(layout), version)
            _array(well / str(field) / "0", layout.stack(at, field), version)
    return folder


def _row_name(row: int) -> str:
    return chr(65 + row) if row < 26 else "A" + chr(65 + row - 26)


def _multiscales(layout: Layout) -> dict:
    axes = [{"name": "t", "type": "time"}, {"name": "c", "type": "channel"}]
    unit = {} if layout.pixel_size is None else {"unit": "micrometer"}
    axes += [{"name": axis, "type": "space", **unit} for axis in "zyx"]
    scale = [1, 1, 2.0, layout.pixel_size or 1.0, layout.pixel_size or 1.0]
    datasets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}]
    channels = [{"label": label} if label else {} for label in layout.labels]
    return {
        "multiscales": [{"axes": axes, "datasets": datasets}],
        "omero": {"channels": channels},
    }


def _group(folder: Path, sections: dict, version: str, more: dict | None = None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if version == "0.4":
        (folder / ".zgroup").write_text('{"zarr_format": 2}')
        attributes = {name: _versioned(content) for name, content in sections.items()}
        (folder / ".zattrs").write_text(json.dumps(attributes | (more or {})))
    else:
        attributes = {"ome": {"version": "0.5", **sections}, **(more or {})}
        node = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
        (folder / "zarr.json").write_text(json.dumps(node))


def _versioned(content):
    return content | {"version": "0.4"} if isinstance(content, dict) else content


def _array(folder: Path, data: np.ndarray, version: str) -> None:
    import zarr

    chunks = (1, 1, 1, SIDE, SIDE)
    array = zarr.create_array(
        folder,
        shape=data.shape,
        chunks=chunks,
        dtype=data.dtype,
        zarr_format=2 if version == "0.4" else 3,
    )
    array[:] = data
