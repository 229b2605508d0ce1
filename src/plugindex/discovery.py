"""Eager discovery: import everything and collect, for those who want just that."""

from __future__ import annotations

import sys

from plugindex import turns
from plugindex.errors import UnaskedError, function_failed
from plugindex.introspect import resolved
from plugindex.loader import describe, import_or_describe
from plugindex.records import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pkgutil import ModuleInfo
    from typing import Any

    from plugindex.family import Family
    from plugindex.held import HeldMapping
    from plugindex.snapshot import Snapshot


def discover_registry_classes(
    package_path: Iterable[str],
    package_prefix: str,
    base_class: type,
    exclude_modules: set[str] | None = None,
    validation_func: Callable[[type], bool] | None = None,
    skip_packages: bool = True,
    module_filter: Callable[[str], bool] | None = None,
) -> list[type]:
    """Import the modules of one package and return the subclasses of a base that they define.

    Args:
        package_path: the folders of the package, its ``__path__``.
        package_prefix: the package's name and a dot.
        base_class: whose subclasses to collect; itself is left out.
        exclude_modules: names of modules to leave out, with or without the package's name.
        validation_func: a further test that a class must pass; abstract classes never count.
        skip_packages: leave out packages inside this one.
        module_filter: given a full module name, says whether to import it.
    """
    from pkgutil import iter_modules

    found = iter_modules(package_path, package_prefix)
    names = [one.name for one in found if not (skip_packages and one.ispkg)]
    return _collected(names, base_class, exclude_modules, validation_func, module_filter)


def discover_registry_classes_recursive(
    package_path: Iterable[str],
    package_prefix: str,
    base_class: type,
    exclude_modules: set[str] | None = None,
    validation_func: Callable[[type], bool] | None = None,
) -> list[type]:
    """Import the modules of a package and of the packages in it; see above.

    Args:
        package_path: the folders of the package, its ``__path__``.
        package_prefix: the package's name and a dot.
        base_class: whose subclasses to collect; itself is left out.
        exclude_modules: names of modules to leave out, with or without the package's name.
        validation_func: a further test that a class must pass; abstract classes never count.
    """
    names = [one.name for one in _walk(package_path, package_prefix)]
    return _collected(names, base_class, exclude_modules, validation_func, None)


def _walk(path: Iterable[str], prefix: str) -> Iterator[ModuleInfo]:
    from pkgutil import iter_modules

    for one in iter_modules(path, prefix):
        yield one
        if one.ispkg and _import(one.name):
            yield from _walk(sys.modules[one.name].__path__, one.name + ".")


def _collected(
    names: list[str],
    base: type,
    excluded: set[str] | None,
    valid: Callable[[type], bool] | None,
    wanted: Callable[[str], bool] | None,
) -> list[type]:
    left_out = excluded or set()
    found: dict[type, None] = {}
    for name in names:
        skipped = name in left_out or name.rpartition(".")[2] in left_out
        if skipped or (wanted is not None and not wanted(name)) or not _import(name):
            continue
        found.update(dict.fromkeys(_defined(name, base, valid)))
    return list(found)


def _defined(name: str, base: type, valid: Callable[[type], bool] | None) -> Iterator[type]:
    from inspect import isabstract

    for value in list(vars(sys.modules[name]).values()):
        if not isinstance(value, type) or value is base or base not in value.__mro__:
            continue
        if value.__module__ == name and not isabstract(value) and (valid is None or valid(value)):
            yield value


def _import(name: str) -> bool:
    """Import a module; one that fails is logged, and costs itself alone."""
    failure = import_or_describe(name)
    if failure:
        from logging import getLogger

        getLogger("plugindex").warning("%s could not be imported: %s", name, failure)
    return not failure


def in_process(family: Family) -> str:
    """Return why no other process could call the host's discovery function, "" if one could."""
    function = family.config.discovery_function
    named = family.scope.function
    if named and resolved(*named.split(":")) == function:
        return ""
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return f"no other process finds {name} by a name: it is no function of a module"


def may_run_here(family: Family) -> bool:
    """Tell whether the discovery function may have to run in this process."""
    from plugindex.process import refusal

    return bool(in_process(family) or refusal())


def called(registry: HeldMapping[Any, Any], taken: Callable[[], Snapshot]) -> Snapshot | None:
    """Return what a child *takes* from the host's discovery function, or run it in this process.

    Raises:
        DiscoveryError: the function failed.
    """
    assert registry.family is not None
    why = in_process(registry.family)
    try:
        if not why:
            return taken()
    except UnaskedError as error:
        why = str(error)
    run_here(registry, why)
    return None


def run_here(registry: HeldMapping[Any, Any], why: str) -> None:
    """Call the host's discovery function in this process, and note that it ran here.

    Raises:
        DiscoveryError: the function raised; its exception is the cause.
    """
    assert registry.family is not None
    run_function(registry.family)
    module = registry.family.scope.base.partition(":")[0]
    text = f"its discovery function ran in this process, and what it found isn't kept: {why}"
    hint = "name a function that stands at the top of a module" if "by a name" in why else ""
    registry.note(Problem("in-process", module, text, hint), once=True)


def run_function(family: Family) -> None:
    """Call the discovery function with the package's folders, its prefix and the base.

    Raises:
        DiscoveryError: the function raised; its exception is the cause.
    """
    package, function = family.scope.package, family.config.discovery_function
    assert function is not None
    try:
        with turns.recording():
            __import__(package)
            folders = getattr(sys.modules[package], "__path__", [])
            function(folders, package + ".", family.base)
    # Foreign code; without it there is no registry, so this is told to whoever asks for a key.
    except (Exception, SystemExit) as error:
        raise function_failed(family.scope, describe(error)) from error
