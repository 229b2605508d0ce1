"""What a registry knows without importing, how it loads, fails, refreshes and reports."""

from __future__ import annotations

import logging
import pickle
import textwrap

import pytest

from plugindex import (
    Changes,
    DiscoveryError,
    LazyDiscoveryDict,
    PluginLoadError,
    UnavailablePluginError,
    UnknownKeyError,
)
from plugindex.keys import EnumKey

pytest_plugins = ["plugindex.testing", "sample_app"]

BROKEN = """
class Broken(Base):
    name = "broken"
raise RuntimeError("boom")
"""


@pytest.fixture
def three(simple_app):
    """An application with three sound plugins and a broken one."""
    simple_app.base()
    for number in ("one", "two", "three"):
        simple_app.plugin(f"p_{number}", (number.title(), f"'''Do {number}.'''\nname = {number!r}"))
    return simple_app.plugin("p_broken", BROKEN)


ASKING = {
    "keys": lambda r: list(r.keys()),
    "len": len,
    "in": lambda r: "one" in r,
    "iter": list,
    "repr": repr,
    "info": lambda r: r.info("one"),
    "find": lambda r: r.find(name="one"),
    "problems": lambda r: r.problems,
    "stats": lambda r: r.stats,
    "refresh": lambda r: r.refresh(),
    "reversed": lambda r: list(reversed(r)),
    "get of no key": lambda r: r.get("nope"),
}


@pytest.mark.parametrize("name", ASKING)
def test_asking_imports_no_plugin(three, name):
    ASKING[name](three.registry)
    assert three.imported() == []


def test_listing_names_all_keys_in_the_order_of_modules(three):
    assert list(three.registry) == ["broken", "one", "three", "two"]


def test_a_key_imports_one_module(three):
    assert three.registry["one"].__name__ == "One"
    assert three.imported() == ["p_one"]


def test_a_plugin_that_fails_raises_from_the_original(three):
    with pytest.raises(PluginLoadError, match="boom") as caught:
        three.registry["broken"]
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert not isinstance(caught.value, KeyError)
    assert (caught.value.key, caught.value.line) == ("broken", 6)
    assert caught.value.file.endswith("p_broken.py")


def test_get_of_a_listed_plugin_that_fails_raises_too(three):
    with pytest.raises(PluginLoadError):
        three.registry.get("broken", "default")


def test_a_plugin_that_failed_leaves_the_keys_for_the_problems(three):
    registry = three.registry
    assert len(registry.values()) == len(registry) == len(registry.keys()) == 3
    assert "broken" not in registry
    (problem,) = registry.problems
    assert (problem.kind, problem.module) == ("import-failed", f"{three.name}.p_broken")
    assert problem.line == 6 and "boom" in problem.message and problem.hint


def test_a_plugin_that_failed_stays_explained(three):
    registry = three.registry
    list(registry.values())
    with pytest.raises(KeyError) as caught:
        registry["broken"]
    assert isinstance(caught.value, PluginLoadError) and "boom" in str(caught.value)
    assert isinstance(caught.value, UnavailablePluginError)
    assert registry.get("broken", 5) == 5
    assert registry.info("broken").status == "failed"


def test_dict_of_a_registry_raises_what_fails_and_then_has_the_rest(three):
    with pytest.raises(PluginLoadError):
        dict(three.registry)
    assert len(dict(three.registry)) == 3


@pytest.mark.parametrize(
    "text",
    ["raise SystemExit(3)", "import nowhere_at_all", "def (", "x = '\\0'.encode('idna').nope"],
)
def test_whatever_a_module_does_the_others_are_unharmed(three, text):
    three.plugin("p_worse", f"class Worse(Base):\n    name = 'worse'\n{text}\n")
    assert {cls.__name__ for cls in three.registry.values()} == {"One", "Two", "Three"}
    assert "worse" not in three.registry


def test_a_class_of_a_module_that_fails_does_not_stay(three):
    three.load()
    with pytest.raises(RuntimeError):
        three.load("p_broken")
    assert [key for key in three.registry if key == "broken"] == ["broken"]
    with pytest.raises(PluginLoadError):
        three.registry["broken"]


CROSSED = """
from importlib._bootstrap import _DeadlockError  # what lets threads out that need each other
from APP import base

class Crossed(Base):
    name = "crossed"

def count():
    base.imports += 1
    if base.imports <= base.crossed:
        raise _DeadlockError("deadlock detected")
count()
"""


@pytest.fixture
def crossed(three):
    """An application with a plugin that as many imports as base.crossed fail, for other threads."""
    three.base(after="imports = crossed = 0")
    three.plugin("p_crossed", CROSSED)
    three.plugin("p_user", "REG['crossed']\n", ("User", "name = 'user'"))
    assert "crossed" in three.registry
    return three


def test_a_deadlock_of_imports_is_no_failure_of_the_plugin(crossed):
    registry, crossed.load().crossed = crossed.registry, 1
    with pytest.raises(PluginLoadError, match="ask again"):
        registry["crossed"]
    assert "crossed" in registry and not registry.problems
    assert registry["crossed"].__name__ == "Crossed"
    assert crossed.run("from APP.base import REG; print('crossed' in REG)") == "True"


def test_who_is_hit_by_a_deadlock_of_others_is_no_failure_either(crossed):
    registry, crossed.load().crossed = crossed.registry, 1
    with pytest.raises(PluginLoadError):
        registry["user"]
    assert "user" in registry and not registry.problems
    assert registry["user"].__name__ == "User"


def test_loading_all_tries_again_what_a_deadlock_kept_out(crossed):
    registry, crossed.load().crossed = crossed.registry, 1
    assert {"Crossed", "User"} <= {cls.__name__ for cls in registry.values()}


def test_keyboard_interrupts_pass(three):
    three.plugin("p_broken", "class B(Base):\n    name = 'broken'\nraise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        three.registry["broken"]
    assert "broken" in three.registry


def test_an_unknown_key_says_what_there_is_and_what_to_do(three):
    three.plugin("p_syntax", "def (")
    with pytest.raises(UnknownKeyError) as caught:
        three.registry["thre"]
    error = caught.value
    assert isinstance(error, KeyError) and error.nearest == "three"
    assert error.known == ("broken", "one", "three", "two")
    assert str(error).splitlines() == [
        "no base is registered as 'thre'",
        "  known:   broken, one, three, two      nearest: three",
        *[line for line in str(error).splitlines() if line.startswith("  missing: ")],
        f"  next:    plugindex doctor {three.name}",
    ]
    assert f"{three.name}.p_syntax" in str(error)


def test_errors_survive_pickling(three):
    with pytest.raises(UnknownKeyError) as caught:
        three.registry["thre"]
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.known) == (str(caught.value), caught.value.known)


def test_a_plugin_without_its_requirement_is_not_among_the_keys(three):
    three.plugin("p_gpu", "import nowhere_at_all\nclass Gpu(Base):\n    name = 'gpu'")
    assert "gpu" not in three.registry and three.imported() == []
    with pytest.raises(UnavailablePluginError) as caught:
        three.registry["gpu"]
    text = str(caught.value)
    assert f"{three.name}.p_gpu:Gpu" in text and "p_gpu.py" in text
    assert "install what provides nowhere_at_all" in text and "pip install" not in text
    assert three.registry.info("gpu").status == "unavailable"


@pytest.mark.parametrize(
    ("condition", "remedy"),
    [('; extra == "gpu"', "pip install 'APP[gpu]'"), ("", "pip install nowhere_at_all")],
)
def test_what_the_metadata_say_installs_a_requirement(three, condition, remedy):
    three.plugin("p_gpu", "import nowhere_at_all\nclass Gpu(Base):\n    name = 'gpu'")
    metadata = three.folder / f"{three.name}-1.5.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {three.name}\nVersion: 1.5\nProvides-Extra: gpu\n"
        f"Requires-Dist: nowhere-at-all>=2{condition}\n"
    )
    info = three.registry.info("gpu")
    assert info.remedy == remedy.replace("APP", three.name)
    assert (info.distribution, info.version) == (three.name, "1.5")


def test_info_tells_what_the_code_says(three):
    three.plugin("p_one", ("One", "'''Do one.\n\nMore.'''\nname = 'one'\nsize = 3"))
    info = three.registry.info("one")
    assert info.reference == f"{three.name}.p_one:One"
    assert info.file.endswith("p_one.py") and info.line == 3
    assert (info.doc, info.attributes["size"], info.status) == ("Do one.", 3, "available")
    three.registry["one"]
    assert three.registry.info("one").status == "loaded"


def test_info_of_an_unknown_key_is_an_error(three):
    with pytest.raises(UnknownKeyError):
        three.registry.info("nope")


def test_find_selects_by_attributes(three):
    three.plugin("p_big", ("Big", "name = 'big'; size = 3"), ("Small", "name = 'small'; size = 1"))
    assert three.registry.find(size=3) == ("big",)
    assert three.registry.find(size=3, name="small") == ()
    assert len(three.registry.find()) == len(three.registry)


def test_refresh_tells_what_changed_and_keeps_loaded_classes(three):
    registry = three.registry
    one = registry["one"]
    three.plugin("p_four", ("Four", "name = 'four'"))
    (three.folder / three.name / "p_two.py").unlink()
    three.plugin("p_three", ("Three", "name = 'three'\nadded = 1"))
    changes = registry.refresh()
    assert (changes.added, changes.removed, changes.changed) == (("four",), ("two",), ("three",))
    assert registry["one"] is one and "two" not in registry


def test_a_class_whose_file_is_gone_does_not_come_back_with_a_further_refresh(three):
    registry = three.registry
    two = registry["two"]
    (three.folder / three.name / "p_two.py").unlink()
    assert registry.refresh().removed == ("two",)
    assert registry.refresh() == Changes((), (), ()) and "two" not in registry
    three.plugin("p_two", ("Two", "name = 'two'"))
    assert registry.refresh().added == ("two",)
    assert registry["two"] is two


def test_a_module_that_was_renamed_has_its_key_through_every_refresh(three):
    registry = three.registry
    old = registry["two"]
    folder = three.folder / three.name
    (folder / "p_two.py").rename(folder / "p_moved.py")
    assert registry.refresh().changed == ("two",)
    assert registry.refresh() == Changes((), (), ())
    assert registry["two"] is not old and registry["two"].__module__.endswith(".p_moved")


def test_the_loser_of_a_conflict_whose_file_is_gone_claims_no_more(three):
    three.plugin("p_again", ("Again", "name = 'two'"))
    registry = three.registry
    assert "two" not in registry
    three.load("p_two")
    (three.folder / three.name / "p_two.py").unlink()
    assert registry.refresh().added == ("two",)
    assert registry.refresh() == Changes((), (), ()) and registry["two"].__name__ == "Again"


RENAMED = {
    "after its statement": """
        class Given(Base): name = "given"
        Given.__qualname__ = Given.__name__ = "Final"
        Final = Given
        """,
    "by a decorator": """
        def rename(cls):
            cls.__qualname__ = cls.__name__ = "Final"
            return cls
        @rename
        class Given(Base): name = "given"
        Final = Given
        """,
    "in a loop": """
        for each in ("given", "other"):
            class Given(Base): name = each
            Given.__qualname__ = Given.__name__ = each.title().replace("Given", "Final")
            globals()[Given.__name__] = Given
        """,
}


@pytest.mark.parametrize("code", RENAMED.values(), ids=RENAMED)
@pytest.mark.parametrize("first", ["ask", "import"])
def test_a_class_that_gets_another_name_after_its_statement_has_its_key(three, code, first):
    three.plugin("p_given", textwrap.dedent(code))
    registry = three.registry
    if first == "import":
        three.load("p_given")
    assert registry["given"].__qualname__ == "Final"
    assert "given" in registry and registry.refresh() == Changes((), (), ())
    assert registry["given"].__qualname__ == "Final" and "duplicate" not in str(registry.problems)


def test_a_key_of_a_kind_that_no_index_keeps_is_a_problem_and_there_once_it_is_asked_for(three):
    three.write("model.py", "class User: pass")
    three.plugin("p_user", "from APP.model import User", ("ForUser", "name = User"))
    registry = three.registry
    assert list(registry) == ["broken", "one", "three", "two"]
    (problem,) = registry.problems
    assert (problem.kind, problem.module) == ("unlisted-key", f"{three.name}.p_user")
    assert problem.line and problem.hint
    with pytest.raises(UnknownKeyError, match="'nope'"):
        registry["nope"]
    assert "p_user" not in three.imported()
    assert registry[three.load("model").User].__name__ == "ForUser"


def test_a_complex_number_is_a_key(three):
    three.plugin("p_imaginary", ("Imaginary", "name = 2j"))
    assert 2j in three.registry and three.imported() == []
    assert three.run("from APP.base import REG; print(REG[2j].__name__)") == "Imaginary"


def test_two_plugins_that_replace_each_other_cost_their_key_alone(three):
    three.plugin(
        "p_rivals",
        ("A", "name = 'rival'\n__replaces__ = 'APP.p_rivals:B'"),
        ("B", "name = 'rival'\n__replaces__ = 'APP.p_rivals:A'"),
    )
    assert list(three.registry) == ["broken", "one", "three", "two"]
    assert [one.kind for one in three.registry.problems] == ["duplicate-key"]


def test_what_is_taken_out_stays_out_until_a_refresh(three):
    registry = three.registry
    one = registry.pop("one")
    three.load("p_one")
    assert "one" not in registry
    with pytest.raises(KeyError):
        registry["one"]
    assert registry.refresh().added == ("one",)
    assert registry["one"] is one


def test_a_file_corrected_is_back_after_a_refresh(three):
    registry = three.registry
    list(registry.values())
    three.plugin("p_broken", ("Broken", "name = 'broken'\nsound = True"))
    assert registry.refresh().added == ("broken",)
    assert registry["broken"].sound


def test_what_the_user_set_stands_through_a_refresh(three):
    registry = three.registry
    registry["one"] = registry["mine"] = int
    registry.refresh()
    assert (registry["one"], registry["mine"]) == (int, int)


def test_what_the_user_set_before_discovery_stands(three):
    registry = three.registry
    registry["one"] = int
    assert list(registry) == ["broken", "one", "three", "two"] and registry["one"] is int


def test_isolation_gives_contents_and_problems_back(three):
    registry = three.registry
    with registry.isolated() as same:
        assert same is registry
        del registry["one"]
        registry["new"] = int
        list(registry.values())
        assert registry.problems
    assert list(registry) == ["broken", "one", "three", "two"] and not registry.problems


def test_isolation_covers_classes_defined_inside(three):
    base = three.load().Base
    with three.registry.isolated():
        type(base)("Local", (base,), {"name": "local", "__module__": base.__module__})
        assert "local" in three.registry
    assert "local" not in three.registry


def test_isolation_ends_with_an_exception_too(three):
    with pytest.raises(ZeroDivisionError), three.registry.isolated():
        three.registry.clear()
        raise ZeroDivisionError
    assert len(three.registry) == 4


def test_the_fixture_isolates_until_the_end_of_a_test(three, isolated_registry):
    registry = isolated_registry(three.registry)
    registry.clear()
    assert not registry


def test_problems_are_logged_once_as_a_sum_and_each_at_debug(three, caplog):
    three.plugin("p_worse", "class Worse(Base):\n    name = 'worse'\n1/0\n")
    caplog.set_level(logging.DEBUG, "plugindex")
    list(three.registry.values())
    list(three.registry.values())
    levels = [record.levelname for record in caplog.records]
    assert levels.count("WARNING") == 1 and levels.count("DEBUG") == 2
    assert all(record.name == "plugindex" for record in caplog.records)


def test_a_sound_registry_logs_nothing(simple_app, caplog):
    simple_app.base().plugin("one", ("One", "name = 'one'"))
    caplog.set_level(logging.DEBUG, "plugindex")
    list(simple_app.registry.values())
    assert caplog.records == []


def test_an_unbound_registry_is_an_empty_dict():
    registry = LazyDiscoveryDict()
    assert registry == {} and len(registry) == 0 and list(registry.values()) == []
    assert registry.problems == () and repr(registry)
    with pytest.raises(KeyError, match="no base class names this registry"):
        registry["x"]
    with pytest.raises(DiscoveryError):
        registry.scope  # noqa: B018


def test_an_unbound_registry_takes_items_like_a_dict():
    registry = LazyDiscoveryDict(enable_cache=False)
    registry.update(a=1)
    assert registry == {"a": 1} and registry.pop("a") == 1 and not registry


def test_registries_pickle_by_reference_into_other_processes(three):
    three.run(
        "import pickle, APP.base\npickle.dump(APP.base.REG, open('r.pickle', 'wb'))\n"
        "APP.base.REG['one']"
    )
    code = "import pickle\nr = pickle.load(open('r.pickle', 'rb'))\nimport APP.base\n"
    assert three.run(code + "print(r is APP.base.REG, len(r))") == "True 4"


def test_the_spellings_of_metaclass_registry_work(three):
    registry = three.registry
    assert registry._config.discovery_package == three.name
    assert str(registry._cache_manager._cache_path) == registry.cache_path
    assert registry.cache_path.endswith("base_registry.json")


def test_there_is_no_cache_to_name_where_none_is_kept(three, monkeypatch):
    monkeypatch.setenv(f"{three.name.upper()}_DISABLE_REGISTRY_CACHE", "1")
    assert three.registry._cache_manager is None
    assert LazyDiscoveryDict()._cache_manager is None


def test_a_foreign_hierarchy_is_a_registry(simple_app):
    simple_app.write("base.py", "import abc\nclass Command(abc.ABC):\n    NAME = None")
    simple_app.write("one.py", "from APP.base import Command\nclass One(Command): NAME = 'one'")
    base = f"{simple_app.name}.base:Command"
    by_name = LazyDiscoveryDict.for_subclasses(base, package=simple_app.name, key="NAME")
    by_reference = LazyDiscoveryDict.for_subclasses(base, package=simple_app.name)
    assert list(by_name) == ["one"] and list(by_reference) == [f"{simple_app.name}.one:One"]
    assert simple_app.imported() == []
    assert by_name["one"] is next(iter(by_reference.values())) is simple_app.load("one").One
    assert by_name.scope.name == "command"


def test_a_foreign_hierarchy_pickles(simple_app):
    simple_app.write("base.py", "class Command: pass\nclass One(Command): NAME = 'one'")
    base = f"{simple_app.name}.base:Command"
    registry = LazyDiscoveryDict.for_subclasses(base, package=simple_app.name, key="NAME")
    again = pickle.loads(pickle.dumps(registry))
    assert again.scope == registry.scope and list(again) == ["one"]


def test_a_foreign_base_must_be_an_object_reference():
    with pytest.raises(DiscoveryError, match="module:QualName"):
        LazyDiscoveryDict.for_subclasses("no_colon", package="pkg")


ENUM = """
import enum
class Kind(enum.Enum):
    FAST = 1
"""


def test_enum_members_are_keys(simple_app):
    simple_app.write("kinds.py", ENUM)
    simple_app.base().plugin("one", "from APP.kinds import Kind", ("One", "name = Kind.FAST"))
    kind = simple_app.load("kinds").Kind
    assert kind.FAST in simple_app.registry
    assert simple_app.registry[kind.FAST].__name__ == "One"
    assert list(simple_app.registry) == [kind.FAST]


def test_a_stale_record_makes_the_index_look_again(three):
    registry = three.registry
    assert "one" in registry
    three.plugin("p_one", ("Uno", "name = 'uno'"))
    with pytest.raises(KeyError, match="known"):
        registry["one"]
    assert "uno" in registry and registry["uno"].__name__ == "Uno"


def test_a_key_may_hold_enum_members(simple_app):
    simple_app.write("kinds.py", ENUM)
    simple_app.base().plugin("one", "from APP.kinds import Kind", ("One", "name = (Kind.FAST, 1)"))
    assert (simple_app.load("kinds").Kind.FAST, 1) in list(simple_app.registry)


@pytest.mark.parametrize("kind", ["Enum", "IntEnum", "StrEnum", "Flag"])
def test_a_stand_in_is_found_by_the_member_that_it_stands_for(simple_app, kind):
    value = "'x'" if kind == "StrEnum" else 1
    simple_app.write("kinds.py", f"import enum\nclass Kind(enum.{kind}):\n    FAST = {value}")
    member = simple_app.load("kinds").Kind.FAST
    hashed = member.value if kind in ("IntEnum", "StrEnum") else None
    hashed = hash(member) if hash(member) != hash(member.name) and hashed is None else hashed
    standin = EnumKey(f"{simple_app.name}.kinds", "Kind", "FAST", hashed)
    assert {standin: 1}[member] == {member: 1}[standin] == 1
    assert standin.resolve() is member


def test_a_class_of_another_package_that_was_taken_out_is_back_after_a_refresh(three):
    other = three.folder / f"other_{three.name}.py"
    text = f"from {three.name}.base import Base\nclass Theirs(Base):\n    name = 'theirs'\n"
    other.write_text(text)
    theirs = __import__(other.stem).Theirs
    del three.registry["theirs"]
    assert "theirs" not in three.registry
    assert three.registry.refresh().added == ("theirs",)
    assert three.registry["theirs"] is theirs


def test_a_class_of_an_isolated_test_does_not_come_back_with_a_refresh(three):
    base = three.load().Base
    with three.registry.isolated():
        type(base)("Local", (base,), {"name": "local", "__module__": base.__module__})
    assert three.registry.refresh().added == ()


def test_keys_that_can_not_be_seen_or_printed_are_quoted_in_errors(three):
    three.plugin("p_odd", ("Empty", "name = ''"), ("Line", "name = 'a\\nb\\x1b'"))
    three.plugin("p_lone", ("Lone", "name = '\\udc80'"), ("Space", "name = ' x'"))
    with pytest.raises(UnknownKeyError) as caught:
        three.registry["nope"]
    text = str(caught.value)
    assert "''" in text and r"'a\nb\x1b'" in text and r"'\udc80'" in text and "' x'" in text
    assert "known:   broken, " in text and ", one, three, two" in text
    text.encode("utf-8")
