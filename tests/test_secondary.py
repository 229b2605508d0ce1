"""Secondary registries: views of the primary one, whichever is touched first."""

from __future__ import annotations

import pytest

from plugindex import (
    PRIMARY_KEY,
    AutoRegisterMeta,
    SecondaryRegistry,
    SecondaryRegistryDict,
    UnknownKeyError,
)

pytest_plugins = ["sample_app"]

DECLARED = """
__registry_key__ = "name"
__secondary_registries__ = [SecondaryRegistry(SHOWN, PRIMARY_KEY, "shown")]
"""
LATE = """
class One(Base):
    name = "one"
    shown = None
class Shown: pass
One.shown = Shown
class Two(Base):
    name = "two"
"""


@pytest.fixture(params=["SecondaryRegistryDict()", "{}", "dict()"])
def shown(request, app):
    """An application whose base declares SHOWN, in each way that is allowed."""
    return app.base(DECLARED, f"SHOWN = {request.param}").plugin("one", LATE)


def test_it_is_right_from_the_first_access(shown):
    assert list(shown.load().SHOWN) == ["one"] and shown.imported() == []


def test_it_gives_the_attribute_even_when_assigned_late(shown):
    assert shown.load().SHOWN["one"] is shown.load("one").Shown


def test_it_is_right_when_the_primary_was_touched_first(shown):
    list(shown.registry.values())
    assert dict(shown.load().SHOWN) == {"one": shown.load("one").Shown}


def test_it_is_right_in_a_fresh_process(shown):
    assert shown.run("from APP.base import SHOWN\nprint(list(SHOWN), len(SHOWN))") == "['one'] 1"


def test_an_object_of_ours_stays_the_same_object(app):
    before = "SHOWN = SecondaryRegistryDict()\nSAME = SHOWN"
    app.base(DECLARED, before).plugin("one", LATE)
    assert app.load().SHOWN is app.load().SAME


def test_every_name_of_a_swapped_dict_is_swapped(app):
    app.base(DECLARED, "SHOWN = {}\nSAME = SHOWN").plugin("one", LATE)
    assert app.load().SHOWN is app.load().SAME
    assert isinstance(app.load().SHOWN, SecondaryRegistryDict)


def test_it_may_be_made_from_its_primary(app):
    text = "PRIMARY = LazyDiscoveryDict()\nSHOWN = SecondaryRegistryDict(PRIMARY)"
    app.base(DECLARED + "__registry__ = PRIMARY", text).plugin("one", LATE)
    assert list(app.load().SHOWN) == ["one"]


def test_its_key_may_be_an_attribute(app):
    body = '__registry_key__ = "name"\n'
    body += '__secondary_registries__ = [SecondaryRegistry(SHOWN, "code", "shown")]'
    app.base(body, "SHOWN = SecondaryRegistryDict()")
    app.plugin("one", ("One", "name = 'one'; code = 7; shown = int"), ("Two", "name = 'two'"))
    assert dict(app.load().SHOWN) == {7: int}


def test_a_class_of_this_process_alone_shows_too(shown):
    base, registry = shown.load().Base, shown.load().SHOWN
    assert list(registry) == ["one"]
    local = type(base)("Local", (base,), {"name": "local", "__module__": base.__module__})
    assert "local" not in registry
    local.shown = int
    assert registry["local"] is int and list(registry) == ["one", "local"]


def test_what_leaves_the_primary_leaves_here(shown):
    secondary = shown.load().SHOWN
    assert "one" in secondary
    del shown.registry["one"]
    assert "one" not in secondary and not secondary
    with pytest.raises(UnknownKeyError):
        secondary["one"]


def test_what_is_taken_out_comes_back_with_a_refresh(shown):
    secondary = shown.load().SHOWN
    secondary.clear()
    assert not secondary and "one" in shown.registry
    shown.registry.refresh()
    assert list(secondary) == ["one"]


def test_isolating_the_primary_covers_it(shown):
    secondary = shown.load().SHOWN
    with shown.registry.isolated():
        secondary["x"] = 1
        del secondary["one"]
    assert list(secondary) == ["one"]


@pytest.mark.parametrize("value", ["{'a': 1}", "__import__('types').SimpleNamespace()", "None"])
def test_any_other_object_is_refused_with_the_fix(app, value):
    app.base(DECLARED, f"SHOWN = {value}")
    with pytest.raises(TypeError, match=r"SecondaryRegistryDict\(\)"):
        app.load()


def test_a_plain_dict_that_is_no_global_is_refused():
    with pytest.raises(TypeError, match=r"SecondaryRegistryDict\(\)"):

        class Base(metaclass=AutoRegisterMeta):
            __registry_key__ = "name"
            __secondary_registries__ = [SecondaryRegistry({}, PRIMARY_KEY, "shown")]  # noqa: RUF012


def test_an_unnamed_one_is_an_empty_dict():
    secondary = SecondaryRegistryDict()
    assert secondary == {} and not list(secondary)
    with pytest.raises(KeyError):
        secondary["x"]
