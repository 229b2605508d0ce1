"""Names in folders: which of them make a stored index stale, and which are a program's own."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import pytest

from plugindex import index
from plugindex.config import KeyRule, Scope
from plugindex.finder import Finder
from plugindex.truth import import_truth

PLUGIN = "from plugs.base import Plugin\n\n\nclass {0}(Plugin):\n    key = {0!r}\n"
SCOPE = Scope(
    base="plugs.base:Plugin",
    package="plugs",
    rule=KeyRule(attribute="key", own=True),
    foreign=True,
    application="plugs",
    name="plugs",
)


class Site:
    """A folder of the search path with a package of plugins in it."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder, self.settings = folder, index.Settings(folder=str(cache))
        self.write("plugs/__init__.py", "")
        self.write("plugs/base.py", "class Plugin:\n    pass\n")
        self.write("plugs/one.py", PLUGIN.format("One"))

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def take(self) -> index.Snapshot:
        """Take a snapshot as a new process would, and check that it is what import gives."""
        found = index.take(SCOPE, self.settings)
        modules = [file.name for file in Finder().modules("plugs")]
        truth = dict(import_truth(SCOPE, modules).entries)
        assert {key: plugin.reference for key, plugin in found.plugins.items()} == truth
        return found

    @property
    def verdict(self) -> str:
        return self.take().stats.cache

    @property
    def stored(self) -> bytes:
        return Path(index.cache_path(SCOPE, self.settings)).read_bytes()


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return Site(tmp_path / "site", tmp_path / "cache")


def test_what_a_program_writes_beside_its_script_costs_no_renewal(site):
    site.take()
    before = site.stored
    site.write("results.csv", "1,2\n")
    site.write("run_2/picture.tif", "")
    site.write("unrelated.py", "x = 1\n")
    assert site.verdict == "hit"
    assert site.stored == before


def test_a_module_that_was_looked_up_in_vain_counts_when_it_comes(site):
    text = "try:\n    from extra import Plugin\nexcept ImportError:\n    Plugin = object\n"
    site.write("plugs/two.py", text + "\n\nclass Two(Plugin):\n    key = 'two'\n")
    assert list(site.take().plugins) == ["One"]
    site.write("extra.py", "from plugs.base import Plugin\n")
    assert list(site.take().plugins) == ["One", "two"]
    (site.folder / "extra.py").unlink()
    assert list(site.take().plugins) == ["One"]


@pytest.mark.parametrize("name", ["extra/__init__.py", "extra.pyc", "extra/part.py"])
def test_a_name_counts_in_whatever_form_it_comes(site, name):
    site.write("plugs/two.py", "import extra\n" + PLUGIN.format("Two"))
    assert list(site.take().unavailable) == ["Two"]
    site.write(name, "")
    assert index.take(SCOPE, site.settings).stats.cache != "hit"


def test_a_name_that_an_edit_asks_for_counts_from_then_on(site):
    site.take()
    site.write("plugs/one.py", "import later\n" + PLUGIN.format("One"))
    assert list(site.take().unavailable) == ["One"]
    site.write("other.txt", "")
    assert site.verdict == "hit"
    site.write("later.py", "")
    assert list(site.take().plugins) == ["One"]
    site.write("later2.py", "")
    assert site.verdict == "hit"


def test_a_module_in_front_of_the_one_that_was_found_counts(site, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path / "first"))
    (tmp_path / "first").mkdir()
    site.write("kinds.py", "from plugs.base import Plugin as Kind\n")
    site.write("plugs/two.py", "from kinds import Kind\n\n\nclass Two(Kind):\n    key = 'two'\n")
    assert list(site.take().plugins) == ["One", "two"]
    (tmp_path / "first" / "kinds.py").write_text("Kind = object\n")
    assert list(site.take().plugins) == ["One"]


COMPUTED = """
    import {imported}
    from plugs.base import Plugin


    class Two(Plugin):
        key = {key}
"""


def test_where_a_module_had_to_run_what_it_looked_for_counts(site):
    wanted = "importlib.util.find_spec('ext' + 'ra') is None"
    site.write("plugs/two.py", COMPUTED.format(imported="importlib.util", key=f"str({wanted})"))
    assert sorted(site.take().plugins) == ["One", "True"]
    before = site.stored
    site.write("results.csv", "1,2\n")
    assert site.verdict == "hit"
    assert site.stored == before
    site.write("extra.py", "")
    assert sorted(site.take().plugins) == ["False", "One"]
    site.write("results2.csv", "1,2\n")
    assert site.verdict == "hit"


def test_what_a_module_that_ran_looked_for_counts_in_the_last_folder_too(site, tmp_path):
    last = tmp_path / "last"
    last.mkdir()
    sys.path.append(str(last))
    try:
        wanted = "str(importlib.util.find_spec('ext' + 'ra') is None)"
        site.write("plugs/two.py", COMPUTED.format(imported="importlib.util", key=wanted))
        assert sorted(site.take().plugins) == ["One", "True"]
        (last / "extra.py").write_text("")
        assert sorted(site.take().plugins) == ["False", "One"]
    finally:
        sys.path.remove(str(last))


def test_where_a_module_that_ran_listed_the_folder_all_its_names_count(site):
    wanted = "str(sum(n.endswith('.csv') for n in os.listdir(os.path.dirname(__path__[0]))))"
    text = COMPUTED.format(imported="os", key=wanted.replace("__path__", "Plugin.__path__"))
    site.write("plugs/base.py", "class Plugin:\n    from plugs import __path__\n")
    site.write("plugs/two.py", text)
    assert sorted(site.take().plugins) == ["0", "One"]
    site.write("results.csv", "1,2\n")
    assert sorted(site.take().plugins) == ["1", "One"]


def test_a_package_elsewhere_in_which_a_module_that_ran_looked_counts(site):
    site.write("lib/__init__.py", "")
    text = COMPUTED.format(imported="importlib", key="found")
    look = "found = 'none'\ntry:\n    importlib.import_module('lib.' + 'part')\n"
    look += "    found = 'part'\nexcept ImportError:\n    pass\n"
    text = text.replace("\n\n\n", "\n" + textwrap.indent(look, "    ") + "\n\n", 1)
    site.write("plugs/two.py", text)
    assert sorted(site.take().plugins) == ["One", "none"]
    site.write("lib/part.py", "")
    assert sorted(site.take().plugins) == ["One", "part"]


def test_a_distribution_that_is_installed_counts(site):
    site.take()
    before = site.stored
    site.write("zoo-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: zoo\nVersion: 1\n")
    site.take()
    assert site.stored != before


def test_any_name_in_a_package_counts(site):
    site.take()
    site.write("plugs/two.py", PLUGIN.format("Two"))
    assert list(site.take().plugins) == ["One", "Two"]


def test_a_script_in_the_package_itself_makes_its_folder_count_whole(site, monkeypatch):
    monkeypatch.syspath_prepend(str(site.folder / "plugs"))
    site.take()
    site.write("plugs/two.py", PLUGIN.format("Two"))
    assert list(site.take().plugins) == ["One", "Two"]


def test_files_with_the_times_of_an_image_are_compared_without_reading_the_records(site):
    for path in (site.folder / "plugs").rglob("*.py"):
        os.utime(path, (0, 0))
    site.take()
    path = Path(index.cache_path(SCOPE, site.settings))
    path.write_bytes(site.stored[:-20] + b"x" * 17 + b"}}\n")
    assert site.verdict == "hit"
    edited = site.write("plugs/one.py", PLUGIN.format("Two").replace("class Two", "class One"))
    os.utime(edited, (0, 0))
    assert list(site.take().plugins) == ["Two"]
