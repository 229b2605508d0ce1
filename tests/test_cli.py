"""The command line, in processes of its own, on packages in a folder and on pip."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest_plugins = ["command"]

COMMANDS = "pip._internal.commands"
PIP = ["--package", COMMANDS, "--base", "pip._internal.cli.base_command:Command"]


def keys(listing):
    """Return the keys of each registry by name."""
    return {one["name"]: [p["key"] for p in one["plugins"]] for one in listing["registries"]}


# -- list --------------------------------------------------------------------------------------


def test_pips_commands_are_listed_as_json_cold_and_warm(plugindex):
    cold, warm = (plugindex.json("list", *PIP) for _ in range(2))
    assert list(cold) == ["registries", "stats"]
    (registry,) = cold["registries"]
    assert list(registry) == ["name", "package", "plugins", "problems"]
    assert (registry["name"], registry["package"]) == ("command", COMMANDS)
    install = f"{COMMANDS}.install:InstallCommand"
    plugin = {"key": install, "class": install, "status": "available", "reason": ""}
    assert plugin in registry["plugins"]
    assert warm["registries"] == cold["registries"]
    assert list(cold["stats"]) == ["modules", "read", "imported", "cache", "seconds"]
    assert (cold["stats"]["cache"], warm["stats"]["cache"]) == ("cold", "hit")
    assert cold["stats"]["read"] >= cold["stats"]["modules"] > 10
    assert (warm["stats"]["read"], warm["stats"]["imported"]) == (0, 0)


def test_classes_that_claim_one_attribute_value_are_reported(plugindex):
    listing = plugindex.json("list", *PIP, "--key", "ignore_require_venv", code=1)
    assert keys(listing) == {"command": []}
    assert listing["registries"][0]["problems"][0]["kind"] == "duplicate-key"


def test_a_package_is_listed_without_importing_what_raises(zoo):
    listing = zoo.json("list", "zoo")
    assert keys(listing) == {"animal": ["cat", "dodo", "owl"]}
    assert listing["stats"]["imported"] == 0
    assert listing["stats"]["modules"] == 4


def test_a_plugin_that_lacks_a_requirement_is_listed_with_the_reason(zoo):
    owl = zoo.json("list", "zoo")["registries"][0]["plugins"][-1]
    reason = "night_vision is not installed"
    assert owl == {"key": "owl", "class": "zoo.owl:Owl", "status": "unavailable", "reason": reason}


def test_without_cache_nothing_is_written(zoo):
    assert zoo.json("list", "zoo", "--no-cache")["stats"]["cache"] == "off"
    assert not Path(zoo.environment["XDG_DATA_HOME"]).exists()


def test_a_table_has_the_same_facts(zoo):
    done = zoo("list", "zoo")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["registry", "key", "class", "status", "reason"] in lines
    assert ["animal", "cat", "zoo.cat:Cat", "available"] in lines
    assert [
        "animal",
        "owl",
        "zoo.owl:Owl",
        "unavailable",
        *["night_vision", "is", "not", "installed"],
    ] in lines
    assert "0 imported, cache cold" in done.stdout


@pytest.mark.skipif(not find_spec("rich"), reason="the extra cli is not installed")
def test_a_terminal_gets_colours(zoo):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    environment = zoo.environment | {"TERM": "xterm", "COLUMNS": "120"}
    command = zoo.arguments("list", "zoo")
    subprocess.run(command, cwd=zoo.folder, env=environment, stdout=theirs, check=True, timeout=60)
    printed = os.read(ours, 1 << 16).decode()
    os.close(theirs)
    os.close(ours)
    assert "\x1b[" in printed
    assert "zoo.cat:Cat" in printed
    assert "unavailable" in printed


def test_keys_that_are_no_text_are_numbers_or_their_repr(plugindex):
    plugindex.write({
        "shop.py": """
            from plugindex import AutoRegisterMeta

            class Ware(metaclass=AutoRegisterMeta):
                __registry_key__ = "number"

            class One(Ware):
                number = 1

            class Pair(Ware):
                number = (1, "b")

            class Yes(Ware):
                number = b"yes"
        """
    })  # fmt: skip
    assert keys(plugindex.json("list", "shop")) == {"ware": [1, "(1, 'b')", "b'yes'"]}


def test_a_claim_of_two_classes_is_a_finding(zoo):
    zoo.write({"zoo/lion.py": 'from zoo import Animal\nclass Lion(Animal):\n    name = "cat"\n'})
    listing = zoo.json("list", "zoo", code=1)
    assert keys(listing) == {"animal": ["dodo", "owl"]}
    assert "duplicate-key" in [one["kind"] for one in listing["registries"][0]["problems"]]


def test_the_application_and_the_command_share_one_index(zoo):
    (zoo.folder / "zoo" / "dodo.py").unlink()
    code = "import zoo; print(len(zoo.ANIMALS), zoo.ANIMALS.stats.cache)"
    assert zoo.run([sys.executable, "-c", code]).stdout == "1 cold\n"
    assert zoo.json("list", "zoo")["stats"]["cache"] == "hit"


def test_the_installed_script_searches_the_working_folder(zoo):
    script = shutil.which("plugindex", path=os.path.dirname(sys.executable))
    if script is None:
        pytest.skip("the script is not installed")
    assert "zoo.cat:Cat" in zoo.run([script, "list", "zoo"]).stdout


# -- targets -----------------------------------------------------------------------------------

FARM = {
    "farm/__init__.py": "",
    "farm/bases.py": """
        from plugindex import (
            PRIMARY_KEY, AutoRegister, AutoRegisterMeta, LazyDiscoveryDict, RegistryConfig,
            SecondaryRegistry, SecondaryRegistryDict, make_suffix_extractor,
        )

        COWS = LazyDiscoveryDict()
        HENS = LazyDiscoveryDict()
        STALLS = SecondaryRegistryDict()
        TOOLS = LazyDiscoveryDict(enable_cache=False)
        COUNT = 3

        class CowBase(metaclass=AutoRegisterMeta):
            __registry_key__ = "name"
            __registry__ = COWS
            __key_extractor__ = make_suffix_extractor("Cow")
            __secondary_registries__ = [SecondaryRegistry(STALLS, PRIMARY_KEY, "stall")]

        class Hen(AutoRegister):
            __registry_key__ = "name"
            __registry__ = HENS
            __registry_name__ = "poultry"

        class Tool(
            metaclass=AutoRegisterMeta,
            registry_config=RegistryConfig(
                TOOLS, "name", skip_if_no_key=True, discovery_package="farm.shed"
            ),
        ):
            pass

        PARTS = LazyDiscoveryDict.for_subclasses(Hen, package="farm", key="name")

        class Secret(metaclass=AutoRegisterMeta):
            __registry_key__ = input()
    """,
    "farm/plugins.py": """
        from farm.bases import CowBase, Hen

        class RedCow(CowBase):
            stall = "left"

        class Berta(Hen):
            name = "berta"
    """,
    "farm/shed/__init__.py": "",
    "farm/shed/fork.py": """
        from farm.bases import Tool

        class Fork(Tool):
            name = "fork"
    """,
    "farm/api.py": "from farm.bases import COWS, HENS as CHICKENS, Hen\nBIRDS = Hen.__registry__\n",
}


@pytest.mark.parametrize(
    ("target", "listed"),
    [
        ("farm.bases:COWS", {"cow": ["red"]}),
        ("farm.bases:HENS", {"poultry": ["berta"]}),
        ("farm.bases:TOOLS", {"tool": ["fork"]}),
        ("farm.bases:PARTS", {"hen": ["berta"]}),
        ("farm.bases:CowBase", {"cow": ["red"]}),
        ("farm.bases:Tool", {"tool": ["fork"]}),
        ("farm.api:COWS", {"cow": ["red"]}),
        ("farm.api:CHICKENS", {"poultry": ["berta"]}),
        ("farm.api:BIRDS", {"poultry": ["berta"]}),
    ],
)
def test_a_registry_is_named_by_its_object_or_its_base(plugindex, target, listed):
    plugindex.write(FARM)
    assert keys(plugindex.json("list", target)) == listed


def test_a_base_may_inherit_its_key_attribute(plugindex):
    plugindex.write({
        "shop.py": """
            from plugindex import AutoRegisterMeta

            class Keyed:
                __registry_key__ = "name"

            class Ware(Keyed, metaclass=AutoRegisterMeta):
                pass

            class Bread(Ware):
                name = "bread"
        """
    })  # fmt: skip
    assert keys(plugindex.json("list", "shop")) == {"ware": ["bread"]}


def test_a_registry_in_a_zip_archive_is_found(zoo):
    with zipfile.ZipFile(zoo.folder / "zoo.zip", "w") as archive:
        for name in ("__init__", "cat", "dodo"):
            archive.write(zoo.folder / "zoo" / f"{name}.py", f"zoo/{name}.py")
    shutil.rmtree(zoo.folder / "zoo")
    zoo.environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, ["zoo.zip", os.environ.get("PYTHONPATH")])
    )
    assert keys(zoo.json("list", "zoo")) == {"animal": ["cat", "dodo"]}


def test_what_a_terminal_obeys_is_printed_as_text(zoo):
    dodo = zoo.folder / "zoo" / "dodo.py"
    dodo.write_text(dodo.read_text().replace("extinct", r"\x1b[2Jextinct"))
    done = zoo("verify", "zoo")
    assert "\\x1b[2Jextinct" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_declared_registry_has_the_scope_that_it_has_in_the_application(plugindex):
    files = {path: text.replace("input()", '"word"') for path, text in FARM.items()}
    plugindex.write(files)
    code = """if True:
        from farm import bases
        from plugindex.targets import Target, resolve
        found = [declared.scope for declared in resolve(Target("farm"))]
        classes = bases.CowBase, bases.Hen, bases.Tool, bases.Secret
        registries = [*(cls.__registry__ for cls in classes), bases.PARTS]
        print([one.scope for one in registries] == found)
    """
    done = plugindex.run([sys.executable, "-c", code])
    assert (done.stdout, done.stderr) == ("True\n", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["farmm"], "there is no module farmm"),
        (["farm.plugin"], "nearest: plugins"),
        (["farm/bases.py"], "write farm.bases"),
        (["farm.plugins"], "there is no registry in farm.plugins"),
        (["farm.bases:COW"], "nearest: COWS"),
        (["farm.bases:COUNT"], "it is a literal"),
        (["farm.bases:STALLS"], "name the primary registry"),
        (["farm.plugins:RedCow"], "name farm.bases:CowBase"),
        (["logging:Handler"], "--package PACKAGE --base logging:Handler"),
        (["farm.bases:Secret"], "__registry_key__ is not told by reading"),
        (["farm:"], "write module:ATTRIBUTE"),
        ([], "no target is named"),
        (["--package", "farm"], "add --base"),
        (["--base", "farm.bases:Hen"], "add --package"),
        (["farm", "--package", "farm", "--base", "farm.bases:Hen"], "name one of them"),
        (["--package", "farm", "--base", "farm.bases:COUNT"], "it is no class"),
        (["--package", "farm", "--base", "farm.bases:Hn"], "it can't be found"),
        (["--package", "farm", "--base", "farm.bases"], "write module:QualName"),
        (["--package", "fram", "--base", "farm.bases:Hen"], "there is no module fram"),
        (["farm.bases:Hen", "--unknown"], "unrecognized arguments: --unknown"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_message_with_the_remedy(plugindex, arguments, told):
    plugindex.write(FARM)
    message = plugindex.refused("list", *arguments)
    assert told in message
    assert any(label in message for label in ("  fix: ", "  next: "))


def test_one_registry_that_reading_does_not_tell_hides_no_other(plugindex):
    done = plugindex.write(FARM)("list", "farm")
    assert done.returncode == 0
    assert "farm.bases:Secret can't be listed without running code" in done.stderr
    assert all(name in done.stdout for name in ("berta", "fork", "red"))


def test_an_unknown_command_is_refused(plugindex):
    assert "invalid choice: 'lst'" in plugindex.refused("lst")


def test_a_broken_module_is_refused_with_its_line(plugindex):
    plugindex.write({"broken.py": "class Base\n"})
    for arguments in (["broken"], ["broken:Base"], ["--package", "json", "--base", "broken:Base"]):
        message = plugindex.refused("list", *arguments)
        assert "broken.py, line 1" in message
        assert "fix: " in message


def test_an_unreadable_folder_is_refused(tmp_path):
    code = """if True:
        import os, shutil, sys, tempfile
        from plugindex.__main__ import main
        root = tempfile.mkdtemp()
        os.makedirs(root + "/p")
        os.chmod(root, 0o755)
        os.chmod(root + "/p", 0)
        sys.path.insert(0, root)
        main(["list", "absent"])  # imports what it needs while everything can be read
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)  # root may list everything
        code = main(["list", "p"])
        os.seteuid(user)
        os.chmod(root + "/p", 0o700)
        shutil.rmtree(root)
        print(code)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "2\n"
    assert "the package p can't be read" in done.stderr
    assert "fix:     make the folder readable" in done.stderr


# -- show --------------------------------------------------------------------------------------


def test_show_tells_what_is_known_of_a_plugin(zoo):
    (cat,) = zoo.json("show", "zoo", "cat")["plugins"]
    assert cat == {
        "registry": "animal",
        "key": "cat",
        "class": "zoo.cat:Cat",
        "file": str(zoo.folder / "zoo" / "cat.py"),
        "line": 3,
        "status": "available",
        "reason": "",
        "remedy": "",
        "doc": "A cat.",
        "attributes": {"name": "cat", "legs": 4},
        "imports": [],
        "distribution": "zoo-kit",
        "version": "1.2",
    }


def test_show_names_the_extra_that_installs_what_is_missing(zoo):
    (owl,) = zoo.json("show", "zoo:ANIMALS", "owl")["plugins"]
    assert owl["reason"] == "night_vision is not installed"
    assert owl["remedy"] == "pip install 'zoo-kit[night]'"
    assert owl["imports"] == ["night_vision"]


def test_show_takes_the_class_for_the_key(zoo):
    printed = zoo("show", "zoo", "zoo.cat:Cat").stdout
    assert "animal cat" in printed
    assert "A cat." in printed


def test_show_takes_a_key_beside_a_foreign_hierarchy(plugindex):
    (told,) = plugindex.json("show", *PIP, f"{COMMANDS}.list:ListCommand")["plugins"]
    assert told["distribution"] == "pip"


def test_show_refuses_an_unknown_key_with_the_nearest(zoo):
    message = zoo.refused("show", "zoo", "catt")
    assert "no animal is registered as 'catt'" in message
    assert "nearest: cat" in message


def test_show_asks_for_a_key(zoo):
    assert "the key of a plugin is needed" in zoo.refused("show", "zoo")


def test_show_names_all_claimants_of_a_key(zoo):
    zoo.write({"zoo/lion.py": 'from zoo import Animal\nclass Lion(Animal):\n    name = "cat"\n'})
    done = zoo("show", "zoo", "cat")
    assert done.returncode == 1
    assert "zoo.cat:Cat" in done.stderr
    assert "zoo.lion:Lion" in done.stderr


# -- cache -------------------------------------------------------------------------------------


def test_the_cache_is_found_described_and_cleared(zoo):
    folder = Path(zoo.environment["XDG_DATA_HOME"]) / "zoo" / "cache"
    path = str(folder / "animal_registry.json")
    assert zoo.json("cache", "path", "zoo") == {"paths": [str(folder)]}
    assert zoo.json("cache", "path", "zoo:ANIMALS") == {"paths": [path]}
    assert not folder.exists()
    zoo("list", "zoo")
    (file,) = (one for one in zoo.json("cache", "info", "zoo")["files"] if one["path"] == path)
    assert (file["verdict"], file["plugins"], file["environment"]) == ("ok", 2, "this")
    assert path in zoo.json("cache", "clear", "zoo")["removed"]
    assert zoo.json("cache", "info", "zoo") == {"files": [], "shipped": []}
    assert zoo.json("list", "zoo")["stats"]["cache"] == "cold"


def test_clearing_leaves_what_is_not_ours(zoo):
    folder = Path(zoo.environment["XDG_DATA_HOME"]) / "zoo" / "cache"
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text("{}")
    (folder / "animal_registry.json").write_text("garbage")
    removed = zoo.json("cache", "clear", "zoo")["removed"]
    assert removed == [str(folder / "animal_registry.json")]
    assert (folder / "settings.json").exists()


def test_cache_asks_what_to_do(plugindex):
    assert "choose from" in plugindex.refused("cache", "burn", "zoo")
    assert "no target is named" in plugindex.refused("cache", "clear")


# -- endings -----------------------------------------------------------------------------------


def test_a_reader_that_goes_ends_it_quietly(zoo):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        zoo.arguments("list", "zoo"),
        cwd=zoo.folder,
        env=zoo.environment,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device to write to")
def test_a_full_disk_is_told(zoo):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            zoo.arguments("list", "zoo"),
            cwd=zoo.folder,
            env=zoo.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr == "plugindex: the output: No space left on device\n"


def test_an_interrupt_ends_it_quietly(zoo):
    kill = "import os, signal\nos.kill(os.getppid(), signal.SIGINT)\n"
    zoo.write({"zoo/dodo.py": kill})
    done = subprocess.run(
        zoo.arguments("verify", "zoo"),
        cwd=zoo.folder,
        env=zoo.environment,
        capture_output=True,
        timeout=60,
        # A shell starts background jobs, and so this test, with interrupts ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize("verb", ["", "list", "show", "doctor", "verify", "profile", "cache"])
def test_help_is_there(plugindex, verb):
    done = plugindex(*filter(None, [verb]), "--help")
    assert done.returncode == 0
    assert "Exit codes: 0 sound, 1 findings, 2 misuse." in done.stdout


def test_the_version_is_there(plugindex):
    assert plugindex("--version").stdout.startswith("plugindex 0.")
