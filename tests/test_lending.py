"""One index for scripts in several folders, where that is the same as one for each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BASE = """
from plugindex import AutoRegisterMeta


class Plugin(metaclass=AutoRegisterMeta):
    __registry_key__ = "key"
"""
PLUGIN = "from plugs.base import Plugin\n\n\nclass {0}(Plugin):\n    key = {0!r}\n"
SCRIPT = """
import json, sys
from plugs.base import Plugin

found = list(Plugin.__registry__)
loaded = {}
for key in found:
    try:
        loaded[key] = Plugin.__registry__[key].__name__
    except Exception as error:
        loaded[key] = type(error).__name__
print(json.dumps([Plugin.__registry__.stats.cache, found, loaded]))
"""


class Machine:
    """A site with a package of plugins, and folders with scripts that list it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("site/plugs/__init__.py", "")
        self.write("site/plugs/base.py", BASE)
        self.write("site/plugs/one.py", PLUGIN.format("One"))

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, folder: str, *flags: str) -> tuple[str, list[str], dict[str, str]]:
        """Run the script in *folder*; return the verdict on the cache, the keys, and what loads."""
        self.write(f"{folder}/run", SCRIPT)
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder / "site"),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [sys.executable, *flags, str(self.folder / folder / "run")]
        out = subprocess.check_output(command, text=True, env=environment, cwd=self.folder)
        verdict, keys, loaded = json.loads(out)
        return verdict, keys, loaded

    @property
    def indexes(self) -> int:
        return len(list((self.folder / "data").rglob("*_registry.json")))


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_a_script_in_another_folder_uses_the_index_that_is_there(machine):
    assert machine.run("first") == ("cold", ["One"], {"One": "One"})
    machine.write("second/results.csv", "1,2\n")
    assert machine.run("second") == ("hit", ["One"], {"One": "One"})
    assert machine.indexes == 1


def test_a_module_beside_the_script_that_hides_another_has_an_index_of_its_own(machine):
    machine.write("site/kinds.py", "KEY = 'site'\n")
    text = PLUGIN.format("Two").replace("'Two'", "kinds.KEY")
    machine.write("site/plugs/two.py", "import kinds\n" + text)
    assert machine.run("first")[1] == ["One", "site"]
    machine.write("second/kinds.py", "KEY = 'second'\n")
    assert machine.run("second")[:2] == ("cold", ["One", "second"])
    assert machine.run("first")[:2] == ("hit", ["One", "site"])


def test_a_module_that_was_looked_up_in_vain_is_found_beside_the_script(machine):
    machine.write("site/plugs/two.py", "import extra\n" + PLUGIN.format("Two"))
    assert machine.run("first")[1] == ["One"]
    machine.write("second/extra.py", "")
    assert machine.run("second")[1] == ["One", "Two"]
    assert machine.run("first")[1] == ["One"]


def test_a_folder_whose_module_the_index_needs_lends_to_no_other(machine):
    machine.write("site/plugs/two.py", "import extra\n" + PLUGIN.format("Two"))
    machine.write("first/extra.py", "")
    assert machine.run("first")[1] == ["One", "Two"]
    assert machine.run("second")[:2] == ("cold", ["One"])


def test_programs_without_suffix_are_no_modules(machine):
    machine.run("first")
    machine.write("bin/plugs", "a program\n")
    assert machine.run("bin")[0] == "hit"


def test_a_package_beside_the_script_is_one(machine):
    machine.run("first")
    machine.write("second/plugs/data.txt", "")
    assert machine.run("second")[:2] == ("cold", ["One"])


def test_an_edit_is_seen_from_every_folder(machine):
    machine.run("first")
    assert machine.run("second")[0] == "hit"
    machine.write("site/plugs/one.py", PLUGIN.format("Other"))
    assert machine.run("second")[1] == ["Other"]
    assert machine.run("first")[1] == ["Other"]
    assert machine.run("second")[:2] == ("hit", ["Other"])


def test_what_had_to_be_run_is_run_for_each_folder(machine):
    computed = "__import__('os').path.basename(__import__('sys').path[0])"
    machine.write("site/plugs/two.py", PLUGIN.format("Two").replace("'Two'", computed))
    assert machine.run("first")[1] == ["One", "first"]
    assert machine.run("second")[:2] == ("cold", ["One", "second"])


def test_another_kind_of_interpreter_borrows_nothing(machine):
    machine.run("first")
    assert machine.run("second", "-O")[0] == "cold"


def test_a_plugin_that_fails_under_a_lent_index_is_told_there(machine):
    machine.write("site/plugs/two.py", PLUGIN.format("Two") + "raise RuntimeError('no')\n")
    machine.run("first")
    assert machine.run("second")[2] == {"One": "One", "Two": "PluginLoadError"}
    assert machine.run("first")[1] == ["One"]
