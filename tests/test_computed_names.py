"""Names that a module's own ``__getattr__`` (PEP 562) gives, against what importing gives."""

from __future__ import annotations

import pytest

from plugindex.config import KeyRule
from test_resolver import Case

pytest_plugins = ["sample_app"]
BASE = "class Base: pass\n"
HEAD = "from importlib import import_module\n"
FORMS = {
    "a chain of comparisons": """
def __getattr__(name):
    if name == "Other":
        return None
    if name == "Base":
        from zoo._base import Base
        return Base
    raise AttributeError(name)
""",
    "a global that it binds": """
def __getattr__(name):
    if name == "Base":
        global Base
        from ._base import Base
        return Base
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
""",
    "a table of modules": """
_WHERE = {"Other": "zoo.one", "Base": "zoo._base"}
def __getattr__(name):
    if name not in _WHERE:
        raise AttributeError(name)
    found = getattr(import_module(_WHERE[name]), name)
    globals()[name] = found
    return found
""",
    "a table of packages and modules, bound anew in a loop": """
_WHERE = {"Other": (__spec__.parent, ".one"), "Base": (__spec__.parent, "._base")}
def __getattr__(name):
    found = _WHERE.get(name)
    if found is None:
        raise AttributeError(name)
    package, where = found
    if where == "__module__":
        return import_module(f".{name}", package=package)
    module = import_module(where, package=package)
    result = getattr(module, name)
    known = globals()
    for one, (_, other) in _WHERE.items():
        if other == where:
            known[one] = getattr(module, one)
    return result
""",
    "a large table": "\n_WHERE = {"
    + ", ".join(f"'Other{number}': (__name__, '.one')" for number in range(300))
    + """, "Base": (__name__, "._base")}
def __getattr__(name):
    if (found := _WHERE.get(name)) is None:
        raise AttributeError(name)
    return getattr(import_module(found[1], found[0]), name)
""",
    "__all__": """
__all__ = ["Base"]
def __getattr__(name):
    if name in __all__:
        return getattr(import_module("._base", __name__), name)
    raise AttributeError(name)
""",
    "a set, and an exception that is caught": """
def __getattr__(name):
    if name in {"Base", "Other"}:
        try:
            return getattr(import_module("._" + name.lower(), __name__), name)
        except ImportError:
            raise AttributeError(name) from None
    raise AttributeError(name)
""",
    "a name that is computed, and a cache": """
import re
__all__ = ["Base"]
_CACHE: dict[str, type] = {}
def snake(name):
    return re.sub("[a-z][A-Z]", lambda found: "_".join(found.group()), name).lower()
def __getattr__(name):
    try:
        return _CACHE[name]
    except KeyError:
        pass
    if name not in __all__:
        raise AttributeError(name)
    module = import_module(f"._{snake(name)}", package="zoo")
    found = getattr(module, name)
    _CACHE[name] = found
    return found
""",
    "a name that is computed, after the package's": """
def __getattr__(name):
    return getattr(import_module(f"{__name__}._{''.join(map(str.lower, name))}"), name)
""",
    "a view of a dict": """
from types import MappingProxyType
_WHERE = MappingProxyType({"Base": "._base"})
def __getattr__(name):
    if (found := _WHERE.get(name)) is None:
        raise AttributeError(name)
    return getattr(import_module(found, __name__), name)
""",
    "a function that makes it": """
def lazily(package, where):
    def __getattr__(name):
        if name in where:
            return getattr(import_module(f"{package}.{where[name]}"), name)
        raise AttributeError(name)
    return __getattr__
__getattr__ = lazily(__name__, {"Base": "_base"})
""",
}
USES = {
    "from": "from zoo import Base\nclass One(Base): pass\n",
    "attribute": "import zoo\nclass One(zoo.Base): pass\n",
    "alias": "import zoo as z\nP = z.Base\nclass One(P): pass\n",
}


@pytest.fixture
def case(tmp_path, monkeypatch):
    case = Case(tmp_path, monkeypatch)
    case.write("_base", BASE)
    return case


def resolved(case):
    case.write("base", "from zoo._base import Base\n")
    return case.resolve(KeyRule(None), foreign=True)


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_a_base_that_a_package_computes_is_followed(case, text, use):
    case.write("__init__", HEAD + text)
    case.write("one", use)
    assert resolved(case).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


OPEN = {
    "the environment": """
import os
def __getattr__(name):
    return getattr(import_module(os.environ.get("ZOO", "zoo._base")), name)
""",
    "a table that a function fills": """
_WHERE = {"Base": "zoo.other"}
def fill():
    _WHERE["Base"] = "zoo._base"
fill()
def __getattr__(name):
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(name)
""",
    "a table that another function may fill later": """
_WHERE = {}
def register(name, where):
    _WHERE.update({name: where})
register("Base", "zoo._base")
def __getattr__(name):
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(name)
""",
    "a class that it renames": """
def __getattr__(name):
    if name == "Base":
        from zoo._base import Base
        Base.__module__ = __name__
        return Base
    raise AttributeError(name)
""",
    "a name that is computed, where two modules have it": """
def __getattr__(name):
    return getattr(import_module(f".{''.join(('_', *map(str.lower, name)))}", __name__), name)
""",
    "a name that is computed from its beginning": """
def __getattr__(name):
    return getattr(import_module(f"{''.join(map(str.lower, __name__))}._base"), name)
""",
    "a cache that another function fills": """
_CACHE = {}
def fill():
    _CACHE["Base"] = int
fill()
def __getattr__(name):
    if name in _CACHE:
        return _CACHE[name]
    found = getattr(import_module("._base", __name__), name)
    _CACHE[name] = found
    return found
""",
    "a call that can't be read": """
import operator
def __getattr__(name):
    return operator.attrgetter(name)(import_module("zoo._base"))
""",
}


@pytest.mark.parametrize("text", OPEN.values(), ids=OPEN)
def test_what_reading_cannot_follow_stays_undecided(case, text):
    case.write("__init__", HEAD + text)
    case.write("other", "class Base: pass\n")
    case.write("one", USES["from"])
    assert "zoo.one" in resolved(case).undecided


FILLED = {
    "by the same call": """
_CACHE = {}
def __getattr__(name):
    if name not in _CACHE:
        _CACHE[name] = getattr(import_module("zoo._base"), name)
    return _CACHE[name]
""",
    "when it is empty": """
_CACHE = {}
def __getattr__(name):
    if not _CACHE:
        from zoo._base import Base
        _CACHE["Base"] = Base
    return _CACHE[name]
""",
    "by the module of a computed name that a star brings": """
def __getattr__(name):
    return getattr(import_module(f"zoo.{'_'.join(('st', 'ar'))}"), name)
""",
    "by a module in a computed package": """
def __getattr__(name):
    return getattr(import_module("._base", f"z{'o' * len(name[:2])}"), name)
""",
}


@pytest.mark.parametrize("text", FILLED.values(), ids=FILLED)
def test_a_name_that_is_filled_in_late_is_not_taken_for_missing(case, text):
    case.write("__init__", HEAD + text)
    case.write("st_ar", "from zoo._base import *\n")
    case.write("stop", "class Base: pass\n")
    guarded = "try:\n    from zoo import Base\nexcept ImportError:\n    Base = object\n"
    case.write("one", guarded + "class One(Base): pass\n")
    assert "zoo.one" in resolved(case).undecided


def test_a_submodule_hides_what_is_computed_only_where_both_are_the_same(case):
    case.write("one", "from zoo import _base\nclass One(_base.Base): pass\n")
    case.write("__init__", f"{HEAD}def __getattr__(name): return import_module('zoo.' + name)\n")
    assert resolved(case).is_sound()
    case.write("__init__", "class Space:\n    Base = object\ndef __getattr__(name): return Space\n")
    case.resolutions.clear()
    assert "zoo.one" in resolved(case).undecided


def test_a_name_that_it_refuses_is_none_of_the_module(case):
    case.write("__init__", "def __getattr__(name):\n    raise AttributeError(name)\n")
    text = "import zoo\nfrom zoo._base import Base\nP = getattr(zoo, 'Base', Base)\n"
    case.write("one", text + "class One(P): pass\n")
    assert resolved(case).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


def test_a_plain_name_is_not_asked_of_the_module_itself(case):
    text = "import zoo._base\ndef __getattr__(name): return zoo._base.Base\n"
    case.write("__init__", text + "class Own(Exception): pass\n")
    case.write("one", "from zoo import Any\nclass One(Any): pass\n")
    assert resolved(case).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


def test_a_class_of_the_standard_library_that_is_loaded_late_is_found(case):
    case.write(
        "one",
        "import unittest\nfrom zoo._base import Base\n"
        "class One(unittest.IsolatedAsyncioTestCase, Base): pass\n"
        "class Two(unittest.IsolatedAsyncioTestCase): pass\n",
    )
    assert resolved(case).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


def test_an_edit_that_lets_another_function_fill_the_table_is_seen(simple_app):
    text = "_WHERE = {'Base': 'APP.base'}\ndef fill():\n    pass\n"
    simple_app.base()
    simple_app.write("tables.py", text)
    simple_app.write(
        "late/__init__.py",
        "from importlib import import_module\nfrom APP.tables import _WHERE\n"
        "def __getattr__(name):\n    if name in _WHERE:\n"
        "        return getattr(import_module(_WHERE[name]), name)\n"
        "    raise AttributeError(name)\n",
    )
    simple_app.plugin("first", "from APP.late import Base as Late", ("First", "name = 'First'"))
    simple_app.plugin("second", "import APP.late\nclass Second(APP.late.Base): name = 'Second'")
    names = "from APP.base import REG; print(*REG)"
    assert simple_app.run(names) == "First Second"
    simple_app.write("tables.py", text.replace("pass", "_WHERE.pop('Base', None)") + "fill()\n")
    assert simple_app.run(names) == simple_app.run(names) == "First"
