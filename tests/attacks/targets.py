"""Packages of plugins to attack, what a process sees of them, and what is true of them."""

from __future__ import annotations

import importlib
import os
import pkgutil
import shutil
import sys
import textwrap
import time
import types
from pathlib import Path

import plugindex
from plugindex import journal
from plugindex.answer import _plugin
from plugindex.introspect import listing
from plugindex.keytext import to_text
from plugindex.truth import settle

BASE = """
import abc
from plugindex import (
    AutoRegisterMeta, LazyDiscoveryDict, PRIMARY_KEY, SecondaryRegistry, SecondaryRegistryDict,
)

REG = LazyDiscoveryDict()
TWINS = SecondaryRegistryDict()

class Base(metaclass=AutoRegisterMeta):
    __registry__ = REG
    __registry_key__ = "name"
    __secondary_registries__ = [SecondaryRegistry(TWINS, PRIMARY_KEY, "twin")]
"""
FILES = {
    "target/__init__.py": "",
    "target/base.py": BASE,
    "target/kinds.py": "import enum\nclass Kind(enum.Enum):\n    A = 1\n    B = 2\n",
    "target/plain.py": """
        from target.base import Base

        class One(Base):
            \"\"\"The first.\"\"\"
            name = "one"
            size = 1

        class Two(One):
            name = "two"
            twin = One
    """,
    "target/keys.py": """
        from target.base import Base
        from target.kinds import Kind

        class Bytes(Base):
            name = b"bytes"
        class Tuple(Base):
            name = (1, "a", None, b"x")
        class Member(Base):
            name = Kind.A
        class Marked(Base):
            name = "!marked"
    """,
    "target/lacking.py": """
        import a_module_that_is_nowhere
        from target.base import Base
        class Lacking(Base):
            name = "lacking"
    """,
    "target/first.py": "from target.base import Base\nclass First(Base):\n    name = 'rival'\n",
    "target/second.py": "from target.base import Base\nclass Second(Base):\n    name = 'rival'\n",
    "target/broken.py": "class (:\n",
    "target/raising.py": """
        from target.base import Base
        class Raising(Base):
            name = "raising"
        raise RuntimeError("not today")
    """,
    "target/inside/__init__.py": "",
    "target/inside/deep.py": """
        import abc
        from target.plain import One
        class Abstract(One, abc.ABC):
            name = "abstract"
            @abc.abstractmethod
            def run(self): ...
        class Deep(Abstract):
            name = "deep"
            def run(self): ...
    """,
}
# All of them load, so a second start finds nothing to settle.
STEADY = {name: text for name, text in FILES.items() if name != "target/raising.py"}
# Reading can't decide what this holds, so a child interpreter imports it.
UNDECIDED = {
    "target/made.py": """
        import os
        from target.base import Base
        if os.getpid() > 0:
            class Made(Base):
                name = "made"
    """,
}


# What setuptools writes for an editable install has this form.
EDITABLE = """
from importlib.util import spec_from_file_location

class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        folder = MAPPING.get(name)
        if folder:
            return spec_from_file_location(
                name, folder + "/__init__.py", submodule_search_locations=[folder]
            )
Finder.__module__ = "__editable___target_finder"
"""
ENGINE = [str(Path(plugindex.__file__).parents[1])]
# What is installed besides doesn't matter here, and describing a plugin looks through it all.
STANDARD = [
    entry for entry in sys.path if "-packages" not in entry and entry.startswith(sys.base_prefix)
]


class Target:
    """A package in a folder of its own, and the data folder that its cache lies in."""

    def __init__(self, folder, files=FILES, base="target.base:Base", path=()):
        self.folder = Path(folder)
        self.site = self.folder / "site"
        self.data = self.folder / "data"
        self.base = base
        self.package = base.partition(".")[0]
        self.path = [str(self.site), *map(str, path)]
        self.variables = {"XDG_DATA_HOME": str(self.data)}
        self.mapping = {}  # packages that an editable install maps to folders
        self.offered = ()  # other packages whose plugins count
        self.dropped = ()  # modules that files in a plugin folder are
        self.clock = 0  # seconds by which the clock is wrong
        self.write(files)

    def write(self, files):
        """Write *files*, texts by path; None removes one, or a folder with all that is in it."""
        return self.beside("site", files)

    def beside(self, folder, files):
        """Write *files* into another folder beside the site."""
        for name, text in files.items():
            file = self.folder / folder / name
            if text is None:
                shutil.rmtree(file) if file.is_dir() else file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text if isinstance(text, bytes) else _dedented(text))
        return self

    @property
    def cache(self):
        """The file that holds the index."""
        return self.data / self.package / "cache" / "base_registry.json"

    # -- inside a try --------------------------------------------------------------------------

    def enter(self):
        """Make this process one that uses the package."""
        sys.path[:] = [*self.path, *ENGINE, *STANDARD]
        os.environ.update(self.variables)
        if self.mapping:
            finder = types.ModuleType("__editable___target_finder")
            exec(EDITABLE, finder.__dict__)
            finder.MAPPING = self.mapping
            sys.modules[finder.__name__] = finder
            sys.meta_path.append(finder.Finder)
        if self.clock:
            now, now_ns = time.time, time.time_ns
            time.time = lambda: now() + self.clock
            time.time_ns = lambda: now_ns() + self.clock * 10**9
        importlib.invalidate_caches()

    def registry(self):
        """Return the registry, in a process that uses the package."""
        module, _, name = self.base.partition(":")
        return getattr(importlib.import_module(module), name).__registry__

    def look(self):
        """Return what this process lists and loads, once it has asked all that can be asked."""
        self.enter()
        registry = self.registry()
        keys = list(registry)
        listed = {text(key) for key in keys}
        for key in keys[-1:]:
            assert isinstance(registry.info(key).attributes, dict)
        assert isinstance(repr(registry) + str(registry.problems) + registry.cache_path, str)
        registry.find(name="one")
        loaded = {text(key): _reference(cls) for key, cls in registry.items()}
        failed = [key for key in keys if text(key) not in loaded]
        modules = {text(key): registry.info(key).reference.partition(":")[0] for key in failed}
        return {
            "listed": listed,
            "loaded": loaded,
            "failed": modules,
            "cache": registry.stats.cache,
        }

    def truth(self):
        """Return the same as it must be: import everything, then see what is there."""
        self.enter()
        seen, failed = journal.begin(), set()
        names = [name for one in (self.package, *self.offered) for name in _modules(one)]
        for name in [*sorted(names), *self.dropped]:
            if not _imports(name):
                failed.add(name)
        return {"entries": self._entries(seen, failed), "failed": failed}

    def _entries(self, seen, failed):
        module, _, name = self.base.partition(":")
        scope = getattr(importlib.import_module(module), name).__registry__.scope
        plugins = [_plugin(one) for one in listing(scope, seen, failed)["plugins"]]
        entries = {text(key): reference for key, reference in settle(plugins)[0].items()}
        for _, key, cls in seen.registrations:
            homes = {cls.__module__, cls.__module__.partition(".")[0]}
            others = homes.intersection(self.offered) | homes.intersection(self.dropped)
            if others and cls.__module__ not in failed:
                entries[text(key)] = _reference(cls)
        return entries


def _dedented(text):
    return textwrap.dedent(text).lstrip("\n").encode()


def text(key):
    """Return what stands for *key* whether or not the module of an enum is imported."""
    try:
        return to_text(key)
    except (TypeError, ValueError):
        return repr(key)


def _reference(cls):
    return f"{cls.__module__}:{cls.__qualname__}"


def _modules(package):
    """Yield a package and the modules in it by the standard library's means."""
    yield package
    found = importlib.import_module(package)
    for _, name, is_package in pkgutil.iter_modules(getattr(found, "__path__", ())):
        full = f"{package}.{name}"
        if name != "__main__":
            yield from _modules(full) if is_package and _imports(full) else [full]


def _imports(name):
    try:
        importlib.import_module(name)
    except BaseException:  # noqa: BLE001 - a plugin may raise anything, exits included
        return False
    return True


def judged(outcome, truth):
    """Return the outcome of a look without what may differ from the truth.

    A module that fails for another reason than a missing import is listed until it is tried.
    """
    if outcome.kind != "answered":
        return outcome
    found = outcome.value
    failing = {key for key, module in found["failed"].items() if module in truth["failed"]}
    listed = found["listed"] - failing
    return outcome._replace(value={"listed": listed, "loaded": found["loaded"]})


def expected(truth):
    """Return what a look must give."""
    return {"listed": {*truth["entries"]}, "loaded": truth["entries"]}
