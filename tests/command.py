"""Run the command line in processes of its own, on packages written to a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

ZOO = {
    "zoo/__init__.py": """
        from plugindex import AutoRegisterMeta, LazyDiscoveryDict

        ANIMALS = LazyDiscoveryDict()

        class Animal(metaclass=AutoRegisterMeta):
            __registry_key__ = "name"
            __registry__ = ANIMALS
    """,
    "zoo/cat.py": """
        from zoo import Animal

        class Cat(Animal):
            \"\"\"A cat.\"\"\"
            name = "cat"
            legs = 4
    """,
    "zoo/dodo.py": """
        from zoo import Animal

        class Dodo(Animal):
            name = "dodo"

        raise RuntimeError("extinct")
    """,
    "zoo/owl.py": """
        import night_vision
        from zoo import Animal

        class Owl(Animal):
            name = "owl"
    """,
    "zoo_kit-1.2.dist-info/METADATA": """
        Metadata-Version: 2.1
        Name: zoo-kit
        Version: 1.2
        Provides-Extra: night
        Requires-Dist: night-vision ; extra == 'night'
    """,
    "zoo_kit-1.2.dist-info/top_level.txt": "zoo",
    "zoo_kit-1.2.dist-info/RECORD": "zoo/__init__.py,,\n",
}


class Command:
    """The command ``plugindex`` in a folder that holds packages."""

    def __init__(self, folder, data):
        self.folder = folder
        self.environment = {**os.environ, "XDG_DATA_HOME": str(data)}
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def write(self, files):
        """Write *files*, texts by path."""
        for path, text in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text).lstrip())
        return self

    def arguments(self, *arguments):
        """Return the command line that runs the command."""
        return [sys.executable, "-W", "error", "-m", "plugindex", *arguments]

    def __call__(self, *arguments, **environment):
        """Run the command and return the ended process."""
        return self.run(self.arguments(*arguments), **environment)

    def run(self, command, **environment):
        """Run any command in the folder."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )

    def json(self, *arguments, code=0):
        """Run the command with ``--json``, check its exit code, and return what it printed."""
        done = self(*arguments, "--json")
        assert (done.returncode, done.stderr) == (code, ""), done
        return json.loads(done.stdout)

    def refused(self, *arguments):
        """Run the command, which must refuse its arguments in one message, and return that."""
        done = self(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert done.stderr.startswith("plugindex: ")
        assert done.stderr.count("plugindex: ") == 1
        assert "Traceback" not in done.stderr
        return done.stderr


@pytest.fixture
def plugindex(tmp_path):
    """The command in an empty folder."""
    (tmp_path / "site").mkdir()
    return Command(tmp_path / "site", tmp_path / "data")


@pytest.fixture
def zoo(plugindex):
    """The command in a folder with the package ``zoo``."""
    return plugindex.write(ZOO)
