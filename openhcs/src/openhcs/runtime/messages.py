"""The messages between processes: JSON objects with a type, within bounds that are checked."""

from __future__ import annotations

import json

from openhcs.errors import MessageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Message = dict[str, Any]
    # The names of fields and the type each must have.
    Fields = Mapping[str, type]

LARGEST = 16 * 2**20  # bytes: results of a 1536-well plate fit many times, memory is never filled
DEEPEST = 64

_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def encode(message: Message) -> bytes:
    """Return *message* as UTF-8 JSON on one line.

    Raises:
        MessageError: when it holds what JSON can't tell, is too large or too deep.
    """
    try:
        # ASCII: file names may hold halves of surrogate pairs, which UTF-8 can't.
        data = json.dumps(message, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise MessageError(f"the message can't be written as JSON: {error}") from error
    _check_depth(message)
    _check_type(message)
    return _within_bounds(data)


def decode(data: bytes) -> Message:
    """Return the message that *data* tells.

    Raises:
        MessageError: when it isn't UTF-8 JSON, no object, without a type, too large or too deep.
    """
    try:
        message = json.loads(_within_bounds(data).decode("utf-8"))
    except RecursionError as error:
        raise MessageError("the message is nested too deep") from error
    except ValueError as error:
        if isinstance(error, MessageError):
            raise
        raise MessageError(f"the message isn't JSON in UTF-8: {error}") from error
    _check_depth(message)
    return _check_type(message)


def _check_type(message: Any) -> Message:
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise MessageError('the message isn\'t an object with a "type" that is a text')
    return message


def _within_bounds(data: bytes) -> bytes:
    if len(data) > LARGEST:
        raise MessageError(
            f"the message is {len(data)} bytes, {LARGEST} at most are taken",
            fix="ask for, or send, fewer things at once",
        )
    return data


def _check_depth(value: object) -> None:
    """Refuse what is nested so deep that the code behind would run out of stack."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _parts(outer)]
        if not level:
            return
    raise MessageError(f"the message is nested deeper than {DEEPEST} levels")


def _parts(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def check_fields(message: Message, required: Fields = {}, optional: Fields = {}) -> None:  # noqa: B006 - read only
    """Check that *message* has, beside its type, the *required* fields and no unknown ones.

    Raises:
        MessageError: when a field is missing, unknown or of another type; a number that must be
            whole is no boolean, one that needn't be may be whole.
    """
    known = {"type": str, **required, **optional}
    for name in required:
        if name not in message:
            raise MessageError(f"a message of type {message['type']!r} needs the field {name!r}")
    for name, value in message.items():
        if name not in known:
            fields = ", ".join(known)
            raise MessageError(f"there is no field {name!r} here", fix=f"known fields: {fields}")
        if not _is(value, known[name]):
            raise MessageError(f"the field {name!r} must be {_NAMES[known[name]]}")


def _is(value: object, kind: type) -> bool:
    if kind is float:
        return type(value) in (int, float)
    return type(value) is kind


def error_reply(error: BaseException) -> Message:
    """Return the message that tells a client of *error*."""
    text = str(error) or "it gives no reason"
    # A long text, as some libraries write, must not make the answer itself too large.
    return {"type": "error", "kind": type(error).__name__, "message": text[:10_000]}
