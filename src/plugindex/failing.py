"""Take out what fails to load, in this process and in the index, and go on with the rest."""

from __future__ import annotations

import atexit
import sys
import weakref

from plugindex import turns
from plugindex.errors import PluginLoadError, RegistryError, StalePluginError
from plugindex.names import module_of, root
from plugindex.process import refusal
from plugindex.records import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from types import TracebackType
    from typing import Any

    from plugindex.contents import Contents
    from plugindex.live import LiveMapping
    from plugindex.records import Plugin


class Failures:
    """What failed in this process, of which the index tells the next ones.

    An index is written whole, which takes as long as there are plugins. So it is written at the
    first failure, when there are four times as many, and so on; when everything was loaded; and
    when the process ends.

    Attributes:
        unwritten: the problem of each module that failed since the index was written.
        written: how many modules' failures were written.
        gathering: how many loads of everything are running.
    """

    __slots__ = ("forks", "gathering", "unwritten", "written")

    def __init__(self) -> None:
        self.forks = turns.forks
        self.unwritten: dict[str, Problem] = {}
        self.written = 0
        self.gathering = 0

    @property
    def due(self) -> bool:
        """Tell whether the index is to be written now."""
        return not self.gathering and len(self.unwritten) >= max(1, 3 * self.written)


def _failures(registry: LiveMapping[Any, Any]) -> Failures:
    """Return what failed here, to be written at the end of the process if not before."""
    if registry._failures is None or registry._failures.forks != turns.forks:
        registry._failures = Failures()  # what failed before a fork, the parent tells
        atexit.register(_write_last, weakref.ref(registry))
    return registry._failures


def _write_last(found: weakref.ref[LiveMapping[Any, Any]]) -> None:
    registry = found()
    if registry is not None:
        write(registry)


def write(registry: LiveMapping[Any, Any]) -> None:
    """Keep in the index what failed here and isn't there yet."""
    with turns.guard:
        failures = _failures(registry)
        unwritten, failures.unwritten = failures.unwritten, {}
        failures.written += len(unwritten)
    if unwritten:
        from plugindex.renewal import remember_failures

        assert registry.family is not None
        remember_failures(registry.family.scope, registry._chosen_settings(), unwritten)


def fail(registry: LiveMapping[Any, Any], plugin: Plugin, error: PluginLoadError) -> None:
    """Take the keys of a module that failed out, here and in the index, unless it may pass.

    The classes of a module whose import failed go in either case.
    """
    with turns.guard:
        forget_left_over(registry)
    if not error.transient:
        _take_out(registry, plugin, error)


def _take_out(registry: LiveMapping[Any, Any], plugin: Plugin, error: PluginLoadError) -> None:
    problem = _problem(plugin, error)
    with turns.guard:
        changed = registry._change()
        for key in _failed_keys(changed, plugin, error):
            changed.fail(key, error)
        changed.problems.append(problem)
        registry._publish(changed)
    if not (_may_pass(error, plugin) or _settles_itself(registry)):
        _remember(registry, plugin.home, problem)
    registry._report()


def _may_pass(error: PluginLoadError, plugin: Plugin) -> bool:
    """Tell whether the same import may succeed in the next process, though no file changes.

    So it is with what the system refuses (a device, a file, memory), with what is missing at run
    time alone, and with whatever libraries raise: a driver knows whether its device is there.
    """
    cause = error.__cause__
    if cause is None:
        return False
    missing = isinstance(cause, ImportError) and cause.name is not None
    if missing or isinstance(cause, (OSError, MemoryError, RecursionError)):
        return True
    return root(_raised_in(cause.__traceback__)) not in (root(plugin.home), root(__name__))


def _settles_itself(registry: LiveMapping[Any, Any]) -> bool:
    """Tell whether the next start can't have a module settled: every process tries for itself."""
    return bool(refusal() or (registry.family and registry.family.scope.function))


def _raised_in(trace: TracebackType | None) -> str:
    """Return the name of the module whose code raised; the engine's own if none is told."""
    module = __name__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next
    return module


def _failed_keys(contents: Contents, plugin: Plugin, error: PluginLoadError) -> list[Hashable]:
    """Return the keys of the plugins that share the failure of *plugin*."""
    listed = [(key, contents.entries.get(key)) for key in _keys(contents, plugin.home)]
    if isinstance(error, StalePluginError):
        return [key for key, other in listed if other is plugin]
    return [key for key, other in listed if other is not None]


def _keys(contents: Contents, module: str) -> list[Hashable]:
    """Return the keys that a module has or had; no change gives it more."""
    if contents.modules is None:
        contents.modules = {}
        for key, plugin in contents.entries.items():
            if plugin is not None:
                contents.modules.setdefault(plugin.home, []).append(key)
    return contents.modules.get(module, [])


def forget_left_over(registry: LiveMapping[Any, Any]) -> None:
    """Give up the classes at hand whose module failed after their statement; the guard is held.

    Another module may have caught that failure, so this looks at every class that came since the
    last one; those of modules that are still being imported are looked at again.
    """
    classes = registry._unchecked
    registry._unchecked = {name: cls for name, cls in classes.items() if is_being_imported(cls)}
    gone = [(key, cls) for (key, _), cls in classes.items() if registry._left_over(cls)]
    if gone:
        changed = registry._change()
        for key, cls in gone:
            _forget(changed, key, cls)
        registry._publish(changed)


def _forget(changed: Contents, key: Hashable, cls: type) -> None:
    if changed.held.get(key) is not cls:
        return
    if changed.entries.get(key) is None:
        changed.entries.pop(key, None)
    changed.held.pop(key, None)


def is_being_imported(cls: type) -> bool:
    """Tell whether the module of a class is still being imported."""
    spec = getattr(sys.modules.get(module_of(cls)), "__spec__", None)
    return bool(getattr(spec, "_initializing", False))


def _remember(registry: LiveMapping[Any, Any], module: str, problem: Problem) -> None:
    with turns.guard:
        failures = _failures(registry)
        failures.unwritten[module] = problem
        due = failures.due
    if due:
        write(registry)


def try_all(registry: LiveMapping[Any, Any], keys: list[Any]) -> None:
    """Load what loads of *keys*; the index is written once, not for each that fails."""
    with turns.guard:
        failures = _failures(registry)
        failures.gathering += 1
    try:
        for key in [key for key in keys if not _try(registry, key)]:
            _try(registry, key)  # what other threads were importing may be there by now
    finally:
        with turns.guard:
            failures.gathering -= 1
        if not failures.gathering:
            write(registry)


def try_rivals(registry: LiveMapping[Any, Any], key: Any) -> bool:
    """Load the classes that claim a contested *key*; tell whether one fails, which costs its claim.

    The index is told, so that it settles who has the key when it is asked again.
    """
    snapshot = registry._now().snapshot
    rivals = snapshot.conflicts.get(key, ()) if snapshot else ()
    failed = [one for one in rivals if not _loads(registry, one)]
    if failed:
        write(registry)
    return bool(failed)


def _loads(registry: LiveMapping[Any, Any], plugin: Plugin) -> bool:
    from plugindex import loader

    assert registry.family is not None
    try:
        loader.load(plugin, registry.family.scope, base=registry.family.base)
    except PluginLoadError as error:
        fail(registry, plugin, error)
        return False
    return True


def _try(registry: LiveMapping[Any, Any], key: Any) -> bool:
    """Load the plugin with *key* if it loads; tell whether that is settled."""
    try:
        registry[key]
    except RegistryError as error:
        # Its report is among the problems; a key may leave while others load.
        return not getattr(error, "transient", False)
    return True


def _problem(plugin: Plugin, error: PluginLoadError) -> Problem:
    kind = "refused" if isinstance(error, StalePluginError) else "import-failed"
    if isinstance(error.__cause__, ModuleNotFoundError):
        kind = "missing-requirement"
    cause = [line.partition("cause:")[2] for line in str(error).splitlines() if "cause:" in line]
    text = f"{plugin.reference}: {cause[0].strip() if cause else error}"
    hint = "correct the module; its other plugins and those of other modules are unharmed"
    return Problem(kind, plugin.home, text, hint, error.file, error.line)
