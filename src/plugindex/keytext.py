"""Keys as the names of JSON members, and back with their type."""

from __future__ import annotations

import sys

from plugindex.codec import decode, encode
from plugindex.keys import EnumKey
from plugindex.portable import portable, restored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_MARK = "!"  # a name that begins so holds JSON


def to_text(key: Hashable) -> str:
    """Return the text that stands for *key*: a str itself, anything else marked.

    Raises:
        TypeError: the key is of no kind that can be stored, or NaN.
        ValueError: it is a number too long to be shown.
    """
    if type(key) is str and not key.startswith(_MARK):
        return key
    return _MARK + encode(portable(key))


def from_text(text: str, allows: Callable[[str], bool]) -> Hashable:
    """Return the key that *text* stands for.

    Args:
        text: what ``to_text`` returned.
        allows: says whether the module of an enum may be imported for it.

    Raises:
        ValueError: the text stands for no key, or for a member that can't be had.
    """
    if not text.startswith(_MARK):
        return text
    value = decode(text[len(_MARK) :])
    try:
        key = _with_members(restored(value), allows)
        hash(key)
    except (TypeError, LookupError, AttributeError, ImportError, RecursionError) as error:
        raise ValueError(f"{text} stands for no key: {error}") from None
    return key


def _with_members(value: Hashable, allows: Callable[[str], bool]) -> Hashable:
    if isinstance(value, (tuple, frozenset)):
        return type(value)(_with_members(item, allows) for item in value)
    return _member(value, allows) if isinstance(value, EnumKey) else value


def _import(module: str) -> None:
    try:
        __import__(module)
    # The module is foreign code, and a cache must not be the reason for an error of it.
    except Exception as error:
        raise ImportError(f"{module}: {type(error).__name__}: {error}") from error


def _member(key: EnumKey, allows: Callable[[str], bool]) -> Hashable:
    if key.module not in sys.modules:
        if not allows(key.module):
            raise ImportError(f"{key.module} is not imported for a key")
        _import(key.module)
    found = sys.modules[key.module]
    for part in key.enum.split("."):
        found = vars(found)[part]
    enum = sys.modules.get("enum")
    if enum is None or not isinstance(found, enum.EnumMeta):
        raise TypeError(f"{key.enum} is no enum")
    member: Hashable = found.__members__[key.member]
    if key != member:  # an alias, or another enum of that name
        raise TypeError(f"{key!r} is another member by now")
    return member
