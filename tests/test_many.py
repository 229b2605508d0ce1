"""What many plugins must not cost: counted, since no test here measures time."""

from __future__ import annotations

import abc
import enum
import weakref

import pytest

from plugindex import AutoRegisterMeta

pytest_plugins = ["sample_app"]
MANY = 50


class Counting:
    """Count how often a key is looked up."""

    looked_up = 0

    def __hash__(self):
        Counting.looked_up += 1
        return hash(self.name)


Kind = enum.Enum("Kind", [f"k{n}" for n in range(MANY)], type=Counting, module=__name__)


LOAD_ALL = """\
import sys
from APP.base import REG

written = []
def hook(event, found):
    if event == "os.rename" and str(found[1]).endswith(".json"):
        written.append(found[1])

assert len(REG) == 5
sys.addaudithook(hook)
assert not REG.values()
print(len(written), len(REG.problems))
"""


def family(keys=range(MANY), metaclass=AutoRegisterMeta, **body):
    """Return a base class and a plugin for each of *keys*."""
    fixed = {"__registry_key__": "key", "key": None, "__module__": __name__}
    base = metaclass("Base", (), fixed | body)
    return base, [metaclass(f"P{n}", (base,), {"key": key}) for n, key in enumerate(keys)]


class Other:
    """No plugin."""


def test_a_class_statement_looks_at_no_other_plugin():
    counts = []
    base, _ = family([])
    for kind in Kind:
        before = Counting.looked_up
        AutoRegisterMeta(kind.name, (base,), {"key": kind})
        counts.append(Counting.looked_up - before)
    assert len(set(counts)) == 1


def test_a_class_statement_with_the_key_of_a_mixin_asks_no_plugin():
    class Asking(AutoRegisterMeta):
        asked = 0

        def __subclasscheck__(cls, subclass):
            Asking.asked += 1
            return super().__subclasscheck__(subclass)

    base, _ = family([], Asking)
    for key in range(MANY):
        Asking(f"P{key}", (type("Named", (), {"key": key}), base), {})
    assert Asking.asked == 0


def test_no_plugin_keeps_that_another_class_is_none():
    base, plugins = family()
    before = weakref.getweakrefcount(Other)
    assert not issubclass(Other, base) and not isinstance(Other(), base)
    assert not issubclass(Other, plugins[0])
    assert weakref.getweakrefcount(Other) == before


def test_plugins_are_subclasses():
    base, plugins = family()
    assert all(issubclass(one, base) and isinstance(one(), base) for one in plugins)
    assert not issubclass(base, plugins[0])


@pytest.mark.parametrize("place", ["base", "plugin", "plugin of a plugin"])
def test_a_virtual_subclass_of_a_family_is_one(place):
    base, plugins = family()
    below = AutoRegisterMeta("Below", (plugins[1],), {"key": "below"})
    owner = {"base": base, "plugin": plugins[1], "plugin of a plugin": below}[place]
    assert owner.register(Other) is Other
    assert issubclass(Other, owner) and issubclass(Other, base) and isinstance(Other(), base)
    assert not issubclass(Other, plugins[0])


def test_a_class_that_registers_itself_a_virtual_subclass_is_asked():
    def register(cls, **_):
        cls.register(Other)

    base, _ = family(__init_subclass__=classmethod(register))
    assert issubclass(Other, base)


def test_the_subclass_hooks_of_a_base_and_of_a_plugin_are_asked():
    hook = classmethod(lambda cls, other: hasattr(other, "sings") or NotImplemented)
    base, plugins = family(__subclasshook__=hook)
    singing = type("Singing", (), {"sings": True})
    assert issubclass(singing, base) and issubclass(singing, plugins[0])
    base, plugins = family()
    AutoRegisterMeta("Choir", (plugins[0],), {"key": "choir", "__subclasshook__": hook})
    assert issubclass(singing, base) and not issubclass(singing, plugins[1])


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_metaclass_may_tell_by_itself_who_is_a_subclass(order):
    class Asked(abc.ABCMeta):
        def __subclasscheck__(cls, subclass):
            return subclass is Other or super().__subclasscheck__(subclass)

    kinds = (Asked, AutoRegisterMeta) if order == "before" else (AutoRegisterMeta, Asked)
    base, plugins = family(metaclass=type("Both", kinds, {}))
    assert issubclass(Other, base) and issubclass(plugins[0], base)


def test_what_is_no_class_is_refused():
    base, _ = family()
    with pytest.raises(TypeError, match="must be a class"):
        issubclass(3, base)


def test_loading_everything_writes_the_index_once_for_all_that_fails(simple_app):
    simple_app.base(before="import os")
    for number in range(5):
        simple_app.plugin(f"p{number}", (f"P{number}", f"name = '{number}'"), "os.environ['NONE']")
    assert simple_app.run(LOAD_ALL) == "1 5"
    assert simple_app.run("from APP.base import REG; print(len(REG), len(REG.problems))") == "0 5"
