"""Classes that a module makes by a call whose arguments say all, against what importing gives."""

from __future__ import annotations

import pytest

from plugindex.config import KeyRule
from test_resolver import BASE, Case

TUPLES = {
    "fields in a text": "from collections import namedtuple\nOne = namedtuple('One', 'a, b')\n",
    "fields in a list": "import collections\nOne = collections.namedtuple('One', ['a', 'b'])\n",
    "defaults": "from collections import namedtuple\n"
    "One = namedtuple('One', ('a', 'b'), defaults=(1,))\n",
    "fields with types": "from typing import NamedTuple\n"
    "One = NamedTuple('One', [('a', int), ('b', str)])\n",
    "one that is derived from": "from collections import namedtuple\n"
    "One = namedtuple('One', 'a')\nclass Two(One): pass\n",
    "one that a class of its name derives from": "from collections import namedtuple\n"
    "class One(namedtuple('One', 'a')): pass\n",
    "one of another name": "from collections import namedtuple\nOne = namedtuple('Two', 'a')\n",
    "one that is bound twice": "from collections import namedtuple\n"
    "One = namedtuple('One', 'a')\nTwo = One\nOne = None\n",
    "one that another platform has": "import sys\nfrom collections import namedtuple\n"
    "if sys.platform == 'nowhere':\n    One = namedtuple('One', 'a')\n",
}
UNTOLD_TUPLES = {
    "a name that is worked out": "from collections import namedtuple\nimport os\n"
    "name = os.environ.get('ZOO', 'One')\nglobals()[name] = namedtuple(name, 'a')\n",
    "fields that are worked out": "from collections import namedtuple\nimport os\n"
    "One = namedtuple('One', os.environ.get('ZOO', 'a'))\n",
    "another module's": "from collections import namedtuple\n"
    "One = namedtuple('One', 'a', module='zoo.base')\n",
    "in a function": "from collections import namedtuple\n"
    "def make(): return namedtuple('One', 'a')\nOne = make()\n",
}
TYPES = {
    "type()": "One = type('One', (Base,), {})\n",
    "a body with methods": "def run(self): pass\n"
    "One = type('One', (Base,), {'name': 'one', 'run': run, 'size': 2})\n",
    "one of another module's": "One = type('One', (Base,), {'__module__': 'zoo'})\n",
    "one that is derived from": "One = type('One', (Base,), {})\nclass Two(One): pass\n",
    "one of another name": "One = type('Two', (Base,), {})\n",
    "two of one name": "One = type('One', (Base,), {'a': 1})\n"
    "One = type('One', (Base,), {'a': 2})\n",
}
UNTOLD_TYPES = {
    "another qualified name": "One = type('One', (Base,), {'__qualname__': 'Two'})\nTwo = One\n",
    "a body that is not told": "import os\nOne = type('One', (Base,), {**dict(os.environ)})\n",
    "bases that are not told": "One = type('One', tuple([Base]), {})\n",
    "a body with a computed name": "One = type('One', (Base,), {'na'.strip() + 'me': 'one'})\n"
    "Two = type('Two', (Base,), {One.__name__: 'one'})\n",
    "a metaclass that makes it": "import abc\n"
    "class A(Base, metaclass=abc.ABCMeta): pass\nOne = type('One', (A,), {})\n",
}


@pytest.fixture
def case(tmp_path, monkeypatch):
    return Case(tmp_path, monkeypatch)


@pytest.mark.parametrize("base", ["builtins:tuple", "builtins:object"])
@pytest.mark.parametrize("text", TUPLES.values(), ids=TUPLES)
def test_named_tuples_are_classes_of_their_module(case, text, base):
    case.write("one", text)
    assert case.resolve(KeyRule(None), base=base, foreign=True).is_sound()


@pytest.mark.parametrize("text", UNTOLD_TUPLES.values(), ids=UNTOLD_TUPLES)
def test_those_that_are_not_told_are_left_to_running(case, text):
    case.write("one", text)
    assert "zoo.one" in case.resolve(KeyRule(None), "builtins:tuple", foreign=True).undecided


def test_a_key_that_a_field_of_a_named_tuple_hides_is_left_to_running(case):
    case.write("base", BASE)
    case.write("one", "from collections import namedtuple\nfrom zoo.base import Base\n"
               "class Key(Base): name = 'key'\nPair = namedtuple('Pair', 'name')\n"
               "class One(Pair, Base): pass\n")  # fmt: skip
    assert case.resolve().undecided == {"zoo.one"}


@pytest.mark.parametrize("text", TYPES.values(), ids=TYPES)
def test_a_class_that_type_makes_is_one_of_its_module(case, text):
    case.write("base", "class Base: pass\n")
    case.write("one", f"from zoo.base import Base\n{text}")
    assert case.resolve(KeyRule(None), foreign=True).is_sound()


@pytest.mark.parametrize("text", UNTOLD_TYPES.values(), ids=UNTOLD_TYPES)
def test_one_that_is_not_told_is_left_to_running(case, text):
    case.write("base", "class Base: pass\n")
    case.write("one", f"from zoo.base import Base\n{text}")
    assert case.resolve(KeyRule(None), foreign=True).undecided == {"zoo.one"}
