"""Plugin classes as JSON values and back, and the files that a package consists of."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def serialize_plugin_class(plugin_class: type) -> dict[str, Any]:
    """Return the names by which *plugin_class* is found again."""
    return {
        "module": plugin_class.__module__,
        "class_name": plugin_class.__name__,
        "qualname": plugin_class.__qualname__,
    }


def deserialize_plugin_class(
    data: dict[str, Any], *, package: str | None = None, base: type | None = None
) -> type:
    """Import the class that *data* names.

    Args:
        data: what ``serialize_plugin_class`` returned.
        package: the package in which its module must lie.
        base: a class that it must derive from.

    Raises:
        ImportError: the module can't be imported, or lies outside of *package*.
        AttributeError: the module has no such name.
        KeyError: a name is missing.
        TypeError: what has the name is no class, or does not derive from *base*.
        ValueError: a name is no name that a class statement makes.
    """
    module, qualname = data["module"], data.get("qualname") or data["class_name"]
    _check_names(module, qualname)
    if package is not None and not (module == package or module.startswith(package + ".")):
        raise ImportError(f"{module} is not in {package}", name=module)
    __import__(module)
    found: Any = sys.modules[module]
    for part in qualname.split("."):
        found = getattr(found, part)
    if not isinstance(found, type):
        raise TypeError(f"{module}:{qualname} is not a class")
    if base is not None and not issubclass(found, base):
        raise TypeError(f"{module}:{qualname} does not derive from {base.__qualname__}")
    return found


def _check_names(module: object, qualname: object) -> None:
    for name in (module, qualname):
        if not isinstance(name, str):
            raise TypeError(f"{name!r} is no name")
    if "<locals>" in str(qualname):
        raise AttributeError(f"{qualname} is inside a function, where no import finds it")
    inside = str(qualname).split(".")
    parts = [*str(module).split("."), *inside]
    if not all(part.isidentifier() for part in parts) or any(p[:2] == "__" for p in inside):
        raise ValueError(f"{module}:{qualname} is no class that a module can hold")


def get_package_file_mtimes(package_path: str, *, recursive: bool = True) -> dict[str, float]:
    """Return when each file of a package was last changed, importing nothing.

    Args:
        package_path: the dotted name of a package or module.
        recursive: whether the packages inside count.

    Raises:
        ModuleNotFoundError: there is no such module.
    """
    from plugindex.finder import Finder

    modules = Finder().modules(package_path, recursive)
    if not modules:
        raise ModuleNotFoundError(f"No module named {package_path!r}", name=package_path)
    files = [getattr(m.loader, "archive", None) or m.path for m in modules]
    mtimes = {}
    for file in filter(None, files):
        try:
            mtimes[file] = os.stat(file).st_mtime
        except OSError:  # gone since it was listed: no file of the package any more
            continue
    return mtimes
