"""What a code object and those inside it hold: functions, names, texts, attributes that are set."""

from __future__ import annotations

from opcode import opmap

from plugindex import opcodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

_STORING = opcodes.numbers("STORE_ATTR")
_STORE_GLOBAL, _DELETE_GLOBAL = opmap["STORE_GLOBAL"], opmap["DELETE_GLOBAL"]
_STORING_GLOBAL = frozenset((_STORE_GLOBAL, _DELETE_GLOBAL))
_LOADING = opcodes.numbers("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS")
_WITH_NULL = opcodes.numbers("LOAD_GLOBAL")  # whose argument has a bit more
_OF_FUNCTION = 1  # CO_OPTIMIZED, in Include/cpython/code.h
_STORING_ITEM = opcodes.numbers("STORE_SUBSCR")
_CHANGING = frozenset({"append", "extend", "insert", "remove"})


def _inside(code: CodeType) -> list[CodeType]:
    """Return the code objects of the functions and classes that stand in *code*."""
    return [one for one in code.co_consts if hasattr(one, "co_code")]


def codes_in(code: CodeType) -> dict[tuple[str, int], CodeType | None]:
    """Return the code objects inside *code* by qualified name and first line.

    Where two have both the same, as lambdas on one line, None stands for them.
    """
    found: dict[tuple[str, int], CodeType | None] = {}
    for inner in _inside(code):
        own = {(inner.co_qualname, inner.co_firstlineno): inner}
        for key, one in (*own.items(), *codes_in(inner).items()):
            found[key] = one if found.get(key, one) == one else None
    return found


def names_in(code: CodeType) -> set[str]:
    """Return the names of globals and attributes in *code*."""
    found = set(code.co_names)
    for inner in code.co_consts:  # every module is asked, so no list is made
        if hasattr(inner, "co_code"):
            found |= names_in(inner)
    return found


def texts_in(code: CodeType) -> set[str]:
    """Return the texts in *code* that may be names."""
    found = {one for one in code.co_consts if isinstance(one, str) and one.isidentifier()}
    for inner in _inside(code):
        found |= texts_in(inner)
    return found


def stored_by(code: CodeType) -> set[str]:
    """Return the attributes that *code* itself sets."""
    instructions = opcodes.named(code, _STORING, 0, len(code.co_code))
    return {code.co_names[argument] for _, argument in instructions}


def stored_inside(code: CodeType) -> set[str]:
    """Return the attributes that the functions and classes in *code* set."""
    found: set[str] = set()
    for inner in _inside(code):
        found |= stored_by(inner) | stored_inside(inner)
    return found


def changes_exported(code: CodeType) -> bool:
    """Tell whether a function in a module's *code* may change the list ``__all__``.

    So do decorators that export what they are given, and functions that export other modules.
    """
    inner = _inside(code)
    return any("__all__" in one.co_names and _CHANGING & names_in(one) for one in inner) or any(
        map(changes_exported, inner)
    )


def places_inside(code: CodeType, prefix: str) -> bool:
    """Tell whether a function in *code* puts modules whose names so begin into ``sys.modules``."""
    return any(
        (_is_named(one, prefix) and _places(one)) or places_inside(one, prefix)
        for one in _inside(code)
    )


def _is_named(code: CodeType, prefix: str) -> bool:
    return any(type(one) is str and one.startswith(prefix) for one in code.co_consts)


def _places(code: CodeType) -> bool:
    named = "modules" in code.co_names
    return named and any(opcodes.named(code, _STORING_ITEM, 0, len(code.co_code)))


def set_meanwhile(code: CodeType) -> frozenset[str]:
    """Return the globals set by functions that a module with *code* may call while it is imported.

    Those are all that its own statements name, and all that such functions and classes name.
    """
    if not _sets_globals(code):
        return frozenset()
    own = _inside(code)
    waiting = {*_loaded(code), *(one.co_name for one in own if one.co_name[:1] == "<")}
    found: set[str] = set()
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for one in own:
            if one.co_name == name:
                found |= _set_in(one)
                waiting |= names_in(one) - seen
    return frozenset(found)


def _sets_globals(code: CodeType) -> bool:
    """Tell whether a function in *code* may set a global: its byte code has a byte for that."""
    for one in code.co_consts:  # here, too
        if hasattr(one, "co_code"):
            raw = one.co_code
            if _STORE_GLOBAL in raw or _DELETE_GLOBAL in raw or _sets_globals(one):
                return True
    return False


def _set_in(code: CodeType) -> set[str]:
    """Return the globals that a function sets, or those in it or in a class."""
    found: set[str] = set()
    if code.co_flags & _OF_FUNCTION:
        instructions = opcodes.named(code, _STORING_GLOBAL, 0, len(code.co_code))
        found.update(code.co_names[argument] for _, argument in instructions)
    for inner in _inside(code):
        found |= _set_in(inner)
    return found


def _loaded(code: CodeType) -> set[str]:
    """Return the names that the statements of a module or class look up, and of classes in it."""
    found = set()
    for number, argument in opcodes.named(code, _LOADING, 0, len(code.co_code)):
        found.add(code.co_names[argument >> 1 if number in _WITH_NULL else argument])
    for inner in _inside(code):
        if not inner.co_flags & _OF_FUNCTION:
            found |= _loaded(inner)
    return found
