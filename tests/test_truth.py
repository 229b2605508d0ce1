"""Import truth, and how a listing is compared with it."""

from __future__ import annotations

import sys

import pytest

from plugindex.config import KeyRule, Scope
from plugindex.records import Plugin, Problem
from plugindex.truth import Comparison, Truth, compare, import_truth, import_truths, settle

NAMED = Scope("pkg.base:Base", "pkg", KeyRule("name", own=True), foreign=True)
PLAIN = Scope("pkg.base:Base", "pkg", foreign=True)


@pytest.fixture
def package(tmp_path):
    """Return a function that writes the package ``pkg`` and gives its modules and search path."""

    def write(**modules: str):
        (tmp_path / "pkg").mkdir()
        texts = {"__init__": "", "base": "class Base: pass", **modules}
        for name, text in texts.items():
            (tmp_path / "pkg" / f"{name}.py").write_text(text)
        names = ["pkg", *(f"pkg.{name}" for name in texts if name != "__init__")]
        return names, [str(tmp_path), *sys.path]

    return write


def plugin(name: str, key: str = "x", **attributes: str) -> Plugin:
    return Plugin(key, "pkg.a", name, attributes=attributes)


def test_truth_is_what_one_process_holds_after_all_imports(package):
    modules, path = package(
        a="from pkg.base import Base\nclass A(Base): name = 'a'",
        b="from pkg.a import A\nclass B(A): name = 'b'\nclass Unnamed(A): pass",
    )
    truth = import_truth(NAMED, modules, path=path)
    assert truth.entries == {"a": "pkg.a:A", "b": "pkg.b:B"}
    assert (truth.failures, truth.problems, truth.refused) == ({}, (), "")


def test_modules_are_imported_in_sorted_order_whatever_order_they_are_given_in(package):
    modules, path = package(
        a="from pkg.base import Base\nBase.first = 'a'",
        z="from pkg.base import Base\nassert Base.first == 'a'",
    )
    assert import_truth(PLAIN, reversed(modules), path=path).failures == {}


def test_several_scopes_are_answered_by_one_process(package):
    modules, path = package(a="from pkg.base import Base\nclass A(Base): name = 'a'")
    named, plain = import_truths([NAMED, PLAIN], modules, path=path)
    assert (named.entries, plain.entries) == ({"a": "pkg.a:A"}, {"pkg.a:A": "pkg.a:A"})


def test_a_crash_leaves_out_its_module_and_truth_still_comes_from_one_process(package):
    modules, path = package(
        a="from pkg.base import Base\nimport os\nBase.pid = os.getpid()\nclass A(Base): pass",
        crash="import os\nos._exit(1)",
        z="from pkg.base import Base\nimport os\nassert Base.pid == os.getpid()\n"
        "class Z(Base): pass",
    )
    truth = import_truth(PLAIN, modules, path=path)
    assert sorted(truth.entries) == ["pkg.a:A", "pkg.z:Z"]
    assert {name: p.kind for name, p in truth.failures.items()} == {"pkg.crash": "crashed"}


def test_a_key_that_two_classes_claim_is_a_problem_and_no_entry(package):
    modules, path = package(
        a="from pkg.base import Base\nclass A(Base): name = 'x'",
        b="from pkg.base import Base\nclass B(Base): name = 'x'\nclass C(Base): name = 'c'",
    )
    truth = import_truth(NAMED, modules, path=path)
    assert truth.entries == {"c": "pkg.b:C"}
    assert [(p.kind, p.module) for p in truth.problems] == [("duplicate-key", "pkg.b")]
    assert "pkg.a:A" in truth.problems[0].message
    assert "pkg.b:B" in truth.problems[0].message


def test_where_no_child_can_be_started_the_truth_says_so(monkeypatch):
    monkeypatch.setattr(sys, "executable", "")
    truth = import_truth(Scope("json:JSONDecoder", "json", foreign=True), ["json"])
    assert "sys.executable is empty" in truth.refused


@pytest.mark.parametrize(
    ("plugins", "holder"),
    [
        ([plugin("A"), plugin("A")], "pkg.a:A"),
        ([plugin("A"), plugin("B", __replaces__="pkg.a:A")], "pkg.a:B"),
        ([plugin("B", __replaces__="pkg.a:A"), plugin("A")], "pkg.a:B"),
        ([plugin("A"), plugin("B", __replaces__="pkg.a:Z")], None),
        ([plugin("A"), plugin("B"), plugin("A")], None),
        ([plugin("A", __replaces__="pkg.a:B"), plugin("B", __replaces__="pkg.a:A")], None),
    ],
)
def test_a_key_belongs_to_one_class_or_to_none(plugins, holder):
    entries, problems = settle(plugins)
    assert entries.get("x") == holder
    assert len(problems) == (0 if holder else 1)


def test_the_host_has_a_key_that_two_others_claim():
    others = [plugin("A").replace(module=f"other{number}") for number in (1, 2)]
    for order in ([plugin("A"), *others], [*others, plugin("A")]):
        assert settle(order, "pkg") == ({"x": "pkg.a:A"}, [])


def test_a_class_that_says_what_it_replaces_takes_the_key_over(package):
    modules, path = package(
        a="from pkg.base import Base\nclass A(Base): name = 'x'",
        b="from pkg.base import Base\nclass B(Base):\n name = 'x'\n __replaces__ = 'pkg.a:A'",
    )
    assert import_truth(NAMED, modules, path=path).entries == {"x": "pkg.b:B"}


def test_missing_extra_and_failing_classes_are_told_apart():
    truth = Truth({"a": "p.a:A", "b": "p.b:B"}, {"p.c": Problem("import-failed", "p.c", "no")})
    listed = {"a": "p.a:A", "b": "p.b:Other", "c": "p.c:C", "d": "p.d:D"}
    assert compare(listed, truth) == Comparison(
        missing=(("b", "p.b:B"),),
        extra=(("b", "p.b:Other"), ("d", "p.d:D")),
        fails_at_import=(("c", "p.c:C"),),
    )


def test_a_listing_is_sound_without_missing_and_extra():
    truth = Truth({"a": "p.a:A"}, {"p.c": Problem("import-failed", "p.c", "no")})
    assert compare({"a": "p.a:A", "c": "p.c:C"}, truth).sound
    assert not compare({}, truth).sound
    assert not compare({"a": "p.a:A", "d": "p.d:D"}, truth).sound
