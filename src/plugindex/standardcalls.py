"""What calls of the interpreter's own functions give, and of those that import by name."""

from __future__ import annotations

from types import MappingProxyType

from plugindex.evaluation import Evaluator
from plugindex.instances import told, type_of
from plugindex.keepers import KEEPER, keeps_class, partial
from plugindex.meaning import (
    BEGUN,
    COPY,
    IN_PACKAGE,
    LOADED,
    MISSING,
    absolute,
    unknown,
    unknown_result,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Found

_FINDING = "importlib.util:find_spec"
_LOADING = frozenset({
    "_frozen_importlib:module_from_spec", "importlib._bootstrap:module_from_spec",
})  # fmt: skip
_LOADERS = frozenset({
    "importlib:__import__", "importlib:reload", "pkgutil:resolve_name", "pydoc:locate",
})  # fmt: skip
_SPEC = "the spec of a module"
_REST = "?"  # of a text whose beginning is told; no module has such a name


class StandardCalls(Evaluator):
    """An evaluator that knows what some functions of the interpreter and its library give."""

    def loaded(self, reference: str, args: tuple[Found, ...]) -> Found | None:
        """Return what a function gives that finds or loads modules; None if it is none of them.

        A second copy of a module has classes of its own, which come from what that one names.
        """
        if reference == "importlib:import_module":
            return self.imported_module(args)
        if reference == _FINDING and len(args) == 1:
            name = _text(args[0])
            named = isinstance(name, str) and name[:1] != "." and self.library.exists(name)
            return unknown(_SPEC, ("module", name)) if named else None
        if reference in _LOADING and args and args[0][:2] == ("unknown", _SPEC):
            return unknown(COPY, *args[0][2])
        if reference in _LOADING or reference in _LOADERS:
            return unknown_result("a module or its part, got by a computed name", LOADED, ())
        return None

    def call_real(self, function: Any, args: tuple[Found, ...], names: Any) -> Found:
        name = getattr(function, "__name__", "")
        if args and args[0][:2] == ("unknown", IN_PACKAGE) and (name != "getattr" or len(args) > 2):
            return unknown_result("a call", ("real", function), args)
        texts = [_text(arg) for arg in args]
        if name == "hasattr" and len(args) == 2 and isinstance(texts[1], str):
            return _presence(self.attribute(args[0], texts[1]), args[0], texts[1])
        if function is isinstance or function is callable:
            return told(function, args)
        if name == "getattr" and len(args) > 1 and isinstance(texts[1], str):
            found = self.attribute(args[0], texts[1])
            return args[2] if found[0] == "missing" and len(args) > 2 else found
        if function is str and len(args) == 1 and isinstance(texts[0], str):
            return args[0]
        if function is __import__:
            return self._module_by_name(args, texts[0] if len(args) == 1 and not names else None)
        if function is eval:
            return unknown_result("what eval() gives", LOADED, ())
        if function is len and len(args) == 1 and args[0][:1] == ("items",) and not args[0][2:]:
            return ("const", len(args[0][1]))
        if name in ("tuple", "list", "sorted") and len(args) == 1 and args[0][0] == "items":
            return args[0]
        if name == "partial" and getattr(function, "__module__", "") == "functools" and args:
            return partial(args, names)
        if function is super and len(args) == 2 and args[0][0] == "class":
            return ("super", *args)
        if function is type and len(args) == 1:
            return type_of(args[0]) or unknown_result("a call", ("real", function), args)
        if function is MappingProxyType and len(args) == 1 and args[0][0] == "table":
            return args[0]
        if function is classmethod and args and args[0][0] == "function":
            return ("classmethod", args[0])
        if function is staticmethod and args:
            return args[0]
        if isinstance(function, type) and keeps_class(f"{function.__module__}:{name}"):
            return KEEPER
        if isinstance(function, type) and function is not type:
            return ("instance", ("real", function))
        return unknown_result("a call", ("real", function), args)

    def _module_by_name(self, args: tuple[Found, ...], name: object) -> Found:
        """Return what ``__import__(name)`` gives: the topmost package of the module."""
        if not isinstance(name, str) or not name:
            return unknown_result("a module that a call imports", LOADED, args)
        return ("module", name.partition(".")[0]) if self.library.exists(name) else MISSING

    def imported_module(self, args: tuple[Found, ...]) -> Found:
        texts = [*map(_beginning, args[:1]), *(_text(arg) for arg in args[1:])]
        name = absolute(*texts) if 1 <= len(texts) <= 2 else None
        if name is not None and args[0][0] == "unknown":
            return unknown(IN_PACKAGE, ("const", name.removesuffix(_REST)), LOADED)
        if name is None:
            return unknown_result("a module whose name is computed", LOADED, ())
        return ("module", name) if self.library.exists(name) else MISSING


def _beginning(found: Found) -> str | None:
    """Return a text, or the beginning that is told of it with an end that stands for any."""
    if found[:2] == ("unknown", BEGUN) and found[2]:
        return f"{found[2][0][1]}{_REST}"
    text: str | None = _text(found)
    return text


def _text(found: Found) -> Any:
    return found[1] if found[0] == "const" else None


def _presence(found: Found, owner: Found, name: str) -> Found:
    """Return whether an attribute exists; decorators and metaclasses add such as dataclasses do."""
    if found[0] == "missing" and owner[0] == "class" and name[:2] == "__":
        return unknown("whether an attribute exists")
    if found[0] in ("unknown", "outside"):
        return unknown("whether an attribute exists")
    return ("const", found[0] != "missing")
