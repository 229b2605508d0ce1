"""What a streaming backend sends of one file: its pixels and what its name tells."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath

from openhcs.errors import StorageError
from openhcs.microscopes.plate import COMPONENTS
from openhcs.runtime.shared_memory import DTYPES, discard, share
from openhcs.runtime.viewer_messages import IMAGE, ROIS, SharedImage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from multiprocessing.shared_memory import SharedMemory
    from typing import Any

    from numpy import ndarray

    from openhcs.io.base import StoragePath
    from openhcs.microscopes.filename_parser import FilenameParser


@dataclass(frozen=True)
class Content:
    """One image, or the zipped bytes of ROIs, with what its path tells."""

    path: str
    array: ndarray
    data_type: str
    metadata: Mapping[str, Any]


def content_of(data: Any, path: StoragePath, parser: FilenameParser | None) -> Content:
    """Return *data* as a viewer takes it.

    Raises:
        StorageError: when it is neither an image nor a dict of ImageJ ROIs.
    """
    text = os.fspath(path)
    metadata = {**_components(PurePath(text).name, parser), "source": _folder(text)}
    if isinstance(data, dict):
        return Content(text, _zipped(data, text), ROIS, metadata)
    return Content(text, _image(data, text), IMAGE, metadata)


def _folder(path: str) -> str:
    folder = PurePath(path).parent.as_posix()
    return "" if folder == "." else folder


def _components(name: str, parser: FilenameParser | None) -> dict[str, Any]:
    """Return the components that *name* tells, by the first grammar that it belongs to."""
    found = (each.parse_filename(name) for each in _parsers(parser))
    told: dict[str, Any] = next((components for components in found if components), {})
    return {name: told[name] for name in COMPONENTS if told.get(name) is not None}


def _parsers(parser: FilenameParser | None) -> Iterator[FilenameParser]:
    from openhcs.microscopes import FILENAME_PARSERS

    if parser is not None:
        yield parser
        return
    for known in FILENAME_PARSERS:
        yield FILENAME_PARSERS[known]()


def _image(data: Any, path: str) -> ndarray:
    import numpy

    # Arrays on a GPU say how to fetch themselves.
    array: ndarray = numpy.asarray(data.get() if hasattr(data, "get") else data)
    if array.dtype.name not in DTYPES or array.ndim < 2 or not array.size:
        raise StorageError(
            f"a viewer shows images and ROIs, not {type(data).__name__} of shape {array.shape} "
            f"and type {array.dtype}",
            file=path,
            fix="save it to the backend 'disk', or convert it to an array of numbers",
        )
    return array


def _zipped(rois: Mapping[str, bytes], path: str) -> ndarray:
    import io

    import numpy

    from openhcs.io.formats import format_of

    if not all(isinstance(roi, bytes) for roi in rois.values()):
        raise StorageError(
            "a dict that is sent to a viewer holds ImageJ ROIs as bytes, by name",
            file=path,
            fix="save other tables to the backend 'disk'",
        )
    stream = io.BytesIO()
    format_of("sent.roi.zip").write(dict(rois), stream, path)
    zipped: ndarray = numpy.frombuffer(stream.getvalue(), numpy.uint8)
    return zipped


@contextmanager
def shared(contents: Sequence[Content]) -> Iterator[list[SharedImage]]:
    """Hold *contents* in shared memory; what the viewer hasn't taken is removed at the end.

    Raises:
        StorageError: when shared memory is full.
    """
    segments: list[SharedMemory] = []
    try:
        for content in contents:
            segments.append(share(content.array))
        pairs = zip(contents, segments, strict=True)
        yield [_described(content, segment.name) for content, segment in pairs]
    finally:
        for segment in segments:
            discard(segment)


def _described(content: Content, name: str) -> SharedImage:
    shape, dtype = content.array.shape, content.array.dtype.name
    image_id = secrets.token_hex(8)
    return SharedImage(
        content.path, shape, dtype, name, content.data_type, content.metadata, image_id
    )
