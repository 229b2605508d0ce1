"""An installed application that ships its index, and what a fresh process lists of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from plugindex import codec, store

pytest_plugins = ["sample_app"]

NO_FOLDER = {"HOME": "", "XDG_DATA_HOME": ""}
LIST = """
import json, sys
from APP.base import REG
print(json.dumps({
    "keys": list(REG), "read": REG.stats.read, "child": REG.stats.imported,
    "cache": REG.stats.cache,
    "problems": sorted(one.kind for one in REG.problems),
    "imported": [name for name in sys.modules if name.startswith("APP.p_")],
}))
"""
TRUTH = """
import importlib, json, pkgutil
import APP
from APP.base import Base
for one in pkgutil.walk_packages(APP.__path__, "APP."):
    try:
        importlib.import_module(one.name)
    except Exception:
        pass
def below(cls):
    for sub in cls.__subclasses__():
        yield sub
        yield from below(sub)
print(json.dumps([cls.name for cls in below(Base)]))
"""


class Shipping:
    """An application in a folder with what an installer writes beside it."""

    def __init__(self, app):
        self.app = app
        self.folder = app.folder
        self.package = app.folder / app.name

    @property
    def info(self):
        """The folder of the distribution's metadata."""
        return self.folder / "app_kit-1.0.dist-info"

    @property
    def file(self):
        """The shipped index of this interpreter."""
        (found,) = self.package.glob("plugindex.*.json")
        return found

    def command(self, *arguments, code=0, **environment):
        """Run a command of plugindex's in the folder and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "plugindex", *arguments],
            cwd=self.folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, done
        return done.stdout + done.stderr

    def build(self, *arguments, **environment):
        """Write the index, and the list of installed files with it."""
        told = self.command(
            "build", self.app.name, "--distribution", "app-kit", *arguments, **environment
        )
        self.record()
        return told

    def reseal(self, change):
        """Let *change* work on the head and the tail of the index, and seal it again."""
        document = store.parse(self.file.read_bytes())
        head = {name: codec.decode(text) for name, text in document.raw_head().items()}
        tail = {name: codec.decode(text) for name, text in document.raw_tail().items()}
        change(head, tail)
        self.file.write_bytes(store.pack(head, "records", tail))

    def record(self):
        """Write the list of installed files, as an installer does."""
        self.info.mkdir(exist_ok=True)
        files = sorted(self.package.rglob("*"))
        names = [one.relative_to(self.folder).as_posix() for one in files if one.is_file()]
        (self.info / "RECORD").write_text("".join(f"{name},,\n" for name in names))

    def list(self, *options, **environment):
        """Return what a fresh process without a cache folder lists."""
        return json.loads(self.app.run(LIST, *options, **{**NO_FOLDER, **environment}))

    def truth(self):
        """Return the keys that importing everything gives, in their order."""
        return json.loads(self.app.run(TRUTH, "-B"))

    def report(self):
        """Return what is said of what the application ships."""
        told = json.loads(self.command("cache", "info", f"{self.app.name}.base:REG", "--json"))
        return told["shipped"]

    def drop_bytecode(self):
        """Remove all byte code."""
        for folder in self.folder.rglob("__pycache__"):
            shutil.rmtree(folder)


@pytest.fixture
def shipping(simple_app, monkeypatch):
    """An application with four plugins, one without its requirement; nothing is shipped yet."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    simple_app.base()
    simple_app.plugin("p_one", ("One", "name = 'one'"), ("Uno", "name = 'uno'"))
    simple_app.plugin("p_two", "SET = {'a', 'b'} | {'c', 'd', 'e'}", ("Two", "name = 'two'"))
    simple_app.plugin("p_three", "import not_there_yet", ("Three", "name = 'three'"))
    return Shipping(simple_app)
