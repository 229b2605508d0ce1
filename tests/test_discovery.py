"""The eager functions, which import everything."""

from __future__ import annotations

import importlib.util
import inspect
import logging

import pytest

import plugindex
from plugindex import discover_registry_classes, discover_registry_classes_recursive

pytest_plugins = ["sample_app"]


@pytest.fixture
def found(simple_app):
    """Return a function that discovers with some options and gives the class names."""
    simple_app.write("base.py", "import abc\nclass Base(abc.ABC):\n    pass")
    head = "from APP.base import Base\nimport abc\n"
    simple_app.write("one.py", head + "class One(Base): pass\nclass Uno(Base): pass")
    simple_app.write("two.py", head + "from APP.one import One\nclass Two(One): pass")
    simple_app.write(
        "abstract.py", head + "class No(Base):\n  @abc.abstractmethod\n  def f(s): ..."
    )
    simple_app.write("broken.py", head + "class Broken(Base): pass\nraise SystemExit")
    simple_app.write("inner/deep.py", head + "class Deep(Base): pass")

    def discover(function, **options):
        path = simple_app.load("").__path__
        base = simple_app.load().Base
        return [cls.__name__ for cls in function(path, simple_app.name + ".", base, **options)]

    discover.app = simple_app
    return discover


def test_one_package_is_imported_and_its_own_classes_collected(found):
    assert found(discover_registry_classes) == ["One", "Uno", "Two"]


def test_packages_inside_are_left_to_the_recursive_function(found):
    assert found(discover_registry_classes_recursive) == ["Deep", "One", "Uno", "Two"]


@pytest.mark.parametrize(
    "function", [discover_registry_classes, discover_registry_classes_recursive]
)
def test_modules_are_excluded_by_whole_names(found, function):
    assert "One" not in found(function, exclude_modules={"one"})
    assert "Two" not in found(function, exclude_modules={f"{found.app.name}.two"})
    assert "One" in found(function, exclude_modules={"on", "ne"})


def test_classes_may_be_validated(found):
    names = found(discover_registry_classes, validation_func=lambda cls: cls.__name__ != "Uno")
    assert names == ["One", "Two"]


def test_modules_may_be_filtered(found):
    names = found(discover_registry_classes, module_filter=lambda name: name.endswith("two"))
    assert names == ["Two"]


def test_packages_themselves_count_when_asked_for(found):
    found.app.write("inner/__init__.py", "from APP.base import Base\nclass Inner(Base): pass")
    assert "Inner" in found(discover_registry_classes, skip_packages=False)
    assert "Inner" not in found(discover_registry_classes)


def test_a_module_that_fails_is_logged(found, caplog):
    caplog.set_level(logging.WARNING, "plugindex")
    found(discover_registry_classes)
    assert "broken could not be imported: SystemExit" in caplog.text


NAMES = [
    "AutoRegisterMeta",
    "LazyDiscoveryDict",
    "RegistryConfig",
    "SecondaryRegistry",
    "SecondaryRegistryDict",
    "discover_registry_classes",
    "discover_registry_classes_recursive",
    "extract_key_from_backend_suffix",
    "extract_key_from_handler_suffix",
    "make_suffix_extractor",
]


@pytest.mark.skipif(
    importlib.util.find_spec("metaclass_registry") is None, reason="metaclass-registry not there"
)
@pytest.mark.parametrize("name", NAMES)
def test_signatures_take_what_metaclass_registry_takes(name):
    import metaclass_registry

    theirs = inspect.signature(getattr(metaclass_registry, name)).parameters.values()
    ours = inspect.signature(getattr(plugindex, name)).parameters
    positional = [p.name for p in ours.values() if p.kind is not p.KEYWORD_ONLY]
    assert positional == [p.name for p in theirs]
