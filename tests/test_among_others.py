"""Modules that come to something else when others were imported before them are listed so."""

from __future__ import annotations

import pytest

pytest_plugins = ["command"]


@pytest.fixture
def verdict(plugindex):
    """Write a package ``herd`` and return what verifying it, or importing it in a child, gives."""

    def run(*, code=0, **modules):
        texts = {"__init__": "", "base": "class Base: pass\n", **modules}
        plugindex.write({f"herd/{n}.py": text for n, text in texts.items()})
        target = ("--package", "herd", "--base", "herd.base:Base")
        (found,) = plugindex.json("verify", *target)["registries"]
        assert (found["missing"], found["extra"]) == ([], [])
        return plugindex.json("list", *target, code=code)

    return run


def listed(found):
    return [one["class"] for one in found["registries"][0]["plugins"]]


# Reading can't tell what comes out of such a decorator.
DECORATED = """\
import json
from herd.base import Base

@(json.loads("[]") or (lambda cls: cls))
class One(Base):
    pass
"""


def test_a_module_that_fails_alone_in_a_circle_of_imports(verdict):
    found = verdict(first="from herd.one import One\n", one="import herd.first\n" + DECORATED)
    assert listed(found) == ["herd.one:One"]


def test_a_module_that_needs_what_another_sets(verdict):
    found = verdict(
        first="import herd.base\nherd.base.Base.kind = 'set'\n",
        one=DECORATED + "Base.kind\n",
    )
    assert listed(found) == ["herd.one:One"]


def test_a_module_that_finds_nothing_to_drive_fails_without_importing_the_others(verdict):
    found = verdict(code=1, one=DECORATED + "raise ImportError('no driver')\n", other="")
    assert listed(found) == []
    assert found["stats"]["imported"] == 1


def test_a_name_that_a_whole_module_lacks_comes_from_no_order_of_imports(verdict):
    found = verdict(code=1, one=DECORATED + "from herd import nowhere\n", other="")
    assert listed(found) == []
    assert found["stats"]["imported"] == 1


LATE = """\
import importlib

def __getattr__(name):
    if name != "One":
        raise AttributeError(name)
    value = importlib.import_module("herd.inside").One
    value.__module__ = "herd"
    globals()[name] = value
    return value
"""
INSTALLED = """\
import importlib
import sys

def install():
    space = sys._getframe(1).f_globals
    name = space["__name__"]

    def __getattr__(wanted):
        if wanted != "One":
            raise AttributeError(wanted)
        value = importlib.import_module(name + ".inside").One
        value.__module__ = name
        space[wanted] = value
        return value

    space["__getattr__"] = __getattr__
"""
INSIDE = "from herd.base import Base\nclass One(Base): pass\nclass Two(Base): pass\n"
GET = "from herd import One\n"


def test_a_class_that_the_package_renames_when_another_module_asks_it_for_the_name(verdict):
    found = verdict(__init__=LATE, inside=INSIDE, user=GET)
    assert listed(found) == ["herd:One", "herd.inside:Two"]


def test_a_class_that_nobody_asks_for_keeps_its_name(verdict):
    found = verdict(__init__=LATE, inside=INSIDE)
    assert listed(found) == ["herd.inside:One", "herd.inside:Two"]


def test_a_class_that_an_installed_getattr_renames(verdict):
    inside = "from typing import TYPE_CHECKING\nif not TYPE_CHECKING: pass\n" + INSIDE
    head = "import herd_lazy\nif not herd_lazy.install():\n    pass\n"
    found = verdict(
        **{"../herd_lazy": INSTALLED, "__init__": head + "from herd.inside import Two\n"},
        inside=inside,
        user=GET,
    )
    assert listed(found) == ["herd:One", "herd.inside:Two"]


GENERIC = """\
import sys
from typing import Generic, TypeVar

T = TypeVar("T")

class Base:
    def __class_getitem__(cls, given):
        name = f"{cls.__name__}[{given.__name__}]"
        made = type(cls)(name, (cls,), {"__module__": cls.__module__})
        return vars(sys.modules[cls.__module__]).setdefault(name, made)

class Page(Base, Generic[T]):
    pass
"""


def test_a_class_that_a_subscript_in_another_module_makes(verdict):
    found = verdict(
        base=GENERIC,
        user="from herd.base import Page\ndef show(page: Page[int]): pass\n",
        view="from herd.base import Page\nclass View(Page[str]): pass\n",
    )
    pages = ["herd.base:Page", "herd.base:Page[int]", "herd.base:Page[str]", "herd.view:View"]
    assert sorted(listed(found)) == pages


def test_a_subscript_that_gives_the_class_itself_needs_no_import(verdict):
    itself = "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Base:\n"
    itself += "    def __class_getitem__(cls, given): return cls\n"
    found = verdict(base=itself + "class Page(Base, Generic[T]): pass\n")
    assert listed(found) == ["herd.base:Page"]
    assert found["stats"]["imported"] == 0


HANDING = """
class Hand:
    def __class_getitem__(cls, given):
        if cls is Hand:
            given = (given, object)
        return super().__class_getitem__(given)

"""


def test_a_subscript_that_leaves_it_to_typing_needs_no_import(verdict):
    text = "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Base: pass\n" + HANDING
    text += "class Page(Hand, Base, Generic[T]): pass\n"
    found = verdict(base=text, user="from herd.base import Page\nclass Use(Page[int]): pass\n")
    assert listed(found) == ["herd.base:Page", "herd.user:Use"]
    assert found["stats"]["imported"] == 0


def test_one_that_leaves_it_to_a_class_that_makes_others_does(verdict):
    text = GENERIC.replace("class Page(", f"{HANDING}class Page(Hand, ")
    found = verdict(base=text, user="from herd.base import Page\nMade = Page[int]\n")
    assert sorted(listed(found)) == ["herd.base:Page", "herd.base:Page[int]"]


def test_a_class_that_a_getattr_makes_when_another_module_asks_for_it(verdict):
    made = "import herd.base\ndef __getattr__(name):\n    if name != 'Late':\n"
    made += "        raise AttributeError(name)\n"
    made += "    space = {'__module__': __name__}\n"
    made += (
        "    globals()[name] = type(name, (herd.base.Base,), space)\n    return globals()[name]\n"
    )
    found = verdict(__init__=made, user="from herd import Late\n")
    assert listed(found) == ["herd:Late"]


def test_a_class_that_another_module_replaces(verdict):
    late = "import herd.inside\nclass New(herd.inside.One): pass\nherd.inside.One = New\n"
    found = verdict(inside=INSIDE, late=late)
    assert sorted(listed(found)) == ["herd.inside:Two", "herd.late:New"]


def test_a_module_that_puts_one_of_another_name_in_its_place(verdict):
    found = verdict(
        one="import sys\nfrom herd import parts\nsys.modules[__name__] = parts\n",
        parts="from herd.base import Base\n\nclass One(Base):\n    __module__ = 'herd.one'\n",
    )
    assert listed(found) == ["herd.one:One"]


def test_a_class_of_another_module_of_which_only_running_tells(verdict):
    inside = DECORATED + "    __module__ = 'herd.shown'\n"
    inside = inside.replace("    pass\n", "")
    found = verdict(hidden=inside, shown="from herd.hidden import One\n")
    assert listed(found) == ["herd.shown:One"]


def test_what_packages_bring_in_before_one_around_them_fails_fails_with_it(verdict):
    found = verdict(
        **{
            "sub/__init__": "import herd.sub.deep\nimport herd.nowhere\n",
            "sub/deep/__init__": "from herd.sub.deep.one import One\n",
            "sub/deep/one": "from herd.base import Base\nclass One(Base): pass\n",
        },
    )
    (one,) = found["registries"][0]["plugins"]
    assert (one["class"], one["status"]) == ("herd.sub.deep.one:One", "unavailable")


PARTED = "from herd.base import Base\ntry:\n    import flock.base as other\nexcept ImportError:\n"
PARTED += "    other = None\nif other:\n    class One(Base, other.Bird): pass\n"
PARTED += "class Two(Base): pass\n"


@pytest.mark.parametrize(("text", "names"), [("", ["One", "Two"]), ("import nowhere\n", ["Two"])])
def test_a_class_with_a_base_of_an_application_that_may_lack_something(
    verdict, plugindex, text, names
):
    plugindex.write({"flock/__init__.py": "", "flock/base.py": f"{text}class Bird: pass\n"})
    assert listed(verdict(one=PARTED)) == [f"herd.one:{name}" for name in names]
