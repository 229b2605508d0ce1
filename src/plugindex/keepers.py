"""What gives back the class that it is called with, and what keeps arguments for a later call."""

from __future__ import annotations

from plugindex.meaning import unknown, unknown_result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.meaning import Found

# Class decorators that give back the class (or its slotted twin of the same name), and the
# functions that make such decorators when they are called with options.
_KEEPS_CLASS = frozenset({
    "dataclasses:dataclass", "functools:total_ordering", "typing:final", "enum:unique",
    "typing:runtime_checkable", "typing:no_type_check", "typing:dataclass_transform",
    "typing_extensions:final", "typing_extensions:runtime_checkable", "warnings:deprecated",
    "typing_extensions:dataclass_transform", "typing_extensions:deprecated",
    "attr._make:attrs", "attr._next_gen:define", "attr._next_gen:frozen", "attr._funcs:attrs",
    "pydantic.dataclasses:dataclass", "beartype._decor.decorcache:beartype",
    "unittest.case:skip", "unittest.case:skipIf", "unittest.case:skipUnless",
    "enum:verify", "enum:global_enum", "abc:update_abstractmethods",
})  # fmt: skip
MARKS = "_pytest.mark.structures"  # has a class that can be called, that of pytest's marks
PARTIAL = ("_functools:partial", "functools:partial")
KEEPER: Found = ("keeper",)


def keeps_class(reference: str) -> bool:
    """Tell whether a decorator, ``module:name``, gives back the class, or one in its place."""
    return reference in _KEEPS_CLASS


def marked(mark: Found, args: tuple[Found, ...], names: tuple[str, ...]) -> Found:
    """Return what a call of a mark of pytest gives: what it marks, or a mark with options."""
    if len(args) != 1 or names:
        return unknown_result("a call", mark, args) if "**" in names else mark
    kind, *rest = args[0]
    if kind == "class" or (kind == "function" and "<lambda>" not in rest[1]):
        return args[0]
    return mark if kind in ("const", "items", "table") else unknown_result("a call", mark, args)


def kept(args: tuple[Found, ...], names: tuple[str, ...]) -> Found:
    """Return the class that a decorator was given, what keeps it where that are options alone."""
    placed = args[: len(args) - len([name for name in names if name != "**"])]
    if len(placed) != 1 or placed[0][0] not in ("class", "unknown"):
        return KEEPER
    return KEEPER if names and placed[0][0] == "unknown" else placed[0]


def partial(args: tuple[Found, ...], names: tuple[str, ...]) -> Found:
    """Return a partial; options of a decorator that keeps the class are dropped."""
    callee = args[0]
    if callee[0] == "function" and keeps_class(f"{callee[1]}:{callee[2]}") and names:
        return callee
    split = len(args) - len(names)
    if "**" in names or not split:
        return unknown("a partial", callee)
    return ("partial", callee, args[1:split], names, args[split:])


def completed(
    held_back: Found, args: tuple[Found, ...], names: tuple[str, ...]
) -> tuple[tuple[Found, ...], tuple[str, ...]]:
    """Return the arguments that calling a partial hands on, and the names of the last ones."""
    _, _, placed, own, values = held_back
    options = {n: value for n, value in zip(own, values, strict=True) if n not in names}
    split = len(args) - len(names) + ("**" in names)
    return (*placed, *args[:split], *options.values(), *args[split:]), (*options, *names)
