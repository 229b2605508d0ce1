"""What class decorators give back, against what importing gives."""

from __future__ import annotations

import pytest

from plugindex.config import KeyRule
from test_resolver import Case

REGISTRY = """
class Registry:
    def __init__(self): self.known = {{}}
    def register(self, name):
        def enter(cls):
            self.known[name] = cls
            return {2}
        return enter
class Named(Registry):
    def register(self, mark):
        if not mark:
            return {1}.register(mark)
        return lambda cls: {0}.register(cls.__name__)(cls)
class Last(Named):
    def register(self, mark=1): return {1}.register(mark)
registry = Last()
@registry.register()
"""
KEEPING = {
    "options that are spread": "import dataclasses\n"
    "def deco(cls, **options): return dataclasses.dataclass(cls, **options)\n@deco\n",
    "no options of any name": "def deco(*args, **options):\n"
    "    if args and not options:\n        return args[0]\n    return lambda cls: None\n@deco\n",
    "options of any name": "def deco(*args, **options):\n"
    "    if options:\n        return lambda cls: cls\n    return None\n@deco(mark=1)\n",
    "a function that another has": "def deco(name): return None\n"
    "def kept(name): return lambda cls: cls\ndeco.kept = kept\n@deco.kept('x')\n",
    "a mock of an object": "import os\nfrom unittest import mock\n"
    "@mock.patch.object(os, 'curdir', 'x')\n",
    "an abstract class": "import abc\nclass Other(abc.ABC): pass\n@Other.register\n",
    "a method of a metaclass": "class Meta(type):\n    def mark(cls, other): return other\n"
    "class Other(metaclass=Meta): pass\n@Other.mark\n",
    "one of two that give the same": "import os\nif os.environ.get('ZOO'):\n"
    "    def deco(cls): return cls\nelse:\n    def deco(given):\n        given.mark = 1\n"
    "        return given\n@deco\n",
    "a method that calls the one it hides": REGISTRY.format("super(Named, self)", "super()", "cls"),
    "a static method behind super": "class A:\n    @staticmethod\n    def add(cls): return cls\n"
    "class B(A):\n    def add(self, cls): return super().add(cls)\n@B().add\n",
    "a mark of pytest": "import pytest\n@pytest.mark.slow\n",
    "marks of pytest with options": "import pytest\n@pytest.mark.skipif(True, reason='x')\n"
    "@pytest.mark.usefixtures('a')\n@pytest.mark.parametrize('one', [1])\n",
}  # fmt: skip
OTHER = {
    "options that were taken out": "def deco(*args, **options):\n    options.pop('mark', None)\n"
    "    if options:\n        return lambda cls: cls\n    return lambda cls: None\n@deco(mark=1)\n",
    "options that are not told": "import os\ndef deco(*args, **options):\n"
    "    if options:\n        return lambda cls: cls\n    return lambda cls: None\n"
    "@deco(**dict(os.environ.get('ZOO') or {}))\n",
    "how many arguments there are": "import os\ndef deco(*args):\n"
    "    if args:\n        return lambda cls: cls\n    return lambda cls: None\n"
    "@deco(*(os.environ.get('ZOO') or ()))\n",
    "a function that another has once more": "def deco(name): return None\n"
    "def kept(name): return lambda cls: cls\ndeco.kept = kept\n"
    "deco.kept = lambda name: lambda cls: None\n@deco.kept('x')\n",
    "a function that another may have": "import os\ndef deco(name): return None\n"
    "deco.kept = lambda name: lambda cls: None\n"
    "if os.environ.get('ZOO'):\n    deco.kept = lambda name: lambda cls: cls\n@deco.kept('x')\n",
    "one of two that give something else": "import os\nif os.environ.get('ZOO'):\n"
    "    def deco(cls): return cls\nelse:\n    def deco(cls): return None\n@deco\n",
    "a method of a metaclass that gives another": "class Meta(type):\n"
    "    def mark(cls, other): return cls\nclass Other(metaclass=Meta): pass\n@Other.mark\n",
    "a method that hides one that gives another": REGISTRY.format("super()", "super()", "None"),
    "a mark of pytest that is given a class": "import pytest\n@pytest.mark.uses(dict)\n"
    "@pytest.mark.uses(dict, name=1)\n",
}  # fmt: skip


@pytest.fixture
def case(tmp_path, monkeypatch):
    case = Case(tmp_path, monkeypatch)
    case.write("base", "class Base: pass\n")
    return case


def resolved(case, text):
    case.write("one", f"from zoo.base import Base\n{text}class One(Base): pass\n")
    return case.resolve(KeyRule(None), foreign=True)


@pytest.mark.parametrize("text", KEEPING.values(), ids=KEEPING)
def test_a_decorator_that_gives_the_class_back_is_followed(case, text):
    assert resolved(case, text).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_one_that_may_give_something_else_lists_no_class_that_is_not_there(case, text):
    resolved(case, text)
    assert case.undecided == {"zoo.one"} or case.listed == case.truth.entries


STANDING_IN = """
import abc
class Mixin:
    __slots__ = ()
    def __setattr__(self, name, value): raise TypeError
def note(made): pass
def frozen(cls):
    if Mixin in cls.__mro__:
        result = cls
    else:
        class Frozen({0}):
            {1}
        {2}
        Frozen.__qualname__ = {3}.__qualname__
        Frozen.__module__ = cls.__module__
        result = Frozen
    return result
"""
ALIKE = {
    "a mixin": ("Mixin, cls", "__slots__ = ()", "Frozen.__name__ = cls.__name__", "cls"),
    "no other base": ("cls", "def __init__(self): super().__init__()", "", "cls"),
}
UNLIKE = {
    "another name": ("Mixin, cls", "__slots__ = ()", "", "Mixin"),
    "no subclass": ("Mixin", "__slots__ = ()", "", "cls"),
    "an abstract base": ("Hard, cls", "__slots__ = ()", "", "cls"),
    "an attribute": ("Mixin, cls", "size = 1", "", "cls"),
    "a call that is given it": ("Mixin, cls", "__slots__ = ()", "note(Frozen)", "cls"),
    "a call that is given it in a tuple": ("cls", "", "note((Frozen,))", "cls"),
    "a call of its own": ("cls", "", "Frozen.mro()", "cls"),
    "a metaclass": ("cls, metaclass=abc.ABCMeta", "", "", "cls"),
    "a hook": ("cls", "def __init_subclass__(sub): sub.__qualname__ = 'X'", "", "cls"),
}
HARD = "import abc\nclass Hard(abc.ABC):\n    @abc.abstractmethod\n    def run(self): pass\n"
DECORATED = "from zoo.base import Base, frozen\n@frozen\nclass One(Base): key = 'a'\n"


def standing_in(case, *parts, key=None):
    case.write("base", HARD + STANDING_IN.format(*parts) + "@frozen\nclass Base: pass\n")
    case.write("one", DECORATED)
    case.write("two", "from zoo.one import One\nclass Two(One): key = 'b'\n")
    return case.resolve(KeyRule(key), foreign=True)


@pytest.mark.parametrize("parts", ALIKE.values(), ids=ALIKE)
def test_a_subclass_that_stands_under_the_name_of_the_class_counts_as_it(case, parts):
    assert standing_in(case, *parts).is_sound()
    assert sorted(case.listed) == ["zoo.one:One", "zoo.two:Two"]


@pytest.mark.parametrize("parts", UNLIKE.values(), ids=UNLIKE)
def test_a_class_that_differs_in_what_is_listed_is_left_to_running(case, parts):
    standing_in(case, *parts)
    assert "zoo.one" in case.undecided or case.listed == case.truth.entries


@pytest.mark.parametrize("parts", ALIKE.values(), ids=ALIKE)
def test_it_does_not_have_the_key_of_the_class(case, parts):
    standing_in(case, *parts, key="key")
    assert "zoo.one" in case.undecided


@pytest.mark.parametrize(
    "rest",
    ["class Other: pass\nOne = frozen(Other)\n", "@frozen\nclass One: pass\n", "del One\n"],
)
def test_a_name_that_another_class_has_in_the_end_is_not_that_of_the_class(case, rest):
    case.write("base", STANDING_IN.format(*ALIKE["a mixin"]) + "class Base: pass\n")
    case.write("one", DECORATED + rest)
    case.resolve(KeyRule(None), foreign=True)
    assert "zoo.one" in case.undecided or case.listed == case.truth.entries


@pytest.mark.parametrize("rest", ["class Early(Base): pass\n", "Raw = Base\n"])
def test_what_derives_from_the_class_itself_is_not_below_what_stands_in_for_it(case, rest):
    made = STANDING_IN.format(*ALIKE["a mixin"])
    case.write("base", f"{made}class Base: pass\n{rest}Base = frozen(Base)\n")
    case.write("one", "from zoo.base import *\nclass One(globals().get('Raw', Base)): pass\n")
    case.resolve(KeyRule(None), foreign=True)
    decided = set(case.truth.entries) - set(case.listed)
    assert set(case.listed) <= set(case.truth.entries)
    assert all(one.partition(":")[0] in case.undecided for one in decided)


def test_what_stands_in_may_be_of_a_family_that_the_class_is_not_of(case):
    case.write("base", STANDING_IN.format(*ALIKE["a mixin"]))
    case.write("one", "from zoo.base import frozen\n@frozen\nclass One: pass\n")
    case.resolve(KeyRule(None), base="zoo.base:Mixin", foreign=True)
    assert "zoo.one" in case.undecided
