"""Classes that functions of well-known libraries make, where the call tells what they derive from.

``("made", reference, bases)`` stands for such a class: it is made by the function with that
reference, and of its attributes nothing is told. ``("made", name, bases, metaclass)`` is one that a
call of a metaclass of the application makes: ``Meta("Name", (Base,), {})``.

Sources: ``Lib/collections/__init__.py`` and ``Lib/typing.py``; the declarative bases are described
at https://docs.sqlalchemy.org/en/20/orm/mapping_api.html (``declarative_base``, ``registry``).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.meaning import Found

MADE = "made"
_TUPLES = frozenset({
    "collections:namedtuple", "typing:NamedTuple", "typing_extensions:NamedTuple",
})  # fmt: skip
_DECLARATIVE = "sqlalchemy.orm.decl_api"
# Functions that derive a class from their argument ``cls``, and how many are given by place.
_DECLARING = {
    f"{_DECLARATIVE}:declarative_base": 0,
    f"{_DECLARATIVE}:registry.generate_base": 1,
}
_HARMLESS = frozenset({
    "metadata", "mapper", "name", "class_registry", "type_annotation_map", "constructor",
})  # fmt: skip
CLASSES = frozenset({"class", "real", MADE})


def made_by(function: Found, args: tuple[Found, ...], names: tuple[str, ...]) -> Found | None:
    """Return the class that a call of a library's function makes, None for any other function."""
    reference = f"{function[1]}:{function[2]}"
    if reference in _TUPLES:
        return (MADE, reference, (("real", tuple),))
    if _DECLARING.get(reference) != len(args) - len(names):
        return None
    given = dict(zip(names, args[len(args) - len(names) :], strict=True))
    base = given.pop("cls", ("real", object))
    bases = base[1] if base[0] == "items" else (base,)
    told = given.keys() <= _HARMLESS and all(one[0] in CLASSES for one in bases)
    return (MADE, reference, bases) if told else None


def metaclass_of(made: Found) -> tuple[str, str] | None:
    """Return the module and name of the metaclass that a class was made by, None for ``type``."""
    return (_DECLARATIVE, "DeclarativeMeta") if made[1] in _DECLARING else None
