"""Plugins dropped into a folder of the user's: read, listed after the others, imported by name."""

from __future__ import annotations

import json
import os
import sys

import pytest

import plugindex

pytest_plugins = ["sample_app"]

LIST = "from APP.base import REG; print(*REG, REG.stats.cache, REG.stats.read)"
KEYS = "from APP.base import REG; print(*REG)"
TOLD = "from APP.base import REG; print(*REG, *[p.kind for p in REG.problems])"


class Folder:
    """The plugin folder of an application, which isn't there before something is dropped."""

    def __init__(self, app, path):
        self.app = app
        self.path = path

    def make(self):
        self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.path.chmod(0o755)
        return self

    def drop(self, name, text):
        """Put a file into the folder; Base stands for the application's base class."""
        file = self.make().path / name
        for folder in reversed(file.relative_to(self.path).parents):
            (self.path / folder).mkdir(mode=0o755, exist_ok=True)
            (self.path / folder).chmod(0o755)
        file.write_text(self.app._filled(f"from APP.base import Base\n{text}"))
        file.chmod(0o644)
        return self

    def plugin(self, name, key=None):
        key = key or name
        return self.drop(f"{name}.py", f"class {name.title()}(Base):\n    name = {key!r}\n")


@pytest.fixture
def dropped(simple_app, tmp_path):
    """The default plugin folder of an application with one plugin, ``cat``."""
    simple_app.base().plugin("cat", ("Cat", "name = 'cat'"))
    return Folder(simple_app, tmp_path / "data" / simple_app.name / "plugins")


def test_a_dropped_file_is_listed_without_being_imported_and_loads(dropped):
    dropped.drop("yak.py", "class Yak(Base):\n    'A yak.'\n    name = 'yak'\n    legs = 4\n")
    registry = dropped.app.registry
    name = f"plugindex.dropped.{dropped.app.name}.yak"
    assert list(registry) == ["cat", "yak"]
    told = registry.info("yak")
    assert (told.reference, told.doc, told.attributes["legs"]) == (f"{name}:Yak", "A yak.", 4)
    assert (told.file, told.distribution) == (str(dropped.path / "yak.py"), "")
    assert name not in sys.modules
    assert registry["yak"].__module__ == name
    assert sys.modules[name].__file__ == told.file


def test_the_folder_is_no_part_of_the_search_path_and_stays_clean(dropped):
    dropped.plugin("yak")
    code = "import sys; from APP.base import REG; REG['yak']; print(sys.path)"
    assert str(dropped.path) not in dropped.app.run(code, PYTHONDONTWRITEBYTECODE="")
    assert os.listdir(dropped.path) == ["yak.py"]


def test_a_start_without_a_folder_asks_the_system_once(dropped):
    code = """
        import os, sys
        asked = []
        stat = os.stat
        def watched(path, *more, **options):
            asked.append(str(path))
            return stat(path, *more, **options)
        os.stat = watched
        from APP.base import REG
        assert list(REG) == ["cat"]
        print(REG.stats.cache, sum(one.endswith("plugins") for one in asked))
        print("plugindex.dropped" in sys.modules)
    """
    assert dropped.app.run(LIST).startswith("cat cold")
    assert dropped.app.run(code).split() == ["hit", "1", "False"]


def test_the_next_start_sees_what_came_changed_and_went(dropped):
    run = dropped.app.run
    assert run(LIST).startswith("cat cold")
    dropped.plugin("yak")
    assert run(KEYS) == "cat yak"
    dropped.plugin("emu")
    assert run(KEYS) == "cat emu yak"
    dropped.plugin("yak", "ox!")
    assert run(KEYS) == "cat emu ox!"
    (dropped.path / "yak.py").unlink()
    assert run(KEYS) == "cat emu"
    (dropped.path / "emu.py").unlink()
    dropped.path.rmdir()
    assert run(KEYS) == "cat"


def test_only_the_changed_file_is_read_again(dropped):
    for name in ("ant", "bee", "yak"):
        dropped.plugin(name)
    dropped.app.run(LIST)
    dropped.plugin("bee", "wasp")
    assert dropped.app.run(LIST) == "cat ant wasp yak partial 1"


def test_a_file_edited_in_the_same_instant_with_equal_size_is_seen(dropped):
    dropped.plugin("yak", "one")
    file = dropped.path / "yak.py"
    before = file.stat()
    assert dropped.app.run(KEYS) == "cat one"
    dropped.plugin("yak", "two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert dropped.app.run(KEYS) == "cat two"


def test_a_refresh_sees_a_new_file(dropped):
    registry = dropped.app.registry
    assert list(registry) == ["cat"]
    dropped.plugin("yak")
    assert registry.refresh().added == ("yak",)
    assert registry["yak"].name == "yak"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x = (", "syntax-error"),
        ("import no_such_module\nclass Bad(Base):\n    name = 'bad'", "missing-requirement"),
        ("\0", "syntax-error"),
        ("class Bad(Base):\n    name = '-'.join('ab')\nraise SystemExit", "import-failed"),
        ("import os\nclass Bad(Base):\n    name = '-'.join('ab')\nos._exit(3)", "crashed"),
    ],
)
def test_one_bad_file_costs_itself_alone(dropped, text, kind):
    dropped.plugin("yak").drop("bad.py", text)
    assert dropped.app.run(TOLD) == f"cat yak {kind}"


def test_a_file_that_fails_when_it_is_loaded_leaves_the_others_unharmed(dropped):
    dropped.plugin("yak").drop("bad.py", "class Bad(Base):\n    name = 'bad'\nraise OSError('no')")
    registry = dropped.app.registry
    assert list(registry) == ["cat", "bad", "yak"]
    with pytest.raises(plugindex.PluginLoadError, match="OSError: no"):
        registry["bad"]
    assert [cls.name for cls in registry.values()] == ["cat", "yak"]


def test_a_file_that_reading_does_not_settle_is_examined_in_a_child(dropped):
    dropped.drop("odd.py", "import sys\nclass Odd(Base):\n    name = '-'.join('ab')\n")
    code = """
        import sys
        from APP.base import REG
        print(*REG, REG.stats.imported, "plugindex.dropped.APP.odd" in sys.modules, REG["a-b"])
    """
    assert dropped.app.run(code).startswith("cat a-b 1 False <class")


MAKES = """
def make(key):
    class Made(Base):
        name = key
    return Made
"""
DECORATES = """
def named(key):
    def decorate(cls):
        class Named(cls):
            name = key
        return Named
    return decorate
@named("ox")
class Ox(Base):
    pass
"""


@pytest.mark.parametrize(
    "files",
    [
        {"one": MAKES + "Ox = make('ox')"},
        {"tools": MAKES, "one": "from .tools import make\nOx = make('ox')"},
        {"one": DECORATES},
    ],
    ids=["a function", "another file's function", "a decorator"],
)
def test_classes_that_calls_make_in_files_are_found_as_anywhere(dropped, files):
    for name, text in files.items():
        dropped.drop(f"{name}.py", text)
    assert dropped.app.run(KEYS) == "cat ox"


def test_packages_and_helpers_in_the_folder_work(dropped):
    dropped.drop("herd/__init__.py", "from .inner import Ox\n")
    dropped.drop("herd/inner.py", "from .. import shared\nclass Ox(Base):\n    name = shared.KEY\n")
    dropped.drop("shared.py", "KEY = 'ox'\n")
    dropped.drop("notes/todo.py", "raise RuntimeError('no package')\n")
    registry = dropped.app.registry
    assert list(registry) == ["cat", "ox"]
    assert registry["ox"].__module__.endswith(".herd.inner")
    package = sys.modules[registry["ox"].__module__.rpartition(".")[0]]
    import pkgutil

    assert [one.name for one in pkgutil.iter_modules(package.__path__)] == ["inner"]


def test_the_host_keeps_a_key_and_a_replacement_takes_it(dropped):
    dropped.plugin("rival", "cat")
    assert dropped.app.run(KEYS + "; print(REG['cat'].__module__)").endswith(".cat")
    name = dropped.app.name
    text = f"class Lion(Base):\n    name = 'cat'\n    __replaces__ = '{name}.cat:Cat'\n"
    (dropped.path / "rival.py").unlink()
    dropped.drop("lion.py", text)
    assert dropped.app.run("from APP.base import REG; print(REG['cat'].__qualname__)") == "Lion"


def test_two_files_that_claim_one_key_lose_that_key_alone(dropped):
    dropped.plugin("one", "same").plugin("two", "same").plugin("yak")
    registry = dropped.app.registry
    assert list(registry) == ["cat", "yak"]
    with pytest.raises(plugindex.DuplicateKeyError):
        registry["same"]


def test_files_come_after_installed_packages(dropped):
    site = dropped.app.folder
    name = f"zzz_{dropped.app.name}"
    (site / f"{name}.py").write_text(
        dropped.app._filled("from APP.base import Base\nclass Z(Base):\n    name = 'installed'\n")
    )
    (site / f"{name}-1.0.dist-info").mkdir()
    points = f"[{dropped.app.name}.plugins]\nx = {name}\n"
    (site / f"{name}-1.0.dist-info" / "entry_points.txt").write_text(points)
    dropped.plugin("ant")
    assert dropped.app.run(KEYS) == "cat installed ant"


def test_an_application_may_have_a_name_like_that_of_a_named_folder(simple_app, tmp_path):
    simple_app.name = "look_at_me"
    simple_app.base()
    Folder(simple_app, tmp_path / "data" / "look_at_me" / "plugins").plugin("yak")
    assert simple_app.run(KEYS + "; print(REG['yak'].name)") == "yak\nyak"
    assert (
        simple_app.run("import plugindex.dropped.look_at_me.yak as m; print(m.Yak.name)") == "yak"
    )


def test_no_installed_package_can_hide_a_dropped_file(dropped):
    dropped.plugin("json", "yak")
    code = "import json; from APP.base import REG; print(REG['yak'].__module__, json.dumps(1))"
    assert dropped.app.run(code) == f"plugindex.dropped.{dropped.app.name}.json 1"


# -- where the folder is -----------------------------------------------------------------------


def test_a_variable_names_another_folder_and_each_start_sees_its_own(dropped, tmp_path):
    dropped.plugin("yak")
    other = Folder(dropped.app, tmp_path / "other").plugin("emu")
    variable = {f"{dropped.app.name.upper()}_PLUGIN_DIR": str(other.path)}
    assert dropped.app.run(KEYS) == "cat yak"
    assert dropped.app.run(KEYS, **variable) == "cat emu"
    assert dropped.app.run(KEYS) == "cat yak"
    assert dropped.app.run(KEYS, **{**variable, next(iter(variable)): "/nowhere"}) == "cat"


def test_a_relative_variable_is_ignored_and_told(dropped):
    dropped.plugin("yak")
    told = dropped.app.run(TOLD, **{f"{dropped.app.name.upper()}_PLUGIN_DIR": "here"})
    assert told == "cat yak ignored"


def test_a_variable_that_names_no_folder_is_told_until_there_is_one(dropped, tmp_path):
    variable = {f"{dropped.app.name.upper()}_PLUGIN_DIR": str(tmp_path / "later")}
    assert dropped.app.run(TOLD, **variable) == "cat ignored"
    assert dropped.app.run(TOLD) == "cat"
    Folder(dropped.app, tmp_path / "later").plugin("emu")
    assert dropped.app.run(TOLD, **variable) == "cat emu"


def test_another_folder_counts_also_where_stamps_are_not_checked(simple_app, tmp_path):
    body = "__registry_key__ = 'name'\n__registry__ = LazyDiscoveryDict(check_stamps=False)"
    simple_app.base(body, after="REG = Base.__registry__").plugin("cat", ("Cat", "name = 'cat'"))
    variable = f"{simple_app.name.upper()}_PLUGIN_DIR"
    for name in ("emu", "yak"):
        folder = Folder(simple_app, tmp_path / name).plugin(name)
        assert simple_app.run(KEYS, **{variable: str(folder.path)}) == f"cat {name}"


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        (5, TypeError, "plugin_folder is the path of a folder, not of type int"),
        (None, TypeError, "not of type NoneType"),
        ("a\0b", ValueError, "no folder can have the path"),
    ],
)
@pytest.mark.parametrize("kind", ["registry", "config"])
def test_what_is_no_path_is_refused_where_it_stands(given, error, told, kind):
    with pytest.raises(error, match=told):
        if kind == "registry":
            plugindex.LazyDiscoveryDict(plugin_folder=given)
        else:
            plugindex.RegistryConfig({}, "name", plugin_folder=given)


@pytest.mark.parametrize("form", ["os.fsencode({!r})", "pathlib.Path({!r})", "{!r}"])
def test_a_path_may_have_any_form(simple_app, tmp_path, form):
    path = Folder(simple_app, tmp_path / "mine").plugin("yak").path
    registry = f"LazyDiscoveryDict(plugin_folder={form.format(str(path))})"
    body = f"__registry_key__ = 'name'\n__registry__ = {registry}"
    simple_app.base(body, "import os, pathlib", "REG = Base.__registry__")
    assert list(simple_app.registry) == ["yak"]
    assert simple_app.run(KEYS) == "yak"


@pytest.mark.parametrize("form", ["registry", "config"])
def test_an_argument_names_a_folder(simple_app, tmp_path, form):
    folder = Folder(simple_app, tmp_path / "mine").plugin("yak").path
    if form == "registry":
        text = f"""
        class Base(metaclass=AutoRegisterMeta):
            __registry_key__ = "name"
            __registry__ = REG = LazyDiscoveryDict(plugin_folder={str(folder)!r})
        """
    else:
        text = f"""
        REG = LazyDiscoveryDict()
        class Base(metaclass=AutoRegisterMeta, registry_config=RegistryConfig(
            REG, "name", plugin_folder={str(folder)!r})):
            pass
        """
    imports = "from plugindex import AutoRegisterMeta, LazyDiscoveryDict, RegistryConfig\n"
    import textwrap

    simple_app.write("base.py", imports + textwrap.dedent(text))
    registry = simple_app.load().Base.__registry__
    assert list(registry) == ["yak"]
    assert registry["yak"].__module__.startswith(f"plugindex.dropped.{simple_app.name}_at_")
    code = "from APP.base import Base; print(Base.__registry__['yak'])"
    assert "Yak" in simple_app.run(code)
    done = simple_app.run("import plugindex.__main__ as m, sys; sys.exit(m.main(['list','APP']))",
                          check=False)  # fmt: skip
    assert "yak" in done.stdout


# -- trust -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_folder_that_others_may_write_is_not_used_and_told(dropped, mode):
    dropped.plugin("yak").path.chmod(mode)
    assert dropped.app.run(TOLD) == "cat ignored"
    dropped.path.chmod(0o755)
    assert dropped.app.run(TOLD) == "cat yak"
    dropped.path.chmod(mode)
    assert dropped.app.run(TOLD) == "cat ignored"


def test_a_file_that_others_may_write_is_not_used_and_told(dropped):
    file = dropped.plugin("yak").plugin("emu").path / "yak.py"
    file.chmod(0o666)
    assert dropped.app.run(TOLD) == "cat emu ignored"
    file.chmod(0o644)
    assert dropped.app.run(TOLD) == "cat emu yak"
    file.chmod(0o666)
    assert dropped.app.run(TOLD) == "cat emu ignored"


def test_a_package_that_others_may_write_is_not_used_and_told(dropped):
    dropped.drop("herd/__init__.py", "class Ox(Base):\n    name = 'ox'\n")
    (dropped.path / "herd").chmod(0o777)
    assert dropped.app.run(TOLD) == "cat ignored"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_belongs_to_another_user_is_not_used(dropped, what):
    dropped.plugin("yak")
    os.chown(dropped.path if what == "folder" else dropped.path / "yak.py", 12345, 12345)
    assert dropped.app.run(TOLD) == "cat ignored"


def test_a_file_made_writable_after_the_listing_is_not_run_and_its_key_stays(dropped):
    file = dropped.plugin("yak").path / "yak.py"
    registry = dropped.app.registry
    assert "yak" in registry
    file.chmod(0o666)
    with pytest.raises(plugindex.PluginLoadError, match="other users may write it"):
        registry["yak"]
    file.chmod(0o644)
    assert registry["yak"].name == "yak"


def test_byte_code_that_lies_beside_is_not_run(dropped):
    import py_compile

    file = dropped.plugin("yak").path / "yak.py"
    evil = dropped.path / "evil.py"
    evil.write_text(file.read_text().replace("'yak'", "'bad'"))
    status = file.stat()
    os.utime(evil, ns=(status.st_atime_ns, status.st_mtime_ns))
    cache = dropped.path / "__pycache__"
    cache.mkdir()
    py_compile.compile(str(evil), str(cache / f"yak.{sys.implementation.cache_tag}.pyc"))
    evil.unlink()
    registry = dropped.app.registry
    assert (list(registry), registry["yak"].name) == (["cat", "yak"], "yak")


def test_an_index_that_names_another_module_imports_nothing(dropped):
    dropped.plugin("yak")
    code = """
        import sys
        from plugindex import loader
        from plugindex.errors import StalePluginError
        from plugindex.names import PLUGIN_FOLDER
        from plugindex.records import Plugin
        from APP.base import REG
        for module in ("plugindex.dropped.other.yak", "evil", "plugindex.dropped.APP_at_1.yak"):
            try:
                loader.load(Plugin("yak", module, "Yak", provider=PLUGIN_FOLDER), REG.scope)
            except StalePluginError:
                print(module in sys.modules)
    """
    assert dropped.app.run(code).split() == ["False"] * 3


@pytest.mark.parametrize("name", ["my-yak.py", "yak.so", "yak.pyc"])
def test_what_somebody_may_take_for_a_plugin_is_told(dropped, name):
    dropped.drop(name, "")
    assert dropped.app.run(TOLD) == "cat ignored"


def test_a_link_to_nothing_is_told(dropped):
    dropped.plugin("yak")
    (dropped.path / "emu.py").symlink_to(dropped.path / "gone.py")
    assert dropped.app.run(TOLD) == "cat yak ignored"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads whatever it likes")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_cant_be_read_is_told_and_seen_again_when_it_can(dropped, what):
    dropped.plugin("yak")
    path = dropped.path if what == "folder" else dropped.path / "yak.py"
    path.chmod(0)
    assert dropped.app.run(TOLD) == "cat unreadable"
    path.chmod(0o755)
    assert dropped.app.run(TOLD) == "cat yak"


def test_an_init_file_in_the_folder_itself_is_told_unless_it_is_empty(dropped):
    dropped.plugin("__init__", "yak")
    assert dropped.app.run(TOLD) == "cat ignored"
    (dropped.path / "__init__.py").unlink()
    assert dropped.app.run(TOLD) == "cat"
    (dropped.path / "__init__.py").write_text("")
    assert dropped.app.run(TOLD) == "cat"


def test_a_class_of_a_named_folder_says_what_to_import_first(dropped):
    code = "import plugindex.dropped.APP_at_0123456789ab.yak"
    done = dropped.app.run(code, check=False)
    assert "import that first" in done.stderr


def test_other_files_are_nobodys_business(dropped):
    for name in ("README.md", ".hidden.py", "data.json", "LICENSE"):
        dropped.drop(name, "")
    assert dropped.app.run(TOLD) == "cat"


def test_a_file_or_a_pipe_in_its_place_is_told(dropped):
    dropped.path.parent.mkdir(parents=True, exist_ok=True)
    dropped.path.write_text("")
    assert dropped.app.run(TOLD) == "cat ignored"
    dropped.path.unlink()
    dropped.make()
    os.mkfifo(dropped.path / "pipe.py", 0o600)
    assert dropped.app.run(KEYS) == "cat"


# -- processes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_classes_keep_their_identity_in_other_processes(dropped, method):
    dropped.plugin("yak")
    main = dropped.app.folder / "main.py"
    main.write_text(
        dropped.app._filled(
            f"""
            import multiprocessing, warnings
            warnings.simplefilter("ignore", DeprecationWarning)
            if __name__ == "__main__":
                from APP.base import REG
                with multiprocessing.get_context("{method}").Pool(1) as pool:
                    print(pool.apply(repr, (REG["yak"],)), pool.apply(eval, ("str",)))
                    assert pool.map(type, [REG["yak"]()]) == [REG["yak"]]
            """
        )
    )
    out = dropped.app.run("import runpy\nrunpy.run_path('main.py', run_name='__main__')")
    assert f"plugindex.dropped.{dropped.app.name}.yak.Yak" in out


def test_an_index_that_is_handed_over_holds_where_the_folder_is_as_it_was(dropped, tmp_path):
    dropped.plugin("yak")
    adopt = """
        import pathlib
        from APP.base import REG
        print(REG.adopt_index(pathlib.Path("handed").read_bytes()), *REG, REG.stats.cache)
    """
    export = "import pathlib; from APP.base import REG"
    dropped.app.run(f"{export}; pathlib.Path('handed').write_bytes(REG.export_index())")
    caches = {n: {f"{dropped.app.name.upper()}_CACHE_DIR": str(tmp_path / n)} for n in "ab"}
    assert dropped.app.run(adopt, **caches["a"]) == "True cat yak hit"
    dropped.plugin("emu")
    assert dropped.app.run(adopt, **caches["b"]) == "False cat emu yak cold"


def test_a_fresh_process_finds_a_class_by_its_name_alone(dropped):
    dropped.plugin("yak")
    code = "import plugindex.dropped.APP.yak as m; print(m.Yak.name)"
    assert dropped.app.run(code) == "yak"
    done = dropped.app.run("import plugindex.dropped.APP.emu", check=False)
    assert "No module named 'plugindex.dropped" in done.stderr


def test_the_command_agrees(dropped):
    dropped.plugin("yak")
    main = "import sys; from plugindex.__main__ import main; sys.exit(main(%s))"
    (told,) = json.loads(dropped.app.run(main % ["list", "APP", "--json"]))["registries"]
    assert [one["key"] for one in told["plugins"]] == ["cat", "yak"]
    verdict = json.loads(dropped.app.run(main % ["verify", "APP", "--json"]))
    assert (verdict["sound"], verdict["registries"][0]["plugins"]) == (True, 2)
    assert "plugin folder" in dropped.app.run(main % ["doctor", "APP"])
    assert "yak.py" in dropped.app.run(main % ["show", "APP", "yak"])


def test_what_a_dropped_file_costs_is_its_own(dropped):
    dropped.plugin("yak")
    main = "import sys; from plugindex.__main__ import main; sys.exit(main(%s))"
    told = json.loads(dropped.app.run(main % ["profile", "APP", "--runs", "1", "--json"]))
    costs = {one["keys"][0]: one["modules"] for one in told["registries"][0]["plugins"]}
    assert costs["yak"] == costs["cat"]
