"""Bases that no class statement in reach makes: computed, made by a call, or not there at all."""

from __future__ import annotations

import pytest

from plugindex.config import KeyRule
from test_resolver import Case

ONE = "from zoo.base import Base\nclass One(Base): pass\n"
# The declarative bases of SQLAlchemy, as far as it takes to know them.
DECLARATIVE = """
class DeclarativeMeta(type): pass
def declarative_base(*, cls=object, name="Base", metaclass=DeclarativeMeta):
    return metaclass(name, cls if isinstance(cls, tuple) else (cls,), {})
class registry:
    def __init__(self, metadata=None): self.metadata = metadata
    def generate_base(self, mapper=None, cls=object, name="Base", metaclass=DeclarativeMeta):
        return metaclass(name, cls if isinstance(cls, tuple) else (cls,), {})
"""


@pytest.fixture
def case(tmp_path, monkeypatch):
    case = Case(tmp_path, monkeypatch)
    case.write("base", "class Base: pass\n")
    return case


def put(case, package, **modules):
    """Write another package beside that of the case."""
    folder = case.folder.parent / package
    folder.mkdir(parents=True)
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)


def resolved(case, base="zoo.base:Base"):
    return case.resolve(KeyRule(None), base=base, foreign=True)


# -- made by a call -------------------------------------------------------------------------------

TUPLES = {
    "a named tuple": "from collections import namedtuple\n"
    "class Pair(namedtuple('Pair', 'a b')): pass\nclass Two(Base, namedtuple('Two', 'a')): pass\n",
    "one of typing": "import typing\n"
    "class Pair(typing.NamedTuple('Pair', [('a', Base)])): pass\n"
    "class Two(typing.NamedTuple('Two', [('a', Base)]), Base): pass\n",
    "one that has a name": "import typing\nPair = typing.NamedTuple('Pair', [('a', Base)])\n"
    "class Three(Pair): pass\nclass Two(Pair, Base): pass\n",
}


@pytest.mark.parametrize("text", TUPLES.values(), ids=TUPLES)
def test_what_derives_from_a_named_tuple_is_told(case, text):
    case.write("one", ONE + text)
    assert resolved(case).is_sound()
    assert set(case.listed) == {"zoo.one:One", "zoo.one:Two"}


def test_an_abstract_method_that_a_field_of_a_named_tuple_may_stand_for_is_left_to_running(case):
    case.write("base", "import abc\nclass Base(abc.ABC):\n"
               "    @abc.abstractmethod\n    def a(self): 0\n")  # fmt: skip
    case.write("one", "from collections import namedtuple\nfrom zoo.base import Base\n"
               "class One(namedtuple('One', ' '.join('a')), Base): pass\n")  # fmt: skip
    assert resolved(case).undecided == {"zoo.one"}
    assert list(case.truth.entries) == ["zoo.one:One"]


MODELS = {
    "a function": "from sqlalchemy.orm.decl_api import declarative_base\n"
    "Model = declarative_base(name='Model')\n",
    "a registry": "from sqlalchemy.orm.decl_api import registry\n"
    "mapped = registry(metadata=Base())\nModel = mapped.generate_base()\n",
    "a mixin": "from sqlalchemy.orm.decl_api import declarative_base\n"
    "class Mixin: pass\nModel = declarative_base(cls=Mixin)\n",
}
OWN_MODELS = {
    "a base of the family": "from sqlalchemy.orm.decl_api import declarative_base\n"
    "Model = declarative_base(cls=Base)\n",
    "two": "from sqlalchemy.orm.decl_api import registry\n"
    "class Mixin: pass\nModel = registry().generate_base(cls=(Mixin, Base))\n",
}
UNTOLD_MODELS = {
    "a metaclass": "from sqlalchemy.orm.decl_api import declarative_base\n"
    "def make(name, bases, body): return type(name, (Base,), body)\n"
    "Model = declarative_base(metaclass=make)\n",
    "by place": "from sqlalchemy.orm.decl_api import registry\n"
    "Model = registry().generate_base(None, Base)\n",
}


def declare(case, text):
    put(case, "sqlalchemy", __init__="")  # or else an installed one would count
    put(case, "sqlalchemy/orm", __init__="", decl_api=DECLARATIVE)
    case.write("one", ONE + text + "class Row(Model): pass\n")
    return resolved(case)


@pytest.mark.parametrize("text", MODELS.values(), ids=MODELS)
def test_a_declarative_base_is_of_no_other_family(case, text):
    assert declare(case, text).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


@pytest.mark.parametrize("text", OWN_MODELS.values(), ids=OWN_MODELS)
def test_a_declarative_base_derives_from_what_it_is_given(case, text):
    declare(case, text)
    assert "zoo.one:Row" in case.truth.entries
    assert "zoo.one:Row" in case.listed or "zoo.one" in case.undecided


@pytest.mark.parametrize("text", UNTOLD_MODELS.values(), ids=UNTOLD_MODELS)
def test_where_it_is_not_told_what_that_is_only_running_tells(case, text):
    assert declare(case, text).undecided == {"zoo.one"}
    assert "zoo.one:Row" in case.truth.entries


# -- not there ------------------------------------------------------------------------------------


def test_what_another_package_lacks_is_of_no_family_of_this_one(case):
    put(case, "widgets", __init__="WORKS = False\nif WORKS:\n    from nowhere import Widget\n")
    case.write("one", ONE)
    case.write("two", "import widgets\nfrom zoo.base import Base\n"
               "class Own(Base): pass\nclass Window(widgets.Widget): pass\n")  # fmt: skip
    assert resolved(case).undecided == set()


LACKING = {
    "a package that has a class of the family": "from zoo.base import Base\n"
    "exec('class Widget(Base): pass')\n",
    "a class of the interpreter": "exec('class Widget(Exception): pass')\n",
}


@pytest.mark.parametrize("text", LACKING.values(), ids=LACKING)
def test_what_another_package_may_make_of_the_family_is_left_to_running(case, text):
    put(case, "widgets", __init__=text)
    case.write("two", "import widgets\nclass Window(widgets.Widget): pass\n")
    resolved(case, "zoo.base:Base" if "Base" in text else "builtins:Exception")
    assert "zoo.two" in case.undecided
    assert list(case.truth.entries) == ["zoo.two:Window"]


# -- computed -------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["Process", "get_context().Process"])
def test_what_the_standard_library_computes_is_of_no_family_of_others(case, written):
    case.write("one", f"{ONE}import multiprocessing\nclass Two(multiprocessing.{written}): pass\n")
    assert resolved(case).is_sound()


def test_it_may_be_of_a_family_of_the_interpreter_s(case):
    case.write("one", "import multiprocessing\nclass One(multiprocessing.ProcessError): pass\n")
    assert resolved(case, "builtins:Exception").is_sound()
    assert list(case.listed) == ["zoo.one:One"]


COMPUTED = {
    "a text that is put together": "class One(getattr(errors, ''.join(['Err', 'or']))): pass\n",
    "a text that a loop makes": "def name(text):\n    for one in 'x':\n"
    "        text = text.replace(one, 'E')\n    return text\n"
    "class One(getattr(errors, name('xrror'))): pass\n",
}


@pytest.mark.parametrize("base", ["abc:ABC", "builtins:Exception"])
@pytest.mark.parametrize("where", ["zoo", "others"])
@pytest.mark.parametrize("text", COMPUTED.values(), ids=COMPUTED)
def test_a_computed_name_in_a_module_may_be_of_a_family_of_the_interpreter_s(
    case, text, where, base
):
    if where == "others":
        put(case, "others", __init__="")
    (case.folder.parent / where / "errors.py").write_text(
        "import abc\nclass Error(abc.ABC, Exception): pass\n"
    )
    case.write("one", f"from {where} import errors\n{text}")
    resolved(case, base)
    assert "zoo.one:One" in case.truth.entries
    assert "zoo.one" in case.undecided


# -- in a private package -------------------------------------------------------------------------


def test_a_class_of_a_private_package_is_had_where_it_says_however_it_got_there(case):
    put(case, "_zoo", __init__="", base="class Base: pass\n",
        parts="from _zoo.one import One, Two\n",
        one="from _zoo.base import Base\ndef kept(cls): return cls\n"
        "@kept\nclass One(Base): __module__ = 'zoo'\nclass Two(Base): __module__ = 'zoo'\n"
        "class Three(Base): __module__ = 'zoo'\n")  # fmt: skip
    case.write("__init__", "from _zoo.parts import One, Two\n")
    assert case.resolve(KeyRule(None), base="_zoo.base:Base", foreign=True).is_sound()
    assert set(case.listed) == {"zoo:One", "zoo:Two"}


# -- one of several -------------------------------------------------------------------------------

INSTEAD = (
    "import os\nif os.environ.get('ZOO'):\n    from zoo import parts\nelse:\n"
    "    class parts:\n        class Part({base}): pass\nclass Own(parts.Part): pass\n"
)


@pytest.mark.parametrize("base", ["object", "Base"])
def test_a_base_is_an_attribute_of_a_module_or_of_the_class_in_its_place(case, base):
    case.write("parts", "class Part: pass\n")
    case.write("one", ONE + INSTEAD.format(base=base))
    resolved(case)
    assert ("zoo.one" in case.undecided) == (base == "Base")
    assert case.truth.entries.keys() >= {"zoo.one:One"}


# -- made in a function ---------------------------------------------------------------------------

FACTORY = """
import abc
from zoo.base import Base
class Hard(abc.ABC):
    @abc.abstractmethod
    def run(self): 0
def note(made): made.__init_subclass__ = classmethod(lambda cls: None)
def make(base, size=1):
    class Made({0}):
        {1}
        def __init__(self): super().__init__()
    Made.__name__ = "Other"
    {2}
    return Made
Eight = make(Base, 8)
class One(Eight): {3}
class Two(make(dict)): pass
class Soft: pass
class Three(One, make(Soft)): {3}
class Four(make(dict, 8), make(dict, 9)): pass
"""
TOLD = {
    "what it is given": ("base", "width = size", "", "run = key = 1"),
    "a class of the module": ("Base", "width = size", "", "run = key = 1"),
    "no base": ("", "width = size", "Made.__doc__ = 'some'", "run = key = 1"),
}
UNTOLD = {
    "an abstract method": ("base, abc.ABC", "go = Hard.run", "", "key = 1"),
    "a hook": ("base", "def __init_subclass__(cls): cls.__qualname__ = 'Other'", "", "key = 1"),
    "a call that is given it": ("base", "", "note(Made)", "key = 1"),
    "a metaclass": ("metaclass=type(base)", "", "", "key = 1"),
    "a key": ("base", "key = 'a'", "", "pass"),
}


@pytest.mark.parametrize("base", ["zoo.base:Base", "builtins:dict", "builtins:object"])
@pytest.mark.parametrize("parts", TOLD.values(), ids=TOLD)
def test_what_derives_from_a_class_made_in_a_function_is_told(case, parts, base):
    case.write("one", FACTORY.format(*parts))
    assert resolved(case, base).is_sound()
    assert case.listed == case.truth.entries


@pytest.mark.parametrize("parts", UNTOLD.values(), ids=UNTOLD)
@pytest.mark.parametrize("key", [None, "key"])
def test_where_such_a_class_may_do_more_only_running_tells(case, parts, key):
    case.write("one", FACTORY.format(*parts))
    case.resolve(KeyRule(key), foreign=True)
    assert "zoo.one" in case.undecided or case.listed == case.truth.entries


def test_a_function_that_is_given_large_literals_is_followed(case):
    made = "def note(*given): pass\ndef make(base):\n    class Made(base): pass\n"
    made += "    note((b'a', 2.5, ...), {1, 2}, b'x')\n    return Made\n"
    case.write("one", f"from zoo.base import Base\n{made}class One(make(Base)): pass\n")
    assert resolved(case).is_sound()


COPY = """
import importlib.util
spec = importlib.util.find_spec({0!r})
copy = importlib.util.module_from_spec(spec)
spec.loader.exec_module(copy)
class One(copy.{1}): pass
"""


def test_a_second_copy_of_a_module_has_no_more_classes_of_the_family_than_that(case):
    case.write("one", COPY.format("html.parser", "HTMLParser"))
    assert resolved(case).is_sound()


def test_in_a_copy_of_a_module_of_its_own_there_may_be_some(case):
    case.write("one", COPY.format("zoo.base", "Base"))
    assert resolved(case).undecided == {"zoo.one"}


STARRED = """
from zoo.base import Base
try:
    import ssl
except ImportError:
    ssl = None
if ssl is not None:
    bases = (Base, ssl.SSLError)
else:
    bases = (Base,)
class One(*bases): pass
class Two(*[], *(Exception,)): pass
class Three(Exception, *{0}): pass
"""


@pytest.mark.parametrize(
    ("last", "left"),
    [("[Base]", set()), ("(*bases,)[:1]", {"zoo.one"}), ("eval('[Base]')", {"zoo.one"})],
)
def test_bases_with_a_star_are_told_where_what_they_stand_for_is(case, last, left):
    case.write("one", STARRED.format(last))
    assert resolved(case).undecided == left
    assert list(case.truth.entries) == ["zoo.one:One", "zoo.one:Three"]
    assert left or case.is_sound()


SIX = """
import collections, http.client, sys, types, urllib.request
_moved_attributes = []
def add_move(move): pass
moves = types.ModuleType(__name__ + ".moves")
moves.http_client, moves.UserDict = http.client, collections.UserDict
moves.urllib = types.ModuleType(__name__ + ".moves.urllib")
moves.urllib.request = urllib.request
parts = {".http_client": http.client, ".urllib": moves.urllib, ".urllib.request": urllib.request}
sys.modules[moves.__name__] = moves
sys.modules |= {moves.__name__ + name: module for name, module in parts.items()}
"""
MOVED = {
    "a module": "from zoo.six.moves import http_client as h\nclass One(h.HTTPException): pass\n",
    "a name in one": "from .six.moves.http_client import HTTPException as E\nclass One(E): pass\n",
    "a chain": "from zoo import six\nclass One(six.moves.http_client.HTTPException): pass\n",
    "urllib": "from zoo.six.moves.urllib.request import URLError\nclass One(URLError): pass\n",
    "urllib, too": "from zoo.six.moves import urllib\nclass One(urllib.request.URLError): pass\n",
    "a plain name": "from zoo.six.moves import UserDict\nclass Two(UserDict): pass\n",
}


@pytest.mark.parametrize("text", MOVED.values(), ids=MOVED)
def test_what_six_moves_is_told_in_any_copy_of_it(case, text):
    case.write("six", SIX)
    case.write("one", text)
    assert not resolved(case, "builtins:Exception").undecided
    assert (
        list(case.listed) == list(case.truth.entries) == (["zoo.one:One"] if "One" in text else [])
    )
