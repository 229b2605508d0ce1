"""Who has a key, whatever was imported, failed, taken out or set before somebody asks."""

from __future__ import annotations

import inspect

import pytest

from plugindex import DuplicateKeyError, PluginLoadError, UnavailablePluginError, UnknownKeyError

pytest_plugins = ["plugindex.testing", "sample_app"]


@pytest.fixture
def app(simple_app):
    """An application with a base, whose key is ``name``."""
    return simple_app.base()


def test_a_class_whose_plain_import_failed_has_no_key(app):
    app.plugin("dodo", ("Dodo", "name = 'dodo'"), "raise RuntimeError('extinct')")
    app.plugin("owl", ("Owl", "name = 'owl'"), "import not_there_at_all")
    registry = app.registry
    assert list(registry) == ["dodo"]
    for name in ("dodo", "owl"):
        with pytest.raises((RuntimeError, ImportError)):
            app.load(name)
    assert list(registry) == ["dodo"]
    assert registry.refresh().added == () and list(registry) == ["dodo"]
    with pytest.raises(UnavailablePluginError):
        registry["owl"]
    with pytest.raises(PluginLoadError):
        registry["dodo"]


def test_a_class_of_others_whose_import_failed_before_anybody_asked_has_no_key(app):
    name = f"{app.name}_more"
    (app.folder / f"{name}.py").write_text(
        f"from {app.name}.base import Base\nclass More(Base):\n    name = 'more'\n"
        "import not_there_at_all\n"
    )
    info = app.folder / f"{name}-1.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text(f"[{app.name}.plugins]\nmore = {name}\n")
    registry = app.registry
    with pytest.raises(ImportError):
        __import__(name)
    assert list(registry) == []
    with pytest.raises(UnavailablePluginError):
        registry["more"]


def test_a_class_of_a_package_that_failed_fails_with_it(app):
    app.write("sub/__init__.py", "from APP.sub import a\nraise RuntimeError('x')")
    app.plugin("sub.a", ("A", "name = 'a'"))
    app.plugin("sub.b", ("B", "name = 'b'"))
    for key in ("b", "a"):
        with pytest.raises(PluginLoadError):
            app.registry[key]
    assert list(app.registry) == []


HARD_TO_NAME = {
    "made by a function": "def make(key):\n    class F(Base): name = key\n    return F\n"
    "made = make('a')",
    "whose name was deleted": "class F(Base): name = 'a'\ndel F",
    "whose name stands for another": "import abc\nclass F(Base): name = 'a'\n"
    "class F(Base):\n    name = 'a'\n    @abc.abstractmethod\n    def go(self): ...",
}


@pytest.mark.parametrize("text", HARD_TO_NAME.values(), ids=HARD_TO_NAME)
def test_a_class_that_its_name_does_not_lead_to_is_the_same_after_it_was_taken_out(app, text):
    app.plugin("odd", text)
    registry = app.registry
    with registry.isolated():
        made = registry["a"]
    assert registry["a"] is made and not inspect.isabstract(made)
    registry.pop("a")
    assert registry.refresh().added == ("a",)
    assert registry["a"] is made


def chain(app):
    app.plugin("m1", ("A", "name = 'k'"), ("X", "name = 'x'"))
    app.plugin("m2", ("B", "name = 'k'\n__replaces__ = 'APP.m1:A'"))
    return app.plugin("m3", ("C", "name = 'k'\n__replaces__ = 'APP.m2:B'"))


@pytest.mark.parametrize("first", ["m1", "m2", "m3"])
def test_the_last_of_a_chain_of_replacements_keeps_its_key_whatever_is_imported(app, first):
    registry = chain(app).registry
    assert len(registry) == 2
    for name in (first, "m1", "m2", "m3"):
        app.load(name)
    assert registry["k"].__name__ == "C" and registry.problems == ()
    assert registry.refresh() == type(registry.refresh())((), (), ())
    assert registry["k"].__name__ == "C"


def test_what_was_replaced_claims_nothing_once_its_file_is_gone(app):
    registry = chain(app).registry
    list(registry.values())
    for name in ("m1", "m2", "m3"):
        app.load(name)
        (app.folder / app.name / f"{name}.py").unlink()
    assert set(registry.refresh().removed) == {"k", "x"}
    assert list(registry) == []


@pytest.mark.parametrize(("kind", "value"), [("str", "'cat'"), ("int", "1")])
def test_a_member_that_equals_its_value_is_one_key_with_it(app, kind, value):
    app.write("kinds.py", f"from enum import Enum\nclass Kind({kind}, Enum):\n    CAT = {value}")
    app.plugin("m1", "from APP.kinds import Kind", ("A", "name = Kind.CAT"))
    registry = app.registry
    assert eval(value) in registry and app.imported() == []
    assert registry[eval(value)].__name__ == "A"
    app.plugin("m2", ("B", f"name = {value}"))
    registry.refresh()
    assert list(registry) == [] and [one.kind for one in registry.problems] == ["duplicate-key"]


@pytest.mark.parametrize(("one", "other"), [("1", "True"), ("1", "1.0"), ("(1,)", "(1.0,)")])
def test_equal_keys_are_one_key_that_two_claim(app, one, other):
    app.plugin("m1", ("A", f"name = {one}"))
    app.plugin("m2", ("B", f"name = {other}"))
    registry = app.registry
    assert list(registry) == [] and [p.kind for p in registry.problems] == ["duplicate-key"]


def test_what_was_taken_out_stays_out_when_another_key_turns_out_to_be_stale(app):
    app.plugin("cat", ("Cat", "name = 'cat'")).plugin("dog", ("Dog", "name = 'dog'"))
    registry = app.registry
    del registry["cat"]
    app.plugin("dog", "pass")
    with pytest.raises(UnknownKeyError):
        registry["dog"]
    assert list(registry) == []
    assert registry.refresh().added == ("cat",)


def test_a_key_that_the_user_set_is_nobody_elses_claim(app):
    app.plugin("m1", ("A", "name = 'a'")).plugin("m2", ("B", "name = 'b'"))
    registry = app.registry
    registry["b"] = registry["a"]
    app.load("m2")
    assert registry["b"] is registry["a"]


SECONDARY = """
__registry_key__ = "name"
__secondary_registries__ = [SecondaryRegistry(VIEW, "model", "writer")]
"""


@pytest.mark.parametrize("model", ["Model", "['unhashable']"])
def test_a_secondary_key_that_can_not_be_kept_costs_that_entry_alone(simple_app, model):
    before = "class Model: pass\nVIEW = SecondaryRegistryDict()"
    app = simple_app.base(SECONDARY, before=before)
    app.plugin("m1", ("A", f"name = 'a'\nmodel = {model}\nwriter = int"))
    app.plugin("m2", ("B", "name = 'b'\nmodel = 'text'\nwriter = str"))
    assert list(app.registry) == ["a", "b"] and list(app.load().VIEW) == ["text"]
    assert app.registry["a"].writer is int
    assert app.load().VIEW["text"] is str


def test_an_inherited_key_is_no_problem_any_more_once_the_class_has_its_own(app):
    app.plugin("m1", ("A", "name = 'a'"), "class B(A): pass")
    registry = app.registry
    app.load("m1")
    assert [one.kind for one in registry.problems] == ["inherited-key"]
    app.plugin("m1", ("A", "name = 'a'"), "class B(A): name = 'b'")
    registry.refresh()
    assert registry.problems == ()


def test_a_class_that_says_it_replaces_itself_is_one_class(app):
    app.plugin("m1", ("A", "name = 'a'\n__replaces__ = 'APP.m1:A'"))
    registry = app.registry
    assert list(registry) == ["a"]
    assert registry["a"].__name__ == "A" and registry.refresh().changed == ()


def test_a_claim_of_a_module_that_fails_costs_the_key_until_it_is_asked_for(app):
    app.plugin("m1", ("A", "name = 'a'"))
    app.plugin("m2", "int('x')", ("B", "name = 'a'"))
    registry = app.registry
    assert list(registry) == []
    assert registry["a"].__name__ == "A" and list(registry) == ["a"]
    for asked, listed in (("list(REG)", "[]"), ("REG['a']", "A"), ("list(REG)", "['a']")):
        assert listed in app.run(f"from APP.base import REG; print({asked})")


def test_a_key_that_two_sound_modules_claim_is_still_nobodys(app):
    app.plugin("m1", ("A", "name = 'a'")).plugin("m2", ("B", "name = 'a'"))
    for _ in range(2):
        with pytest.raises(DuplicateKeyError):
            app.registry["a"]
    assert list(app.registry) == []


def test_a_class_that_was_imported_before_anybody_asked_goes_with_its_file(app):
    app.plugin("cat", ("Cat", "name = 'cat'")).plugin("dog", ("Dog", "name = 'dog'"))
    registry = app.registry
    app.load("cat")
    (app.folder / app.name / "cat.py").unlink()
    assert registry.refresh().removed in ((), ("cat",)) and list(registry) == ["dog"]
