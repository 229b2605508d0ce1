"""One plugin record to one class: the one place that imports foreign code in this process."""

from __future__ import annotations

import sys

from plugindex import turns
from plugindex.errors import PluginLoadError, StalePluginError, message
from plugindex.keys import EnumKey, own_key, reference
from plugindex.names import DROPPED, is_dropped, root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from types import ModuleType, TracebackType
    from typing import Any

    from plugindex.config import Scope
    from plugindex.records import Plugin

_CUT_OFF = "another thread was importing {} when this process was forked"
_CROSSED = "; threads import modules that need each other at the same time: ask again"


def load(
    plugin: Plugin,
    scope: Scope,
    *,
    base: type | None = None,
    extractor: Callable[[str, type], Hashable] | None = None,
    registered: Callable[[Hashable], Any] | None = None,
) -> Any:
    """Import the module of *plugin* and return its class.

    Args:
        plugin: what the index knows of it.
        scope: the registry's scope, outside of which nothing is imported.
        base: the base class; found by its reference when not given.
        extractor: the key extractor of the base, if any.
        registered: what the class statements of this process gave to a key, or None.

    Raises:
        PluginLoadError: the module can't be imported; the original is the cause.
        StalePluginError: the module doesn't hold that class with that key.
    """
    for name in dict.fromkeys((plugin.module, plugin.home)):
        if ".__main__" in name and name not in sys.modules:
            raise _stale(plugin, scope, f"{name} is there to be run, and nothing has imported it")
        if not (scope.covers(name) or _offered(name, plugin, scope)):
            raise _stale(plugin, scope, f"{name} is not in {scope.package}")
    module = _imported(plugin, scope)
    # What a class statement registered counts, even where its name was deleted or bound anew.
    stated = registered(plugin.key) if registered else None
    homes = (module, sys.modules[plugin.home])
    for found in (stated, *(_resolved(one, plugin.qualname) for one in homes)):
        if isinstance(found, type) and _reference(found) == plugin.reference:
            return _checked(found, plugin, scope, base, extractor)
    if getattr(getattr(module, "__spec__", None), "_initializing", False):
        raise _failure(plugin, scope, "its module is still being imported", transient=True)
    raise _stale(plugin, scope, f"{plugin.module} has no class {plugin.qualname}")


def _offered(name: str, plugin: Plugin, scope: Scope) -> bool:
    if is_dropped(name):
        return _is_dropped_here(name, scope)
    if not plugin.provider:
        return False
    from plugindex.providers import offers

    return offers(scope.application, plugin.provider, name)


def _is_dropped_here(module: str, scope: Scope) -> bool:
    """Tell whether *module* stands for a file of the plugin folder of *scope*."""
    return root(module) == know_folder(scope)


def know_folder(scope: Scope) -> str:
    """Let files of the plugin folder of *scope* be imported; return the package of them all."""
    from plugindex.dropped import know
    from plugindex.paths import plugin_place

    package, folder = plugin_place(scope)
    know(package, folder)
    return package


def _imported(plugin: Plugin, scope: Scope) -> ModuleType:
    known = turns.lost_modules
    lost = [name for name in _lineage(plugin.home) if name in known] if known else ()
    if lost:
        raise _failure(plugin, scope, _CUT_OFF.format(lost[0]), transient=True)
    error = _import(plugin.home)
    if isinstance(error, ModuleNotFoundError) and error.name in turns.lost_modules:
        raise _failure(plugin, scope, _CUT_OFF.format(error.name), transient=True) from error
    if error is not None:
        line = _line(error.__traceback__, plugin)
        transient = says_nothing(error)
        cause = describe(error) + (_CROSSED if _is_deadlock(error) else "")
        raise _failure(plugin, scope, cause, line, transient=transient) from error
    return sys.modules.get(plugin.module) or sys.modules[plugin.home]


def _import(name: str) -> BaseException | None:
    """Import the module called *name*; return what it raised, if it did."""
    try:
        with turns.recording(), _Halted(turns.lost_modules):
            for one in _lineage(name):  # a package that failed may have left its modules behind
                __import__(one)
            sys.modules[name]
    except KeyboardInterrupt:
        raise
    # Foreign code: whatever it raises, SystemExit too, is this module's fault and costs this one.
    except BaseException as error:  # noqa: BLE001
        return error
    return None


def says_nothing(error: BaseException) -> bool:
    """Tell whether *error* says nothing of the plugin whose import raised it.

    That is so where its file isn't safe to run, where threads import modules that need each other
    and CPython lets one of them fail, and where such an error of another plugin came through.
    """
    home = sys.modules.get(DROPPED)
    if home is not None and isinstance(error, home.DistrustedError):
        return True
    if isinstance(error, PluginLoadError):
        return error.transient
    return _is_deadlock(error)


def _is_deadlock(error: BaseException) -> bool:
    """Tell whether *error* is the one by which importlib gets threads out of a deadlock."""
    return isinstance(error, RuntimeError) and type(error).__name__ == "_DeadlockError"


def import_or_describe(name: str) -> str:
    """Import the module called *name*; return why that failed, "" if it didn't."""
    error = _import(name)
    return describe(error) if error is not None else ""


def member(key: EnumKey, application: str) -> Hashable:
    """Return the enum member that *key* stands for, or *key* itself if it can't be had.

    A module that isn't imported yet is imported only if it is one of the *application*'s own, and
    none that is there to be run. One whose import a fork cut off is not waited for.
    """
    parts = key.module.split(".")
    if key.module not in sys.modules and (parts[0] != application or "__main__" in parts):
        return key
    if key.module in turns.lost_modules:
        return key
    try:
        return key.resolve()
    except KeyboardInterrupt:
        raise
    # Foreign code, as in _imported; the key still serves to look its plugin up.
    except BaseException:  # noqa: BLE001
        return key


class _Halted:
    """Make an import of modules whose lock a fork left locked for ever fail at once."""

    __slots__ = ("held", "names")

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.held: dict[str, Any] = {}

    def __enter__(self) -> None:
        for name in self.names:
            self.held[name] = sys.modules.get(name)
            sys.modules[name] = None  # type: ignore[assignment]

    def __exit__(self, *_: object) -> None:
        for name, module in self.held.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module


def _lineage(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]


def describe(error: BaseException) -> str:
    """Return the type and text of *error*; its text is foreign code and may fail itself."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a __str__ of somebody else
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _line(trace: TracebackType | None, plugin: Plugin) -> int:
    """Return the last line of the plugin's own file that the exception passed, or 0."""
    line = 0
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == plugin.module:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _resolved(module: ModuleType, qualname: str) -> Any:
    found: Any = module
    for name in qualname.split("."):
        space = getattr(found, "__dict__", {})
        found = space.get(name)
    return found


def _reference(found: type) -> str:
    return reference(found) if isinstance(found.__module__, str) else ""


def _checked(
    found: type,
    plugin: Plugin,
    scope: Scope,
    base: type | None,
    extractor: Callable[[str, type], Hashable] | None,
) -> type:
    """Return *found* if it is what the index says; an index is a hint, not a decision."""
    parent = base or _base(scope.base)
    if not isinstance(parent, type) or parent not in found.__mro__:
        raise _stale(plugin, scope, f"{plugin.reference} is no subclass of {scope.base}")
    key = own_key(found, scope.rule, extractor)
    if key != plugin.key:
        raise _stale(plugin, scope, f"{plugin.reference} has the key {key!r}")
    return found


def _base(name: str) -> Any:
    module, _, qualname = name.partition(":")
    return _resolved(sys.modules[module], qualname) if module in sys.modules else None


def _failure(
    plugin: Plugin, scope: Scope, cause: str, line: int = 0, transient: bool = False
) -> PluginLoadError:
    facts = _facts(plugin, line)
    text = _text(plugin, scope, cause, facts)
    return PluginLoadError(text, transient=transient, **facts)


def _stale(plugin: Plugin, scope: Scope, cause: str) -> StalePluginError:
    facts = _facts(plugin, plugin.line)
    return StalePluginError(_text(plugin, scope, cause, facts), **facts)


def _facts(plugin: Plugin, line: int) -> dict[str, Any]:
    return {"key": plugin.key, "reference": plugin.reference, "file": plugin.file, "line": line}


def _text(plugin: Plugin, scope: Scope, cause: str, facts: Mapping[str, Any]) -> str:
    place = f"{plugin.file}, line {facts['line']}" if facts["line"] else plugin.file
    lines = [
        ("class", plugin.reference),
        ("cause", cause),
        ("file", place),
        ("next", doctor(scope, plugin.key)),
    ]
    return message(f"{scope.name} {plugin.key!r} failed to load", lines)


def doctor(scope: Scope, key: Hashable = None) -> str:
    """Return the command that says more about *scope*, or about one *key* of it."""
    target = scope.package
    if scope.foreign:
        by = f" --key {scope.rule.attribute}" if scope.rule.attribute else ""
        target = f"--package {scope.package} --base {scope.base}{by}"
    return f"plugindex doctor {target}" + (f" {key}" if key is not None else "")
