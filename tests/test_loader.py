"""One record to one class, and what the loader refuses."""

from __future__ import annotations

import pytest

from plugindex.config import KeyRule, Scope
from plugindex.errors import PluginLoadError, StalePluginError
from plugindex.loader import load
from plugindex.records import Plugin

pytest_plugins = ["sample_app"]


@pytest.fixture
def case(simple_app):
    """An application of plain classes, its scope, and a function that makes records."""
    simple_app.write("base.py", "class Plain: pass\nclass Stranger: name = 'one'")
    simple_app.write("one.py", "from APP.base import Plain\nclass One(Plain):\n    name = 'one'\n"
                     "    class Inner(Plain): name = 'in'\nnumber = 5")  # fmt: skip
    name = simple_app.name
    scope = Scope(f"{name}.base:Plain", name, KeyRule("name", own=True), foreign=True)
    return simple_app, scope, lambda key, qualname: Plugin(key, f"{name}.one", qualname)


def test_a_record_gives_its_class(case):
    app, scope, record = case
    assert load(record("one", "One"), scope) is app.load("one").One


def test_a_nested_class_is_found(case):
    app, scope, record = case
    assert load(record("in", "One.Inner"), scope) is app.load("one").One.Inner


@pytest.mark.parametrize(
    ("key", "qualname", "cause"),
    [
        ("one", "Gone", "has no class Gone"),
        ("one", "number", "has no class number"),
        ("other", "One", "has the key 'one'"),
    ],
)
def test_a_record_that_is_not_so_is_stale(case, key, qualname, cause):
    _, scope, record = case
    with pytest.raises(StalePluginError, match=cause):
        load(record(key, qualname), scope)


def test_a_class_that_is_no_subclass_is_stale(case):
    app, scope, _ = case
    with pytest.raises(StalePluginError, match="no subclass"):
        load(Plugin("one", f"{app.name}.base", "Stranger"), scope)


def test_a_module_outside_the_scope_is_not_imported(case):
    app, scope, _ = case
    outside = app.folder / f"outside_{app.name}.py"
    outside.write_text("raise SystemExit('must not run')")
    with pytest.raises(StalePluginError, match="is not in"):
        load(Plugin("one", outside.stem, "One"), scope)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("raise SystemExit(2)", SystemExit),
        ("1/0", ZeroDivisionError),
        ("import nowhere_at_all", ModuleNotFoundError),
        ("def (", SyntaxError),
        ("class Odd(BaseException):\n    def __str__(self): raise ValueError\nraise Odd", None),
    ],
)
def test_whatever_an_import_raises_is_wrapped(case, text, kind):
    app, scope, record = case
    app.write("one.py", text)
    with pytest.raises(PluginLoadError) as caught:
        load(record("one", "One"), scope)
    assert kind is None or type(caught.value.__cause__) is kind


def test_a_failure_names_class_file_line_and_next_step(case):
    app, scope, _ = case
    app.write("one.py", "x = 1\n\nx / 0\n")
    record = Plugin("one", f"{app.name}.one", "One", file="somewhere/one.py")
    with pytest.raises(PluginLoadError) as caught:
        load(record, scope)
    text = str(caught.value)
    assert f"{app.name}.one:One" in text and "somewhere/one.py, line 3" in text
    assert "ZeroDivisionError: division by zero" in text and "plugindex doctor" in text


def test_a_class_whose_name_is_gone_counts_by_its_statement(simple_app):
    simple_app.base().plugin("one", ("One", "name = 'one'"), "Kept = One\ndel One")
    assert simple_app.registry["one"] is simple_app.load("one").Kept
