"""Spoil the bytes of a cache file, or its values behind hashes that fit."""

from __future__ import annotations

import copy
import json

from plugindex import store
from plugindex.stamp import digest

NESTED = "[" * 900 + "]" * 900  # the scanner takes it, a recursive reader of it may not
ODD = (None, True, 0, -1, 2**63, 1.5, "", "x", "\ud800", "!", "!{", [], [[]], {}, {"": None})
ODD += ([1, 2, 3, 4], {"enum": [1]}, {"bytes": "zz"}, '!{"enum":["os"]}', "!" + NESTED, "a\0b")


def flipped(data, random):
    """Change some bits."""
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 8, 100))):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(data)


def cut(data, random):
    """Leave the end out, or the beginning, or a part."""
    start, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return random.choice((data[:start], data[start:], data[:start] + data[end:]))


def zeroed(data, random):
    """Put zeros in the place of a part, as a power cut leaves them."""
    start, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + bytes(end - start) + data[end:]


def spliced(data, random):
    """Repeat a part of the file elsewhere."""
    start, end, place = sorted(random.randrange(len(data) + 1) for _ in range(3))
    return random.choice((
        data[:place] + data[start:end] + data[place:],
        data[:start] + data[place:] + data[start:],
        data[place:] + data[:place],
    ))  # fmt: skip


def littered(data, random):
    """Put bytes in that are no UTF-8, no ASCII, or have a meaning in JSON."""
    place = random.randrange(len(data) + 1)
    litter = random.choice(
        (b"\xff\xfe", b"\xc3(", b"\0", b"\n", b'"', b"\\", b"}", b"\r\n", b"\xe2")
    )
    return data[:place] + litter * random.choice((1, 1, 50)) + data[place:]


BYTES = (flipped, cut, zeroed, spliced, littered)


def opened(data):
    """Return the head and the tail of a cache file as values."""
    whole = json.loads(data)
    whole.pop("seal")
    return whole, whole.pop("records")


def sealed(head, tail):
    """Return a file with these values and hashes that fit, whatever the values are."""
    return store.pack(
        {name: _text(value) for name, value in head.items()},
        "records",
        {name: _text(value) for name, value in tail.items()},
    )


class Text(str):
    """A value that is JSON text already."""


def _text(value):
    return store.Raw(value) if isinstance(value, Text) else store.Raw(json.dumps(value))


def mistyped(data, random):
    """Put a value of another type in the place of one or more, and seal the file again."""
    head, tail = opened(data)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        _replace_one(random.choice((head, tail)), random)
    return sealed(head, tail)


def _replace_one(root, random):
    place, name = root, random.choice([*root])
    while isinstance(place[name], (dict, list)) and place[name] and random.random() < 0.75:
        place = place[name]
        name = random.choice([*place] if isinstance(place, dict) else range(len(place)))
    if isinstance(place, dict) and place is not root and random.random() < 0.1:
        place["unknown"] = place[name]
    odd = [one for one in ODD if not _alike(one, place[name])]
    place[name] = copy.deepcopy(random.choice(odd))  # the next change may be inside of it


def _alike(one, other):
    numbers = (int, float, bool)
    if isinstance(one, numbers) and isinstance(other, numbers):
        return True
    return isinstance(one, type(other)) and isinstance(other, type(one))


def nested(data, random):
    """Put a value in that is nested nearly as deeply as the scanner takes, or deeper."""
    head, tail = opened(data)
    root = random.choice((head, tail))
    depth = random.choice((50, 300, 450, 900, 990, 5_000, 100_000))
    left, right = random.choice((("[", "]"), ('{"tuple":[', "]}"), ('{"a":', "}")))
    root[random.choice([*root])] = Text(left * depth + "1" + right * depth)
    return sealed(head, tail)


def doubled(data, random):
    """Let a name stand twice."""
    head, tail = opened(data)
    name = random.choice(["items", "failed", "files"])
    head[name] = Text(f'{{"x":1,"x":[],{json.dumps(head[name])[1:]}'.replace(",}", "}"))
    return sealed(head, tail)


SEALED = (mistyped, mistyped, mistyped, nested, doubled)


def special():
    """Return contents that no cache file has, by name."""
    return {
        "empty": b"",
        "null": b"null",
        "a number": b"17",
        "a list": b"[]",
        "an object": b"{}",
        "NaN": b"NaN",
        "UTF-16": "{}".encode("utf-16"),
        "a mark of order": b"\xef\xbb\xbf{}",
        "no UTF-8": b"\xff" * 1000,
        "zeros": bytes(100_000),
        "brackets": b"[" * 200_000,
        "braces": b'{"a":' * 100_000,
        "a long number": b"9" * 2_000_000,
        "a long line": b"x" * 5_000_000,
        "no seal": json.dumps({"cache_version": "1.0", "items": {}}).encode(),
        "another format": _sealed_by_hand(b"", b'"records":{\n\n}}\n', 99),
        "an empty document": _sealed_by_hand(b"", b'"records":{\n\n}}\n', store.FORMAT),
        "lengths that don't fit": b'{"seal":[1,99999999,"' + b"0" * 32 + b'",1,"x"],\n' + b"y" * 99,
    }


def _sealed_by_hand(head, tail, form):
    seal = [form, len(head), digest(head), len(tail), digest(tail)]
    return b'{"seal":' + json.dumps(seal, separators=(",", ":")).encode() + b",\n" + head + tail
