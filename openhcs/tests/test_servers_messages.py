"""The messages between processes: what is taken, what is refused, and how that is told."""

from __future__ import annotations

import json

import pytest

from openhcs.errors import MessageError
from openhcs.runtime.answering import reply
from openhcs.runtime.messages import (
    DEEPEST,
    LARGEST,
    check_fields,
    decode,
    encode,
    error_reply,
)


def nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


def test_a_message_survives_writing_and_reading():
    message = {
        "type": "x",
        "text": "Größe\udcff",
        "numbers": [1, -2.5, None, True],
        "in": {"a": {}},
    }
    assert decode(encode(message)) == message


def test_a_message_is_one_line_of_utf8():
    data = encode({"type": "x", "text": "a\nb\u2028"})
    assert b"\n" not in data
    assert data.decode("utf-8")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "isn't JSON"),
        (b"{", "isn't JSON"),
        (b'{"type": "ping"} x', "isn't JSON"),
        (b"\xff\xfe", "isn't JSON in UTF-8"),
        ('{"type": "ping"}'.encode("utf-16"), "isn't JSON in UTF-8"),
        (b'{"type": ' + b"1" * 10_000 + b"}", "isn't JSON"),
        (b"null", "isn't an object"),
        (b"[]", "isn't an object"),
        (b'"ping"', "isn't an object"),
        (b"{}", "isn't an object"),
        (b'{"type": null}', "isn't an object"),
        (b'{"type": ["ping"]}', "isn't an object"),
        (b"[" * 1_000_000, "nested too deep"),
        (b'{"type": "x", "a": ' + b"[" * 100 + b"]" * 100 + b"}", "nested deeper"),
        (b" " * (LARGEST + 1), f"{LARGEST} at most"),
        (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94", "isn't JSON"),  # a pickle
    ],
)
def test_what_is_no_message_is_refused(data, why):
    with pytest.raises(MessageError, match=why):
        decode(data)


def test_the_deepest_message_that_is_taken_is_read():
    message = {"type": "x", "in": nested(DEEPEST - 2)}
    assert decode(encode(message)) == message


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", nested(DEEPEST), nested(10**5)])
def test_what_json_cant_tell_is_refused_where_it_is_written(value):
    with pytest.raises(MessageError):
        encode({"type": "x", "value": value})


def test_a_message_too_large_to_be_taken_is_not_sent():
    with pytest.raises(MessageError, match="fewer things"):
        encode({"type": "x", "value": "x" * LARGEST})


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "needs the field 'job'"),
        ({"job": []}, "'job' must be an object"),
        ({"job": {}, "count": True}, "'count' must be a whole number"),
        ({"job": {}, "count": 1.0}, "'count' must be a whole number"),
        ({"job": {}, "count": None}, "'count' must be a whole number"),
        ({"job": {}, "flag": 1}, "'flag' must be true or false"),
        ({"job": {}, "seconds": "1"}, "'seconds' must be a number"),
        ({"job": {}, "jbo": 1}, "no field 'jbo'"),
    ],
)
def test_missing_unknown_and_wrong_fields_are_refused_by_name(fields, why):
    optional = {"count": int, "flag": bool, "seconds": float}
    with pytest.raises(MessageError, match=why):
        check_fields({"type": "x", **fields}, {"job": dict}, optional)


def test_right_fields_are_taken():
    optional = {"count": int, "seconds": float}
    check_fields({"type": "x", "job": {}, "count": 1, "seconds": 2}, {"job": dict}, optional)


def test_an_error_is_told_by_its_kind_and_its_text_within_bounds():
    told = error_reply(ValueError("x" * LARGEST))
    assert (told["type"], told["kind"]) == ("error", "ValueError")
    assert len(encode(told)) < 20_000


def test_a_request_reaches_the_handler_of_its_type():
    handlers = {"double": lambda request: {"type": "ok", "number": 2 * request["number"]}}
    request = json.dumps({"type": "double", "number": 4}).encode()
    assert reply([request], handlers) == {"type": "ok", "number": 8}


@pytest.mark.parametrize("parts", [[], [b"{}", b"{}"], [b'{"type": "triple"}']])
def test_a_request_for_nobody_is_refused(parts):
    with pytest.raises(MessageError):
        reply(parts, {"double": lambda request: request})
