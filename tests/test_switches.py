"""Plugins that an environment variable leaves out: by a declared rule, and importing none."""

from __future__ import annotations

import json
import pickle

import pytest

from plugindex import (
    AutoRegisterMeta,
    LeaveOut,
    UnavailablePluginError,
)

pytest_plugins = ["plugindex.testing", "sample_app", "command"]

DECLARED = """
__registry_key__ = "name"
__secondary_registries__ = [SecondaryRegistry(SHOWN, PRIMARY_KEY, "shown")]
__leave_out__ = LeaveOut("NO_SCREEN", attribute="screen")
screen = False
shown = int
"""
SCREENS = """
class Screen(Base):
    screen = True
    name = None

class Window(Screen):
    name = "window"

class Sketch(Window):
    name = "sketch"
    screen = False
"""
FILES = 'class Files(Base):\n    name = "files"'


@pytest.fixture
def screens(app):
    """An application in which one of three plugins needs a screen, as its base class says."""
    before = "from plugindex import LeaveOut\nSHOWN = SecondaryRegistryDict()"
    app.base(DECLARED, before)
    return app.plugin("p_screens", SCREENS).plugin("p_files", FILES)


@pytest.fixture
def switch(screens, monkeypatch):
    """The name of the variable, which is set."""
    name = f"{screens.name.upper()}_NO_SCREEN"
    monkeypatch.setenv(name, "1")
    return name


def test_without_the_variable_nothing_is_left_out(screens):
    assert list(screens.registry) == ["files", "window", "sketch"]


@pytest.mark.usefixtures("switch")
def test_exactly_the_plugins_with_that_value_are_left_out_and_none_is_imported(screens):
    registry = screens.registry
    assert list(registry) == ["files", "sketch"]
    assert (len(registry), "window" in registry) == (2, False)
    assert (screens.imported(), registry.stats.imported) == ([], 0)
    assert list(registry.values()) == [registry["files"], registry["sketch"]]


@pytest.mark.usefixtures("switch")
def test_secondary_registries_agree(screens):
    assert list(screens.load().SHOWN) == ["files", "sketch"]


@pytest.mark.parametrize("value", ["", "0", "false", "No", " off "])
def test_a_variable_that_says_no_leaves_nothing_out(screens, switch, monkeypatch, value):
    monkeypatch.setenv(switch, value)
    assert "window" in screens.registry


def test_asking_for_one_says_which_variable_left_it_out(screens, switch):
    with pytest.raises(UnavailablePluginError) as caught:
        screens.registry["window"]
    error = caught.value
    assert isinstance(error, KeyError)
    assert f"{switch} is set" in str(error)
    assert "screen = True" in str(error)
    assert (error.remedy, error.missing) == (f"unset {switch}", ())
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert screens.registry.get("window", 5) == 5
    assert screens.imported() == []


def test_info_says_why(screens, switch):
    told = screens.registry.info("window")
    assert (told.status, told.remedy) == ("unavailable", f"unset {switch}")
    assert switch in told.reason
    assert told.attributes["screen"] is True


def test_the_index_on_disk_stays_whole(screens, switch):
    code = "from APP.base import REG; print(*REG, REG.stats.cache)"
    assert screens.run(code) == "files sketch cold"
    assert screens.run(code, **{switch: ""}) == "files window sketch hit"
    assert screens.run(code) == "files sketch hit"


def test_a_refresh_looks_at_the_variable_again(screens, switch, monkeypatch):
    registry = screens.registry
    assert "window" not in registry
    monkeypatch.delenv(switch)
    assert registry.refresh().added == ("window",)
    window = registry["window"]
    monkeypatch.setenv(switch, "yes")
    assert registry.refresh().removed == ("window",)
    monkeypatch.delenv(switch)
    registry.refresh()
    assert registry["window"] is window


@pytest.mark.usefixtures("switch")
@pytest.mark.parametrize("when", ["before", "after"])
def test_importing_such_a_plugin_does_not_bring_it_in(screens, when):
    registry = screens.registry
    if when == "after":
        assert len(registry) == 2
    screens.load("p_screens")
    assert list(registry) == ["files", "sketch"]
    with pytest.raises(UnavailablePluginError):
        registry["window"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_class_of_this_process_alone_is_left_out_too(screens, switch, monkeypatch, when):
    registry = screens.registry
    if when == "after":
        assert len(registry) == 2
    own = type("Own", (screens.load().Base,), {"name": "own", "screen": True, "__module__": "own"})
    assert "own" not in registry
    with pytest.raises(UnavailablePluginError, match=switch):
        registry["own"]
    assert registry.info("own").remedy == f"unset {switch}"
    monkeypatch.delenv(switch)
    registry.refresh()
    assert registry["own"] is own


@pytest.mark.usefixtures("switch")
def test_what_the_user_sets_stays(screens):
    screens.registry["window"] = int
    assert screens.registry["window"] is int


@pytest.mark.usefixtures("switch")
def test_a_plugin_that_also_lacks_a_requirement_is_left_out_first(screens, switch, monkeypatch):
    screens.plugin(
        "p_wall",
        f"from {screens.name}.p_screens import Screen",
        "import no_such_wall",
        "class Wall(Screen):\n    name = 'wall'",
    )
    assert screens.registry.info("wall").remedy == f"unset {switch}"
    monkeypatch.delenv(switch)
    screens.registry.refresh()
    assert "no_such_wall" in screens.registry.info("wall").reason


def test_an_undecided_plugin_is_left_out_by_what_its_import_showed(screens, switch):
    made = 'for n in [1]:\n    class Made(Base):\n        name, screen = "made", n == 1'
    screens.plugin("p_made", made)
    assert list(screens.registry) == ["files", "sketch"]
    assert screens.registry.info("made").remedy == f"unset {switch}"


@pytest.mark.usefixtures("switch")
def test_a_value_that_is_no_literal_is_beyond_the_rule(screens):
    screens.plugin("p_odd", 'class Odd(Base):\n    name = "odd"\n    screen = bool("x")')
    assert "odd" in screens.registry


@pytest.mark.usefixtures("switch")
def test_a_worker_agrees(screens):
    code = """
        import multiprocessing
        from APP.base import REG
        if __name__ == "__main__":
            with multiprocessing.get_context("fork").Pool(1) as pool:
                print(*REG, *pool.apply(list, (REG,)))
    """
    assert screens.run(code) == "files sketch files sketch"


def test_several_rules_with_values_of_any_literal_kind(simple_app, monkeypatch):
    rules = 'LeaveOut("NO_GPU", "device", "gpu"), LeaveOut("SMALL", "size", 3)'
    body = f"__registry_key__ = 'name'\n__leave_out__ = [{rules}]"
    app = simple_app.base(body, "from plugindex import LeaveOut")
    app.plugin("a", ("A", "name = 'a'\ndevice = 'gpu'"), ("B", "name = 'b'\nsize = 3"))
    app.plugin("c", ("C", "name = 'c'\ndevice = 'cpu'\nsize = 3.0"))
    monkeypatch.setenv(f"{app.name.upper()}_NO_GPU", "1")
    assert list(app.registry) == ["b", "c"]
    monkeypatch.setenv(f"{app.name.upper()}_SMALL", "1")
    app.registry.refresh()
    assert list(app.registry) == ["c"]


def test_the_explicit_form_of_a_declaration_takes_rules_too(simple_app, monkeypatch):
    simple_app.write(
        "base.py",
        """
        from plugindex import AutoRegisterMeta, LazyDiscoveryDict, LeaveOut, RegistryConfig
        REG = LazyDiscoveryDict()
        class Base(metaclass=AutoRegisterMeta, registry_config=RegistryConfig(REG, "name")):
            __leave_out__ = LeaveOut("NO_SCREEN", "screen")
        """,
    ).plugin("p", ("A", "name = 'a'\nscreen = True"), ("B", "name = 'b'"))
    monkeypatch.setenv(f"{simple_app.name.upper()}_NO_SCREEN", "1")
    assert list(simple_app.registry) == ["b"]


@pytest.mark.parametrize("wrong", ["screen", [("NO_SCREEN", "screen")], 5])
def test_what_is_no_rule_is_refused_at_the_class_statement(wrong):
    with pytest.raises(TypeError, match=r"__leave_out__|not iterable"):
        AutoRegisterMeta("Base", (), {"__registry_key__": "name", "__leave_out__": wrong})


def test_a_rule_is_frozen_and_says_what_it_is():
    rule = LeaveOut(variable="NO_SCREEN", attribute="screen")
    assert rule == LeaveOut("NO_SCREEN", "screen", True)
    assert "NO_SCREEN" in repr(rule)
    with pytest.raises(AttributeError, match="frozen"):
        rule.value = 1


# -- command line ------------------------------------------------------------------------------

BASE = """
    from plugindex import AutoRegisterMeta, LeaveOut

    class Animal(metaclass=AutoRegisterMeta):
        __registry_key__ = "name"
        __leave_out__ = LeaveOut(variable="NO_WATER", attribute="swims", value=True)
        swims = False
"""


@pytest.fixture
def pond(zoo):
    """The command in the folder of a zoo with an animal that a variable leaves out."""
    carp = "from zoo import Animal\n\nclass Carp(Animal):\n    name = 'carp'\n    swims = True\n"
    return zoo.write({"zoo/__init__.py": BASE, "zoo/carp.py": carp})


def test_the_command_lists_and_shows_what_the_application_would_see(pond):
    told = json.loads(pond("list", "zoo", "--json", ZOO_NO_WATER="1").stdout)
    plugins = {one["key"]: one for one in told["registries"][0]["plugins"]}
    assert (plugins["carp"]["status"], plugins["cat"]["status"]) == ("unavailable", "available")
    assert "ZOO_NO_WATER" in plugins["carp"]["reason"]
    assert "unset ZOO_NO_WATER" in pond("show", "zoo", "carp", ZOO_NO_WATER="1").stdout
    assert "ZOO_NO_WATER" not in pond("show", "zoo", "carp").stdout


def test_the_doctor_tells_the_variable(pond):
    done = pond("doctor", "zoo", "carp", "--json", ZOO_NO_WATER="1")
    (found,) = json.loads(done.stdout)["registries"]
    assert (done.returncode, found["broken"], found["fix"]) == (1, "filter", "unset ZOO_NO_WATER")
    whole = json.loads(pond("doctor", "zoo", "--json", ZOO_NO_WATER="1").stdout)["registries"][0]
    steps = {one["name"]: one for one in whole["steps"]}
    assert (steps["filter"]["verdict"], steps["cache"]["verdict"]) == ("note", "ok")
    assert "'carp'" in steps["filter"]["text"]
    assert (
        json.loads(pond("doctor", "zoo", "carp", "--json").stdout)["registries"][0]["fix"] is None
    )


def test_verifying_compares_all_that_is_there(pond):
    assert pond("verify", "zoo", ZOO_NO_WATER="1").returncode == 0


def test_a_rule_that_reading_does_not_tell_is_no_reason_to_guess(zoo):
    text = BASE.replace("value=True", 'value=len("x")')
    done = zoo.write({"zoo/__init__.py": text})("list", "zoo")
    assert done.returncode == 2
    assert "not told by reading" in done.stderr
