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


FACTORY = """
import ctypes, sys
class Own(Exception): pass
def make(name, base):
    try:
        made = type(name, (base,), {{"__module__": __name__}})
    except ValueError:
        raise TypeError
    setattr(sys.modules[__name__], name, made)
make({})
"""


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("'A', dict", "builtins:Exception"),
        ("'A', base=list", "builtins:Exception"),
        ("'A', ctypes.Structure", "zoo.base:Own"),  # it is compiled
    ],
)
def test_what_a_function_makes_of_bases_that_a_call_gives_is_told(case, given, base):
    case.write("base", FACTORY.format(given))
    case.resolve(KeyRule(None), base=base, foreign=True)
    assert case.undecided == set()
    assert set(case.listed) == set(case.truth.entries)


@pytest.mark.parametrize(
    "given", ["'A', Own", "*('A', Own)", "'A', **{'base': Own}", "'A', base=Own"]
)
def test_but_not_where_these_may_be_of_the_family(case, given):
    case.write("base", FACTORY.format(given))
    case.resolve(KeyRule(None), base="zoo.base:Own", foreign=True)
    assert case.undecided == {"zoo.base"}
    assert list(case.truth.entries) == ["zoo.base:A"]


def test_an_enum_that_a_function_makes_by_a_call_is_left_to_running(case):
    made = "import enum\nclass Base(enum.Enum): pass\ndef make(name):\n"
    case.write("base", made + "    return Base(name, 'A B', module='zoo.one')\n")
    case.write("one", "from zoo.base import make\nColor = make('Color')\n")
    case.resolve(KeyRule(), foreign=True)
    assert "zoo.one:Color" in case.truth.entries
    assert "zoo.one" in case.undecided


TAKING = {
    "a hook of a base": "class Host:\n    def __init_subclass__(cls):\n"
    "        if 'Meta' in vars(cls): delattr(cls, 'Meta')\n",
    "a hook that says so itself": "class Host:\n    def __init_subclass__(cls):\n"
    "        if hasattr(cls, 'Meta'): del cls.Meta\n",
    "a metaclass": "class Type(type):\n    def __new__(meta, name, bases, body):\n"
    "        body.pop('Meta', None)\n        return super().__new__(meta, name, bases, body)\n"
    "class Host(metaclass=Type): pass\n",
}


@pytest.mark.parametrize("text", TAKING.values(), ids=TAKING)
def test_a_class_that_is_taken_out_of_the_one_around_it_is_left_to_running(case, text):
    case.write("base", "class Base: pass\n" + text)
    inside = "from zoo.base import Base, Host\nclass One(Host):\n    class {}(Base): pass\n"
    case.write("one", inside.format("Meta"))
    case.resolve(KeyRule(), foreign=True)
    assert case.undecided == {"zoo.one"}
    assert not case.truth.entries
    case.write("one", inside.format("Inner"))
    assert case.resolve(KeyRule(), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One.Inner"]


REPLACED = """
import functools
from zoo.base import Base
def wrap(cls):
    class Wrapper(cls):
        {}
    {}
    return Wrapper
@wrap
class One(Base): pass
class Two(One): pass
"""
HIDDEN = {
    "nothing more": ("size = 1", "done = True"),
    "a method": ("def run(self): return super().run()", "pass"),
}
SHOWN = {
    "a name that is set": ("pass", "Wrapper.__qualname__ = cls.__qualname__"),
    "a name in the body": ("__qualname__ = cls.__qualname__", "pass"),
    "a call": ("pass", "functools.update_wrapper(Wrapper, cls, updated=())"),
    "a way out": ("pass", "if hasattr(cls, 'size'): return cls"),
}


@pytest.mark.parametrize(("body", "rest"), HIDDEN.values(), ids=HIDDEN)
def test_a_class_whose_decorator_hides_it_behind_its_own_is_had_by_no_name(case, body, rest):
    case.write("base", "class Base: pass\n")
    case.write("one", REPLACED.format(body, rest))
    assert case.resolve(KeyRule(), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:Two"]


@pytest.mark.parametrize(("body", "rest"), SHOWN.values(), ids=SHOWN)
def test_where_the_other_class_may_have_its_name_that_is_left_to_running(case, body, rest):
    case.write("base", "class Base: pass\n")
    case.write("one", REPLACED.format(body, rest))
    case.resolve(KeyRule(), foreign=True)
    assert case.undecided == {"zoo.one"}


def test_so_it_is_where_a_hook_may_name_it(case):
    hook = "    def __init_subclass__(cls): cls.__qualname__ = cls.__mro__[1].__qualname__\n"
    case.write("base", "class Base:\n" + hook)
    case.write("one", REPLACED.format("size = 1", "done = True"))
    case.resolve(KeyRule(), foreign=True)
    assert case.undecided == {"zoo.one"}


ADDING = """
_moved_attributes = []
def add_move(move): pass
def add_metaclass(metaclass):
    def anew(cls):
        kept = {k: v for k, v in vars(cls).items() if k not in ("__dict__", "__weakref__")}
        return metaclass(cls.__name__, cls.__bases__, {**kept, "__qualname__": cls.__qualname__})
    return anew
"""


@pytest.mark.parametrize("six", ["six", "zoo.six", "zoo._six"])
def test_a_class_that_six_makes_anew_with_a_metaclass_is_had_by_its_name(case, six):
    (case.folder.parent / f"{six.replace('.', '/')}.py").write_text(ADDING)
    case.write("base", "class Base: pass\nclass Meta(type): pass\n")
    use = f"import {six} as six\nfrom zoo.base import Base, Meta\n@six.add_metaclass(Meta)\n"
    case.write("one", use + "class One(Base): pass\nclass Two(One): pass\n")
    assert case.resolve(KeyRule(), foreign=True).is_sound()
    assert set(case.listed) == {"zoo.one:One", "zoo.one:Two"}


def test_what_a_metaclass_with_a_base_that_is_not_told_makes_may_be_a_class(case):
    made = "import json\nclass Base: pass\nclass Meta(json.loads('[]') or type): pass\n"
    case.write("base", made + "Shape = Meta('Shape', (Base,), {})\n")
    case.write("one", "from zoo.base import Shape\nclass One(Shape): pass\n")
    case.resolve(KeyRule(), foreign=True)
    assert "zoo.one" in case.undecided


def test_what_derives_from_a_plain_object_is_no_class(case):
    made = "class Form:\n    def __init__(self, *args): pass\nShape = Form()\n"
    case.write("base", made)
    case.write("one", "from zoo.base import Shape\nclass One(Shape): pass\nclass Two: pass\n")
    assert case.resolve(KeyRule(), base="builtins:object", foreign=True).is_sound()
    assert set(case.listed) == {"zoo.base:Form", "zoo.one:Two"}


# More pairs of conditions, in this order, than are told apart: a node per subset of the firsts.
TANGLED = """
from zoo.base import Base
def make(name, {firsts}, {seconds}, base=None):
    {sets}
    if {either}:
        return None
    return type(name, (base or {given},), {{"__module__": __name__}})
"""


def tangled(given):
    numbers = range(14)
    return TANGLED.format(
        given=given,
        firsts=", ".join(f"a{i}=0" for i in numbers),
        seconds=", ".join(f"b{i}=0" for i in numbers),
        sets="\n    ".join(f"if a{i}: c{i} = 1" for i in numbers),
        either=" or ".join(f"(a{i} and b{i})" for i in numbers),
    )


def test_a_function_with_more_conditions_than_are_followed_may_still_make_a_class(case):
    case.write("base", "class Base: pass\n")
    case.write("one", tangled("Base") + "Made = make('Made')\n")
    case.resolve(KeyRule(None), foreign=True)
    assert case.undecided == {"zoo.one"}


CALLING_ITSELF = """
class Noting:
    def __call__(self, given):
        if isinstance(given, type):
            return self(given.__init__)
        given.noted = True
        return given
noting = Noting()
"""


def test_a_decorator_that_calls_itself_does_not_call_what_it_decorates(case):
    case.write("base", "class Base: pass\n" + CALLING_ITSELF)
    use = "from zoo.base import Base, noting\n@noting\ndef make():\n    class One(Base): pass\n"
    case.write("one", use + "    globals()['One'] = One\nclass Two(Base): pass\n")
    case.resolve(KeyRule(), foreign=True)
    assert case.undecided == set()
    assert set(case.listed) == {"zoo.one:Two"}


def test_a_function_whose_class_says_itself_where_it_is_may_make_one(case):
    made = "def make(base, name):\n    class Made(base):\n        __qualname__ = name\n"
    made += "        __module__ = 'zoo.one'\n    return Made\n"
    case.write("base", "class Base: pass\n")
    case.write("one", f"from zoo.base import Base\n{made}Eight = make(Base, 'Eight')\n")
    case.resolve(KeyRule(), foreign=True)
    assert case.undecided == {"zoo.one"}


KEEPING = """
import sys
import zoo.base
class One(zoo.base.Base): pass
class Box:
    def __init__(self): self.Base = None
    def patch(self): {0}.Base = type("Base", (), {{}})
Box(){1}
"""


def test_what_an_object_has_under_the_base_s_name_replaces_it_not(case):
    case.write("base", "class Base: pass\n")
    case.write("one", KEEPING.format("self", ""))
    assert case.resolve(KeyRule(), foreign=True).is_sound()


@pytest.mark.parametrize("owner", ["zoo.base", "sys.modules['zoo.base']"])
def test_a_method_that_names_the_module_may(case, owner):
    case.write("base", "class Base: pass\n")
    case.write("one", KEEPING.format(owner, ".patch()"))
    case.resolve(KeyRule(), foreign=True)
    assert "zoo.one" in case.undecided


BETWEEN = """
from zoo.base import Base
class Meta(type):
    def __new__(mcs, name, bases, body):
        class Between{0}: pass
        return super().__new__(mcs, name, {1}, body)
class One(metaclass=Meta): pass
class Two(One): pass
"""


@pytest.mark.parametrize("bases", ["(Between,) + bases", "bases + (Between,)", "bases"])
def test_a_metaclass_may_add_a_base_of_its_own(case, bases):
    case.write("base", "class Base: pass\n")
    case.write("one", BETWEEN.format("", bases))
    assert case.resolve(KeyRule(), foreign=True).is_sound()


@pytest.mark.parametrize(
    ("inner", "bases"), [("(Base)", "(Between,) + bases"), ("", "(Base, Between) + bases")]
)
def test_one_of_the_family_makes_the_class_one_of_it(case, inner, bases):
    case.write("base", "class Base: pass\n")
    case.write("one", BETWEEN.format(inner, bases).replace("class Two(One): pass\n", ""))
    case.resolve(KeyRule(), foreign=True)
    assert case.undecided == {"zoo.one"}
    assert list(case.truth.entries) == ["zoo.one:One"]
