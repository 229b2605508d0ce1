"""What generated packages do to load late and to show little, against what importing gives."""

from __future__ import annotations

import pytest

from plugindex.config import KeyRule
from test_resolver import Case

PUBLICATION = """
import sys
from types import ModuleType
def publish():
    space = sys._getframe(1).f_locals
    name = space["__name__"]
    public, private = ModuleType(name), sys.modules[name]
    sys.modules[name] = public
    for one in [*space["__all__"], "__all__", "__name__", "__path__", "__spec__", "__file__"]:
        if hasattr(private, one):
            setattr(public, one, getattr(private, one))
    public._private = sys.modules[f"{name}._private"] = private
"""
LAZY = """
class Late:
    def __init__(self, module_name):
        self._module_name = module_name
        self._module = None
    def __getattr__(self, name):
        if self._module is None:
            import importlib
            self._module = importlib.import_module({0})
        return getattr(self._module, {1})
base = Late("zoo.base")
class One(base.Base): pass
"""


@pytest.fixture
def case(tmp_path, monkeypatch):
    case = Case(tmp_path, monkeypatch)
    (tmp_path / "publication.py").write_text(PUBLICATION)
    case.write("base", "class Base: pass\nclass Other: pass\n")
    return case


def test_an_object_that_stands_for_a_module_has_its_names(case):
    case.write("one", LAZY.format("self._module_name", "name"))
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


@pytest.mark.parametrize(
    ("module", "name"),
    [("'zoo.' + self._module_name[4:]", "name"), ("self._module_name", "'Other' if 1 else name")],
)
def test_one_that_does_anything_else_is_left_to_running(case, module, name):
    case.write("one", LAZY.format(module, name))
    case.resolve(KeyRule(None), foreign=True)
    assert case.undecided == {"zoo.one"} or case.listed == case.truth.entries


SHOWN = "from zoo.base import Base\nclass One(Base): pass\nclass Hidden(Base): pass\n"


@pytest.mark.parametrize("call", ["import publication\n", "from publication import publish\n"])
def test_a_module_that_publishes_shows_the_names_in_its_list_alone(case, call):
    done = "publication.publish()\n" if call.startswith("import") else "publish()\n"
    case.write("one", f"{call}{SHOWN}__all__ = ['One']\n{done}")
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


def test_a_package_that_publishes_leaves_its_modules_in_their_place(case):
    case.write("__init__", "import publication\n__all__ = []\npublication.publish()\n")
    case.write("one", "from zoo.base import Base\nclass One(Base): pass\n")
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


def test_what_is_published_by_a_list_that_is_not_told_is_left_to_running(case):
    listed = "__all__ = os.environ.get('ZOO', 'One').split()\n"
    case.write("one", f"import os, publication\n{SHOWN}{listed}publication.publish()\n")
    case.resolve(KeyRule(None), foreign=True)
    assert case.undecided == {"zoo.one"}
    assert list(case.truth.entries) == ["zoo.one:One"]


GLOBALS = {
    "set by a function": "def put():\n    global base\n    base = Base\nput()\n",
    "set again by a function": "base = Other\n"
    "def put():\n    global base\n    base = Base\nput()\n",
    "taken away by a function": "base = Base\n"
    "def put():\n    global base\n    base = Other\nput()\n",
    "set by a function that another calls": "base = Other\ndef put():\n    global base\n"
    "    base = Base\ndef call(): put()\ncall()\n",
    "set by a method": "base = Other\nclass Put:\n    def __init__(self):\n        global base\n"
    "        base = Base\nPut()\n",
    "set by a decorator": "base = Other\ndef put(given):\n    global base\n    base = Base\n"
    "    return given\n@put\nclass Part: pass\n",
    "set by what a lambda calls": "base = Other\ndef put():\n    global base\n    base = Base\n"
    "(lambda: put())()\n",
}


@pytest.mark.parametrize("setting", GLOBALS.values(), ids=GLOBALS)
@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_global_that_a_function_sets_is_left_to_running(case, setting, where):
    use = "class One(base): pass\n"
    case.write(
        "parts", f"from zoo.base import Base, Other\n{setting}{use if where == 'here' else ''}"
    )
    case.write("one", f"from zoo.parts import base\n{use if where == 'elsewhere' else ''}")
    case.resolve(KeyRule(None), foreign=True)
    assert case.undecided or case.listed == case.truth.entries


def test_a_global_that_no_call_of_the_import_sets_is_read(case):
    case.write("one", "from zoo.base import Base, Other\nbase = Base\ndef put():\n"
               "    global base\n    base = Other\nclass One(base): pass\n")  # fmt: skip
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


def test_a_name_that_a_function_sets_is_not_missing(case):
    case.write("one", "from zoo.base import Base\n"
               "def put():\n    global folder\n    folder = ''\nput()\n"
               "try:\n    copy = folder\nexcept OSError:\n    raise SystemExit\n"
               "class One(Base): pass\n")  # fmt: skip
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


METAS = {
    "none of its own": "pass",
    "an __init__": "def __init__(cls, name, bases, body): super().__init__(name, bases, body)",
    "a __new__": "def __new__(cls, name, bases, body):\n"
    "        return super(Meta, cls).__new__(cls, name, bases, body)",
}
CHANGING = {
    "a __new__ that adds a base": "def __new__(cls, name, bases, body):\n"
    "        return super().__new__(cls, name, (*bases, Base), body)",
    "a __new__ that works bases out": "def __new__(cls, name, bases, body):\n"
    "        bases = tuple(reversed([Base, *bases]))\n"
    "        return super().__new__(cls, name, bases, body)",
    "an order of its own": "def mro(cls): return [cls, Base, object]",
}
CALLED = """
from zoo.base import Base, Other
class Meta(type):
    {0}
Bare = Meta("Bare", (), {{}})
Own = Meta("Own", (Base,), {{}})
class One(Own): pass
class Two(Bare): pass
class Three(Bare, Base): pass
"""


@pytest.mark.parametrize("body", METAS.values(), ids=METAS)
def test_a_base_that_a_metaclass_makes_has_the_bases_that_it_is_given(case, body):
    case.write("parts", CALLED.format(body))
    case.write("four", "from zoo.parts import Bare, Own\nclass Four(Own): pass\n"
               "class Five(Bare): pass\n")  # fmt: skip
    case.resolve(KeyRule(None), foreign=True)
    assert case.undecided == {"zoo.parts"}  # where one of the family is made
    assert case.listed == {"zoo.four:Four": "zoo.four:Four"}
    assert set(case.truth.entries) > {"zoo.four:Four", "zoo.parts:One", "zoo.parts:Three"}


@pytest.mark.parametrize("body", CHANGING.values(), ids=CHANGING)
def test_what_a_metaclass_makes_of_other_bases_is_left_to_running(case, body):
    case.write("parts", CALLED.format(body))
    case.write("four", "from zoo.parts import Bare\nclass Four(Bare): pass\n")
    case.resolve(KeyRule(None), foreign=True)
    assert case.undecided == {"zoo.parts", "zoo.four"}


def test_a_base_may_derive_from_what_a_call_of_a_metaclass_makes(case):
    body = METAS["a __new__"]
    case.write("base", f"class Meta(type):\n    {body}\nBare = Meta('Bare', (), {{}})\n"
               "class Base(Bare): pass\n")  # fmt: skip
    case.write("one", "from zoo.base import Base\nclass One(Base): pass\n")
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


REBINDING = {
    "an item": "def put(space, name): space[name] = dict\n",
    "an update": "def put(space, name): space.update({name: dict})\n",
    "a loop": "def put(space, *names):\n    for name in names:\n        space[name] = dict\n",
}


@pytest.mark.parametrize("put", REBINDING.values(), ids=REBINDING)
def test_a_class_whose_name_a_function_binds_anew_is_left_to_running(case, put):
    case.write("tools", put)
    case.write("one", "from zoo.base import Base\nfrom zoo.tools import put\n"
               "class One(Base): pass\nput(globals(), 'One')\n")  # fmt: skip
    case.resolve(KeyRule(None), foreign=True)
    assert case.undecided == {"zoo.one"} and case.truth.entries == {}


def test_a_function_that_only_looks_at_the_names_leaves_nothing_open(case):
    case.write("tools", "def look(space): return sorted(space.keys())\n")
    case.write("one", "from zoo.base import Base\nfrom zoo.tools import look\n"
               "class One(Base): pass\nlook(globals())\n")  # fmt: skip
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


@pytest.mark.parametrize("name", ["zoo.parts", "zoo.one", "zoo"])
def test_classes_of_a_module_that_names_itself_are_of_that_module(case, name):
    case.write("one", f"__name__ = {name!r}\nfrom zoo.base import Base\nclass One(Base): pass\n")
    case.write("parts", "from zoo.one import *\n")
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert list(case.listed) == ([] if name == "zoo" else [f"{name}:One"])


def test_a_module_with_a_name_that_is_not_told_is_left_to_running(case):
    case.write("one", "import os\n__name__ = os.environ.get('ZOO') or 'zoo.one'\n"
               "from zoo.base import Base\nclass One(Base): pass\n")  # fmt: skip
    case.resolve(KeyRule(None), foreign=True)
    assert case.undecided == {"zoo.one"}


@pytest.mark.parametrize("naming", ["__name__ = 'other'\n{0}", "{0}    __module__ = 'other'\n"])
def test_a_class_that_says_it_is_of_a_module_out_of_scope_is_not_registered(case, naming):
    case.write("base", "from plugindex import AutoRegisterMeta\n"
               "class Base(metaclass=AutoRegisterMeta): __registry_key__ = 'key'\n")  # fmt: skip
    statement = "from zoo.base import Base\nclass One(Base):\n    key = 'one'\n"
    case.write("one", naming.format(statement))
    case.resolve(KeyRule("key"))
    assert case.listed == case.truth.entries == {}
