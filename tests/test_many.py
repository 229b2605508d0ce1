"""What many plugins must not cost: counted, since no test here measures time."""

from __future__ import annotations

import abc
import enum
import gc
import sys
import tracemalloc
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


FAILING_APART = """\
from plugindex import PluginLoadError
for key in list(REG):
    try:
        REG[key]
    except PluginLoadError:
        print(end=str(len(written)))
"""


INFO = """\
import os, sys
from APP.base import REG

opened = []
def hook(event, found):
    if event == "open" and os.path.basename(str(found[0])) in ("METADATA", "RECORD", "PKG-INFO"):
        opened.append(found[0])

assert not REG.info("one").distribution
sys.addaudithook(hook)
assert not REG.info("two").distribution
print(len(opened), end=" ")
os.mkdir("FOLDER/APP-1.5.dist-info")
with open("FOLDER/APP-1.5.dist-info/METADATA", "w") as file:
    file.write("Name: APP\\nVersion: 1.5")
print(REG.info("one").distribution == "APP", REG.info("one").version)
"""


DEEP = """
    def keep(*given):
        return given

    def d(x):
        return x[0]

    def c(x):
        return d(x), d([x]), d((x, 1)), d([x, 2])

    def b(x):
        return c(x), c([x]), c((x, 1)), c([x, 2])

    def a(x):
        return b(x), b([x]), b((x, 1)), b([x, 2])
"""

COUNTED = """\
import sys
from APP.base import REG

calls = 0
def count(frame, event, argument):
    global calls
    calls += event == "call"

sys.setprofile(count)
assert list(REG) == ["one"], list(REG)
sys.setprofile(None)
print(calls)
"""


def family(keys=range(MANY), metaclass=AutoRegisterMeta, **body):
    """Return a base class and a plugin for each of *keys*."""
    fixed = {"__registry_key__": "key", "key": None, "__module__": __name__}
    base = metaclass("Base", (), fixed | body)
    return base, [metaclass(f"P{n}", (base,), {"key": key}) for n, key in enumerate(keys)]


class Other:
    """No plugin."""


def peak_of(change):
    """Return how many bytes *change* had at hand at once, beyond those before it."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    change()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak - before


def test_a_class_statement_looks_at_no_other_plugin():
    counts = []
    base, _ = family([])
    for kind in Kind:
        before = Counting.looked_up
        AutoRegisterMeta(kind.name, (base,), {"key": kind})
        counts.append(Counting.looked_up - before)
    assert len(set(counts)) == 1


@pytest.mark.parametrize("touched", [len, lambda registry: 7 in registry])
def test_a_change_after_the_listing_copies_no_keys(touched):
    base, _ = family(range(2000), __module__="__main__")
    registry = base.__registry__

    def change():
        touched(registry)
        AutoRegisterMeta("More", (base,), {"key": "more"})
        registry["one"] = registry[7]
        del registry[8]

    assert len(registry) == 2000
    assert peak_of(change) < sys.getsizeof(dict.fromkeys(range(2000))) / 2
    assert set(registry) == {*range(2000), "more", "one"} - {8}


def test_a_class_that_is_stated_again_lets_the_one_before_go():
    base, _ = family([], __module__="__main__")
    kept = []
    for _ in range(MANY):
        cls = AutoRegisterMeta("Again", (base,), {"key": "again", "__module__": "__main__"})
        kept.append(weakref.ref(cls))
        len(base.__registry__)
    gc.collect()
    assert sum(one() is not None for one in kept) == 1


def test_who_goes_through_the_keys_sees_no_change():
    base, plugins = family(__module__="__main__")
    registry = base.__registry__
    going, view = iter(registry), registry.keys()
    assert next(going) == 0
    AutoRegisterMeta("More", (base,), {"key": "more"})
    registry["one"] = plugins[7]
    del registry[8]
    assert list(going) == list(range(1, MANY))
    assert list(view) == [*(n for n in range(MANY) if n != 8), "more", "one"]


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


def test_failing_one_after_the_other_writes_the_index_seldom(simple_app):
    simple_app.base(before="import os")
    for number in range(20):
        simple_app.plugin(f"p{number}", (f"P{number}", f"name = '{number}'"), "int('none')")
    hooked = LOAD_ALL[: LOAD_ALL.index("assert not")].replace("5", "20")
    assert simple_app.run(hooked + FAILING_APART) == "1" + "1" * 2 + "2" * 12 + "3" * 5
    assert simple_app.run("from APP.base import REG; print(len(REG), len(REG.problems))") == "0 20"


def test_loading_everything_writes_the_index_once_for_all_that_fails(simple_app):
    simple_app.base(before="import os")
    for number in range(5):
        simple_app.plugin(f"p{number}", (f"P{number}", f"name = '{number}'"), "int('none')")
    assert simple_app.run(LOAD_ALL) == "1 5"
    assert simple_app.run("from APP.base import REG; print(len(REG), len(REG.problems))") == "0 5"


def test_what_is_installed_is_looked_through_once_for_all_plugins(simple_app):
    simple_app.base()
    for name in ("one", "two"):
        simple_app.plugin(name, (name, f"name = '{name}'"))
    assert simple_app.run(INFO.replace("FOLDER", str(simple_app.folder))) == "0 True 1.5"


def test_a_call_that_is_given_up_is_not_followed_again(simple_app, tmp_path):
    simple_app.base().write("deep.py", DEEP)

    def cost(mentions):
        calls = ["from APP.deep import a, keep", *["keep(a([1]))"] * mentions]
        simple_app.plugin("one", ("One", "name = 'one'"), "\n".join(calls))
        return int(simple_app.run(COUNTED, XDG_DATA_HOME=str(tmp_path / f"data{mentions}")))

    none, one, many = map(cost, (0, 1, 21))
    assert many - one < 3 * (one - none)
