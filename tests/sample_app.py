"""Write small host applications to disk and use them, in this process or in a fresh one."""

from __future__ import annotations

import importlib
import itertools
import os
import subprocess
import sys
import textwrap

import pytest

_numbers = itertools.count()

# The two ways to be a base; every test of registration runs on both.
KINDS = {
    "metaclass": "class Base(metaclass=AutoRegisterMeta):",
    "mixin": "class Base(AutoRegister, abc.ABC):",
}

BASE = """
import abc
from plugindex import (
    PRIMARY_KEY, AutoRegister, AutoRegisterMeta, LazyDiscoveryDict, RegistryConfig,
    SecondaryRegistry, SecondaryRegistryDict, make_suffix_extractor,
)
"""


class App:
    """A package in a folder, whose name stands for APP in its files."""

    def __init__(self, folder, kind="metaclass"):
        self.folder = folder
        self.name = f"app{next(_numbers)}"
        self.kind = kind

    def write(self, path, text=""):
        """Write one file of the package; folders on the way become packages."""
        file = self.folder / self.name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        for parent in file.relative_to(self.folder).parents:
            if parent.name and not (self.folder / parent / "__init__.py").exists():
                (self.folder / parent / "__init__.py").write_text("")
        file.write_text(self._filled(text))
        importlib.invalidate_caches()
        return self

    def _filled(self, text):
        text = textwrap.dedent(text).replace("class Base:", KINDS[self.kind])
        return text.replace("APP", self.name)

    @property
    def statement(self):
        """The statement that begins a base class of this kind."""
        return KINDS[self.kind]

    def base(self, body="__registry_key__ = 'name'", before="", after=""):
        """Write the module ``base`` with a registry REG and the class Base."""
        body = textwrap.indent(textwrap.dedent(body), "    ")
        lines = [BASE, textwrap.dedent(before), "REG = LazyDiscoveryDict()"]
        lines += ["class Base:", "    __registry__ = REG", body, textwrap.dedent(after)]
        return self.write("base.py", "\n".join(lines))

    def plugin(self, module, *classes):
        """Write a module with plugins, given as (class name, body) or as text."""
        parts = [f"from {self.name}.base import *\nfrom {self.name}.base import Base"]
        parts += [one if isinstance(one, str) else _plugin(*one) for one in classes]
        return self.write(f"{module.replace('.', '/')}.py", "\n".join(parts))

    def load(self, module="base"):
        """Import one of its modules."""
        return importlib.import_module(f"{self.name}.{module}" if module else self.name)

    @property
    def registry(self):
        """The registry of the module ``base``."""
        return self.load().REG

    def imported(self):
        """Name its modules that are imported, less the package and ``base``."""
        names = [name for name in sys.modules if name.startswith(self.name + ".")]
        return sorted(n.removeprefix(self.name + ".") for n in names if n != f"{self.name}.base")

    def run(self, code, *options, check=True, **environment):
        """Run *code* in a fresh interpreter and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-W", "error", *options, "-c", self._filled(code)],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": self._path(), **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip() if check else done

    def _path(self):
        return os.pathsep.join(filter(None, [str(self.folder), os.environ.get("PYTHONPATH")]))


def _plugin(name, body="pass"):
    return f"class {name}(Base):\n" + textwrap.indent(textwrap.dedent(body), "    ")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Keep what is cached in a folder of the test's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture(params=KINDS)
def app(request, tmp_path, monkeypatch, home):
    """An empty application, once with the metaclass and once with the mixin."""
    yield from _app(tmp_path, monkeypatch, request.param)


@pytest.fixture
def simple_app(tmp_path, monkeypatch, home):
    """An empty application with the metaclass."""
    yield from _app(tmp_path, monkeypatch, "metaclass")


def _app(tmp_path, monkeypatch, kind):
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield App(folder, kind)
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
