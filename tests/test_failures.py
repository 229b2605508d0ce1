"""What a plugin that failed to load is to the processes after the one that met it."""

from __future__ import annotations

import pytest

from plugindex import PluginLoadError

pytest_plugins = ["sample_app"]

ASK = """
import logging
logging.disable(logging.CRITICAL)
from APP.base import REG
keys = list(REG)
for key in keys:
    try:
        REG[key]
    except Exception:
        pass
print(*keys, *(one.kind for one in REG.problems if one.module == "APP.frail"))
"""
PLUGIN = "class Frail(Base):\n    name = 'frail'\nfrom APP import tools\ntools.check()\n"
# What check() does, and what mends it: a file beside the tools, or a variable.
MAY_PASS = {
    "the system refuses": ("open(__file__ + '.txt').close()", "tools.py.txt"),
    "a variable is missing": ("import os; os.environ['TOLD']", "TOLD"),
    "a module with a computed name": ("__import__('APP.' + 'later')", "later.py"),
    "a library raises": ("import ast; open(__file__ + '.txt') if 0 else ast.parse(')')", ""),
}
OWN = {
    "a file that it looked into": (
        "import os\n    assert os.listdir(os.path.dirname(__file__) + '/data')",
        "data/one.txt",
    ),
    "a variable that it asked for": ("import os\n    assert os.getenv('TOLD')", "TOLD"),
    "the function that raised": ("assert False", "tools.py"),
}


@pytest.fixture
def frail(simple_app):
    """An application with a sound plugin and one that fails as *tools* says."""
    simple_app.base()
    simple_app.plugin("sound", ("Sound", "name = 'sound'"))
    simple_app.plugin("frail", PLUGIN)
    (simple_app.folder / simple_app.name / "data").mkdir()
    return simple_app


def tools(app, check):
    app.write("tools.py", f"def check():\n    {check}\n")


def mended(app, what):
    """Do away with what made the plugin fail, and return what a process then tells."""
    if what.isupper():
        return app.run(ASK, **{what: "1"})
    app.write(what, "def check():\n    pass\n")
    return app.run(ASK)


@pytest.mark.parametrize("cause", MAY_PASS)
def test_what_may_pass_is_tried_by_every_process(frail, cause):
    check, remedy = MAY_PASS[cause]
    tools(frail, check)
    for _ in range(2):
        assert frail.run(ASK).startswith("frail sound ")
    if remedy:
        assert mended(frail, remedy) == "frail sound"


@pytest.mark.parametrize("cause", OWN)
def test_what_is_the_codes_own_is_left_out_until_it_changes(frail, cause):
    check, remedy = OWN[cause]
    tools(frail, check)
    assert frail.run(ASK) == "frail sound import-failed"
    for _ in range(2):
        assert frail.run(ASK) == "sound import-failed"
    assert mended(frail, remedy) == "frail sound"


def test_what_failed_is_settled_once(frail):
    tools(frail, "assert False")
    frail.run(ASK)
    told = "from APP.base import REG; print(len(REG), REG.stats.cache, REG.stats.imported)"
    assert frail.run(told) == "1 partial 1"
    assert frail.run(told) == "1 hit 0"


def test_failures_that_come_one_after_the_other_are_all_kept(frail):
    tools(frail, "assert False")
    frail.plugin("other", PLUGIN.replace("Frail", "Other").replace("'frail'", "'other'"))
    one = "from APP.base import REG\ntry:\n    REG['{}']\nexcept Exception:\n    print(*REG)"
    assert frail.run(one.format("frail")) == "other sound"
    told = [frail.run(ASK) for _ in range(4)]
    assert told == ["other sound import-failed", *["sound import-failed"] * 3]
    assert frail.run("from APP.base import REG; print(len(REG), REG.stats.cache)") == "1 hit"


def test_another_change_settles_a_failure_again(frail):
    tools(frail, "assert False")
    frail.run(ASK)
    assert frail.run(ASK) == "sound import-failed"
    frail.plugin("sound", ("Sound", "name = 'loud'"))
    assert frail.run(ASK) == "loud import-failed"


def test_a_failure_of_one_process_alone_is_settled_once(frail):
    file = frail.folder / frail.name / "base.py"
    frail.write("base.py", file.read_text() + "\nspoiled = 0\n")
    tools(frail, "from APP import base; assert not base.spoiled")
    spoiling = "import APP.base; APP.base.spoiled = 1\n" + ASK
    told = "\nprint(REG.stats.cache, REG.stats.imported)"
    assert [frail.run(spoiling + told).splitlines()[-1] for _ in range(4)] == [
        "cold 0",
        "partial 1",
        "hit 0",
        "hit 0",
    ]


def test_refreshing_tries_again(frail):
    tools(frail, "open(__file__ + '.txt').close()")
    registry = frail.registry
    with pytest.raises(PluginLoadError):
        registry["frail"]
    assert "frail" not in registry
    frail.write("tools.py.txt")
    assert registry.refresh().added == ("frail",)
    assert registry["frail"].__name__ == "Frail"


def test_what_fails_in_one_process_alone_is_listed_again(frail):
    frail.write("base.py", (frail.folder / frail.name / "base.py").read_text() + "\nspoiled = 0\n")
    tools(frail, "from APP import base; assert not base.spoiled")
    frail.run("import APP.base; APP.base.spoiled = 1\n" + ASK)
    assert frail.run(ASK) == "frail sound"


FACTORY = "def make(base, key):\n    class Made(base):\n        name = key\n    return Made\n"


def test_a_class_that_a_function_makes_is_loaded_by_the_module_that_calls_it(simple_app):
    simple_app.base()
    simple_app.write("tools.py", FACTORY)
    for key in ("one", "two"):
        simple_app.plugin(key, f"from APP.tools import make\nmake(Base, {key!r})\n")
    registry = simple_app.registry
    assert list(registry) == ["one", "two"]
    assert registry["one"].name == "one"
    assert simple_app.imported() == ["one", "tools"]
    info = registry.info("two")
    assert info.reference == f"{simple_app.name}.tools:make.<locals>.Made"


def test_the_failure_of_one_caller_of_a_function_concerns_no_other(simple_app):
    simple_app.base()
    simple_app.write("tools.py", FACTORY)
    for key, then in (("one", "base.spoiled and 1 / 0"), ("two", "")):
        text = f"from APP import base\nfrom APP.tools import make\nmake(Base, {key!r})\n{then}\n"
        simple_app.plugin(key, text)
    file = simple_app.folder / simple_app.name / "base.py"
    simple_app.write("base.py", file.read_text() + "\nspoiled = 0\n")
    registry, simple_app.load().spoiled = simple_app.registry, 1
    assert list(registry) == ["one", "two"]
    with pytest.raises(PluginLoadError, match="division"):
        registry["one"]
    assert list(registry) == ["two"] and registry["two"].name == "two"


@pytest.mark.parametrize("imported", ["", "from APP import elsewhere\n"])
def test_a_class_that_is_moved_to_another_module_by_name_is_one_class(simple_app, imported):
    simple_app.base()
    simple_app.write("elsewhere.py")
    loop = "for one in (Moved,):\n    one.__module__ = 'APP.elsewhere'\n"
    simple_app.plugin("moving", imported, ("Moved", "name = 'moved'"), loop)
    told = "print(REG['moved'].__name__, *REG, REG.refresh().removed, *REG, len(REG.problems))"
    for _ in range(2):
        assert simple_app.run(f"from APP.base import REG; {told}") == "Moved moved () moved 0"


def test_a_class_without_a_required_key_takes_the_plugins_of_its_module_out(simple_app):
    simple_app.base("__registry_key__ = 'name'\n__skip_if_no_key__ = False")
    simple_app.plugin("good", ("Good", "name = 'good'"))
    simple_app.plugin("half", ("Half", "name = 'half'"), ("Keyless",))
    assert list(simple_app.registry) == ["good"]
    (problem,) = simple_app.registry.problems
    assert (problem.kind, problem.module) == ("missing-key", f"{simple_app.name}.half")
    assert "Keyless" in problem.message and "name" in problem.hint
