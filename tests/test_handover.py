"""An index that travels: taken where it holds, refused where it doesn't, never an error."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from plugindex import LazyDiscoveryDict, codec, store
from plugindex.errors import DiscoveryError

pytest_plugins = ["sample_app"]

NO_FOLDER = {"HOME": "", "XDG_DATA_HOME": ""}
EXPORT = """
import os
from pathlib import Path
from APP.base import REG
Path(os.environ["INDEX"]).write_bytes(REG.export_index())
"""
ADOPT = """
import json, os, sys
from pathlib import Path
from APP.base import REG
taken = REG.adopt_index(Path(os.environ["INDEX"]).read_bytes(), keep=bool(os.environ.get("KEEP")))
print(json.dumps({
    "taken": taken, "why": REG.why_not_adopted, "keys": list(REG), "read": REG.stats.read,
    "cache": REG.stats.cache, "path": REG.cache_path,
    "imported": [name for name in sys.modules if name.startswith("APP.p_")],
}))
"""


@pytest.fixture
def sender(simple_app, tmp_path, monkeypatch):
    """An application of three plugins, one of which needs what isn't there."""
    simple_app.base()
    simple_app.plugin("p_one", ("One", "name = 'one'"))
    simple_app.plugin("p_two", ("Two", "name = 'two'"))
    simple_app.plugin("p_three", "import not_there_yet", ("Three", "name = 'three'"))
    monkeypatch.setenv("INDEX", str(tmp_path / "index"))
    monkeypatch.setenv("KEEP", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return simple_app


@pytest.fixture
def index(sender, tmp_path) -> Path:
    """The index of that application, in a file."""
    sender.run(EXPORT, **NO_FOLDER)
    return tmp_path / "index"


def adopt(app, *options: str, **environment: str) -> dict[str, object]:
    """Have a fresh process adopt the index and tell what became of it."""
    return json.loads(app.run(ADOPT, *options, **{**NO_FOLDER, **environment}))


def reseal(file: Path, change) -> None:
    """Let *change* work on the head and the tail of an index, and seal it again."""
    document = store.parse(file.read_bytes())
    head = {name: codec.decode(text) for name, text in document.raw_head().items()}
    tail = {name: codec.decode(text) for name, text in document.raw_tail().items()}
    change(head, tail)
    file.write_bytes(store.pack(head, "records", tail))


# -- taken -----------------------------------------------------------------------------------------


def test_a_process_without_a_cache_folder_lists_without_reading(sender, index):
    told = adopt(sender)
    assert (told["taken"], told["why"]) == (True, "")
    assert (told["read"], told["cache"], told["path"]) == (0, "hit", "")
    assert (told["keys"], told["imported"]) == (["one", "two"], [])


def test_where_there_is_a_cache_folder_other_processes_have_it_too(sender, index, tmp_path):
    told = adopt(sender, XDG_DATA_HOME=str(tmp_path / "new"))
    assert (told["taken"], told["read"], told["cache"]) == (True, 0, "hit")
    assert Path(str(told["path"])).is_file()
    later = sender.run(
        "from APP.base import REG; print(list(REG), REG.stats.cache)",
        XDG_DATA_HOME=str(tmp_path / "new"),
    )
    assert later == "['one', 'two'] hit"


def test_it_does_not_get_younger_by_travelling(sender, index, tmp_path):
    def age(head, tail):
        head["timestamp"] -= 6 * 24 * 3600

    reseal(index, age)
    told = adopt(sender, XDG_DATA_HOME=str(tmp_path / "new"))
    written = store.read(str(told["path"])).head("timestamp")
    assert (told["taken"], written) == (True, store.parse(index.read_bytes()).head("timestamp"))


def test_it_stays_in_memory_where_it_shall_not_be_kept(sender, index, tmp_path):
    told = adopt(sender, XDG_DATA_HOME=str(tmp_path / "new"), KEEP="")
    assert (told["taken"], told["read"], told["cache"]) == (True, 0, "hit")
    assert not (tmp_path / "new").exists()


def test_it_stays_in_memory_where_the_folder_can_not_be_written(sender, index, tmp_path):
    (tmp_path / "file").write_text("")
    told = adopt(sender, XDG_DATA_HOME=str(tmp_path / "file"))
    assert (told["taken"], told["read"], told["cache"]) == (True, 0, "hit")


def test_it_stays_in_memory_where_caching_is_switched_off(sender, index, tmp_path):
    switch = {f"{sender.name.upper()}_DISABLE_REGISTRY_CACHE": "1"}
    told = adopt(sender, XDG_DATA_HOME=str(tmp_path / "new"), **switch)
    assert (told["taken"], told["read"], told["cache"]) == (True, 0, "hit")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("kind", ["folder", "no folder", "unwritable", "switched off"])
def test_an_index_can_be_exported_wherever_the_cache_is(sender, tmp_path, kind):
    (tmp_path / "file").write_text("")
    environment = {
        "folder": {},
        "no folder": NO_FOLDER,
        "unwritable": {"XDG_DATA_HOME": str(tmp_path / "file")},
        "switched off": {f"{sender.name.upper()}_DISABLE_REGISTRY_CACHE": "1"},
    }[kind]
    sender.run(EXPORT, **environment)
    told = adopt(sender)
    assert told["taken"], told["why"]


def test_what_was_made_to_be_exported_is_kept_in_memory_where_there_is_no_folder(sender):
    printed = sender.run(
        """
        from APP.base import REG
        first = REG.export_index()
        assert REG.export_index() == first
        print(list(REG), REG.stats.cache, REG.stats.read)
        """,
        **NO_FOLDER,
    )
    assert printed == "['one', 'two'] hit 0"


def test_exporting_and_adopting_import_no_plugin(sender, index):
    assert sender.run(EXPORT + "import sys; print('APP.p_one' in sys.modules)") == "False"
    assert adopt(sender)["imported"] == []


def test_what_was_adopted_can_be_exported_again(sender, index):
    sender.run(
        """
        import os
        from pathlib import Path
        from APP.base import REG
        data = Path(os.environ["INDEX"]).read_bytes()
        assert REG.adopt_index(data), REG.why_not_adopted
        Path(os.environ["INDEX"]).write_bytes(REG.export_index())
        """,
        **NO_FOLDER,
    )
    assert (adopt(sender)["taken"], adopt(sender)["read"]) == (True, 0)


def test_an_adopted_plugin_is_described_and_loaded(sender, index):
    printed = sender.run(
        """
        import os
        from pathlib import Path
        from APP.base import REG
        assert REG.adopt_index(Path(os.environ["INDEX"]).read_bytes())
        print(REG.info("one").line, REG["one"].__name__, REG.info("three").status)
        """,
        **NO_FOLDER,
    )
    assert printed == "3 One unavailable"


def test_after_an_edit_only_that_module_is_read(sender, index):
    printed = sender.run(
        """
        import os
        from pathlib import Path
        from APP.base import REG
        assert REG.adopt_index(Path(os.environ["INDEX"]).read_bytes())
        assert list(REG) == ["one", "two"]
        with open("APP/p_two.py", "a") as file:
            file.write("\\nclass More(Base):\\n    name = 'more'\\n")
        print(REG.refresh().added, REG.stats.read, REG.stats.cache)
        """,
        **NO_FOLDER,
    )
    assert printed == "('more',) 1 partial"


def test_the_order_and_the_plugins_of_other_packages_travel(sender, tmp_path):
    (sender.folder / "more").mkdir()
    text = f"from {sender.name}.base import Base\nclass More(Base):\n    name = 'more'\n"
    (sender.folder / "more" / "__init__.py").write_text(text)
    about = sender.folder / "more-1.0.dist-info"
    about.mkdir()
    (about / "entry_points.txt").write_text(f"[{sender.name}.plugins]\nmore = more\n")
    sender.run(EXPORT)
    told = adopt(sender)
    assert (told["taken"], told["keys"], told["read"]) == (True, ["one", "two", "more"], 0)


# -- another place, another machine ----------------------------------------------------------------


def test_another_first_entry_of_the_path_does_no_harm_where_it_holds_nothing(sender, index):
    told = adopt(sender, "-P")
    assert (told["taken"], told["read"]) == (True, 0)


def test_a_folder_on_the_path_that_holds_what_was_missing_counts(sender, index, tmp_path):
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker" / "not_there_yet.py").write_text("")
    path = os.pathsep.join([str(tmp_path / "worker"), str(sender.folder)])
    told = adopt(sender, PYTHONPATH=path)
    assert (told["taken"], told["keys"]) == (False, ["one", "three", "two"])
    assert told["why"] == "modules came or went since, or are found elsewhere here"


def test_a_copy_of_the_package_with_other_stamps_is_the_same_by_its_content(sender, index):
    package = sender.folder / sender.name
    package.rename(sender.folder / "gone")
    shutil.copytree(sender.folder / "gone", package, copy_function=shutil.copyfile)
    shutil.rmtree(sender.folder / "gone")
    told = adopt(sender)
    assert (told["taken"], told["read"]) == (True, 0)


@pytest.mark.parametrize(("copy", "taken"), [(shutil.copy2, True), (shutil.copyfile, False)])
def test_a_compiled_package_travels_with_the_times_of_its_sources(sender, copy, taken):
    package = sender.folder / sender.name
    for module in package.glob("*.py"):
        os.utime(module, (10**9, 10**9 + 1))
    sender.run("import compileall; compileall.compile_dir('APP', quiet=1)")
    sender.run(EXPORT, **NO_FOLDER)
    package.rename(sender.folder / "gone")
    shutil.copytree(sender.folder / "gone", package, copy_function=copy)
    told = adopt(sender)
    assert (told["taken"], told["keys"]) == (taken, ["one", "two"])
    assert taken or "files of these modules differ here" in str(told["why"])


def test_what_running_settled_is_settled_again(sender):
    sender.plugin("p_four", ("Four", "name = '-'.join(['fo', 'ur'])"))
    sender.run(EXPORT)
    told = adopt(sender)
    assert (told["taken"], "fo-ur" in told["keys"]) == (False, True)
    assert told["why"] == f"{sender.name}.p_four was settled by running it, which is done here"


def test_what_failed_elsewhere_is_listed_until_it_is_tried(sender, tmp_path):
    sender.plugin("p_four", ("Four", "name = 'four'"), "raise OSError('not on this machine')")
    printed = sender.run(
        """
        import os
        from pathlib import Path
        from APP.base import REG
        try:
            REG["four"]
        except Exception:
            print(list(REG))
        Path(os.environ["INDEX"]).write_bytes(REG.export_index())
        """
    )
    assert printed == "['one', 'two']"
    told = adopt(sender)
    assert (told["taken"], told["keys"]) == (True, ["four", "one", "two"])


# -- refused ---------------------------------------------------------------------------------------


def test_an_index_of_its_own_that_holds_is_kept(sender, index, tmp_path):
    first = adopt(sender, XDG_DATA_HOME=str(tmp_path / "new"))
    before = Path(str(first["path"])).read_bytes()
    told = adopt(sender, XDG_DATA_HOME=str(tmp_path / "new"))
    assert (told["taken"], told["why"]) == (False, "this process has an index that holds")
    assert (told["cache"], Path(str(first["path"])).read_bytes()) == ("hit", before)


def test_an_index_of_its_own_that_is_outdated_is_replaced(sender, index, tmp_path):
    home = str(tmp_path / "new")
    assert adopt(sender, XDG_DATA_HOME=home)["taken"]
    sender.plugin("p_two", ("Two", "name = 'zwei'"))
    told = adopt(sender, XDG_DATA_HOME=home)
    assert (told["taken"], told["keys"]) == (False, ["one", "zwei"])
    sender.plugin("p_two", ("Two", "name = 'deux'"))
    sender.run(EXPORT, **NO_FOLDER)
    told = adopt(sender, XDG_DATA_HOME=home)
    assert (told["taken"], told["keys"], told["read"]) == (True, ["one", "deux"], 0)


def edited(app) -> None:
    app.plugin("p_two", ("Two", "name = 'zwei'"))


CHANGES = {
    "an edited module": (edited, ["one", "zwei"], "files of these modules differ here"),
    "a new module": (
        lambda app: app.plugin("p_new", ("New", "name = 'new'")),
        ["new", "one", "two"],
        "came or went",
    ),
    "a module that went": (
        lambda app: (app.folder / app.name / "p_two.py").unlink(),
        ["one"],
        "differ here",
    ),
}


@pytest.mark.parametrize(("change", "keys", "why"), CHANGES.values(), ids=CHANGES)
def test_one_that_is_outdated_is_refused(sender, index, change, keys, why):
    change(sender)
    told = adopt(sender)
    assert (told["taken"], told["keys"]) == (False, keys)
    assert why in str(told["why"])


def other_class(head, tail) -> None:
    """Let a result name a class of another package."""
    name = next(name for name in tail if name.endswith(".p_one") and name[0] == "=")
    tail[name]["plugins"][0].update(module="os", qualname="PathLike")


def older(head, tail) -> None:
    head["timestamp"] -= 8 * 24 * 3600


def of_tomorrow(head, tail) -> None:
    head["timestamp"] = time.time() + 3600


def without_stamps(head, tail) -> None:
    head["files"] = {}
    tail["/contents"] = {}


FORGERIES = {
    "a class outside the scope": (other_class, "it names os:PathLike, which is not in scope"),
    "another environment": (lambda head, tail: head.update(environment="0" * 16), "environment"),
    "no search path": (lambda head, tail: head.pop("path"), "its environment is another"),
    "another scope": (lambda head, tail: head.update(scope=""), "another registry"),
    "another version": (lambda head, tail: head.update(version="9"), "its version is another"),
    "too old": (older, "it is older than 7 days"),
    "of tomorrow": (of_tomorrow, "it was not written in the past"),
    "no stamps": (without_stamps, "it has no stamps of"),
}


@pytest.mark.parametrize(("forge", "why"), FORGERIES.values(), ids=FORGERIES)
def test_one_that_was_forged_is_refused(sender, index, forge, why):
    reseal(index, forge)
    told = adopt(sender)
    assert (told["taken"], told["keys"]) == (False, ["one", "two"])
    assert why in str(told["why"])


def test_another_interpreters_index_is_refused(sender, index):
    told = adopt(sender, "-O")
    assert (told["taken"], told["keys"]) == (False, ["one", "two"])


JUNK = (5, [], {})
TRY_ALL = """
import os
from pathlib import Path
import plugindex.build, plugindex.handover, plugindex.describe
from APP.base import REG

def tried(data):
    taken = REG.adopt_index(data)
    assert bool(REG.why_not_adopted) != taken
    if taken:
        assert list(REG) == ["one", "two"]
        assert REG.find(name="two") == ("two",)
        assert REG.refresh().changed == ()

count = 0
for file in sorted(Path(os.environ["MANY"]).iterdir()):
    child = os.fork()
    if not child:
        try:
            tried(file.read_bytes())
        except BaseException as error:
            print(file.name, repr(error), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    count += 1
print(count)
"""


def forgeries(data: bytes, folder: Path) -> int:
    """Write the index with each of its parts replaced by each kind of junk."""
    folder.mkdir()
    document = store.parse(data)
    for part, names in (("head", document.raw_head()), ("tail", document.raw_tail())):
        for at, name in enumerate(names):
            for number, junk in enumerate(JUNK):
                file = folder / f"{part}-{at}-{number}"
                file.write_bytes(data)
                places = {"head": 0, "tail": 1}
                reseal(file, lambda *parts: parts[places[part]].update({name: junk}))  # noqa: B023
    return len(list(folder.iterdir()))


def test_no_form_of_a_document_is_an_error_or_changes_the_answer(sender, index, tmp_path):
    count = forgeries(index.read_bytes(), tmp_path / "many")
    assert count > 100
    printed = sender.run(TRY_ALL, MANY=str(tmp_path / "many"), **NO_FOLDER)
    assert printed == str(count)


def damaged(data: bytes) -> list[bytes]:
    flipped = [
        data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(0, len(data), 997)
    ]
    return [b"", b"{}", b"\0" * 100, data[:-1], data + b" ", data[: len(data) // 2], *flipped]


def test_damaged_data_are_refused(sender, index):
    registry = sender.registry
    for data in damaged(index.read_bytes()):
        assert not registry.adopt_index(data)
        assert "damaged" in registry.why_not_adopted
    assert list(registry) == ["one", "two"]


@pytest.mark.parametrize("data", [None, 5, "text", bytearray(b"{}"), ["a"], {"a": 1}])
def test_what_is_no_bytes_is_refused(simple_app, data):
    registry = simple_app.base().registry
    assert not registry.adopt_index(data)
    assert registry.why_not_adopted == f"it is of type {type(data).__name__}, not bytes"


def test_what_is_larger_than_any_index_is_refused_unread(simple_app):
    registry = simple_app.base().registry
    assert not registry.adopt_index(bytes(store.LIMIT + 1))
    assert "more than" in registry.why_not_adopted


def wrong_class(head, tail) -> None:
    """Let a key stand for a class that is no plugin."""
    name = next(name for name in tail if name.endswith(".p_one") and name[0] == "=")
    tail[name]["plugins"][0]["qualname"] = "LazyDiscoveryDict"


@pytest.mark.parametrize("home", ["", "new"])
def test_a_forged_class_is_never_given_out(sender, index, tmp_path, home):
    reseal(index, wrong_class)
    environment = {**NO_FOLDER, **({"XDG_DATA_HOME": str(tmp_path / home)} if home else {})}
    printed = sender.run(
        """
        import os
        from pathlib import Path
        from APP.base import REG
        REG.adopt_index(Path(os.environ["INDEX"]).read_bytes())
        print(REG["one"].__name__, list(REG), REG.stats.cache)
        """,
        **environment,
    )
    assert printed in ("One ['one', 'two'] off", "One ['one', 'two'] cold")
    again = sender.run("from APP.base import REG; print(REG.info('one').reference)", **environment)
    assert again == f"{sender.name}.p_one:One"


def test_a_registry_that_has_no_index_neither_gives_nor_takes_one(simple_app):
    unbound = LazyDiscoveryDict()
    with pytest.raises(DiscoveryError, match="no base class names this registry yet"):
        unbound.export_index()
    assert not unbound.adopt_index(b"")
    assert "no base class" in unbound.why_not_adopted
    script = """
        from plugindex import AutoRegisterMeta
        class Base(metaclass=AutoRegisterMeta):
            __registry_key__ = "name"
        try:
            Base.__registry__.export_index()
        except Exception as error:
            print(type(error).__name__, Base.__registry__.adopt_index(b""))
    """
    assert simple_app.run(script) == "DiscoveryError False"
