"""Lists of what is allowed or denied, and safe mode: what they leave out, and how that is told."""

from __future__ import annotations

import json
import pickle
import sys

import pytest

import plugindex
from plugindex import DuplicateKeyError, LazyDiscoveryDict, UnavailablePluginError

pytest_plugins = ["sample_app", "command"]

KEYS = "from APP.base import REG; print(*REG, REG.stats.cache)"


class Site:
    """An application with two plugins, two distributions that offer others, and a dropped file."""

    def __init__(self, app, data):
        self.app = app
        self.prefix = app.name.upper()
        app.base().plugin("cat", ("Cat", "name = 'cat'")).plugin("dog", ("Dog", "name = 'dog'"))
        self.offer("Big-Farm", "farm", "class Cow(Base):\n    name = 'cow'\n")
        self.offer("tiny.zoo", "tiny", "class Ant(Base):\n    name = 'ant'\n")
        folder = data / app.name / "plugins"
        folder.mkdir(mode=0o755, parents=True)
        folder.chmod(0o755)
        (folder / "yak.py").write_text(self.text("class Yak(Base):\n    name = 'yak'\n"))
        (folder / "yak.py").chmod(0o644)
        self.folder = folder

    def text(self, text):
        return self.app._filled(f"from APP.base import Base\n{text}")

    def offer(self, distribution, package, text):
        """Install a distribution whose one module is a plugin package."""
        module = f"{package}_{self.app.name}"
        (self.app.folder / f"{module}.py").write_text(self.text(text))
        info = self.app.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0")
        (info / "entry_points.txt").write_text(f"[{self.app.name}.plugins]\nx = {module}\n")
        return module

    def keys(self, code=KEYS, **variables):
        """Return what a fresh process lists with some variables of the application set."""
        return self.app.run(code, **{f"{self.prefix}_{n}": v for n, v in variables.items()})


@pytest.fixture
def site(simple_app, tmp_path):
    return Site(simple_app, tmp_path / "data")


ALL = "cat dog cow ant yak"


@pytest.mark.parametrize(
    ("variables", "left"),
    [
        ({}, ALL),
        ({"PLUGINS_DENY": "big-farm"}, "cat dog ant yak"),
        ({"PLUGINS_DENY": "BIG_FARM, Tiny-Zoo"}, "cat dog yak"),
        ({"PLUGINS_DENY": "cow"}, "cat dog ant yak"),
        ({"PLUGINS_DENY": "plugin-folder"}, "cat dog cow ant"),
        ({"PLUGINS_DENY": ","}, ALL),
        ({"PLUGINS_DENY": "nobody"}, ALL),
        ({"PLUGINS_ALLOW": "tiny.zoo"}, "ant"),
        ({"PLUGINS_ALLOW": "APP,tiny.zoo"}, "cat dog ant"),
        ({"PLUGINS_ALLOW": "cat,yak"}, "cat yak"),
        ({"PLUGINS_ALLOW": "APP,cow", "PLUGINS_DENY": "dog"}, "cat cow"),
        ({"PLUGINS_ALLOW": "cow", "PLUGINS_DENY": "big-farm"}, ""),
        ({"SAFE_MODE": "1"}, "cat dog"),
        ({"SAFE_MODE": "0"}, ALL),
        ({"SAFE_MODE": "1", "PLUGINS_DENY": "cat"}, "dog"),
        ({"SAFE_MODE": "1", "PLUGINS_ALLOW": "cow"}, ""),
    ],
)
def test_variables_leave_out_by_key_and_by_distribution(site, variables, left):
    code = "from APP.base import REG; print(*REG)"
    filled = {name: value.replace("APP", site.app.name) for name, value in variables.items()}
    assert site.keys(code, **filled) == left


def test_the_index_stays_whole(site):
    assert site.keys() == f"{ALL} cold"
    assert site.keys(PLUGINS_DENY="big-farm") == "cat dog ant yak hit"
    assert site.keys(SAFE_MODE="1") == "cat dog cold"
    assert site.keys(PLUGINS_ALLOW="yak") == "yak hit"
    assert site.keys(SAFE_MODE="1") == "cat dog hit"
    assert site.keys() == f"{ALL} hit"


@pytest.mark.parametrize("first", [{"SAFE_MODE": "1"}, {"PLUGINS_DENY": "big-farm"}])
def test_a_filtered_first_start_poisons_nothing(site, first):
    site.keys(**first)
    assert site.keys().startswith(ALL)


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ("deny=['big_farm', 'cat']", "dog ant yak"),
        ("allow=['APP', 'ant']", "cat dog ant"),
        ("allow=[]", ""),
        ("safe_mode=True", "cat dog"),
        ("allow=('cat', 'cow'), deny=('big-farm',)", "cat"),
    ],
)
@pytest.mark.parametrize("form", ["registry", "config"])
def test_arguments_do_the_same(site, arguments, left, form):
    given = {"registry": ("", arguments), "config": (", " + arguments, "")}[form]
    site.app.write(
        "base.py",
        f"""
        from plugindex import *
        REG = LazyDiscoveryDict({given[1]})
        class Base(metaclass=AutoRegisterMeta):
            _registry_config = RegistryConfig(REG, "name", discovery_recursive=True{given[0]})
        """,
    )
    assert site.keys("from APP.base import REG; print(*REG)") == left
    main = (
        "import sys; from plugindex.__main__ import main; sys.exit(main(['list','APP','--json']))"
    )
    (told,) = json.loads(site.app.run(main))["registries"]
    listed = [one["key"] for one in told["plugins"] if one["status"] == "available"]
    assert " ".join(listed) == left


def test_a_variable_narrows_what_an_argument_allows_and_never_widens_it(site):
    site.app.write(
        "base.py",
        """
        from plugindex import *
        REG = LazyDiscoveryDict(allow=["cat", "cow"])
        class Base(metaclass=AutoRegisterMeta):
            __registry_key__ = "name"
            __registry__ = REG
        """,
    )
    code = "from APP.base import REG; print(*REG)"
    assert site.keys(code, PLUGINS_ALLOW="cow,yak") == "cow"


def test_lists_of_the_registry_and_of_its_configuration_both_hold(site):
    site.app.write(
        "base.py",
        """
        from plugindex import AutoRegisterMeta, LazyDiscoveryDict, RegistryConfig
        REG = LazyDiscoveryDict(allow=["cat", "cow"], deny=["dog"])
        class Base(metaclass=AutoRegisterMeta, registry_config=RegistryConfig(
            REG, "name", allow=["APP", "cow"], deny=["cow"])):
            pass
        """,
    )
    assert site.keys("from APP.base import REG; print(*REG)") == "cat"


@pytest.mark.parametrize("name", ["allow", "deny"])
def test_one_text_is_no_list(name):
    with pytest.raises(TypeError, match=rf"{name}=\['cow'\]"):
        LazyDiscoveryDict(**{name: "cow"})


@pytest.mark.parametrize("name", ["allow", "deny"])
@pytest.mark.parametrize("given", [b"cow", 5])
def test_what_is_no_list_is_refused_where_it_stands(name, given):
    with pytest.raises(TypeError, match=f"{name} is a list of keys and distributions"):
        LazyDiscoveryDict(**{name: given})


def test_keys_of_other_types_are_named_as_they_are_or_as_they_print(simple_app, monkeypatch):
    simple_app.base().plugin("p", ("A", "name = 3"), ("B", "name = ('x', 1)"), ("C", "name = 'c'"))
    monkeypatch.setenv(f"{simple_app.name.upper()}_PLUGINS_DENY", "3")
    assert list(simple_app.registry) == [("x", 1), "c"]
    registry = LazyDiscoveryDict(deny=[("x", 1)])
    base = plugindex.AutoRegisterMeta(
        "Other",
        (),
        {"__registry_key__": "name", "__registry__": registry, "__module__": "__main__"},
    )
    type(base)("One", (base,), {"name": ("x", 1), "__module__": "__main__"})
    assert list(registry) == []


# -- who gets a key that somebody may not have -------------------------------------------------


def test_denying_one_of_two_claimants_gives_the_key_to_the_other(site):
    site.offer("rival", "rival", "class Cow(Base):\n    name = 'cow'\n")
    registry = site.app.registry
    with pytest.raises(DuplicateKeyError):
        registry["cow"]
    code = "from APP.base import REG; print(REG['cow'].__module__, [p.kind for p in REG.problems])"
    assert site.keys(code, PLUGINS_DENY="rival") == f"farm_{site.app.name} []"
    assert site.keys(code, PLUGINS_DENY="big-farm") == f"rival_{site.app.name} []"


def test_denying_a_replacement_brings_back_what_it_replaced(site):
    taken = f"class Lion(Base):\n    name = 'cat'\n    __replaces__ = '{site.app.name}.cat:Cat'\n"
    site.offer("lions", "lions", taken)
    code = "from APP.base import REG; print(REG['cat'].__name__, REG.info('cat').status)"
    assert site.keys(code) == "Lion loaded"
    assert site.keys(code, PLUGINS_DENY="lions") == "Cat loaded"
    assert site.keys(code, SAFE_MODE="1") == "Cat loaded"


def test_a_switch_gives_a_key_back_too(simple_app, monkeypatch):
    body = "__registry_key__ = 'name'\n__leave_out__ = LeaveOut('NO_GPU', 'gpu')\ngpu = False"
    app = simple_app.base(body, "from plugindex import LeaveOut")
    app.plugin("a", ("Plain", "name = 'x'"))
    app.plugin("b", ("Fast", f"name = 'x'\ngpu = True\n__replaces__ = '{app.name}.a:Plain'"))
    monkeypatch.setenv(f"{app.name.upper()}_NO_GPU", "1")
    assert app.registry["x"].__name__ == "Plain"
    monkeypatch.delenv(f"{app.name.upper()}_NO_GPU")
    app.registry.refresh()
    assert app.registry["x"].__name__ == "Fast"


# -- how it is told ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "cause", "fix"),
    [
        ("PLUGINS_DENY", "big-farm", "_PLUGINS_DENY names 'big-farm'", "take 'big-farm' out of"),
        ("PLUGINS_DENY", "cow", "_PLUGINS_DENY names 'cow'", "take 'cow' out of"),
        ("PLUGINS_ALLOW", "yak", "names neither its key 'cow', nor 'big-farm'", "add 'cow' or"),
    ],
)
def test_asking_says_which_rule_and_how_to_lift_it(site, monkeypatch, name, value, cause, fix):
    monkeypatch.setenv(f"{site.prefix}_{name}", value)
    registry = site.app.registry
    with pytest.raises(UnavailablePluginError) as caught:
        registry["cow"]
    error = caught.value
    assert isinstance(error, KeyError) and cause in str(error) and fix in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    told = registry.info("cow")
    assert (told.status, told.remedy) == ("unavailable", error.remedy)
    assert cause in told.reason and told.distribution == "Big-Farm"
    assert registry.get("cow", 5) == 5 and "cow" not in registry
    assert f"farm_{site.app.name}" not in sys.modules


def test_a_refresh_looks_at_the_lists_again(site, monkeypatch):
    registry = site.app.registry
    cow = registry["cow"]
    monkeypatch.setenv(f"{site.prefix}_PLUGINS_DENY", "cow")
    assert registry.refresh().removed == ("cow",)
    monkeypatch.delenv(f"{site.prefix}_PLUGINS_DENY")
    assert registry.refresh().added == ("cow",)
    assert registry["cow"] is cow


def test_secondary_registries_agree(site, monkeypatch):
    declared = "__registry_key__ = 'name'\nshown = int\n"
    declared += "__secondary_registries__ = [SecondaryRegistry(SHOWN, PRIMARY_KEY, 'shown')]"
    site.app.base(declared, "SHOWN = SecondaryRegistryDict()")
    monkeypatch.setenv(f"{site.prefix}_PLUGINS_DENY", "cat,big-farm")
    assert list(site.app.load().SHOWN) == ["dog", "ant", "yak"]


def test_what_the_user_sets_stays(site, monkeypatch):
    monkeypatch.setenv(f"{site.prefix}_SAFE_MODE", "1")
    site.app.registry["cow"] = int
    assert site.app.registry["cow"] is int


# -- classes whose statements run here ---------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("name", "value"), [("PLUGINS_DENY", "big-farm"), ("PLUGINS_ALLOW", "ant"), ("SAFE_MODE", "1")]
)
def test_importing_a_denied_distribution_registers_nothing_and_is_told(
    site, monkeypatch, name, value, when
):
    monkeypatch.setenv(f"{site.prefix}_{name}", value)
    registry = site.app.registry
    if when == "after":
        assert "cow" not in registry
    __import__(f"farm_{site.app.name}")
    assert "cow" not in registry
    with pytest.raises(UnavailablePluginError, match=name):
        registry["cow"]
    (problem,) = [one for one in registry.problems if one.kind == "left-out"]
    assert problem.module == f"farm_{site.app.name}" and name in problem.message
    assert registry.info("cow").remedy == problem.hint


def test_a_module_beside_the_offered_ones_is_refused_by_its_package(site, monkeypatch):
    (site.app.folder / f"loose_{site.app.name}.py").write_text(
        site.text("class Loose(Base):\n    name = 'loose'\n")
    )
    monkeypatch.setenv(f"{site.prefix}_PLUGINS_DENY", f"loose_{site.app.name}")
    __import__(f"loose_{site.app.name}")
    registry = site.app.registry
    assert "loose" not in registry
    assert [one.kind for one in registry.problems] == ["left-out"]


def test_no_file_is_read_while_other_threads_must_wait(site):
    code = """
        import sys, threading
        from plugindex import turns
        from APP.base import REG
        held = []
        def may_enter():
            entered = turns.guard.acquire(timeout=5)
            if entered:
                turns.guard.release()
            held.append(not entered)
        def watch(event, given):
            if event == "os.listdir" and threading.current_thread() is threading.main_thread():
                other = threading.Thread(target=may_enter)
                other.start()
                other.join()
        sys.addaudithook(watch)
        import farm_APP
        assert "cow" not in REG
        import tiny_APP
        REG.refresh()
        print(len(held) > 2, any(held))
    """
    assert site.keys(code, PLUGINS_DENY="big-farm") == "True False"


def test_importing_a_dropped_file_by_hand_in_safe_mode_registers_nothing(site, monkeypatch):
    monkeypatch.setenv(f"{site.prefix}_SAFE_MODE", "1")
    __import__(f"plugindex.dropped.{site.app.name}.yak")
    assert list(site.app.registry) == ["cat", "dog"]


# -- safe mode ---------------------------------------------------------------------------------


def test_safe_mode_neither_reads_nor_imports_what_others_bring(site):
    code = """
        import sys
        touched = []
        def watch(event, arguments):
            if event in ("open", "os.scandir", "os.listdir"):
                touched.append(str(arguments[0]))
        sys.addaudithook(watch)
        from APP.base import REG
        print(*REG)
        others = ("farm_", "tiny_", "yak", "entry_points", "/plugins")
        print([one for one in touched if any(name in one for name in others)])
        print([name for name in sys.modules if name.startswith(("farm_", "tiny_"))])
    """
    broken = "import os\nos._exit(9)\nclass Bad(Base):\n    name = '-'.join('ab')\n"
    (site.folder / "yak.py").write_text(site.text(broken))
    assert site.keys(code, SAFE_MODE="1").splitlines() == ["cat dog", "[]", "[]"]


def test_asking_in_safe_mode_says_so(site, monkeypatch):
    monkeypatch.setenv(f"{site.prefix}_SAFE_MODE", "1")
    with pytest.raises(KeyError) as caught:
        site.app.registry["cow"]
    assert f"{site.prefix}_SAFE_MODE is set" in str(caught.value)
    assert f"unset {site.prefix}_SAFE_MODE" in str(caught.value)
    with pytest.raises(KeyError, match="SAFE_MODE"):
        site.app.registry.info("cow")


def test_workers_agree(site):
    code = """
        import multiprocessing
        from APP.base import REG
        if __name__ == "__main__":
            with multiprocessing.get_context("fork").Pool(1) as pool:
                print(*REG, *pool.apply(list, (REG,)))
    """
    assert site.keys(code, PLUGINS_DENY="big-farm,dog") == "cat ant yak cat ant yak"


def test_a_foreign_hierarchy_is_limited_too(tmp_path, simple_app, monkeypatch):
    simple_app.write("base.py", "class Base: pass")
    simple_app.write(
        "p.py", "from APP.base import Base\nclass A(Base): n='a'\nclass B(Base): n='b'"
    )
    monkeypatch.setenv(f"{simple_app.name.upper()}_PLUGINS_DENY", "a")
    registry = LazyDiscoveryDict.for_subclasses(
        f"{simple_app.name}.base:Base", package=simple_app.name, key="n"
    )
    assert list(registry) == ["b"]


# -- command line ------------------------------------------------------------------------------


def test_the_command_agrees(zoo):
    zoo.write(
        {
            "farm.py": "from zoo import Animal\nclass Cow(Animal):\n    name = 'cow'\n",
            "farm-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: farm\nVersion: 1.0\n",
            "farm-1.0.dist-info/entry_points.txt": "[zoo.plugins]\nx = farm\n",
        }
    )
    deny = {"ZOO_PLUGINS_DENY": "farm"}
    told = json.loads(zoo("list", "zoo", "--json", **deny).stdout)["registries"][0]
    (cow,) = [one for one in told["plugins"] if one["key"] == "cow"]
    assert (cow["status"], "ZOO_PLUGINS_DENY" in cow["reason"]) == ("unavailable", True)
    assert "take 'farm' out of ZOO_PLUGINS_DENY" in zoo("show", "zoo", "cow", **deny).stdout
    done = zoo("doctor", "zoo", "cow", "--json", **deny)
    (found,) = json.loads(done.stdout)["registries"]
    assert (done.returncode, found["broken"]) == (1, "filter")
    assert found["fix"] == "take 'farm' out of ZOO_PLUGINS_DENY"
    whole = json.loads(zoo("doctor", "zoo", "--json", **deny).stdout)["registries"][0]
    steps = {one["name"]: one for one in whole["steps"]}
    assert (steps["filter"]["verdict"], steps["cache"]["verdict"]) == ("note", "ok")
    assert zoo("verify", "zoo", **deny).returncode == 0


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("DENY=catt", "ZOO_PLUGINS_DENY names 'catt', which is no key and brings no plugin here"),
        ("DENY=zoo", "left out: 'cat', 'dodo', 'owl': ZOO_PLUGINS_DENY names 'zoo'"),
        ("DENY=cat,zoo", "'cat': ZOO_PLUGINS_DENY names 'cat'; 'dodo', 'owl': "),
        (
            "ALLOW=nobody",
            "left out: 'cat': ZOO_PLUGINS_ALLOW names neither its key 'cat', nor 'zoo'",
        ),
    ],
)
def test_the_doctor_tells_what_lists_do_and_what_they_miss(zoo, variable, told):
    name, _, value = variable.partition("=")
    done = zoo("doctor", "zoo", "--json", **{f"ZOO_PLUGINS_{name}": value})
    (step,) = [
        one for one in json.loads(done.stdout)["registries"][0]["steps"] if one["name"] == "filter"
    ]
    assert (step["verdict"], step["fix"] != "") == ("note", True)
    assert told in step["text"], step["text"]


def test_the_command_in_safe_mode_agrees(zoo):
    safe = {"ZOO_SAFE_MODE": "1"}
    shown = zoo("show", "zoo", "cow", **safe)
    assert (shown.returncode, "unset ZOO_SAFE_MODE" in shown.stderr) == (2, True)
    found = json.loads(zoo("doctor", "zoo", "cow", "--json", **safe).stdout)["registries"][0]
    assert (found["broken"], found["fix"]) == ("filter", "unset ZOO_SAFE_MODE")
    whole = json.loads(zoo("doctor", "zoo", "--json", **safe).stdout)["registries"][0]
    steps = {one["name"]: one for one in whole["steps"]}
    assert (steps["filter"]["verdict"], steps["filter"]["fix"]) == ("note", "unset ZOO_SAFE_MODE")


def test_a_start_with_no_list_asks_for_nothing(site):
    code = """
        import sys
        from APP.base import REG
        assert len(REG) == 5
        asked = {"plugindex.leaving", "plugindex.narrowing", "plugindex.distributions"}
        print(REG.stats.cache, sorted(asked & set(sys.modules)))
    """
    site.keys()
    assert site.keys(code) == "hit []"
