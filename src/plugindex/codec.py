"""JSON text to values and back by the C codec alone: importing ``json`` costs a start-up 10 ms."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON value")


def _refuse_value(value: object) -> Any:
    raise TypeError(f"{type(value).__name__} is no JSON value")


class _Context:
    """What the C scanner asks of its owner."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(_refuse_constant)


_scan: Callable[[str, int], tuple[Any, int]]
_dump: Callable[[Any, int], Sequence[str]]
try:
    from _json import encode_basestring_ascii, make_encoder, make_scanner, scanstring
except ImportError:  # an interpreter without the C codec
    from json import JSONDecoder, JSONEncoder
    from json.decoder import scanstring  # type: ignore[attr-defined,no-redef]
    from json.encoder import encode_basestring_ascii

    _scan = JSONDecoder(parse_constant=_refuse_constant).scan_once  # type: ignore[attr-defined]
    _encode = JSONEncoder(separators=(",", ":"), allow_nan=False).encode

    def _dump(value: Any, level: int) -> Sequence[str]:
        return (_encode(value),)
else:
    _scan = make_scanner(_Context())  # type: ignore[arg-type]
    _dump = make_encoder(
        None, _refuse_value, encode_basestring_ascii, None, ":", ",", False, False, False
    )


def encode(value: object) -> str:
    """Return *value* as one line of ASCII JSON.

    Raises:
        TypeError: a part of it is no JSON value.
        ValueError: a number is not finite, or the nesting has no end.
    """
    try:
        return "".join(_dump(value, 0))
    except RecursionError:
        raise ValueError("the value is nested too deeply") from None


def quoted(text: str) -> str:
    """Return *text* as an ASCII JSON string; faster than :func:`encode`."""
    return encode_basestring_ascii(text)


def decode(text: str) -> Any:
    """Return the value of the JSON *text*, which has no white space around it.

    Raises:
        ValueError: the text is anything else, however odd.
    """
    try:
        value, end = _scan(text, 0)
    except (StopIteration, RecursionError, MemoryError) as error:
        raise ValueError(f"no JSON value: {type(error).__name__}") from None
    if end != len(text):
        raise ValueError(f"something follows the JSON value at {end}")
    return value


def split_name(line: str) -> tuple[str, str]:
    """Return the name and the value's text of the JSON member ``"name":value`` on *line*.

    Raises:
        ValueError: the line has no such form.
    """
    name, end = scanstring(line, 1)
    if line[:1] != '"' or line[end : end + 1] != ":":
        raise ValueError("a line is no member")
    return name, line[end + 1 :]
