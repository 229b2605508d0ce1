"""Functions that make classes, and whether these may be of a hierarchy, against importing."""

from __future__ import annotations

import pytest

from plugindex.config import KeyRule
from test_resolver import Case

BASE = """
from dataclasses import make_dataclass
from types import new_class
class Own(Exception): pass
class Meta(type):
    def __new__(meta, name, bases, body, **given):
        made = super().__new__(meta, name, bases, body)
        if bases:
            made.shape = {0}
        return made
class Base(metaclass=Meta): pass
"""
OTHERS = {
    "no bases": "make_dataclass(name, [])",
    "bases that are told to be none": "make_dataclass(name, [('x', int)], bases=())",
    "bases of another family": "make_dataclass(name, [], bases=(dict,))",
    "bases that are given by place": "new_class(name, (dict,))",
    "no bases and a body": "new_class(name, (), {}, lambda space: None)",
}
OWN = {
    "a class of the family": "make_dataclass(name, [], bases=(Own,))",
    "a class of the family by place": "new_class(name, (Own,))",
    "a tuple that is worked out": "make_dataclass(name, [], bases=tuple([Own]))",
    "all that is given": "make_dataclass(*(name, []), **{'bases': (Own,)})",
    "a parameter": "(lambda bases=(Own,): make_dataclass(name, [], bases=bases))()",
}
USE = "from zoo.base import Base\nclass One(Base): pass\nclass Two(Exception): pass\n"


@pytest.fixture
def case(tmp_path, monkeypatch):
    return Case(tmp_path, monkeypatch)


@pytest.mark.parametrize("made", OTHERS.values(), ids=OTHERS)
def test_a_metaclass_that_makes_classes_of_other_families_leaves_nothing_open(case, made):
    case.write("base", BASE.format(made))
    case.write("one", USE)
    assert case.resolve(KeyRule(), base="builtins:Exception", foreign=True).is_sound()
    assert set(case.listed) == {"zoo.base:Own", "zoo.one:Two"}


@pytest.mark.parametrize("made", OWN.values(), ids=OWN)
def test_one_that_may_make_a_class_of_the_family_is_left_to_running(case, made):
    case.write("base", BASE.format(made))
    case.write("one", USE)
    case.resolve(KeyRule(), base="builtins:Exception", foreign=True)
    assert "zoo.one" in case.undecided
