"""The index: what it finds, when it is used, and that every change on disk is seen."""

from __future__ import annotations

import gc
import os
import py_compile
import sys
import time
from pathlib import Path

import pytest

from plugindex import index, store
from plugindex.build import Build
from plugindex.config import KeyRule, Scope
from plugindex.errors import DiscoveryError
from plugindex.library import Library
from plugindex.machine import Frame
from plugindex.renewal import remember_failures
from plugindex.truth import import_truth

WORKING = (Build, Frame, Library)
BASE = "class Plugin:\n    pass\n"
PLUGIN = "from {package}.base import Plugin\n\n\nclass {name}(Plugin):\n    key = {key!r}\n"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of twenty plugins that lies on the path, older than a stamp's doubt."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    root = tmp_path / "site" / "plugs"
    root.mkdir(parents=True)
    (root / "__init__.py").write_text("")
    (root / "base.py").write_text(BASE)
    for number in range(20):
        text = PLUGIN.format(package="plugs", name=f"P{number}", key=f"p{number}")
        (root / f"m{number:02}.py").write_text(text)
    age(root)
    return root


def age(folder: Path) -> None:
    """Put the times that can be put an hour back, so that only ctime is fresh."""
    hour_ago = time.time_ns() - 3600 * 10**9 + 123
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, ns=(hour_ago, hour_ago))


@pytest.fixture
def take(tmp_path):
    """Take a snapshot of the package as a new process would."""
    scope = Scope(
        base="plugs.base:Plugin",
        package="plugs",
        rule=KeyRule(attribute="key", own=True),
        foreign=True,
        application="plugs",
        name="plugs",
    )
    settings = index.Settings(folder=str(tmp_path / "cache"))

    def now(**changes):
        return index.take(scope.replace(**changes), settings)

    now.scope, now.settings = scope, settings
    return now


def listed(snapshot) -> dict[object, str]:
    return {key: plugin.reference for key, plugin in snapshot.plugins.items()}


def truth(take) -> dict[object, str]:
    """What importing gives, by a child interpreter."""
    from plugindex.finder import Finder

    modules = [file.name for file in Finder().modules("plugs")]
    return dict(import_truth(take.scope, modules).entries)


def test_a_listing_equals_import_and_imports_nothing(package, take):
    snapshot = take()
    assert listed(snapshot) == truth(take)
    assert snapshot.stats.imported == 0
    assert not [name for name in sys.modules if name.startswith("plugs")]


def test_a_listing_keeps_nothing_of_how_it_was_worked_out(package, take):
    found = take()
    held = {type(one).__name__ for one in gc.get_objects() if isinstance(one, WORKING)}
    assert held == set()
    assert len(found.plugins) == 20
    assert all(plugin.line == 4 for plugin in found.plugins.values())


def test_the_second_listing_reads_nothing(package, take):
    first = take()
    second = take()
    assert (first.stats.cache, second.stats.cache) == ("cold", "hit")
    assert (first.stats.modules, first.stats.read, second.stats.read) == (22, 22, 0)
    assert listed(second) == listed(first)
    assert list(second.plugins) == list(first.plugins)


def test_a_module_that_raises_when_imported_is_listed_without_importing_it(package, take):
    text = (
        PLUGIN.format(package="plugs", name="Broken", key="broken") + "raise RuntimeError('no')\n"
    )
    (package / "broken.py").write_text(text)
    snapshot = take()
    assert "broken" in snapshot.plugins
    assert snapshot.stats.imported == 0


def edit(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def test_one_edited_file_is_the_only_one_read_again(package, take):
    take()
    edit(package / "m07.py", "'p7'", "'seven'")
    snapshot = take()
    assert (snapshot.stats.cache, snapshot.stats.read) == ("partial", 1)
    assert listed(snapshot) == truth(take)
    assert snapshot.plugins["seven"].qualname == "P7"


DECORATORS = {
    "the class": "def deco(cls): return cls\n",
    "a subclass in its place": "def deco(cls):\n    class New(cls): pass\n"
    "    New.__qualname__ = cls.__qualname__\n    New.__module__ = cls.__module__\n"
    "    return New\n",
    "a class that a function makes": "def deco(cls):\n    class Made: pass\n"
    "    class Two(Made): pass\n    return cls\n",
}


@pytest.mark.parametrize("text", DECORATORS.values(), ids=DECORATORS)
def test_what_was_read_of_a_function_is_read_from_the_index_alike(package, take, text):
    (package / "deco.py").write_text(text)
    edit(package / "m03.py", "class P3", "from plugs.deco import deco\n@deco\nclass P3")
    before = take()
    edit(package / "m07.py", "'p7'", "'seven'")
    edit(package / "m03.py", "'p3'", "'three'")
    snapshot = take()
    assert (snapshot.stats.cache, snapshot.stats.read) == ("partial", 2)
    assert listed(snapshot) == truth(take)
    assert snapshot.stats.imported == before.stats.imported


def test_an_edit_in_the_same_instant_as_the_index_was_written_is_seen(package, take):
    take()
    path = package / "m07.py"
    before = path.stat()
    edit(path, "'p7'", "'q7'")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert listed(take()) == truth(take)


def new_file(root: Path) -> None:
    text = PLUGIN.format(package="plugs", name="New", key="new")
    (root / "new.py").write_text(text)


def private_file(root: Path) -> None:
    text = PLUGIN.format(package="plugs", name="Private", key="private")
    (root / "_private.py").write_text(text)


def in_init(root: Path) -> None:
    text = PLUGIN.format(package="plugs", name="InInit", key="init")
    (root / "__init__.py").write_text(text)


def new_package(root: Path) -> None:
    (root / "sub").mkdir()
    text = PLUGIN.format(package="plugs", name="Sub", key="sub")
    (root / "sub" / "__init__.py").write_text(text)


def changed_base(root: Path) -> None:
    (root / "base.py").write_text("class Other:\n    pass\n" + BASE)


def shadowing(root: Path) -> None:
    (root / "m01").mkdir()
    (root / "m01" / "__init__.py").write_text("")


CHANGES = {
    "a new file": new_file,
    "a deleted file": lambda root: (root / "m03.py").unlink(),
    "a renamed file": lambda root: (root / "m03.py").rename(root / "renamed.py"),
    "a private module": private_file,
    "an __init__": in_init,
    "a new package": new_package,
    "the base's module": changed_base,
    "a syntax error": lambda root: (root / "m03.py").write_text("class\n"),
    "a package before a module": shadowing,
    "an emptied file": lambda root: (root / "m03.py").write_text(""),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_after_any_change_the_next_start_equals_import(package, take, change):
    take()
    change(package)
    assert listed(take()) == truth(take)
    assert listed(take()) == truth(take)


def test_a_constant_from_outside_the_package_counts(package, take, tmp_path):
    (tmp_path / "site" / "names.py").write_text("KEY = 'one'\n")
    (package / "m03.py").write_text(
        "from names import KEY\nfrom plugs.base import Plugin\nclass P3(Plugin):\n    key = KEY\n"
    )
    assert "one" in take().plugins
    (tmp_path / "site" / "names.py").write_text("KEY = 'two'\n")
    assert "two" in take().plugins
    assert listed(take()) == truth(take)


def test_a_base_from_outside_the_package_counts(package, take, tmp_path):
    outside = tmp_path / "site" / "mixins.py"
    outside.write_text("from plugs.base import Plugin\nclass Mixin(Plugin):\n    pass\n")
    (package / "m03.py").write_text(
        "from mixins import Mixin\nclass P3(Mixin):\n    key = 'mixed'\n"
    )
    assert "mixed" in take().plugins
    outside.write_text("class Mixin:\n    pass\n")
    assert "mixed" not in take().plugins


MODES = {
    "hash": py_compile.PycInvalidationMode.CHECKED_HASH,
    "unchecked hash": py_compile.PycInvalidationMode.UNCHECKED_HASH,
    "timestamp": py_compile.PycInvalidationMode.TIMESTAMP,
}


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_an_edit_of_equal_size_with_its_time_put_back_gives_what_import_gives(package, take, mode):
    path = package / "m07.py"
    py_compile.compile(str(path), invalidation_mode=mode)
    take()
    before = path.stat()
    edit(path, "'p7'", "'q7'")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    snapshot = take()
    assert listed(snapshot) == truth(take)
    if mode is MODES["timestamp"]:
        assert "p7" in snapshot.plugins
        assert [p.kind for p in snapshot.problems] == ["stale-bytecode"]


def test_a_missing_requirement_makes_a_plugin_unavailable_until_it_is_there(
    package, take, tmp_path
):
    path = package / "m03.py"
    path.write_text("import not_installed_yet\n" + path.read_text())
    snapshot = take()
    assert "p3" not in snapshot.plugins
    assert "not_installed_yet" in snapshot.unavailable["p3"].reason
    assert listed(snapshot) == truth(take)
    (tmp_path / "site" / "not_installed_yet.py").write_text("")
    assert "p3" in take().plugins


def fail_to_load(package, take):
    """Let the module m03 raise when it is imported, and tell the index so."""
    from plugindex.records import Problem

    path = package / "m03.py"
    path.write_text(path.read_text() + "def check():\n    raise RuntimeError('no')\ncheck()\n")
    plugin = take().plugins["p3"]
    problem = Problem("import-failed", plugin.module, "RuntimeError: no")
    remember_failures(take.scope, take.settings, {plugin.module: problem})
    return path


def test_a_failure_is_settled_by_a_child_and_lasts_until_the_file_changes(package, take):
    path = fail_to_load(package, take)
    for imported in (1, 0):
        again = take()
        assert "p3" not in again.plugins
        assert [(one.kind, one.module) for one in again.problems] == [
            ("import-failed", "plugs.m03")
        ]
        assert again.stats.imported == imported
    edit(path, "'p3'", "'p33'")
    assert "p33" in take().plugins


def test_a_failure_outlasts_the_bytecode_that_the_failing_import_wrote(package, take):
    path = fail_to_load(package, take)
    take()
    py_compile.compile(str(path))
    again = take()
    assert "p3" not in again.plugins
    assert (again.stats.read, again.stats.imported) == (1, 0)


def test_a_touched_file_is_read_and_changes_nothing(package, take):
    first = take()
    os.utime(package / "m03.py")
    os.chmod(package / "m04.py", 0o600)
    again = take()
    assert listed(again) == listed(first)
    assert take().stats.cache == "hit"


def test_a_computed_key_is_settled_by_a_child_interpreter(package, take):
    (package / "m03.py").write_text(
        "from plugs.base import Plugin\nclass P3(Plugin):\n    key = '-'.join(['a', 'b'])\n"
    )
    snapshot = take()
    assert snapshot.plugins["a-b"].qualname == "P3"
    assert snapshot.stats.imported == 1
    assert not [name for name in sys.modules if name.startswith("plugs")]
    assert take().stats.imported == 0


def test_two_classes_with_one_key_both_lose_it_and_are_named(package, take):
    edit(package / "m03.py", "'p3'", "'p4'")
    snapshot = take()
    assert "p4" not in snapshot.plugins
    assert {one.qualname for one in snapshot.conflicts["p4"]} == {"P3", "P4"}
    assert [problem.kind for problem in snapshot.problems] == ["duplicate-key"]


@pytest.mark.parametrize(
    ("package_name", "base"),
    [("nowhere", "plugs.base:Plugin"), ("plugs", "plugs.base:Nothing"), ("plugs", "plugs.m03:x")],
)
def test_a_scope_that_does_not_exist_is_refused_by_name(package, take, package_name, base):
    with pytest.raises(DiscoveryError, match=r"next:"):
        take(package=package_name, base=base)


def test_a_damaged_index_is_built_anew(package, take):
    first = take()
    path = Path(index.cache_path(take.scope, take.settings))
    path.write_bytes(path.read_bytes()[:-20])
    assert listed(take()) == listed(first)
    assert take().stats.cache == "hit"


def test_another_scope_of_the_same_name_is_not_mistaken_for_it(package, take):
    take()
    assert take(rule=KeyRule(attribute="other", own=True)).plugins == {}


def test_without_a_cache_every_listing_reads(package, take):
    snapshot = index.take(take.scope, index.Settings(cache=False))
    assert (snapshot.stats.cache, snapshot.stats.read) == ("off", 22)


def test_what_was_too_fresh_to_trust_is_stamped_anew_once(package, take):
    first = take()
    path = index.cache_path(take.scope, take.settings)
    as_if_written_early(path)
    written = Path(path).read_bytes()
    assert take().stats.cache == "hit"
    renewed = Path(path).read_bytes()
    assert renewed != written
    assert take().stats.cache == "hit"
    assert Path(path).read_bytes() == renewed
    assert listed(take()) == listed(first)


def as_if_written_early(path: str) -> None:
    """Let an index say that it was written before the files' times, so that no stamp is trusted."""
    document = store.read(path)
    head = document.raw_head()
    head["checked"] = document.head("checked") - 10**15
    store.write(path, head, "records", document.raw_tail())
