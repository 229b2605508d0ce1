"""A host's own discovery function: called in a child, its outcome indexed, loaded one at a time."""

from __future__ import annotations

import json
import sys

import pytest

import plugindex
from plugindex import DiscoveryError, DuplicateKeyError, PluginLoadError

pytest_plugins = ["sample_app"]

KEYS = "from APP.base import REG; print(*REG, REG.stats.cache)"
IMPORTING = """
import os
from importlib import import_module
def discover(path, prefix, base):
    for folder in path:
        for name in sorted(os.listdir(folder)):
            if name.startswith("p_"):
                import_module(prefix + name.partition(".")[0])
"""


def declare(app, function=IMPORTING, named="discover", **more):
    """Write a base class whose registry has a discovery function."""
    given = "".join(f", {name}={value}" for name, value in more.items())
    config = f"RegistryConfig(REG, 'name', discovery_function={named}{given})"
    return app.base(f"_registry_config = {config}", function)


@pytest.fixture
def host(simple_app):
    """An application with a function that imports two of three modules."""
    app = declare(simple_app)
    app.plugin("p_one", ("One", "'''The first.'''\nname = 'one'\nsize = 3"))
    return app.plugin("p_two", ("Two", "name = 'two'")).plugin("other", ("No", "name = 'no'"))


def test_it_runs_in_no_process_but_a_child(host):
    registry = host.registry
    assert list(registry) == ["one", "two"]
    assert host.imported() == []
    assert (registry.stats.cache, registry.problems) == ("cold", ())
    told = registry.info("one")
    assert (told.doc, told.attributes["size"], told.status) == ("The first.", 3, "available")
    assert told.file.endswith("p_one.py")
    assert registry["two"].name == "two"
    assert host.imported() == ["p_two"]


def test_the_outcome_is_indexed_and_no_child_started_again(host):
    assert host.run(KEYS) == "one two cold"
    code = """
        import sys
        sys.addaudithook(lambda event, given: event == "subprocess.Popen" and sys.exit("a child"))
        from APP.base import REG
        print(*REG, REG.stats.cache, REG.stats.imported, REG["one"].__name__)
        print([name for name in sys.modules if "p_two" in name or name == "plugindex.sandbox"])
    """
    assert host.run(code) == "one two hit 0 One\n[]"


def test_what_it_prints_is_not_shown(simple_app):
    app = declare(simple_app, IMPORTING + "    print('noise')\n").plugin("p", ("P", "name = 'p'"))
    assert app.run(KEYS) == "cold"


@pytest.mark.parametrize("change", ["new", "edited", "removed", "helper", "definer"])
def test_the_next_start_sees_a_change_of(simple_app, change):
    helper = "from APP.helper import NAMES\n" + IMPORTING.replace(
        'startswith("p_")', "[:3] in NAMES"
    )
    simple_app.write("helper.py", "NAMES = ('p_o', 'p_t')")
    app = declare(simple_app, helper.replace("name[:3]", "name[:3]").replace("name.[", "name["))
    app.plugin("p_one", ("One", "name = 'one'")).plugin("p_two", ("Two", "name = 'two'"))
    app.plugin("q", ("Q", "name = 'q'"))
    assert app.run(KEYS) == "one two cold"
    if change == "new":
        app.plugin("p_out", ("Out", "name = 'out'"))
    elif change == "edited":
        app.plugin("p_one", ("One", "name = 'uno'"))
    elif change == "removed":
        (app.folder / app.name / "p_one.py").unlink()
    elif change == "helper":
        app.write("helper.py", "NAMES = ('p_o',)")
    else:
        declare(app, IMPORTING.replace("p_", "q"))
    wanted = {"new": "one out two", "edited": "two uno", "removed": "two", "helper": "one"}
    found = app.run(KEYS).split()
    assert sorted(found[:-1]) == wanted.get(change, "q").split()
    assert found[-1] == "cold"
    assert app.run(KEYS).split()[-1] == "hit"


def test_a_reduced_run_poisons_no_full_one(simple_app):
    reduced = IMPORTING.replace('"p_")', '"p_o" if os.environ.get("FEW") else "p_")')
    app = declare(simple_app, reduced)
    app.plugin("p_one", ("One", "name = 'one'")).plugin("p_two", ("Two", "name = 'two'"))
    assert app.run(KEYS, FEW="1") == "one cold"
    assert app.run(KEYS) == "one two cold"
    assert app.run(KEYS, UNRELATED="1") == "one two hit"
    assert app.run(KEYS, FEW="1") == "one cold"


def test_the_index_holds_no_value_of_a_variable(simple_app):
    app = declare(simple_app, IMPORTING + "    os.environ['TOKEN']\n")
    app.plugin("p_one", ("One", "name = 'one'"))
    code = "from APP.base import REG; print(*REG, open(REG.cache_path).read())"
    told = app.run(code, TOKEN="hush-hush")
    assert "TOKEN" in told and "hush" not in told
    assert app.run(KEYS, TOKEN="hush-hush") == "one hit"


def test_a_refresh_calls_it_again_if_something_changed(host):
    registry = host.registry
    one = registry["one"]
    host.plugin("p_three", ("Three", "name = 'three'"))
    assert registry.refresh().added == ("three",)
    assert registry["one"] is one
    assert registry["three"].name == "three"


def test_a_class_that_it_makes_is_listed_and_made_when_asked_for(simple_app):
    making = """
def discover(path, prefix, base):
    type(base)("Named", (base,), {"name": "made", "__module__": prefix + "base"})
"""
    app = declare(simple_app, making)
    registry = app.registry
    assert (list(registry), [p.kind for p in registry.problems]) == (["made"], [])
    assert registry["made"].__qualname__ == "Named"


def test_what_it_finds_elsewhere_is_listed_and_loaded_by_calling_it(simple_app):
    name = f"beside_{simple_app.name}"
    text = f"from {simple_app.name}.base import Base\nclass Beside(Base):\n    name = 'beside'\n"
    (simple_app.folder / f"{name}.py").write_text(text)
    app = declare(simple_app, f"def discover(path, prefix, base):\n    import {name}\n")
    registry = app.registry
    assert (list(registry), name in sys.modules) == (["beside"], False)
    assert registry["beside"].__module__ == name


def test_another_package_may_be_the_one_that_is_searched(simple_app):
    other = simple_app.folder / f"plugins_{simple_app.name}" / "inner"
    other.mkdir(parents=True)
    for folder in (other.parent, other):
        (folder / "__init__.py").write_text("")
    text = simple_app._filled("from APP.base import Base\nclass Deep(Base):\n    name = 'deep'\n")
    (other / "deep.py").write_text(text)
    named = (
        f"plugindex.discover_registry_classes_recursive, discovery_package={other.parent.name!r}"
    )
    app = declare(simple_app, "import plugindex", named)
    code = KEYS + "; print(REG['deep'].__module__, len(REG.problems))"
    for verdict in ("cold", "hit"):
        assert app.run(code) == f"deep {verdict}\n{other.parent.name}.inner.deep 0"


def test_a_forged_index_imports_nothing_from_elsewhere(host):
    (host.folder / "evil.py").write_text("print('evil ran')\nclass Evil: pass")
    code = """
        from plugindex import loader
        from plugindex.errors import StalePluginError
        from plugindex.records import Plugin
        from APP.base import REG
        try:
            loader.load(Plugin("evil", "evil", "Evil", provider="evil"), REG.scope)
        except StalePluginError:
            print("refused")
    """
    assert host.run(code) == "refused"


def test_two_classes_with_one_key_lose_that_key_alone(host):
    host.plugin("p_twin", ("Twin", "name = 'two'"))
    assert list(host.registry) == ["one"]
    with pytest.raises(DuplicateKeyError):
        host.registry["two"]


def test_a_listed_class_that_fails_here_is_told_as_any_other(simple_app):
    app = declare(simple_app)
    fails = "import os\nif not os.environ.get('PLUGINDEX_CHILD'): raise OSError('only there')\n"
    app.plugin("p_one", fails + "class One(Base):\n    name = 'one'")
    app.plugin("p_two", ("Two", "name = 'two'"))
    registry = app.registry
    assert list(registry) == ["one", "two"]
    with pytest.raises(PluginLoadError, match="only there"):
        registry["one"]
    assert [cls.name for cls in registry.values()] == ["two"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise OSError('no disk')", "no disk"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import os; os._exit(5)", "cause:   it ended the interpreter with exit status 5"),
        ("import no_such_module", "no_such_module"),
    ],
)
def test_one_that_fails_is_told_and_not_remembered(simple_app, body, told):
    app = declare(simple_app, f"def discover(path, prefix, base):\n    {body}\n")
    with pytest.raises(DiscoveryError, match=told):
        list(app.registry)
    app.plugin("p_one", ("One", "name = 'one'"))
    declare(app)
    assert app.run(KEYS) == "one cold"


def test_the_error_says_where_and_what_to_correct_and_the_doctor_agrees(simple_app):
    app = declare(simple_app, "def discover(path, prefix, base):\n    raise OSError('no disk')\n")
    with pytest.raises(DiscoveryError) as caught:
        list(app.registry)
    assert f"{app.name}/base.py, line" in str(caught.value)
    assert f"fix:     correct {app.name}.base:discover" in str(caught.value)
    main = "import sys; from plugindex.__main__ import main; sys.exit(main(%s))"
    done = app.run(main % ["doctor", app.name], check=False)
    assert (done.returncode, f"correct {app.name}.base:discover" in done.stdout) == (1, True)


@pytest.mark.parametrize("raised", ["OSError('no disk')", "SystemExit(3)"])
def test_one_that_fails_in_this_process_is_told_and_ends_nothing(simple_app, raised):
    failing = f"def failing(*scope):\n    raise {raised}\n"
    app = declare(simple_app, failing, "lambda *scope: failing(*scope)")
    with pytest.raises(DiscoveryError, match=raised.partition("(")[0]):
        list(app.registry)


def test_a_module_whose_failure_it_hides_has_no_plugins_and_is_told(simple_app):
    hiding = """
def discover(path, prefix, base):
    import APP.p_one
    try:
        import APP.p_bad
    except OSError:
        pass
"""
    app = declare(simple_app, hiding)
    app.plugin("p_one", ("One", "name = 'one'"))
    app.plugin("p_bad", ("Bad", "name = 'bad'"), "raise OSError('no disk')")
    registry = app.registry
    assert list(registry) == ["one"]
    (problem,) = registry.problems
    assert (problem.kind, problem.module) == ("import-failed", f"{app.name}.p_bad")


# -- what it asks for ---------------------------------------------------------------------------

READING = """
import os
def discover(path, prefix, base):
    for name in {asked}:
        __import__(prefix + name)
"""


@pytest.fixture
def told_elsewhere(simple_app, tmp_path):
    """An application whose function reads the names of its modules in a folder of its own."""
    simple_app.plugin("p_one", ("One", "name = 'one'")).plugin("p_two", ("Two", "name = 'two'"))
    folder = tmp_path / "told"
    folder.mkdir()
    return simple_app, folder


def test_a_data_file_that_it_reads_counts(told_elsewhere):
    app, folder = told_elsewhere
    declare(app, READING.format(asked=f"open({str(folder / 'names')!r}).read().split()"))
    (folder / "names").write_text("p_one")
    assert app.run(KEYS) == "one cold"
    assert app.run(KEYS) == "one hit"
    (folder / "names").write_text("p_two")
    assert app.run(KEYS) == "two cold"


def test_a_folder_that_it_lists_counts(told_elsewhere):
    app, folder = told_elsewhere
    declare(app, READING.format(asked=f"sorted(os.listdir({str(folder)!r}))"))
    (folder / "p_one").touch()
    assert app.run(KEYS) == "one cold"
    assert app.run(KEYS) == "one hit"
    (folder / "p_two").touch()
    assert app.run(KEYS) == "one two cold"


def test_going_through_the_whole_environment_makes_every_variable_count(simple_app):
    app = declare(simple_app, IMPORTING + "    dict(os.environ)\n")
    app.plugin("p_one", ("One", "name = 'one'"))
    assert app.run(KEYS) == "one cold"
    assert app.run(KEYS) == "one hit"
    assert app.run(KEYS, UNRELATED="1") == "one cold"


@pytest.mark.parametrize("change", ["helper", "plugin"])
def test_an_installed_application_is_watched_like_any_other(tmp_path, simple_app, change):
    simple_app.folder = tmp_path / "lib" / "site-packages"
    app = declare(simple_app, "from APP.helper import NAMES\n" + READING.format(asked="NAMES"))
    app.write("helper.py", "NAMES = ['p_one']")
    app.plugin("p_one", ("One", "name = 'one'")).plugin("p_two", ("Two", "name = 'two'"))
    assert app.run(KEYS) == "one cold"
    assert app.run(KEYS) == "one hit"
    if change == "helper":
        app.write("helper.py", "NAMES = ['p_two']")
    else:
        app.plugin("p_one", ("One", "name = 'two'"))
    assert app.run(KEYS) == "two cold"


# -- functions that no other process finds ------------------------------------------------------


@pytest.mark.parametrize(
    "named",
    [
        "plugindex.discover_registry_classes_recursive",
        "Finding.of_class",
        "Finding.plain",
    ],
)
def test_functions_of_other_places_have_a_name_too(simple_app, named):
    finding = "import plugindex\n" + IMPORTING + (
        "class Finding:\n    of_class = classmethod(lambda cls, *scope: discover(*scope))\n"
        "    @staticmethod\n    def plain(*scope): discover(*scope)\n"
        "    @classmethod\n    def of_class(cls, *scope): discover(*scope)\n"
    )  # fmt: skip
    app = declare(simple_app, finding, named).plugin("p_one", ("One", "name = 'one'"))
    registry = app.registry
    assert (list(registry), registry.problems, app.imported()) == (["one"], (), [])


@pytest.mark.parametrize(
    "named",
    [
        "lambda *scope: discover(*scope)",
        "functools.partial(discover)",
        "nested()",
        "renamed",
        "Callable()",
    ],
)
def test_one_without_a_name_runs_here_and_that_is_told(simple_app, named):
    forms = "import functools\n" + IMPORTING + (
        "def nested():\n    def inner(*scope): discover(*scope)\n    return inner\n"
        "def wrapping(function):\n    @functools.wraps(function)\n"
        "    def inner(*scope): function(*scope)\n    return inner\n"
        "renamed = wrapping(discover)\n"
        "class Callable:\n    def __call__(self, *scope): discover(*scope)\n"
    )  # fmt: skip
    app = declare(simple_app, forms, named).plugin("p_one", ("One", "name = 'one'"))
    registry = app.registry
    assert list(registry) == ["one"]
    (problem,) = registry.problems
    assert (problem.kind, problem.hint != "") == ("in-process", True)
    registry.refresh()
    assert registry.problems == (problem,)
    assert app.imported() == ["p_one"]


def test_where_no_child_can_be_started_it_runs_here_and_that_is_told(host):
    code = """
        import sys
        sys.frozen = True
        from APP.base import REG
        print(*REG, [p.kind for p in REG.problems], "frozen" in REG.problems[0].message)
        print(REG["one"].__name__, "APP.p_one" in sys.modules)
    """
    assert host.run(code) == "one two ['in-process'] True\nOne True"
    host.run(KEYS)
    assert host.run(code.replace(', "frozen" in REG.problems[0].message', "")) == (
        "one two []\nOne True"
    )


def test_without_a_cache_it_runs_in_a_child_at_each_start(host):
    variable = {f"{host.name.upper()}_DISABLE_REGISTRY_CACHE": "1"}
    code = KEYS + "; import sys; print('APP.p_one' in sys.modules)"
    for _ in range(2):
        assert host.run(code, **variable) == "one two off\nFalse"


def test_others_offer_plugins_beside_it(host, tmp_path):
    site = host.folder
    (site / f"extra_{host.name}.py").write_text(
        host._filled("from APP.base import Base\nclass Extra(Base):\n    name = 'extra'\n")
    )
    (site / f"extra_{host.name}-1.0.dist-info").mkdir()
    points = f"[{host.name}.plugins]\nx = extra_{host.name}\n"
    (site / f"extra_{host.name}-1.0.dist-info" / "entry_points.txt").write_text(points)
    folder = tmp_path / "data" / host.name / "plugins"
    folder.mkdir(mode=0o755, parents=True)
    odd = "from APP.base import Base\nclass Odd(Base):\n    name = '-'.join('ab')\n"
    (folder / "odd.py").write_text(host._filled(odd))
    for path in (folder, folder / "odd.py"):
        path.chmod(path.stat().st_mode & ~0o022)
    assert host.run(KEYS) == "one two extra a-b cold"
    assert host.run(KEYS) == "one two extra a-b hit"
    assert host.run(KEYS, **{f"{host.name.upper()}_SAFE_MODE": "1"}) == "one two cold"
    denied = {f"{host.name.upper()}_PLUGINS_DENY": f"extra-{host.name},one"}
    assert host.run(KEYS, **denied) == "two a-b hit"


def test_a_child_of_a_child_does_not_call_it(simple_app):
    counting = IMPORTING + "    open('calls', 'a').write('x')\n"
    app = declare(simple_app, counting)
    app.plugin("p_one", ("One", "name = 'one'"), "from APP.base import REG\nlen(REG), list(REG)")
    assert app.run(KEYS.replace("APP", app.name)) == "one cold"
    assert (app.folder / "calls").read_text() == "x"


def test_the_commands_agree(host):
    main = "import sys; from plugindex.__main__ import main; sys.exit(main(%s))"
    told = json.loads(host.run(main % ["list", "APP", "--json"]))
    assert [one["key"] for one in told["registries"][0]["plugins"]] == ["one", "two"]
    assert "p_one.py" in host.run(main % ["show", "APP", "one"])
    verdict = json.loads(host.run(main % ["verify", "APP", "--json"]))
    assert (verdict["sound"], verdict["registries"][0]["plugins"]) == (True, 2)
    assert "no broken link" in host.run(main % ["doctor", "APP"])
    assert host.run(KEYS) == "one two hit"


def test_the_command_says_so_where_only_running_tells_the_function(simple_app):
    app = declare(simple_app, IMPORTING, "lambda *scope: discover(*scope)")
    done = app.run(
        "import sys; from plugindex.__main__ import main; sys.exit(main(['list', 'APP']))",
        check=False,
    )
    assert (done.returncode, "discovery_function" in done.stderr) == (2, True)


def test_the_parameter_is_that_of_metaclass_registry():
    config = plugindex.RegistryConfig({}, "k", None, False, None, True, "n", "p", False, len)
    assert config.discovery_function is len


def test_a_package_that_is_not_there_is_told(simple_app):
    app = declare(simple_app, IMPORTING, discovery_package="'nowhere_at_all'")
    with pytest.raises(DiscoveryError, match="no module or package nowhere_at_all"):
        list(app.registry)
