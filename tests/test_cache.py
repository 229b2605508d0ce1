"""The cache manager gives back what was saved, or says why not."""

from __future__ import annotations

import enum
import inspect
import json
import math
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from plugindex import cache, store
from plugindex.cache import CacheConfig, RegistryCacheManager

SRC = str(Path(cache.__file__).parent.parent)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Access(enum.Flag):
    READ = 1
    WRITE = 2


def manager(folder: Path, version="1", config=None, getter=None, **options) -> RegistryCacheManager:
    given = {
        "serializer": lambda item: {"v": item},
        "deserializer": lambda data: data["v"],
        **options,
    }
    return RegistryCacheManager(
        "demo",
        lambda: version,
        config=config,
        file_mtimes_getter=getter,
        folder=str(folder),
        **given,
    )


def verdict(of: RegistryCacheManager) -> str:
    assert of.load_cache() is None
    assert of.why or of.verdict == "absent"
    return of.verdict


KEYS = [
    "text", "", "!marked", "with \"quotes\":", "\n\u20ac\ud800", 1, 0, -5, 10**30, True, None, 1.5,
    math.inf, -math.inf,
    2j, complex(1.5, -math.inf),
    b"", b"\xff\0", (), (1, "a", (None, b"x")), frozenset(), frozenset({1, frozenset({"a"})}),
    Colour.RED, Level.LOW, (Colour.RED, 1),
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_a_key_survives_with_its_type(tmp_path, key):
    manager(tmp_path).save_cache({key: "item"})
    ((found, item),) = manager(tmp_path).load_cache().items()
    assert (found, type(found), item) == (key, type(key), "item")


def test_all_keys_survive_together_in_their_order(tmp_path):
    items = {key: number for number, key in enumerate(KEYS)}
    subject = manager(tmp_path)
    subject.save_cache(items)
    assert list(manager(tmp_path).load_cache().items()) == list(items.items())
    assert (subject.verdict, subject.why) == ("stored", "")


def test_an_enum_member_comes_back_as_the_same_object(tmp_path):
    manager(tmp_path).save_cache({Colour.BLUE: 1})
    assert next(iter(manager(tmp_path).load_cache())) is Colour.BLUE


@pytest.mark.parametrize(
    "key", [math.nan, complex(math.nan, 1), Path("x"), Access.READ | Access.WRITE]
)
def test_a_key_that_can_not_be_stored_exactly_is_never_dropped_silently(tmp_path, key):
    subject = manager(tmp_path)
    subject.save_cache({"a": 1, key: 2})
    if subject.verdict == "stored":
        assert verdict(subject) == "stale"
    else:
        assert (subject.verdict, verdict(subject)) == ("not stored", "absent")


def test_an_enum_is_imported_for_a_key_only_where_the_caller_allows_it(tmp_path):
    (tmp_path / "shades.py").write_text("import enum\nclass E(enum.Enum):\n    A = 1\n")
    (tmp_path / "exits.py").write_text("raise RuntimeError")
    for module in ("shades", "exits"):
        head = cache.header(CacheConfig(), "1", "ENV") | {"files": {}}
        text = f'!{{"enum":["{module}","E","A"]}}'
        store.write(str(tmp_path / f"c-{module}" / "demo.json"), head, "items", {text: {"v": 1}})
    code = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import plugindex.cache as cache
        cache.environment_digest = lambda: "ENV"
        def load(module, *allowed):
            out = cache.RegistryCacheManager("demo", lambda: "1", dict, lambda d: d["v"],
                folder={str(tmp_path)!r} + "/c-" + module, key_modules=allowed)
            return out.load_cache(), out.verdict, module in sys.modules
        print(load("shades"), load("exits", "exits"), load("shades", "shades"))
    """
    out = child(code)
    assert out == "(None, 'stale', False) (None, 'stale', False) ({<E.A: 1>: 1}, 'hit', True)\n"


def child(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": SRC}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_the_file_keeps_the_seeds_top_level_keys(tmp_path):
    subject = manager(tmp_path)
    subject.save_cache({"a": {"b": None}})
    assert subject._cache_path == tmp_path / "demo.json" == Path(subject.cache_path)
    whole = json.loads(subject._cache_path.read_text())
    assert (whole["cache_version"], whole["version"]) == ("1.0", "1")
    assert (whole["items"], type(whole["timestamp"])) == ({"a": {"v": {"b": None}}}, float)


def test_nothing_is_created_before_something_is_saved(tmp_path):
    subject = manager(tmp_path / "cache")
    assert (verdict(subject), subject._cache_path.name) == ("absent", "demo.json")
    subject.clear_cache()
    assert list(tmp_path.iterdir()) == []


def test_clearing_removes_the_file(tmp_path):
    subject = manager(tmp_path)
    subject.save_cache({"a": 1})
    subject.clear_cache()
    assert verdict(subject) == "absent"


def test_what_can_not_be_cleared_says_so(tmp_path):
    (tmp_path / "demo.json").mkdir()
    with pytest.raises(cache.CacheError, match="fix: "):
        manager(tmp_path).clear_cache()


def test_another_version_or_form_is_stale(tmp_path):
    manager(tmp_path).save_cache({"a": 1})
    assert verdict(manager(tmp_path, version="2")) == "stale"
    assert verdict(manager(tmp_path, config=CacheConfig(cache_version="2.0"))) == "stale"
    assert manager(tmp_path).load_cache() == {"a": 1}


def save_at(folder: Path, when: object, environment: str | None = None) -> None:
    """Save a cache as if it had been written at *when*."""
    mine = cache.environment_digest() if environment is None else environment
    head = cache.header(CacheConfig(), "1", mine) | {"timestamp": when, "files": {}}
    assert store.write(str(folder / "demo.json"), head, "items", {"a": {"v": 1}}) == ""


@pytest.mark.parametrize(
    ("age_s", "days", "expected"),
    [
        (0, 7, "hit"),
        (6.9 * 86400, 7, "hit"),
        (7.1 * 86400, 7, "stale"),
        (-60, 7, "stale"),
        (9**9, None, "hit"),
    ],
)
def test_the_age_counts_in_days_and_the_future_is_stale(tmp_path, age_s, days, expected):
    save_at(tmp_path, time.time() - age_s)
    subject = manager(tmp_path, config=CacheConfig(max_age_days=days))
    subject.load_cache()
    assert subject.verdict == expected


@pytest.mark.parametrize("when", [None, "now", True, [], {}, -1, 10**400, -(10**400)])
def test_a_timestamp_of_another_kind_is_stale(tmp_path, when):
    save_at(tmp_path, when)
    assert verdict(manager(tmp_path)) == "stale"


def test_a_foreign_environments_file_is_left_alone(tmp_path):
    save_at(tmp_path, time.time(), environment="another")
    before = (tmp_path / "demo.json").read_bytes()
    subject = manager(tmp_path)
    assert verdict(subject) == "absent"
    subject.save_cache({"mine": 1})
    assert subject.load_cache() == {"mine": 1}
    assert subject._cache_path.parent.name.startswith("env-")
    assert (tmp_path / "demo.json").read_bytes() == before


def test_garbage_is_corrupt_and_the_next_save_heals_it(tmp_path):
    subject = manager(tmp_path)
    subject.save_cache({"a": 1})
    for garbage in (b"", b"\xff", b"{}", subject._cache_path.read_bytes()[:-3]):
        subject._cache_path.write_bytes(garbage)
        assert verdict(subject) == "corrupt"
        subject.save_cache({"a": 1})
        assert subject.load_cache() == {"a": 1}


def test_every_changed_byte_of_the_file_is_a_miss(tmp_path):
    subject = manager(tmp_path)
    subject.save_cache({"a": 1, (1, b"x"): 2})
    good = subject._cache_path.read_bytes()
    for offset in range(len(good)):
        bad = bytearray(good)
        bad[offset] ^= 1
        subject._cache_path.write_bytes(bytes(bad))
        assert verdict(subject) in ("corrupt", "absent", "stale")


@pytest.mark.parametrize("error", [KeyError, TypeError, ValueError, AttributeError, ImportError])
def test_an_item_that_can_not_be_restored_makes_the_cache_stale(tmp_path, error):
    def refuse(data):
        raise error("gone")

    manager(tmp_path).save_cache({"a": 1})
    assert verdict(manager(tmp_path, deserializer=refuse)) == "stale"


def test_an_item_that_can_not_be_stored_stores_nothing(tmp_path):
    subject = manager(tmp_path)
    subject.save_cache({"a": 1, "b": object()})
    assert (subject.verdict, list(tmp_path.iterdir())) == ("not stored", [])
    assert "object" in subject.why


def test_the_switch_disables_reading_and_writing(tmp_path, monkeypatch):
    subject = manager(tmp_path, application="demo")
    subject.save_cache({"a": 1})
    monkeypatch.setenv("DEMO_DISABLE_REGISTRY_CACHE", "1")
    assert verdict(subject) == "disabled"
    subject.save_cache({"a": 2})
    monkeypatch.delenv("DEMO_DISABLE_REGISTRY_CACHE")
    assert subject.load_cache() == {"a": 1}


def test_no_place_to_write_is_a_verdict():
    subject = manager(Path("/proc/nope"))
    subject.save_cache({"a": 1})
    assert (subject.verdict, verdict(subject)) == ("not stored", "absent")
    nowhere = RegistryCacheManager("demo", lambda: "1", dict, dict, folder="")
    nowhere.save_cache({})
    assert (nowhere.verdict, nowhere.cache_path, verdict(nowhere)) == ("not stored", "", "absent")


def files_of(folder: Path) -> dict[str, float]:
    return {str(path): path.stat().st_mtime for path in sorted(folder.glob("*.py"))}


@pytest.fixture
def watched(tmp_path):
    """A manager over a folder with one file, and that file."""
    folder = tmp_path / "watched"
    folder.mkdir()
    file = folder / "m.py"
    file.write_text("x = 1")
    subject = manager(tmp_path / "cache", getter=lambda: files_of(folder))
    subject.save_cache({"a": 1}, files_of(folder))
    assert subject.load_cache() == {"a": 1}
    return subject, file


def test_an_edit_of_equal_size_in_the_same_instant_is_stale(watched):
    subject, file = watched
    times = file.stat().st_atime_ns, file.stat().st_mtime_ns
    file.write_text("x = 2")
    os.utime(file, ns=times)
    assert verdict(subject) == "stale"


def test_a_touched_file_with_the_same_content_still_holds(watched):
    subject, file = watched
    os.utime(file, (5, 5))
    assert subject.load_cache() == {"a": 1}


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.with_name("n.py").write_text(""),
        lambda file: file.unlink(),
        lambda file: file.rename(file.with_name("n.py")),
        lambda file: file.write_text("x = 1 "),
    ],
    ids=["new", "deleted", "renamed", "edited"],
)
def test_a_changed_set_of_files_is_stale(watched, change):
    subject, file = watched
    change(file)
    assert verdict(subject) == "stale"


def test_files_do_not_count_where_the_configuration_says_so(watched, tmp_path):
    _, file = watched
    file.unlink()
    unchecked = manager(tmp_path / "cache", config=CacheConfig(check_mtimes=False))
    assert unchecked.load_cache() == {"a": 1}


def test_files_that_changed_while_the_items_were_made_are_not_stored(tmp_path):
    file = tmp_path / "m.py"
    file.write_text("x = 1")
    subject = manager(tmp_path / "cache")
    subject.save_cache({"a": 1}, {str(file): file.stat().st_mtime - 1})
    assert (subject.verdict, verdict(subject)) == ("not stored", "absent")


def test_stamped_files_are_checked_without_a_getter_too(tmp_path):
    file = tmp_path / "m.py"
    file.write_text("x = 1")
    manager(tmp_path / "cache").save_cache({"a": 1}, {str(file): file.stat().st_mtime})
    assert manager(tmp_path / "cache").load_cache() == {"a": 1}
    file.write_text("x = 2")
    assert verdict(manager(tmp_path / "cache")) == "stale"


def test_signatures_are_those_of_metaclass_registry():
    names = [
        "self",
        "cache_name",
        "version_getter",
        "serializer",
        "deserializer",
        "config",
        "file_mtimes_getter",
    ]
    parameters = inspect.signature(RegistryCacheManager.__init__).parameters
    positional = [p.name for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == names
    usual = CacheConfig()
    assert (usual.max_age_days, usual.check_mtimes, usual.cache_version) == (7, True, "1.0")
    assert CacheConfig(3, False, "2").max_age_days == 3
    assert RegistryCacheManager[int] is RegistryCacheManager


def test_the_application_is_the_root_package_of_the_version_getter():
    getter = store.read  # any function of a package
    assert RegistryCacheManager("x", getter, dict, dict).application == "plugindex"


class Outer:
    class Inner:
        """A class inside a class."""


def test_a_plugin_class_survives_by_name():
    for plugin in (Colour, Outer.Inner):
        assert cache.deserialize_plugin_class(cache.serialize_plugin_class(plugin)) is plugin
    named = {"module": "json", "class_name": "JSONDecoder"}
    assert cache.deserialize_plugin_class(named) is json.JSONDecoder


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, KeyError),
        ({"module": "json"}, KeyError),
        ({"module": "json", "qualname": "loads"}, TypeError),
        ({"module": "json", "qualname": "Nope"}, AttributeError),
        ({"module": "no_such_module_x", "qualname": "A"}, ImportError),
        ({"module": "json", "qualname": "f.<locals>.A"}, AttributeError),
        ({"module": "../json", "qualname": "A"}, ValueError),
        ({"module": "json", "qualname": "__loader__.__class__"}, ValueError),
        ({"module": 5, "qualname": "A"}, TypeError),
    ],
)
def test_a_name_that_is_no_class_is_refused(data, error):
    with pytest.raises(error):
        cache.deserialize_plugin_class(data)


def test_a_class_may_be_held_to_a_package_and_a_base():
    data = {"module": "subprocess", "qualname": "Popen"}
    with pytest.raises(ImportError):
        cache.deserialize_plugin_class(data, package="json")
    with pytest.raises(TypeError):
        cache.deserialize_plugin_class(data, base=dict)


def test_the_files_of_a_package_are_found_without_importing_it(tmp_path, monkeypatch):
    for file in (
        "pk_times/__init__.py",
        "pk_times/_a.py",
        "pk_times/s/__init__.py",
        "pk_times/s/b.py",
    ):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("raise SystemExit")
    monkeypatch.syspath_prepend(str(tmp_path))
    whole = cache.get_package_file_mtimes("pk_times")
    assert {Path(p).name: t for p, t in whole.items()}["b.py"] == (
        tmp_path / "pk_times/s/b.py"
    ).stat().st_mtime
    assert len(whole) == 4
    assert len(cache.get_package_file_mtimes("pk_times", recursive=False)) == 3
    with pytest.raises(ModuleNotFoundError):
        cache.get_package_file_mtimes("no_such_package_x")


def test_the_manager_imports_nothing_costly():
    code = """
        import sys, plugindex.cache as c
        m = c.RegistryCacheManager("x", lambda: "1", dict, dict, folder="/proc/nope")
        m.load_cache(); m.save_cache({"a": {}, 1: {}})
        costly = {"json", "typing", "pathlib", "re", "enum", "logging"}
        print(m.verdict, sorted(costly & set(sys.modules)))
    """
    assert child(code) == "not stored []\n"
