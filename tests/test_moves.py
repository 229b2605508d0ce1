"""Classes that a package moves by setting their ``__module__``, against what importing gives."""

from __future__ import annotations

import pytest

from plugindex.config import KeyRule
from plugindex.truth import compare
from test_resolver import Case

pytest_plugins = ["sample_app"]
BASE = "class Base: pass\n"
ONE = "from zoo.base import Base\nclass One(Base): pass\nclass Two(Base): pass\n"
TOLD = {
    "a statement": "One.__module__ = 'zoo'\n",
    "names in a loop": "__all__ = ['One', 'Two']\n__own = locals()\nfor __name in __all__:\n"
    "    if not __name.startswith('__'):\n        setattr(__own[__name], '__module__', 'zoo')\n",
    "a loop that skips": "for name in ('_x', 'Two', 'size'):\n    if name[:1] == '_': continue\n"
    "    if name == 'size': continue\n    globals()[name].__module__ = __name__\n",
    "a loop that ends early": "for name in ['One', 'Two']:\n    if name == 'Two': break\n"
    "    vars()[name].__module__ = __name__\n",
    "a loop with a way out for what can't be moved": "for name in ['size', 'One', 'size', 'Two']:\n"
    "    try:\n        globals()[name].__module__ = 'zoo'\n"
    "    except (TypeError, AttributeError):\n        pass\n",
    "a loop over classes": "for cls in [One, Two]: cls.__module__ = 'zoo'\nelse: done = True\n",
    "a loop in which a name is bound": "for cls in [One, Two]:\n    held = cls\n"
    "    held.__module__ = 'zoo'\n",
    "a name that is bound anew behind the loop": "for name in ['One']:\n"
    "    globals()[name].__module__ = 'zoo'\nOne = None\n",
    "a name that is bound anew before": "Two = One\nfor name in ['Two']:\n"
    "    globals()[name].__module__ = 'zoo'\n",
    "two names of one class": "Uno = One\nfor name in ['Uno', 'One']:\n"
    "    globals()[name].__module__ = 'zoo'\n",
    "names that a star import brings": "from zoo.one import *\nfor name in ['One', 'Two']:\n"
    "    globals()[name].__module__ = 'zoo'\n",
    "values": "for cls in tuple([Two]): cls.__module__ = 'zoo'\n",
    "a module that has no such name": "for cls in [One]: cls.__module__ = 'zoo.one.more'\n",
    "all that the package holds": "for value in list(vars().values()):\n"
    "    if isinstance(value, type): value.__module__ = __name__\n",
    "all that says it is inside": "def work(): pass\nfor value in list(locals().values()):\n"
    "    if getattr(value, '__module__', '').startswith('zoo.'): value.__module__ = __name__\n",
    "all but what is elsewhere": "for name, value in tuple(globals().items()):\n"
    "    if name == 'Two' or not getattr(value, '__module__', '').startswith('zoo.'): continue\n"
    "    value.__module__ = 'zoo'\n",
    "what is inside and lets itself be moved": "from contextlib import suppress\n"
    "for value in tuple(locals().values()):\n"
    "    if not getattr(value, '__module__', '').startswith('zoo.'): continue\n"
    "    with suppress(AttributeError): value.__module__ = 'zoo'\n",
    "what is elsewhere": "for value in [One, Two]:\n"
    "    if getattr(value, '__module__', '').startswith('park.'): value.__module__ = 'zoo'\n",
    "nothing": "for cls in []: cls.__module__ = 'zoo'\n",
}
OPEN = {
    "the environment": "import os\nif os.environ.get('ZOO_MOVES'): One.__module__ = 'zoo'\n",
    "the environment in a loop": "import os\nfor cls in [One]:\n"
    "    if os.environ.get('ZOO_MOVES'): cls.__module__ = 'zoo'\n",
    "a module that is computed": "import os\nOne.__module__ = os.environ.get('ZOO_NAME', 'zoo')\n",
    "two moves": "for cls in [One, Two]: cls.__module__ = 'zoo'\n"
    "for cls in [One]: cls.__module__ = 'zoo.one'\n",
    "a loop in a loop": "for name in ['zoo']:\n    for cls in [One]: cls.__module__ = name\n",
    "names that are computed": "for name in [''.join('One')]:\n"
    "    globals()[name].__module__ = 'zoo'\n",
    "a way out that may be taken": "for name in ['One', 'Two']:\n    try:\n"
    "        check(name)\n        globals()[name].__module__ = 'zoo'\n"
    "    except ValueError:\n        pass\n",
    "a loop that ends where one can't be moved": "for name in ['One', 'size', 'Two']:\n    try:\n"
    "        globals()[name].__module__ = 'zoo'\n    except AttributeError:\n        break\n",
    "a loop that may end early": "for name in ['One', 'Two']:\n    if check(name): break\n"
    "    globals()[name].__module__ = 'zoo'\n",
}

SET_MODULE = """
def set_module(module):
    def decorate(found):
        if module is not None:
            if isinstance(found, type):
                try:
                    found.origin = found.__module__
                except AttributeError:
                    pass
            found.__module__ = module
        return found
    return decorate
"""
DECORATED_TOLD = {
    "a text": "@set_module('zoo')\n",
    "nothing": "@set_module(None)\n",
    "another package": "@set_module('park')\n",
    "a module that has no such name": "@set_module('zoo.base')\n",
    "beside others": "import dataclasses\n@set_module('zoo')\n@dataclasses.dataclass\n",
    "a decorator without options": "def at_top(cls):\n    cls.__module__ = 'zoo'\n    return cls\n"
    "@at_top\n",
}
DECORATED_OPEN = {
    "a module that is computed": "import os\n@set_module(os.environ.get('ZOO_NAME', 'zoo'))\n",
    "twice": "@set_module('zoo')\n@set_module('park')\n",
    "a condition": "import os\ndef at_top(cls):\n    if os.environ.get('ZOO_STAYS') is None:\n"
    "        cls.__module__ = 'zoo'\n    return cls\n@at_top\n",
    "a text that names the attribute": "def at_top(cls):\n"
    "    setattr(cls, '__module__', 'zoo')\n    return cls\n@at_top\n",
    "a module that is set again": "@set_module('zoo')\n",
    "another class": "def at_top(cls):\n    cls.__mro__[0].__module__ = 'zoo'\n    return cls\n"
    "@at_top\n",
}


@pytest.fixture
def case(tmp_path, monkeypatch):
    case = Case(tmp_path, monkeypatch)
    case.write("base", BASE)
    case.write("one", ONE)
    return case


def moving(case, text):
    head = "from zoo.one import One, Two\nsize = 1\ndef check(name): return name == 'nobody'\n"
    case.write("__init__", head + text)
    case.resolve(KeyRule(), foreign=True)
    spread = {name for one in case.resolutions.values() for name in one.spreads}
    return case.undecided | spread


@pytest.mark.parametrize("text", TOLD.values(), ids=TOLD)
def test_where_a_package_moves_its_classes_is_read(case, text):
    assert not moving(case, text)
    assert case.is_sound()


def test_classes_that_were_moved_are_had_where_they_say(case):
    moving(case, TOLD["names in a loop"])
    assert set(case.listed) == {"zoo:One", "zoo:Two"}


@pytest.mark.parametrize("text", OPEN.values(), ids=OPEN)
def test_what_only_running_moves_is_left_to_it(case, text):
    assert {"zoo", "zoo.one"} <= moving(case, text)


def decorate(case, name, text):
    case.write("naming", SET_MODULE)
    last = "One.__module__ = 'zoo.one'\n" if name == "a module that is set again" else ""
    head = "from zoo.base import Base\nfrom zoo.naming import set_module\n"
    case.write("one", f"{head}{text}class One(Base): pass\n{last}class Two(Base): pass\n")
    case.write("__init__", "from zoo.one import One\n")
    return case.resolve(KeyRule(None), foreign=True)


@pytest.mark.parametrize("name", DECORATED_TOLD)
def test_where_a_decorator_shows_a_class_is_read(case, name):
    assert decorate(case, name, DECORATED_TOLD[name]).is_sound()
    assert "zoo.one:Two" in case.listed.values()


@pytest.mark.parametrize("name", DECORATED_OPEN)
def test_where_a_decorator_may_show_a_class_is_left_to_running(case, name):
    assert "zoo.one" in decorate(case, name, DECORATED_OPEN[name]).undecided


def test_a_class_that_may_refuse_to_be_shown_elsewhere_is_left_to_running(case):
    meta = "class Meta(type):\n    def __setattr__(cls, name, value): pass\n"
    case.write("base", f"{meta}class Base(metaclass=Meta): pass\n")
    assert "zoo.one" in decorate(case, "", DECORATED_TOLD["a text"]).undecided


def test_so_is_what_a_module_moves_that_may_never_be_imported(case):
    case.write("other", "from zoo.one import One\nOne.__module__ = 'zoo.other'\n")
    assert {"zoo.one", "zoo.other"} <= moving(case, "")


def test_so_is_what_two_packages_move(case):
    (case.folder / "deep").mkdir()
    case.write("deep/__init__", "from .one import Deep\nDeep.__module__ = 'zoo.deep'\n")
    case.write("deep/one", "from zoo.base import Base\nclass Deep(Base): pass\n")
    assert "zoo.deep.one" in moving(case, "from zoo.deep import Deep\nDeep.__module__ = 'zoo'\n")


def test_so_is_a_class_that_may_refuse_to_be_moved(case):
    meta = "class Meta(type):\n    def __setattr__(cls, name, value): pass\n"
    case.write("base", meta + "class Base(metaclass=Meta): pass\n")
    assert "zoo.one" in moving(case, TOLD["a statement"])
    assert set(case.truth.entries) == {"zoo.one:One", "zoo.one:Two"}


def test_an_inner_package_moves_its_own(case):
    (case.folder / "deep").mkdir()
    case.write("deep/__init__", "from .one import Deep\nfor c in [Deep]: c.__module__ = __name__\n")
    case.write("deep/one", "from zoo.base import Base\nclass Deep(Base): pass\n")
    assert not moving(case, "")
    assert case.is_sound()
    assert "zoo.deep:Deep" in case.listed


def test_an_edit_that_moves_a_class_or_lets_it_be_is_seen_at_the_next_start(simple_app):
    simple_app.base()
    simple_app.plugin("first", ("First", "name = 'First'"))
    told = "from APP.base import REG; print([REG.info(key).reference for key in REG])"
    init = "__init__.py"
    assert simple_app.run(told) == f"['{simple_app.name}.first:First']"
    simple_app.write(init, "from APP.first import First\nFirst.__module__ = 'APP'\n")
    assert simple_app.run(told) == f"['{simple_app.name}:First']"
    simple_app.write(init, "from APP.first import First\n")
    assert simple_app.run(told) == f"['{simple_app.name}.first:First']"


HANDED_ON = """
def helper(cls, module={0}):
    cls.__module__ = module
    return cls
def shown(cls=None):
    def wrap(cls):
        return helper(cls{1})
    return wrap(cls) if cls else wrap
"""


@pytest.mark.parametrize("given", [("'zoo'", ""), ("None", ", 'zoo'"), ("None", ", module='zoo'")])
@pytest.mark.parametrize("use", ["@shown\n", "@shown()\n"])
def test_a_decorator_may_leave_it_to_what_it_calls(case, given, use):
    case.write("naming", HANDED_ON.format(*given))
    text = f"from zoo.naming import shown\nfrom zoo.base import Base\n{use}class One(Base): pass\n"
    case.write("one", text + "class Two(Base): pass\n")
    moving(case, "")
    assert "zoo.one" in case.undecided or compare(case.listed, case.truth).sound


OWN = {
    "under a condition": "import os\nif os.environ.get('ZOO_MOVES'): One.__module__ = 'zoo'\n",
    "in a loop": "for name in ['One', 'Two']:\n    found = globals()[name]\n"
    "    if not isinstance(found, type): raise TypeError\n    found.__module__ = name and 'zoo'\n",
    "from a module": "import zoo.base\nOne.__module__ = zoo.base.__doc__ or 'zoo'\n",
}


@pytest.mark.parametrize("text", OWN.values(), ids=OWN)
def test_a_class_that_may_say_it_is_elsewhere_is_left_to_running(case, text):
    case.write("one", ONE + text)
    moving(case, "")
    left = case.resolutions["zoo.one"].undecided
    assert left.endswith("at any time") or (not left and case.is_sound())


COPYING = """
class Body:
    @property
    def __module__(self): return "elsewhere"
class Meta(type):
    def __new__(mcs, name, bases, body):
        {0}
        return type.__new__(mcs, name, bases, body)
class Base(metaclass=Meta): pass
"""


@pytest.mark.parametrize("how", ["body.update(vars(Body))", "body.update(Body.__dict__)"])
def test_a_metaclass_may_take_the_naming_from_another_body(case, how):
    case.write("base", COPYING.format(how))
    moving(case, "")
    assert "zoo.one" in case.undecided


@pytest.mark.parametrize("clause", ["(AttributeError, TypeError)", "Exception", "AttributeError"])
def test_a_package_may_move_a_hundred_classes(case, clause):
    names = [f"One{number}" for number in range(100)]
    case.write("one", ONE + "".join(f"class {name}(Base): pass\n" for name in names))
    loop = f"from zoo.one import {', '.join(names)}\n__all__ = {names}\n"
    loop += "for name in __all__:\n    try:\n"
    loop += f"        globals()[name].__module__ = __name__\n    except {clause}: pass\n"
    assert not moving(case, loop)
    assert case.is_sound()


def test_a_package_that_cannot_be_read_may_move_what_is_in_it(case):
    case.write(
        "__init__",
        "import os\nfrom zoo.one import One\nOne.__module__ = 'zoo'\n"
        + "".join(f"if os.environ.get('ZOO_{number}'): size = {number}\n" for number in range(500)),
    )
    case.resolve(KeyRule(), foreign=True)
    assert case.resolutions["zoo"].undecided == "too many conditions"
    assert "zoo.one" in case.resolutions["zoo"].spreads


SETTERS = {
    "a method": "class Shower:\n    def __call__(self, cls): return self.show(cls)\n"
    "    def show(self, cls):\n        cls.__module__ = 'zoo'\n        return cls\n"
    "shown = Shower()\n",
    "a bound method": "class Shower:\n    def show(self, cls):\n        cls.__module__ = 'zoo'\n"
    "        return cls\nshown = Shower().show\n",
    "an open condition": "import os\ndef move(cls): cls.__module__ = 'zoo'\ndef shown(cls):\n"
    "    if os.environ.get('ZOO_MOVES'): move(cls)\n    return cls\n",
}


@pytest.mark.parametrize("text", SETTERS.values(), ids=SETTERS)
def test_other_decorators_may_move_a_class_too(case, text):
    case.write("naming", text)
    use = "from zoo.naming import shown\nfrom zoo.base import Base\n@shown\nclass One(Base): pass\n"
    case.write("one", use + "class Two(Base): pass\n")
    moving(case, "")
    assert "zoo.one" in case.undecided or compare(case.listed, case.truth).sound
