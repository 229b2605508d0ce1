"""What the symbolic values of records stand for, across modules.

An evaluated value is a tuple whose first item says what it is:

``("module", name)``  ``("class", module, number)``  ``("function", module, qualname, line, frame)``
``("const", literal)``  ``("instance", class)``  ``("items", values)``
``("table", pairs)``            a dict, by its literal keys and their evaluated values
``("method", owner, name)``     a method of a literal text or of a table
``("made", reference, bases)``  a class that a function of a library makes (:mod:`plugindex.made`)
``("super", class, owner)``     what comes after a class in the order of an instance, or a class
``("real", object)``            an object of a module that every interpreter has loaded
``("outside", reference)``      something of a module that can't be read (extension modules)
``("missing",)``                nothing has this name; as a base, the module without it may follow
``("loaded",)``                 only as a leaf: an import by a name that is computed
``("computed", module)``        only as a leaf: an attribute that a module of the library computes
``("unknown", reason, leaves, blind)``  undecided; it may come from the evaluated values *leaves*,
                                if *blind* also from anywhere else; a fifth item is the class
                                that a decorator was given
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeAlias

    from plugindex.reader import ModuleRecord
    from plugindex.summary import FunctionSummary

    Found: TypeAlias = tuple[Any, ...]

MISSING: Found = ("missing",)
COMPUTED = "computed"  # the kind of a leaf: what a module's attributes are is computed by it
LOADED: Found = ("loaded",)  # a leaf: what was imported by a computed name, so maybe anything
TYPED_DICT: Found = ("typed dict",)  # what makes typed dictionaries, and what it makes
BEGUN = "a text of which the beginning is told"  # the reason; its first leaf is the beginning
IN_PACKAGE = "a module of which the name's beginning is told"  # so it is here
RAISES = "no way leads to a result"  # the reason why a call that raises gives nothing known
COPY = "a copy of a module, loaded by itself"
CHOICE = "a choice that only running decides"
CHOSEN = "one of several, as only running decides"  # of a value that is one of its leaves, all told
_MOST_LEAVES = 24


class Context:
    """Where a value stands: its module's record, the conditions' variables, the parameters.

    *summary* is what reading tells of the function that it stands in; None outside functions.
    """

    __slots__ = ("decided", "frame", "known", "nodes", "record", "summary", "values", "variables")

    def __init__(
        self,
        record: ModuleRecord,
        variables: Any,
        nodes: Any,
        frame: Mapping[str, Found] | None = None,
        summary: FunctionSummary | None = None,
    ) -> None:
        self.record = record
        self.variables = variables
        self.nodes = nodes
        self.frame = frame
        self.summary = summary
        # What was worked out in this context; values by their identity, themselves kept with it.
        self.values: dict[int, tuple[Any, Found]] = {}
        self.known: dict[int, Any] = {}
        self.decided: dict[bool | int, bool | None] = {}


class Parameters(dict[str, "Found"]):
    """What the parameters of a function stand for in one call, so also in the functions in it.

    It is a part of evaluated values, which are keys of tables, so it has a hash: by identity.
    """

    __slots__ = ()
    __hash__ = object.__hash__  # type: ignore[assignment]


def unknown(reason: str, *sources: Found) -> Found:
    """Return an undecided value that comes from *sources*, or from anywhere if there are none."""
    return _undecided(reason, sources, not sources)


def leaves(found: Found) -> tuple[Found, ...]:
    """Return the values that *found* may come from: itself, where it is told."""
    return tuple(found[2]) if found[0] == "unknown" else (found,)


def unknown_result(reason: str, callee: Found, args: tuple[Found, ...]) -> Found:
    """Return what is known of a call's result: it comes from the callee or the arguments.

    An argument of which nothing is known is taken for plain data.
    """
    known = tuple(arg for arg in args if arg[0] not in ("const", "missing"))
    blind = callee[0] == "unknown" and callee[3]
    found = _undecided(reason, (callee, *known), False)
    return ("unknown", reason, found[2], blind or len(found[2]) > _MOST_LEAVES)


def _undecided(reason: str, sources: tuple[Found, ...], blind: bool) -> Found:
    leaves: list[Found] = []
    for source in sources:
        blind = blind or (source[0] == "unknown" and source[3])
        for leaf in source[2] if source[0] == "unknown" else (source,):
            if leaf not in leaves:
                leaves.append(leaf)
    if len(leaves) > _MOST_LEAVES:
        return ("unknown", reason, (), True)
    return ("unknown", reason, tuple(leaves), blind)


_FIXED_FACTS = ("name", "cache_tag", "optimize", "maxunicode", "implementation", "flags")


def real(owner: object, name: str) -> Found:
    """Return an attribute of an object that is always loaded; values that vary stay outside."""
    if not hasattr(owner, name):
        return MISSING
    found = getattr(owner, name)
    if isinstance(found, str | int | float | tuple) and name not in _FIXED_FACTS:
        return ("outside", f"{getattr(owner, '__name__', '?')}:{name}")
    return ("const", found) if isinstance(found, str | int) else ("real", found)


def literal_items(found: Found) -> set[Any] | None:
    """Return the literal items of an evaluated container of names, or None."""
    if found[0] == "const" and isinstance(found[1], tuple | list | frozenset):
        return set(found[1])
    if found[0] == "items" and all(item[0] == "const" for item in found[1]):
        return {item[1] for item in found[1] if isinstance(item[1], str)}
    return None


def concatenated(left: Found, right: Found) -> Found:
    """Return the sum of two evaluated lists or tuples."""
    parts = items_of(left), items_of(right)
    if parts[0] is None or parts[1] is None:
        return unknown("an operator", left, right)
    return ("items", (*parts[0], *parts[1]))


def items_of(found: Found) -> tuple[Found, ...] | None:
    """Return the items of an evaluated list or tuple, or None."""
    if found[0] == "const" and isinstance(found[1], tuple | list):
        return tuple(("const", item) for item in found[1])
    return found[1] if found[0] == "items" else None


def unbound(callee: Found) -> tuple[Found, tuple[Found, ...]]:
    """Return the function behind a method that is bound, and what calls of it are given first."""
    return (callee[1], callee[2:3]) if callee[0] == "bound" else (callee, ())


def starred_base(found: Found) -> Found:
    """Return what a base with a star stands for: the items of what stands behind it."""
    return found if found[0] == "items" and not found[2:] else unknown("a starred base")


def is_typing_alias(value: Any, found: Found) -> bool:
    """Tell whether *value*, a base that is *found*, is written as an alias: ``typing.Set[int]``.

    ``Text`` is str itself, not an alias of it.
    """
    while value[0] == "s":
        value = value[1]
    named = value[0] == "f" or (value[0] == "a" and value[1][0] == "i")
    module = (value[1] if value[0] == "f" else value[1][1]) if named else ""
    elsewhere = found[0] in ("class", "real", "outside") and found[:2] != ("class", "typing")
    if found[0] == "outside" and found[1].startswith("_typing:"):  # Generic, from Python 3.12 on
        return False
    return module in ("typing", "typing_extensions") and elsewhere and value[2] != "Text"


def absolute(name: Any, package: Any = None) -> str | None:
    """Return the name of the module that ``import_module(name, package)`` imports."""
    if not isinstance(name, str) or not name.strip("."):
        return None
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    parts = package.split(".") if isinstance(package, str) else []
    kept = len(parts) - level + 1
    return ".".join((*parts[:kept], name[level:])) if kept > 0 else None
