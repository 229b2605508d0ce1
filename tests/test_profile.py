"""The command that measures imports, on real packages in real processes; no test asserts a time."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from importlib.util import find_spec

import pytest

pytest_plugins = ["command"]

ONCE = ["--runs", "1"]
BASE = """
    from plugindex import AutoRegisterMeta

    class Animal(metaclass=AutoRegisterMeta):
        __registry_key__ = "name"
"""
ARK = {
    "ark/__init__.py": BASE,
    "ark/helper.py": "import trough.hay\n",
    "ark/cow.py": """
        import ark.helper
        from importlib import import_module
        from ark import Animal

        import_module("this_is_by_call")

        class Cow(Animal):
            name = "cow"

        class Calf(Animal):
            name = "calf"
    """,
    "ark/goat.py": """
        import trough.straw
        from ark import Animal

        try:
            import nothing_of_that_name
        except ImportError:
            pass

        class Goat(Animal):
            name = "goat"
    """,
    "ark/hen.py": """
        from ark import Animal

        class Hen(Animal):
            name = "hen"
    """,
    "trough/__init__.py": "",
    "trough/hay.py": "import this_is_deep\n",
    "trough/straw.py": "",
    "this_is_by_call.py": "",
    "this_is_deep.py": "",
}


@pytest.fixture
def ark(plugindex):
    """The command in a folder with a package whose plugins share a dependency."""
    return plugindex.write(ARK)


def animals(listing):
    """Return the only registry's plugins by their first key."""
    (registry,) = listing["registries"]
    return {one["keys"][0]: one for one in registry["plugins"]}


def animal(name, *lines):
    """Return the text of a plugin module that runs *lines* after its class statement."""
    cls = [f"class {name.capitalize()}(Animal):", f"    name = {name!r}"]
    return "\n".join(["from ark import Animal", *cls, *lines, ""])


def reason(command, name, *lines, options=()):
    """Return why the plugin that runs *lines* failed; the others are measured all the same."""
    command.write({f"ark/{name}.py": animal(name, *lines)})
    found = animals(command.json("profile", "ark", *ONCE, *options, code=1))
    states = {key: one["status"] for key, one in found.items()}
    others = {"cow": "measured", "goat": "measured", "hen": "measured"}
    assert states == {**others, name: "failed"}
    return found[name]["reason"]


# -- what is measured --------------------------------------------------------------------------


def test_the_json_has_the_documented_shape(ark):
    listing = ark.json("profile", "ark", *ONCE, "--limit", "2")
    assert list(listing) == ["sound", "runs", "budget_ms", "registries", "seconds"]
    assert (listing["sound"], listing["runs"], listing["budget_ms"]) == (True, 1, None)
    (registry,) = listing["registries"]
    assert list(registry) == [
        *["name", "package", "base", "plugins", "dependencies", "together_ms", "not_measured"]
    ]
    assert list(registry["base"]) == ["module", "ms"]
    assert (registry["base"]["module"], registry["not_measured"]) == ("ark", 1)
    cow, goat = registry["plugins"]
    assert list(cow) == [
        *["module", "keys", "classes", "status", "reason", "own_ms", "total_ms", "runs_ms"],
        *["modules", "compiled", "over_budget", "dependencies"],
    ]
    assert (cow["module"], cow["keys"]) == ("ark.cow", ["cow", "calf"])
    assert cow["classes"] == ["ark.cow:Cow", "ark.cow:Calf"]
    assert list(goat["dependencies"][0]) == ["name", "kind", "ms", "modules"]


def test_what_an_import_brings_in_is_told_by_top_level_package(ark):
    cow = animals(ark.json("profile", "ark", *ONCE))["cow"]
    own = {"ark", "trough", "this_is_by_call", "this_is_deep"}
    brought = {one["name"]: (one["kind"], one["modules"]) for one in cow["dependencies"]}
    assert {name: brought[name] for name in own} == {
        "ark": ("application", 1),
        "trough": ("third-party", 2),
        "this_is_by_call": ("third-party", 1),
        "this_is_deep": ("third-party", 1),
    }
    assert {kind for name, (kind, _) in brought.items() if name not in own} <= {"standard"}
    assert cow["modules"] == sum(modules for _, modules in brought.values())


def test_the_parts_add_up_to_the_total(ark):
    for one in animals(ark.json("profile", "ark")).values():
        parts = one["own_ms"] + sum(part["ms"] for part in one["dependencies"])
        assert one["total_ms"] == pytest.approx(parts, abs=0.01)
        assert len(one["runs_ms"]) == 3
        assert one["runs_ms"] == sorted(one["runs_ms"])


def test_a_module_that_is_not_there_is_nothing_brought_in(ark):
    goat = animals(ark.json("profile", "ark", *ONCE))["goat"]
    assert [one["name"] for one in goat["dependencies"]] == ["trough"]
    assert goat["modules"] == 2


def test_what_the_base_and_its_package_import_is_charged_to_no_plugin(ark):
    ark.write({"ark/__init__.py": "import trough.straw\n" + textwrap.dedent(BASE)})
    found = animals(ark.json("profile", "ark", *ONCE))
    assert found["goat"]["dependencies"] == []
    assert [one["name"] for one in found["cow"]["dependencies"]].count("trough") == 1
    assert found["cow"]["total_ms"] > 0


def test_what_the_engine_needs_to_leave_plugins_out_is_charged_to_none(ark):
    leaving = '        __leave_out__ = LeaveOut("NO_BARN", "barn", True)\n'
    base = BASE.replace("AutoRegisterMeta\n", "AutoRegisterMeta, LeaveOut\n", 1) + leaving
    ark.write({"ark/__init__.py": base})
    found = animals(ark.json("profile", "ark", *ONCE))
    assert "plugindex" not in [one["name"] for one in found["hen"]["dependencies"]]


def test_a_plugin_in_the_module_of_its_base_comes_with_it(plugindex):
    plugindex.write({"farm.py": BASE + '\n    class Cow(Animal):\n        name = "cow"\n'})
    cow = animals(plugindex.json("profile", "farm", *ONCE))["cow"]
    assert (cow["status"], cow["total_ms"], cow["modules"]) == ("measured", 0.0, 0)
    assert "comes with the base" in plugindex("profile", "farm", *ONCE).stdout


def test_dependencies_are_summed_up_over_the_plugins_that_need_them(ark):
    (registry,) = ark.json("profile", "ark", *ONCE)["registries"]
    trough = next(one for one in registry["dependencies"] if one["name"] == "trough")
    assert (trough["kind"], trough["modules"]) == ("third-party", 3)
    assert trough["plugins"] == ["ark.cow", "ark.goat"]
    costs = [one["ms"] for one in registry["dependencies"]]
    assert costs == sorted(costs, reverse=True)


def test_modules_without_byte_code_are_counted_and_none_is_written(ark):
    found = animals(ark.json("profile", "ark", *ONCE))
    assert (found["hen"]["compiled"], found["goat"]["compiled"]) == (1, 3)
    assert list(ark.folder.rglob("__pycache__")) == []
    ark.run([sys.executable, "-m", "compileall", "-q", "."])
    assert animals(ark.json("profile", "ark", *ONCE))["goat"]["compiled"] == 0


def test_each_run_is_a_process_of_its_own_and_none_is_ours(ark):
    note = "import os; open('ran', 'a').write(f'{os.getpid()}\\n')"
    ark.write({"ark/hen.py": animal("hen", note)})
    with subprocess.Popen(
        ark.arguments("profile", "ark", "--runs", "2"), cwd=ark.folder, env=ark.environment
    ) as ours:
        assert ours.wait(60) == 0
    ran = (ark.folder / "ran").read_text().split()
    assert len(ran) == len(set(ran)) == 2
    assert str(ours.pid) not in ran


def test_the_measuring_program_starts_with_nothing_that_a_plugin_may_bring(ark):
    code = """if True:
        import sys
        before = set(sys.modules)
        import plugindex.stopwatch
        print(sorted(set(sys.modules) - before))
    """
    expected = "['__future__', 'plugindex', 'plugindex.stopwatch']\n"
    assert ark.run([sys.executable, "-B", "-W", "ignore", "-c", code]).stdout == expected


def test_where_imports_go_another_way_a_plugin_has_its_time_undivided(ark):
    detour = """
        import importlib
        entrance = importlib._bootstrap
        entrance._find_and_load = entrance._find_and_load.__self__._load
    """
    ark.write({"ark/__init__.py": textwrap.dedent(detour) + textwrap.dedent(BASE)})
    goat = animals(ark.json("profile", "ark", *ONCE))["goat"]
    assert (goat["modules"], goat["dependencies"]) == (0, [])
    assert goat["own_ms"] == goat["total_ms"] > 0


def test_pips_commands_are_measured_as_a_foreign_hierarchy(plugindex):
    commands = "pip._internal.commands"
    target = ["--package", commands, "--base", "pip._internal.cli.base_command:Command"]
    key = f"{commands}.check:CheckCommand"
    (check,) = animals(plugindex.json("profile", *target, key, *ONCE)).values()
    assert (check["keys"], check["status"]) == ([key], "measured")
    assert check["modules"] > 1
    kinds = {one["name"]: one["kind"] for one in check["dependencies"]}
    assert kinds["pip"] == "application"
    assert {kind for name, kind in kinds.items() if name != "pip"} <= {"standard"}


# -- failures ----------------------------------------------------------------------------------


def test_a_plugin_that_raises_is_told_with_its_place(ark):
    told = reason(ark, "dodo", "raise RuntimeError('ext\"inct')")
    assert told == f'RuntimeError: ext"inct ({ark.folder / "ark" / "dodo.py"}, line 4)'


def test_a_plugin_that_exits_fails_alone(ark):
    assert "SystemExit: 3" in reason(ark, "dodo", "import sys; sys.exit(3)")


def test_a_plugin_that_ends_the_interpreter_fails_alone(ark):
    told = reason(ark, "dodo", "import os; print('bye', flush=True); os._exit(3)")
    assert "ended the interpreter with exit status 3" in told
    assert "bye" in told


def test_a_plugin_that_does_not_come_back_is_ended(ark):
    told = reason(ark, "dodo", "while True: pass", options=["--timeout", "2"])
    assert "took more than 2 s" in told


def test_a_plugin_that_asks_gets_no_answer(ark):
    assert "EOFError" in reason(ark, "dodo", "input()")


def test_a_plugin_with_a_syntax_error_in_what_it_imports_is_told(ark):
    ark.write({"broken.py": "x = (\n"})
    told = reason(ark, "dodo", "import broken")
    assert told.startswith("SyntaxError")
    assert f"({ark.folder / 'broken.py'}, line 1)" in told


def test_what_plugins_print_is_kept_out_of_the_output(ark):
    ark.write({"ark/hen.py": animal("hen", "print('cackle')", "import os; os.write(2, b'x')")})
    done = ark("profile", "ark", *ONCE)
    assert (done.returncode, done.stderr) == (0, "")
    assert "cackle" not in done.stdout


def test_a_plugin_that_ruins_the_import_system_is_measured_all_the_same(ark):
    lines = ["import sys", "sys.path.clear(); sys.meta_path.clear(); sys.modules.pop('os')"]
    ark.write({"ark/hen.py": animal("hen", *lines)})
    assert animals(ark.json("profile", "ark", *ONCE))["hen"]["status"] == "measured"


def test_a_plugin_that_forks_is_measured_once(ark):
    ark.write({"ark/hen.py": animal("hen", "import os; os.fork()")})
    assert animals(ark.json("profile", "ark", *ONCE))["hen"]["status"] == "measured"


def test_a_base_that_fails_is_told_for_every_plugin(ark):
    ark.write({"ark/__init__.py": BASE + "\n    raise RuntimeError('sunk')\n"})
    found = animals(ark.json("profile", "ark", *ONCE, code=1))
    told = {one["reason"].partition(" (")[0] for one in found.values()}
    assert told == {"ark, which comes first: RuntimeError: sunk"}


def test_a_plugin_that_lacks_a_requirement_is_not_tried(zoo):
    found = animals(zoo.json("profile", "zoo", *ONCE, code=1))
    owl = found["owl"]
    assert (owl["status"], owl["reason"]) == ("unavailable", "night_vision is not installed")
    assert found["dodo"]["status"] == "failed"


# -- what is asked -----------------------------------------------------------------------------


def test_keys_choose_the_plugins(ark):
    assert list(animals(ark.json("profile", "ark", "goat", "ark.hen:Hen", *ONCE))) == [
        *["goat", "hen"]
    ]


def test_keys_may_stand_behind_options(ark):
    for arguments in (["ark", *ONCE, "hen", "goat"], ["ark", "hen", *ONCE, "goat"]):
        assert list(animals(ark.json("profile", *arguments))) == ["goat", "hen"]


def test_an_unknown_option_is_refused(ark):
    message = ark.refused("profile", "ark", "hen", "--slow", "goat")
    assert "unrecognized arguments: --slow" in message


def test_a_key_that_nobody_has_is_refused_with_the_nearest(ark):
    assert "nearest: goat" in ark.refused("profile", "ark", "hen", "gaot")


def test_a_plugin_over_the_budget_is_a_finding_and_named(ark):
    listing = ark.json("profile", "ark", "hen", *ONCE, "--budget", "0.0001", code=1)
    assert (listing["sound"], listing["budget_ms"]) == (False, 0.0001)
    assert animals(listing)["hen"]["over_budget"] is True
    done = ark("profile", "ark", "hen", *ONCE, "--budget", "0.0001")
    assert done.returncode == 1
    assert "over the budget of 0.0001 ms: hen " in done.stdout


def test_a_budget_that_is_kept_is_sound(ark):
    listing = ark.json("profile", "ark", *ONCE, "--budget", "1000000")
    assert not any(one["over_budget"] for one in animals(listing).values())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--runs", "0"], "'0' is no whole number from 1"),
        (["--limit", "many"], "'many' is no whole number from 1"),
        (["--budget", "-1"], "'-1' is no number above 0"),
        (["--timeout", "nan"], "'nan' is no number above 0"),
        (["--html", "gone/page.html"], "there is no folder for gone/page.html"),
        (["--html", "."], "'.' is no name for a file"),
        (["--overwrite"], "there is nothing to overwrite"),
    ],
)
def test_bad_input_gets_one_message_with_the_remedy(ark, arguments, told):
    message = ark.refused("profile", "ark", *arguments)
    assert told in message
    assert any(label in message for label in ("  fix: ", "  next: "))


def test_a_registry_without_plugins_is_sound(plugindex):
    plugindex.write({"ark/__init__.py": BASE})
    done = plugindex("profile", "ark")
    assert (done.returncode, done.stdout) == (0, "animal: no plugin in ark\n")


# -- what is shown -----------------------------------------------------------------------------


def test_the_chart_has_a_bar_for_each_plugin_and_dependency(ark):
    lines = ark("profile", "ark", *ONCE).stdout.splitlines()
    assert lines[0].startswith("animal in ark: 3 modules, ")
    words = [line.split() for line in lines]
    assert words[1][:3] == ["plugin", "cost", "total"]
    plugins = {line[0]: line for line in words[2:5]}
    assert plugins.keys() == {"cow,", "goat", "hen"}
    assert set(plugins["hen"][1]) == {"\u2588"}
    (trough,) = (line for line in words if line[:1] == ["trough"])
    assert (set(trough[1]), trough[-2:]) == ({"\u2591"}, ["2", "third-party"])


def test_an_output_of_a_small_alphabet_gets_bars_that_it_can_show(ark):
    done = ark("profile", "ark", "hen", *ONCE, PYTHONIOENCODING="ascii")
    assert "####" in done.stdout
    assert done.stdout.isascii()
    assert "\\u" not in done.stdout


@pytest.mark.skipif(not find_spec("rich"), reason="the extra cli is not installed")
def test_a_terminal_gets_coloured_bars(ark):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    environment = ark.environment | {"TERM": "xterm", "COLUMNS": "120"}
    command = ark.arguments("profile", "ark", "hen", *ONCE)
    subprocess.run(command, cwd=ark.folder, env=environment, stdout=theirs, check=True, timeout=60)
    printed = os.read(ours, 1 << 16).decode()
    os.close(theirs)
    os.close(ours)
    assert "\x1b[36m\u2588" in printed


# -- the page ----------------------------------------------------------------------------------


def test_the_page_stands_on_its_own(zoo):
    zoo.write({"zoo/cat.py": 'from zoo import Animal\nclass Cat(Animal):\n    name = "<b>"\n'})
    assert zoo("profile", "zoo", *ONCE, "--html", "page.html").returncode == 1
    page = (zoo.folder / "page.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert all(text in page for text in ("&lt;b&gt;", "RuntimeError: extinct", "night_vision"))
    assert not any(text in page for text in ("<b>", "<script", "src=", "href=", "://", "url("))


def test_a_page_that_is_there_is_replaced_only_when_that_is_said(ark):
    page = ark.folder / "page.html"
    page.write_text("mine")
    message = ark.refused("profile", "ark", "hen", "--html", "page.html")
    assert "page.html is there already" in message
    assert "--overwrite" in message
    assert page.read_text() == "mine"
    arguments = ["profile", "ark", "hen", *ONCE, "--html", "page.html", "--overwrite"]
    assert "page: page.html" in ark(*arguments).stdout
    assert "hen" in page.read_text("utf-8")
