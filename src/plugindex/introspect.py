"""List the plugins that a process holds after it has imported their modules."""

from __future__ import annotations

import sys

from plugindex.config import PRIMARY_KEY
from plugindex.keys import check_key, is_abstract, own_key, reference
from plugindex.names import file_of, module_of
from plugindex.portable import is_portable, portable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator
    from types import CodeType
    from typing import Any

    from plugindex.config import KeyRule, Scope
    from plugindex.journal import Journal

    Found = tuple[Hashable, type]

_LOST = "importing it failed while the discovery function ran, which went on without it"


def listing(
    scope: Scope,
    seen: Journal,
    failed: set[str],
    details: bool = True,
    others: Collection[str] = (),
) -> dict[str, Any]:
    """Return the plugins of *scope* that this process holds, as JSON values.

    Args:
        scope: what is asked for.
        seen: what registered here while modules were imported.
        failed: the modules that failed; their classes don't count.
        details: False leaves out all but the keys and references.
        others: modules outside of the scope's package that count too.

    Returns:
        ``plugins``, in the order of modules and then of definition, and ``problems``.
    """
    base = _base(scope.base)
    if base is not None and not isinstance(base, type):
        return {"plugins": [], "problems": [], "unfit": "it is no class"}
    if not isinstance(base, type):
        text = f"the base class {scope.base} isn't there after all modules were imported"
        problem = {"kind": "import-failed", "module": scope.base.partition(":")[0], "message": text}
        return {"plugins": [], "problems": [problem]}
    found = list(_foreign(base, scope) if scope.foreign else _registered(base, seen))
    others = frozenset(others)
    lost = _lost(found, scope) if scope.function else []
    failed = failed.union(lost)
    counted = [(k, c) for k, c in found if _counts(module_of(c), scope, failed, others)]
    problems = [] if scope.foreign else _problems(base, scope, seen, failed, others)
    plugins, unstored = _described(counted, scope, seen if details else None)
    problems += [{"kind": "import-failed", "module": name, "message": _LOST} for name in lost]
    return {"plugins": plugins, "problems": problems + unstored}


def _lost(found: list[Found], scope: Scope) -> list[str]:
    """Return the application's modules that failed after a class statement, as nobody was told."""
    names = dict.fromkeys(module_of(cls) for _, cls in found)
    gone = [name for name in names if name not in sys.modules and scope.covers(name)]
    return [name for name in gone if _exists(name)]


def _exists(module: str) -> bool:
    """Tell whether there is a module of that name, and not just a class that claims it."""
    from importlib.util import find_spec

    try:
        return find_spec(module) is not None
    except (ImportError, AttributeError, ValueError):
        return False


def call(reference: str, scope: Scope) -> None:
    """Call the discovery function of *scope* as metaclass-registry calls it.

    Raises:
        LookupError: there is no such function here.
    """
    module, _, qualname = reference.partition(":")
    __import__(module)
    function: Any = resolved(module, qualname)
    if not callable(function):
        raise LookupError(f"{module} has no function {qualname} once it is imported")
    __import__(scope.package)
    folders = getattr(sys.modules[scope.package], "__path__", [])
    function(folders, scope.package + ".", _base(scope.base))


def _base(name: str) -> object:
    module, _, qualname = name.partition(":")
    if module not in sys.modules:  # nothing in scope needed the base's own module
        __import__(module)
    return resolved(module, qualname)


def resolved(module: str, qualname: str) -> object:
    """Return what *module*:*qualname* stands for in this process, or None."""
    value: object = sys.modules.get(module)
    try:
        for name in qualname.split("."):
            value = getattr(value, name)
    # A module's or metaclass's own __getattr__ is foreign code and may raise anything.
    except Exception:  # noqa: BLE001
        return None
    return value


def _registered(base: type, seen: Journal) -> Iterator[Found]:
    return ((key, cls) for owner, key, cls in seen.registrations if owner is base)


def _problems(
    base: type, scope: Scope, seen: Journal, failed: set[str], others: Collection[str]
) -> list[dict[str, Any]]:
    return [
        {name: getattr(problem, name) for name in problem._fields}
        for owner, problem in seen.problems
        if owner is base and _counts(problem.module, scope, failed, others)
    ]


def _foreign(base: type, scope: Scope) -> Iterator[Found]:
    """Yield the concrete strict subclasses of *base* that can be had by name, with their keys."""
    for cls in _subclasses(base):
        try:
            reachable = resolved(module_of(cls), cls.__qualname__) is cls
            key = _foreign_key(cls, scope.rule) if reachable and not is_abstract(cls) else None
        # A metaclass is foreign code; a class that can't be asked its name can't be had by it.
        except Exception:  # noqa: BLE001
            continue
        if key is not None:
            yield key, cls


def _subclasses(base: type) -> list[type]:
    """Return all strict subclasses of *base*, each once, in the order of their creation."""
    found: dict[type, None] = {}
    pending = [base]
    while pending:
        # The unbound call serves metaclasses too, whose own __subclasses__ needs an argument.
        below: list[type] = type.__subclasses__(pending.pop(0))
        fresh = [cls for cls in below if cls not in found]
        found.update(dict.fromkeys(fresh))
        pending += fresh
    found.pop(base, None)
    return list(found)


def _foreign_key(cls: type, rule: KeyRule) -> Hashable:
    key = own_key(cls, rule.replace(own=True), None)
    try:
        return None if key is None else check_key(key, cls)
    except TypeError:
        return None


def _counts(module: str, scope: Scope, failed: set[str], others: Collection[str]) -> bool:
    if not module or module in failed:
        return False
    return bool(scope.function) or scope.covers(module) or module in others


def _described(
    found: list[Found], scope: Scope, seen: Journal | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return *found* as JSON values in the order of definition, and what can't be stored.

    All that is known of them, if what was *seen* of their statements is given; without it, a key
    that can't be stored goes by its text.
    """
    lines: dict[str, dict[str, int]] = {}
    plugins, problems = [], []
    for key, cls in found:
        stored = repr(key) if seen is None and not is_portable(key) else None
        try:
            plugin = _plugin(key, stored, cls, scope, None if seen is None else lines)
            plugins.append(plugin | (_as_stated(cls, seen) if seen else {}))
        except TypeError as error:
            problems.append(_unlisted(cls, str(error), lines))
    return sorted(plugins, key=lambda p: (p["module"], p["line"])), problems


def _unlisted(cls: type, why: str, lines: dict[str, dict[str, int]]) -> dict[str, Any]:
    """Return the problem of a class whose key no index can keep."""
    return {
        "kind": "unlisted-key",
        "module": cls.__module__,
        "message": f"{reference(cls)} has a key that can't be listed: {why}",
        "hint": "give it a text, a number, a tuple or an enum member; "
        "until then it is there once its key is asked for, or its module is imported",
        "file": file_of(cls.__module__),
        "line": _line_of(cls, lines),
    }


def _line_of(cls: type, lines: dict[str, dict[str, int]]) -> int:
    """Return where a class statement stands; *lines* keeps what was found of its module."""
    module = cls.__module__
    if module not in lines:
        lines[module] = _class_lines(module)
    return lines[module].get(cls.__qualname__, 0)


def _as_stated(cls: type, seen: Journal) -> dict[str, str]:
    """Return what tells a class by its statement, where it goes by another name since."""
    maker, name = seen.makers.get(id(cls), ""), seen.names.get(id(cls), "")
    told = {"stands_in": maker} if maker not in ("", cls.__module__) else {}
    return told | ({"stated_as": name} if name not in ("", reference(cls)) else {})


def _plugin(
    key: Hashable,
    text: str | None,
    cls: type,
    scope: Scope,
    lines: dict[str, dict[str, int]] | None,
) -> dict[str, Any]:
    """Return a plugin as JSON values; a *text* stands for a *key* that none can stand for."""
    module, qualname = cls.__module__, cls.__qualname__
    plugin: dict[str, Any] = {"key": text or portable(key), "module": module, "qualname": qualname}
    plugin["line"] = 0
    plugin["attributes"] = {"__replaces__": cls.__dict__.get("__replaces__")}
    if lines is not None:
        plugin["line"] = _line_of(cls, lines)
        plugin["file"] = file_of(module)
        plugin["doc"] = _first_line(cls.__dict__.get("__doc__"))
        plugin["attributes"] |= literals(cls)
        plugin["secondary"] = _secondary(key, cls, scope)
    if not isinstance(plugin["attributes"]["__replaces__"], str):
        del plugin["attributes"]["__replaces__"]
    return plugin


def _first_line(doc: object) -> str:
    return doc.strip().partition("\n")[0].rstrip() if isinstance(doc, str) else ""


def _class_lines(module: str) -> dict[str, int]:
    """Return where the module's classes start, by qualified name, from its code object.

    One that stands in the place of another goes by a name of its own for its loader.
    """
    spec = getattr(sys.modules.get(module), "__spec__", None)
    get_code = getattr(getattr(spec, "loader", None), "get_code", None)
    try:
        code = get_code(getattr(spec, "name", module)) if get_code else None
    except (ImportError, OSError, SyntaxError, ValueError):  # it has none that can be had
        return {}
    return dict(_code_lines(code)) if code else {}


def _code_lines(code: CodeType) -> Iterator[tuple[str, int]]:
    for constant in code.co_consts:
        if isinstance(constant, type(code)):
            yield constant.co_qualname, constant.co_firstlineno
            yield from _code_lines(constant)


def literals(cls: type) -> dict[str, Any]:
    """Return the class's simple constant attributes, inherited ones included, as JSON values."""
    found: dict[str, object] = {}
    for owner in reversed(cls.__mro__):
        found.update((n, v) for n, v in owner.__dict__.items() if n[:2] != "__")
    return {n: portable(v) for n, v in found.items() if _is_literal(v)}


def _is_literal(value: object) -> bool:
    if type(value) is tuple:
        return all(_is_literal(item) for item in value)
    if type(value) is int:
        return value.bit_length() < 4096  # beyond, the decimal conversions refuse
    if type(value) is float:
        return value == value  # NaN equals nothing, so it can't be stored
    return value is None or type(value) in (str, bool)


def _secondary(key: Hashable, cls: type, scope: Scope) -> dict[str, Any]:
    """Return the keys under which *cls* shows in secondary registries, by attribute."""
    found = {}
    for attribute, source in scope.secondary:
        other = key if source == PRIMARY_KEY else getattr(cls, source, None)
        if getattr(cls, attribute, None) is None or other is None:
            continue
        if is_portable(other):
            found[attribute] = portable(other)
    return found
