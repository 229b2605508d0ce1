"""Generate the packages of plugins that every contender lists, each with its own base class."""

from __future__ import annotations

import compileall
import os
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

LIGHT = ("json", "re")
HEAVY = ("numpy", "scipy", "asyncio", "sqlite3", "xml.etree.ElementTree")
EDITED = 0
_WORTH_WORKERS = 500  # files, from which starting processes to compile them pays

BASES = {
    "plugindex": """\
from plugindex import AutoRegisterMeta


class Base(metaclass=AutoRegisterMeta):
    __registry_key__ = "key"
    key = None
""",
    "metaclass-registry": """\
from metaclass_registry import AutoRegisterMeta, LazyDiscoveryDict, RegistryConfig


class Base(metaclass=AutoRegisterMeta):
    __registry_config__ = RegistryConfig(
        registry_dict=LazyDiscoveryDict(),
        key_attribute="key",
        skip_if_no_key=True,
        registry_name="{package}",
        discovery_package="{package}",
    )
    key = None
""",
    "import loop": """\
PLUGINS = {{}}


class Base:
    key = None

    def __init_subclass__(cls, **keywords):
        super().__init_subclass__(**keywords)
        if cls.key is not None:
            PLUGINS[cls.key] = cls
""",
}

PLUGIN = '''\
"""Plugin {number}: read and write the records of kind {number}."""

{imports}

from {package}.base import Base

KIND = {number}
SUFFIXES = (".r{number}", ".rec{number}")


class Plugin{number}(Base):
    """Read and write records of kind {number}."""

    key = "{key}"
    priority = {number}
    suffixes = SUFFIXES

    def accepts(self, name):
        """Say whether a file of that name may hold such records."""
        return name.endswith(self.suffixes)

    def header(self, count):
        """Return the first line of a file with *count* records."""
        return f"kind={{KIND}} count={{count}}"

    def total(self, records):
        """Return the sum of the sizes of *records*."""
        return sum(record.get("size", 0) for record in records)
'''


def package_name(kind: str, count: int) -> str:
    """Return the name of the package with *count* plugins."""
    return f"plugs_{kind}_{count}"


def count_of(package: str) -> int:
    """Return how many plugins the package of that name has."""
    return int(package.rpartition("_")[2])


def keys(count: int) -> list[str]:
    """Return the keys of the plugins in such a package, in order."""
    return [f"k{number:04}" for number in range(count)]


def missing(kind: str) -> list[str]:
    """Return what plugins of *kind* import and isn't installed."""
    names = LIGHT if kind == "light" else HEAVY
    return [name for name in names if find_spec(name.partition(".")[0]) is None]


def generate(folder: Path, contender: str, kind: str, count: int) -> None:
    """Write the package of *count* plugins into *folder*, and its bytecode."""
    package = package_name(kind, count)
    root = folder / package
    root.mkdir(parents=True)
    (root / "__init__.py").write_text(f'"""{count} {kind} plugins."""\n')
    (root / "base.py").write_text(BASES[contender].format(package=package))
    for number, key in enumerate(keys(count)):
        (root / f"plugin_{number:04}.py").write_text(_plugin(package, kind, number, key))
    compile_tree(root)


def distribute(folder: Path, package: str, count: int) -> None:
    """Write the metadata of a distribution whose entry points are the plugins of *package*."""
    root = folder / f"{package}-1.0.dist-info"
    root.mkdir(parents=True)
    (root / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [
        f"{key} = {package}.plugin_{number:04}:Plugin{number}"
        for number, key in enumerate(keys(count))
    ]
    (root / "entry_points.txt").write_text("\n".join([f"[{package}]", *lines, ""]))


def _plugin(package: str, kind: str, number: int, key: str) -> str:
    combined = list(combinations(HEAVY, 3))
    names = LIGHT if kind == "light" else combined[number % len(combined)]
    imports = "\n".join(f"import {name}" for name in names)
    return PLUGIN.format(package=package, number=number, key=key, imports=imports)


def compile_tree(root: Path) -> None:
    """Write valid bytecode for everything below *root*."""
    workers = os.cpu_count() if len(os.listdir(root)) > _WORTH_WORKERS else 1
    if not compileall.compile_dir(str(root), quiet=1, workers=workers or 1):
        raise SystemExit(f"{root} can't be compiled")


def drop_bytecode(root: Path) -> None:
    """Remove all bytecode below *root*."""
    for file in root.rglob("*.pyc"):
        file.unlink()


def edited_file(root: Path) -> Path:
    """Return the plugin file that the case "after one edit" edits."""
    return root / f"plugin_{EDITED:04}.py"
