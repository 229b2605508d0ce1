"""Modules that a function of their package puts others in the place of."""

from __future__ import annotations

import pytest

from plugindex.config import KeyRule
from test_resolver import Case

HEAD = "import sys\nfrom types import ModuleType\n"
PLACING = {
    "a name": "def put(name): sys.modules[name] = ModuleType(name)\nput('zoo.one')\n",
    "a default": "def put(name): sys.modules.setdefault(name, ModuleType(name))\n"
    "put(__name__ + '.one')\n",
    "names in a table": "def put(table, package):\n    for key in table:\n"
    "        sys.modules[f'{package}.{key}'] = ModuleType(key)\n"
    "put({'one': 1, 'three': 2}, __name__)\n",
    "many": "def put(names):\n    sys.modules.update({f'zoo.{one}': None for one in names})\n"
    "    for one in names: sys.modules[f'zoo.{one}'] = ModuleType(one)\nput(['one'])\n",
}
BEGUN = """
def put(module, begin):
    for key in dir(module):
        held = getattr(module, key)
        name = getattr(held, "__name__", "")
        if isinstance(held, ModuleType) and name.startswith(begin):
            sys.modules[name] = ModuleType(name)
class Held: one = ModuleType("zoo.one")
put(Held, {0!r})
"""
PLACING["a statement"] = "sys.modules['zoo.one'] = ModuleType('zoo.one')\n"
PLACING["a call"] = "sys.modules.setdefault(f'{__name__}.one', ModuleType('zoo.one'))\n"
PLACING["names that begin so"] = BEGUN.format("zoo.")
OTHER = {
    "names that begin in another way": BEGUN.format("park."),
    "another name": "def put(name): sys.modules[name] = ModuleType(name)\nput('zoo.other')\n",
    "a table without it": "def put(table, package):\n    for key in table:\n"
    "        sys.modules[f'{package}.{key}'] = ModuleType(key)\nput({'three': 2}, __name__)\n",
    "what is never called": "def put(name): sys.modules[name] = ModuleType(name)\n",
    "what only looks": "def look(name): return sys.modules.get(name)\nlook('zoo.one')\n",
}


@pytest.fixture
def case(tmp_path, monkeypatch):
    case = Case(tmp_path, monkeypatch)
    case.write("base", "class Base: pass\n")
    case.write("one", "from zoo.base import Base\nclass One(Base): pass\n")
    return case


@pytest.mark.parametrize("text", PLACING.values(), ids=PLACING)
def test_a_module_that_another_may_stand_for_is_left_to_running(case, text):
    case.write("__init__", HEAD + text)
    assert "zoo.one" in case.resolve(KeyRule(None), foreign=True).undecided
    assert case.truth.entries == {}


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_one_that_the_package_leaves_alone_is_read(case, text):
    case.write("__init__", HEAD + text)
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One"]
