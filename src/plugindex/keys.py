"""Which key a class has, by the rules that the reader follows too."""

from __future__ import annotations

import sys
from abc import ABCMeta

from plugindex.errors import MissingKeyError, message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import Any

    from plugindex.config import KeyRule

_LONGEST = 4096  # bits; the decimal conversions refuse longer numbers
_ABSTRACT = 1 << 20  # Py_TPFLAGS_IS_ABSTRACT, which inspect.isabstract reads as well


def reference(cls: Any) -> str:
    """Return the object reference of a class, ``module:QualName``."""
    return f"{cls.__module__}:{cls.__qualname__}"


def function_reference(function: object) -> str:
    """Return the object reference of a function, "" if no other process could find it by one."""
    module = getattr(function, "__module__", None)
    qualname = getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualname, str):
        return ""
    return "" if module == "__main__" or "<" in qualname else f"{module}:{qualname}"


def is_abstract(cls: type) -> bool:
    """Say what ``inspect.isabstract`` says, also inside ``__init_subclass__``."""
    if cls.__flags__ & _ABSTRACT or not isinstance(cls, ABCMeta):
        return bool(cls.__flags__ & _ABSTRACT)
    if hasattr(cls, "__abstractmethods__"):
        return False
    names = {n for n, v in vars(cls).items() if getattr(v, "__isabstractmethod__", False)}
    names |= {n for base in cls.__bases__ for n in getattr(base, "__abstractmethods__", ())}
    return any(getattr(getattr(cls, n, None), "__isabstractmethod__", False) for n in names)


def _declared(cls: type, attribute: str) -> Hashable:
    """Return the key that *cls* sets in its own body; a descriptor is no key."""
    value: Hashable = vars(cls).get(attribute)
    return None if hasattr(type(value), "__get__") else value


def key_owner(cls: type, attribute: str) -> type | None:
    """Return the nearest class in the MRO that has *attribute* in its body."""
    return next((c for c in cls.__mro__ if attribute in vars(c)), None)


def check_key(key: Hashable, cls: type) -> Hashable:
    """Return *key* if a dict can find it again.

    Raises:
        TypeError: it can't be hashed, or holds a NaN.
    """
    parts = key if isinstance(key, (tuple, frozenset)) else (key,)
    try:
        hash(key)
    except TypeError:
        raise TypeError(_refused(cls, f"the key {key!r} is not hashable")) from None
    if any(part != part for part in parts):
        raise TypeError(_refused(cls, "the key is NaN, which equals nothing"))
    if any(type(part) is int and part.bit_length() >= _LONGEST for part in parts):
        raise TypeError(_refused(cls, "the key is a number too long to be shown"))
    return key


def _refused(cls: type, cause: str) -> str:
    fix = "use a string, a number, a tuple or an enum member"
    return message(f"{reference(cls)} can't be registered", [("cause", cause), ("fix", fix)])


def own_key(
    cls: type, rule: KeyRule, extractor: Callable[[str, type], Hashable] | None
) -> Hashable:
    """Return the key of *cls* by *rule*, or None; an inherited key counts."""
    if rule.attribute is None:
        return reference(cls)
    if rule.own:
        return _declared(cls, rule.attribute)
    owner = key_owner(cls, rule.attribute)
    key = None if owner is None else _declared(owner, rule.attribute)
    if key is not None or any(_declared(c, rule.attribute) is not None for c in cls.__mro__):
        return key
    return extractor(cls.__name__, cls) if extractor else None


def inherited_from(cls: type, rule: KeyRule, base: type) -> type | None:
    """Return the registered class from which *cls* inherits its key, if it does."""
    owner = key_owner(cls, rule.attribute or "")
    if owner is None or owner is cls or owner is base or base not in owner.__mro__:
        return None
    keyed = _declared(owner, rule.attribute or "") is not None
    return owner if keyed and not is_abstract(owner) else None


def require_key(cls: type, rule: KeyRule, name: str) -> None:
    """Refuse a concrete class without key where *rule* asks for one.

    Raises:
        MissingKeyError: *rule* does not skip such classes.
    """
    if rule.skip:
        return
    fix = f"set {rule.attribute} in its body, or __skip_if_no_key__ = True in the base"
    cause = f"{reference(cls)} is a concrete {name} without a key"
    raise MissingKeyError(message(cause, [("fix", fix)]), cause=cause, fix=fix)


def standins(key: Hashable) -> list[EnumKey]:
    """Return what stands for enum members in *key*: itself, or parts of a tuple or frozenset."""
    if type(key) is EnumKey:
        return [key]
    parts = key if type(key) in (tuple, frozenset) else ()
    return [found for part in parts for found in standins(part)]  # type: ignore[attr-defined]


def filled(key: Hashable, members: dict[EnumKey, Hashable]) -> Hashable:
    """Return *key* with *members* in the place of what stands for them."""
    if type(key) is EnumKey:
        return members.get(key, key)
    if type(key) in (tuple, frozenset):
        return type(key)(filled(part, members) for part in key)  # type: ignore[call-arg,attr-defined]
    return key


class EnumKey:
    """Stand for an enum member whose module isn't imported; it equals the member.

    Args:
        module: the module that defines the enum.
        enum: the enum's qualified name.
        member: the member's name.
        hashed: what the member hashes as: its value for enums mixed with another type (IntEnum,
            StrEnum), else its name.
    """

    __slots__ = ("enum", "hashed", "member", "mixed", "module")

    def __init__(self, module: str, enum: str, member: str, hashed: Hashable = None) -> None:
        self.module = module
        self.enum = enum
        self.member = member
        self.mixed = hashed is not None  # such a member equals its value
        self.hashed = member if hashed is None else hashed

    def _identity(self) -> tuple[str, str, str]:
        return self.module, self.enum, self.member

    def __eq__(self, other: object) -> bool:
        if isinstance(other, EnumKey):
            mixed = self.mixed and other.mixed
            return self._identity() == other._identity() or (mixed and self.hashed == other.hashed)
        owner = type(other)
        name = getattr(other, "_name_", None)
        if self._identity() == (owner.__module__, owner.__qualname__, name):
            return True
        return self.mixed and bool(self.hashed == other)

    def __hash__(self) -> int:
        return hash(self.hashed)

    def __repr__(self) -> str:
        return f"{self.module}:{self.enum}.{self.member}"

    def resolve(self) -> Hashable:
        """Import the enum's module and return the member.

        Raises:
            AttributeError: the module has no such member; what the import raises passes through.
        """
        from operator import attrgetter

        __import__(self.module)
        found: Hashable = attrgetter(f"{self.enum}.{self.member}")(sys.modules[self.module])
        return found
