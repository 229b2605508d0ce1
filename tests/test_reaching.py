"""Modules in folders without ``__init__`` inside a package: those that it imports are its own."""

from __future__ import annotations

import pytest

from plugindex.errors import StalePluginError

pytest_plugins = ["sample_app"]
PLUGIN = "from APP.base import Base\nclass {0}(Base):\n    name = {0!r}\n"
LIST = "from APP.base import REG; print(*REG)"


@pytest.fixture
def folder(simple_app):
    """An application with a folder of modules that is no package, one of them imported."""
    simple_app.base()
    simple_app.plugin("first", "from APP.loose.one import *", ("First", "name = 'First'"))
    simple_app.write("loose/one.py", PLUGIN.format("One"))
    simple_app.write("loose/two.py", PLUGIN.format("Two"))
    simple_app.write("loose/script.py", "raise SystemExit('nobody asked for this')")
    (simple_app.folder / simple_app.name / "loose" / "__init__.py").unlink()
    return simple_app


def test_what_the_package_imports_from_there_is_listed(folder):
    assert list(folder.registry) == ["First", "One"]
    assert folder.imported() == []
    assert folder.registry["One"].name == "One"


def test_so_is_what_that_imports(folder):
    folder.write("loose/one.py", "from APP.loose import two\n" + PLUGIN.format("One"))
    (folder.folder / folder.name / "loose" / "__init__.py").unlink()
    assert folder.run(LIST) == "First One Two"


def test_an_import_that_comes_or_goes_is_seen_at_the_next_start(folder):
    assert folder.run(LIST) == "First One"
    folder.plugin("second", "import APP.loose.two")
    assert folder.run(LIST) == folder.run(LIST) == "First One Two"
    folder.plugin("first", ("First", "name = 'First'"))
    assert folder.run(LIST) == folder.run(LIST) == "First Two"
    (folder.folder / folder.name / "second.py").unlink()
    assert folder.run(LIST) == folder.run(LIST) == "First"


def test_a_change_in_such_a_module_is_seen_at_the_next_start(folder):
    assert folder.run(LIST) == "First One"
    file = folder.folder / folder.name / "loose" / "one.py"
    file.write_text(file.read_text().replace("'One'", "'Own'"))
    assert folder.run(LIST) == "First Own"


def test_an_import_for_type_checkers_alone_brings_nothing(folder):
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import APP.loose.two\n"
    folder.plugin("second", text)
    assert folder.run(LIST) == "First One"


def test_a_folder_that_comes_later_is_looked_into_when_it_is_imported(simple_app):
    simple_app.base()
    simple_app.plugin("first", ("First", "name = 'First'"))
    assert simple_app.run(LIST) == "First"
    simple_app.write("late/one.py", PLUGIN.format("One"))
    (simple_app.folder / simple_app.name / "late" / "__init__.py").unlink()
    assert simple_app.run(LIST) == "First"
    simple_app.plugin("second", "import APP.late.one")
    assert simple_app.run(LIST) == simple_app.run(LIST) == "First One"


@pytest.mark.parametrize("statement", ["from APP.__main__ import main", "from . import __main__"])
def test_so_is_what_is_there_to_be_run_if_another_module_imports_it(simple_app, statement):
    simple_app.base()
    simple_app.write("__main__.py", PLUGIN.format("Run") + "def main(): pass\n")
    simple_app.plugin("first", ("First", "name = 'First'"))
    assert simple_app.run(LIST) == "First"
    simple_app.plugin("first", statement, ("First", "name = 'First'"))
    assert simple_app.run(LIST) == simple_app.run(LIST) == "Run First"
    load = "from APP.base import REG; REG['First']; print(REG['Run'].__name__)"
    assert simple_app.run(load) == "Run"


def test_what_is_there_to_be_run_is_not_imported_to_load_its_class(simple_app):
    simple_app.base()
    simple_app.write("__main__.py", PLUGIN.format("Run"))
    simple_app.plugin("first", "import APP.__main__", ("First", "name = 'First'"))
    with pytest.raises(StalePluginError, match="there to be run, and nothing has imported it"):
        simple_app.registry["Run"]
    assert simple_app.imported() == []


def test_the_base_itself_may_stand_there(simple_app):
    simple_app.write("loose/inner/base.py", "class Base: pass\n")
    simple_app.write("loose/inner/__init__.py", "from . import birds\n")
    simple_app.write("loose/inner/birds/__init__.py", "from .owl import Owl\n")
    simple_app.write("loose/inner/birds/owl.py", "from ..base import Base\nclass Owl(Base): pass\n")
    (simple_app.folder / simple_app.name / "loose" / "__init__.py").unlink()
    text = "from plugindex import LazyDiscoveryDict\n"
    text += "print(*LazyDiscoveryDict.for_subclasses('APP.loose.inner.base:Base', package='APP'))"
    assert simple_app.run(text) == f"{simple_app.name}.loose.inner.birds.owl:Owl"
