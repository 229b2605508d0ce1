"""The host's own packages as metaclass-registry declares them, made from our sources at run time.

Every module, import and class stays. What changes, by rule: where the registry names come from, and
in the five base classes the class attributes that declare a registry become the one
``RegistryConfig`` that metaclass-registry needs to search a package by itself.
"""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

# Base modules, below the package: each declares one registry over the package that it stands in.
BASES = (
    "microscopes/microscope_base.py",
    "io/base.py",
    "runtime/zmq_base.py",
    "processing/backends/lib_registry/unified_registry.py",
    "processing/backends/experimental_analysis/format_registry.py",
)
# The attribute that we read: the keyword of RegistryConfig that says the same.
_KEYWORDS = {
    "__registry__": "registry_dict",
    "__registry_key__": "key_attribute",
    "__key_extractor__": "key_extractor",
    "__registry_name__": "registry_name",
    "__secondary_registries__": "secondary_registries",
}
# It has no such rule; the benchmark sets no variable that would make ours do anything.
_DROPPED = ("__leave_out__",)
_NAMES = "openhcs.core.auto_register_meta"
# A switch that it doesn't have, so that one tree serves with and without a cache.
_CACHE = '"OPENHCS_DISABLE_REGISTRY_CACHE" not in __import__("os").environ'
_RENAMED = {"PluginLoadError": "DiscoveryError as PluginLoadError", "LeaveOut": ""}
_FROM_OURS = re.compile(r"^from plugindex import (\([^)]*\)|[^(\n]+)$", re.MULTILINE)
_OF_CACHES = "CacheConfig"  # named by the peer's submodule alone


def write(source: Path, target: Path) -> None:
    """Copy the package *source* to *target* in metaclass-registry's idiom.

    Raises:
        SystemExit: a base class isn't declared as the rules expect.
    """
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    for file in target.rglob("*.py"):
        text = file.read_text()
        told = _FROM_OURS.sub(_imported, text)
        name = file.relative_to(target).as_posix()
        if name in BASES:
            told = _declared(told, ".".join([target.name, *Path(name).parent.parts]))
        if told != text:
            file.write_text(told)


def _imported(found: re.Match[str]) -> str:
    names = [name for name in re.split(r"[\s,()]+", found[1]) if name]
    told = [_RENAMED.get(name, name) for name in names]
    library = "metaclass_registry.cache" if _OF_CACHES in names else "metaclass_registry"
    return f"from {library} import {', '.join(name for name in told if name)}"


def _declared(text: str, package: str) -> str:
    """Return the base module *text* with its class declared by a RegistryConfig."""
    tree = ast.parse(text)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.keywords]
    if len(classes) != 1:
        raise SystemExit(f"{package}: one class with a metaclass was expected in its base module")
    lines = text.splitlines()
    config = _config(text, classes[0], package)
    _cut(lines, classes[0], config)
    # Above the class, so below its registry: one more name from a module that is imported anyway.
    lines.insert(classes[0].lineno - 1, f"from {_NAMES} import RegistryConfig\n\n")
    told = "\n".join(lines) + "\n"
    told = told.replace("AutoRegisterMeta, LazyDiscoveryDict, LeaveOut", _TWO)
    told = told.replace("SecondaryRegistryDict()", "SecondaryRegistryDict(MICROSCOPE_HANDLERS)")
    return told.replace("enable_cache=True", f"enable_cache={_CACHE}")


_TWO = "AutoRegisterMeta, LazyDiscoveryDict"


def _attributes(node: ast.ClassDef) -> dict[str, ast.Assign]:
    """Return the assignments in the class's body that declare its registry, by name."""
    found = {}
    for one in node.body:
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            found[one.targets[0].id] = one
    return {name: one for name, one in found.items() if name in _KEYWORDS or name in _DROPPED}


def _config(text: str, node: ast.ClassDef, package: str) -> str:
    told = {
        _KEYWORDS[name]: ast.get_source_segment(text, one.value)
        for name, one in _attributes(node).items()
        if name in _KEYWORDS
    }
    if not {"registry_dict", "key_attribute", "registry_name"} <= told.keys():
        raise SystemExit(f"{package}: its base class doesn't declare what was expected")
    told |= {"skip_if_no_key": "True", "discovery_package": repr(package)}
    keywords = "\n".join(f"        {name}={value}," for name, value in told.items())
    return f"    __registry_config__ = RegistryConfig(\n{keywords}\n    )"


def _cut(lines: list[str], node: ast.ClassDef, config: str) -> None:
    """Put *config* in the place of the first declaring line of the class, and drop the others."""
    places = sorted(_attributes(node).values(), key=lambda one: -one.lineno)
    for one in places:
        lines[one.lineno - 1 : one.end_lineno] = [config] if one is places[-1] else []
