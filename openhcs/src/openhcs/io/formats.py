"""Turn content into bytes and back; the longest known ending of a file name decides how."""

from __future__ import annotations

import os
from importlib import import_module

from openhcs.core.damage import DAMAGE
from openhcs.errors import BrokenFileError, ContentError, OpenHCSError, UnsupportedFormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any

    from openhcs.io.base import StoragePath


# What the libraries raise for content that they can't write.
_UNFIT = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class Format:
    """How one kind of file is read and written.

    Args:
        read: gives the content of an open binary file.
        put: puts content into an open binary file.
        takes: says what content that can be.
    """

    __slots__ = ("_put", "_takes", "read")

    def __init__(
        self, read: Callable[[IO[bytes]], Any], put: Callable[[Any, IO[bytes]], None], takes: str
    ) -> None:
        self.read = read
        self._put = put
        self._takes = takes

    def write(self, data: Any, stream: IO[bytes], file: StoragePath) -> None:
        """Put *data* into the open binary *stream*, which is or becomes *file*.

        Raises:
            ContentError: when this kind of file can't hold it.
        """
        try:
            self._put(data, stream)
        except OpenHCSError:
            raise
        except _UNFIT as error:
            raise ContentError(
                f"{_described(data)} can't be saved as this kind of file: {error}",
                file=file,
                fix=f"give {self._takes}",
            ) from error


def _described(data: Any) -> str:
    """Return what *data* is, for a message."""
    kind = type(data).__name__
    shape, dtype = getattr(data, "shape", None), getattr(data, "dtype", None)
    return f"{kind} of shape {shape} and type {dtype}" if shape is not None and dtype else kind


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        raise UnsupportedFormatError(
            f"this kind of file needs {name}, which isn't installed", fix=f"pip install {name}"
        ) from missing


def _read_tiff(stream: IO[bytes]) -> Any:
    from openhcs.io.tiff_header import read_tiff_header

    read_tiff_header(stream, stream.name)
    stream.seek(0)
    tifffile = _library("tifffile")
    try:
        # A stream, not a path: an OME-TIFF may name other files, and only this one was asked for.
        return tifffile.imread(stream)
    except (tifffile.TiffFileError, *DAMAGE) as error:
        raise BrokenFileError(
            f"this TIFF can't be decoded: {error}",
            file=stream.name,
            fix="export the image again, or install imagecodecs if its compression is unknown",
        ) from error


def _write_tiff(data: Any, stream: IO[bytes]) -> None:
    array = _library("numpy").asarray(data)
    if array.dtype.kind not in "biufc":
        raise TypeError("its parts are no numbers")
    if not array.size:
        raise ValueError("it is empty")
    # tifffile would guess, and take a stack of three or four planes for the colours of one.
    _library("tifffile").imwrite(stream, array, photometric=_photometric(array))


def _photometric(array: Any) -> str | None:
    """Return what the pixels of *array* are: colours where the last axis is as long as RGB."""
    if array.ndim < 2:
        return None
    is_colour = array.ndim > 2 and array.shape[-1] in (3, 4) and array.dtype in ("u1", "u2")
    return "rgb" if is_colour else "minisblack"


def _read_npy(stream: IO[bytes]) -> Any:
    from tokenize import TokenError  # numpy reads the header as Python's literals

    try:
        # A pickle inside could run code.
        return _library("numpy").load(stream, allow_pickle=False)
    except (SyntaxError, TokenError, *DAMAGE) as error:
        raise BrokenFileError(
            f"this is no plain array file: {error}", file=stream.name, fix="write it again"
        ) from error


def _write_npy(data: Any, stream: IO[bytes]) -> None:
    _library("numpy").save(stream, data, allow_pickle=False)


def _read_json(stream: IO[bytes]) -> Any:
    import json

    try:
        return json.loads(stream.read())
    except ValueError as error:
        raise BrokenFileError(
            f"this is no valid JSON: {error}", file=stream.name, fix="write it again"
        ) from error


def _write_json(data: Any, stream: IO[bytes]) -> None:
    import json

    text = json.dumps(data, indent=2, ensure_ascii=False)
    # A file's name may hold bytes that are no UTF-8; what stands for them is a valid escape here.
    stream.write(text.encode("utf-8", "backslashreplace"))


def _read_text(stream: IO[bytes]) -> str:
    try:
        return stream.read().decode()
    except UnicodeDecodeError as error:
        raise BrokenFileError(
            f"this text is not UTF-8: {error.reason}", file=stream.name, fix="save it as UTF-8"
        ) from error


def _write_text(data: str, stream: IO[bytes]) -> None:
    stream.write(data.encode())


def _read_csv(stream: IO[bytes]) -> list[dict[str, str]]:
    import csv

    try:
        return list(csv.DictReader(_read_text(stream).splitlines(keepends=True)))
    except csv.Error as error:
        raise BrokenFileError(
            f"this is no table: {error}", file=stream.name, fix="write it again"
        ) from error


def _write_csv(data: Any, stream: IO[bytes]) -> None:
    import csv
    import io
    from collections.abc import Mapping

    if hasattr(data, "to_dict"):  # a pandas table
        data = data.to_dict("records")
    rows = list(data)
    text = io.StringIO(newline="")
    if rows:
        if not all(isinstance(row, Mapping) for row in rows):
            raise TypeError("its rows are no dicts")
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    stream.write(text.getvalue().encode())


def _read_rois(stream: IO[bytes]) -> dict[str, bytes]:
    from openhcs.io.rois import unzip_rois

    try:
        return unzip_rois(stream)
    except ValueError as error:
        raise BrokenFileError(str(error), file=stream.name, fix="save it again") from error


def _write_rois(data: dict[str, bytes], stream: IO[bytes]) -> None:
    from openhcs.io.rois import zip_rois

    zip_rois(data, stream)


def _read_torch(stream: IO[bytes]) -> Any:
    return _library("torch").load(stream, weights_only=True)  # else it runs pickled code


def _write_torch(data: Any, stream: IO[bytes]) -> None:
    _library("torch").save(data, stream)


def _array_of(library: str, module: str, convert: str) -> Format:
    """Return the format of arrays of *library*: a plain array file, converted when read."""

    def read(stream: IO[bytes]) -> Any:
        _library(library)
        return getattr(import_module(module), convert)(_read_npy(stream))

    def write(data: Any, stream: IO[bytes]) -> None:
        # cupy keeps its data on the device and says how to fetch it.
        _write_npy(data.get() if hasattr(data, "get") else data, stream)

    return Format(read, write, f"an array of {library} or numpy")


_TIFF = Format(_read_tiff, _write_tiff, "an array of numbers that isn't empty")
_ARRAY = Format(_read_npy, _write_npy, "an array whose parts aren't Python objects")
_JSON = Format(
    _read_json, _write_json, "dicts by texts, lists, texts, numbers, True, False and None only"
)
_CSV = Format(_read_csv, _write_csv, "a list of dicts with the same keys, or a pandas table")
_TEXT = Format(_read_text, _write_text, "a text")
_ROIS = Format(_read_rois, _write_rois, "a dict of ImageJ's ROIs, as bytes by name")
_TORCH = Format(_read_torch, _write_torch, "what torch can save")
FORMATS: dict[str, Format] = {
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".npy": _ARRAY,
    ".json": _JSON,
    ".csv": _CSV,
    ".txt": _TEXT,
    ".py": _TEXT,
    ".md": _TEXT,
    ".roi.zip": _ROIS,
    ".pt": _TORCH,
    ".pth": _TORCH,
    ".jax": _array_of("jax", "jax.numpy", "asarray"),
    ".cupy": _array_of("cupy", "cupy", "asarray"),
    ".tf": _array_of("tensorflow", "tensorflow", "convert_to_tensor"),
}


def format_of(path: StoragePath) -> Format:
    """Return the format of *path*, by the longest of its endings that is known.

    Raises:
        UnsupportedFormatError: when none is known.
    """
    parts = os.path.basename(os.fspath(path)).lower().split(".")
    for start in range(1, len(parts)):
        found = FORMATS.get("." + ".".join(parts[start:]))
        if found:
            return found
    raise UnsupportedFormatError(
        "no reader or writer is known for this kind of file",
        file=path,
        fix="use one of " + ", ".join(sorted(FORMATS)),
    )
