"""Enums whose members are kept between processes, and what makes them be found anew."""

from __future__ import annotations

import enum
import itertools
import json
import logging
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import plugindex
from plugindex import CacheConfig, cached_enum, installed_version

SRC = str(Path(plugindex.__file__).parent.parent)
# A module that makes its enum when it is first asked for it, and notes each finding in a file.
SHADES = """
from plugindex import cached_enum

def find():
    with open("findings", "a") as file:
        file.write("x")
    return {"ZINC": "zinc", "AMBER": "amber", "NONE": None, "PAIR": (1, b"2")}

def __getattr__(name):
    if name != "Shade":
        raise AttributeError(name)
    globals()[name] = cached_enum("Shade", find, module=__name__, version="1")
    return globals()[name]
"""
_numbers = itertools.count()


@pytest.fixture
def paint(tmp_path):
    """A folder with a package ``paint`` whose module ``shades`` has a costly enum."""
    (tmp_path / "paint").mkdir()
    (tmp_path / "paint" / "__init__.py").write_text("")
    (tmp_path / "paint" / "shades.py").write_text(SHADES)
    return tmp_path


def run(folder: Path, code: str, **variables: str) -> str:
    """Run *code* in a fresh interpreter that finds the package, and return what it prints."""
    path = os.pathsep.join([str(folder), SRC])
    own = {"PYTHONPATH": path, "XDG_DATA_HOME": str(folder / "data")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env={**os.environ, **own, **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


SHOW = "from paint.shades import Shade; print(*((one.name, one.value) for one in Shade))"
SHOWN = "('ZINC', 'zinc') ('AMBER', 'amber') ('NONE', None) ('PAIR', (1, b'2'))"


def findings(folder: Path) -> int:
    return (folder / "findings").stat().st_size


def kept_file(folder: Path) -> Path:
    return folder / "data" / "paint" / "cache" / "shade_enum.json"


def test_a_second_process_finds_nothing_anew(paint):
    assert [run(paint, SHOW), run(paint, SHOW)] == [SHOWN, SHOWN]
    assert findings(paint) == 1


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_the_order_is_that_of_the_finding_whatever_the_hashes_are(paint, seed):
    assert run(paint, SHOW, PYTHONHASHSEED=seed) == SHOWN
    assert run(paint, SHOW, PYTHONHASHSEED="random") == SHOWN


def test_all_enums_of_a_file_are_one_item_of_it(paint):
    run(paint, SHOW)
    told = json.loads(kept_file(paint).read_text())
    assert (told["cache_version"], told["version"], list(told["items"])) == ("1.0", "1", ["enums"])
    assert list(told["items"]["enums"]["Shade"].items())[:3] == [
        ("ZINC", "zinc"),
        ("AMBER", "amber"),
        ("NONE", None),
    ]


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:-9]),
        lambda file: file.write_text('{"items": 5}'),
        lambda file: (file.unlink(), file.mkdir()),
        lambda file: (file.unlink(), os.mkfifo(file)),
    ],
    ids=["empty", "cut", "shape", "folder", "pipe"],
)
def test_a_damaged_file_costs_a_finding_and_nothing_else(paint, damage):
    run(paint, SHOW)
    damage(kept_file(paint))
    assert run(paint, SHOW) == SHOWN
    assert findings(paint) == 2


@pytest.mark.parametrize(
    "items",
    [
        {},
        {"enums": []},
        {"enums": None},
        {"enums": {}},
        {"enums": {"Shade": 5}},
        {"enums": {"Shade": {"mro": "m"}}},
        {"enums": {"Shade": {"A": []}}},
        {"enums": {"Shade": {"A": {"no": "kind"}}}},
    ],
)
def test_a_sound_file_of_another_shape_is_found_anew(paint, items):
    code = f"""
        from plugindex import RegistryCacheManager
        RegistryCacheManager("shade_enum", lambda: "1", lambda item: item, dict,
            application="paint").save_cache({items!r})
    """
    run(paint, code)
    assert kept_file(paint).exists()
    assert [run(paint, SHOW), run(paint, SHOW)] == [SHOWN, SHOWN]
    assert findings(paint) == 1


def test_the_switch_keeps_nothing(paint):
    for _ in range(2):
        assert run(paint, SHOW, PAINT_DISABLE_REGISTRY_CACHE="1") == SHOWN
    assert findings(paint) == 2
    assert not (paint / "data").exists()


def test_a_home_that_can_not_be_written_is_no_error(paint):
    assert run(paint, SHOW, XDG_DATA_HOME="/proc/nowhere") == SHOWN


def test_members_are_the_same_in_a_spawned_process(paint):
    (paint / "paint" / "work.py").write_text(
        "from paint.shades import Shade\n"
        "def same(member):\n    return member is Shade[member.name], member\n"
    )
    code = """
        import multiprocessing
        from paint.shades import Shade
        from paint.work import same
        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                for known, back in pool.map(same, Shade):
                    assert known and back is Shade[back.name], back
    """
    script = paint / "main.py"
    script.write_text(textwrap.dedent(code))
    run(paint, f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')")
    assert findings(paint) == 1


def test_an_enum_that_holds_imports_nothing_costly(paint):
    run(paint, SHOW)
    code = """
        import sys
        import paint.shades
        paint.shades.Shade
        costly = {"json", "typing", "pathlib", "re", "logging", "inspect", "dataclasses"}
        print(sorted(costly & set(sys.modules)))
    """
    assert run(paint, code) == "[]"


def test_an_enum_of_a_script_is_made_but_not_kept(tmp_path):
    code = """
        from plugindex import cached_enum
        Shade = cached_enum("Shade", lambda: {"A": 1}, module=__name__, version="1")
        print(Shade.A)
    """
    assert run(tmp_path, code) == "Shade.A"
    assert list(tmp_path.iterdir()) == []


# -- in this process ---------------------------------------------------------------------------


class Finding:
    """A finding that counts its calls."""

    def __init__(self, **members):
        self.members = members
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return self.members


@pytest.fixture
def make(tmp_path):
    """Make an enum as a new process would: each call has an identity of its own."""

    def made(finding, name="Shade", **options):
        given = {"version": "1", "application": "paint", "folder": str(tmp_path / "kept")}
        return cached_enum(name, finding, module=f"m{next(_numbers)}", **{**given, **options})

    return made


def test_repeated_calls_give_the_same_enum():
    finding = Finding(A=1)
    same = {"module": "a_module_of_this_test", "version": "1", "enable_cache": False}
    assert cached_enum("Once", finding, **same) is cached_enum("Once", finding, **same)
    assert finding.calls == 1


def test_another_module_or_name_is_another_enum(make):
    assert make(Finding(A=1)) is not make(Finding(A=1))


@pytest.mark.parametrize(
    "change",
    [
        {"version": "2"},
        {"config": CacheConfig(max_age_days=0)},
        {"config": CacheConfig(cache_version="2.0")},
        {"fingerprint": lambda: "napari 0.9.3"},
        {"fingerprint": None},
    ],
    ids=["version", "age", "form", "library", "no library"],
)
def test_what_decides_the_members_decides_whether_the_kept_ones_hold(make, change):
    first = {"fingerprint": lambda: "napari 0.9.2"}
    finding = Finding(A=1)
    make(finding, **first)
    make(finding, **first)
    assert finding.calls == 1
    make(finding, **(first | change))
    assert finding.calls == 2


def test_what_changes_while_members_are_found_makes_them_stale(make):
    told = ["old"]

    def finding():
        told[0] = "new"
        return {"A": 1}

    make(finding, fingerprint=lambda: told[0])
    later = Finding(B=2)
    assert list(make(later, fingerprint=lambda: "new").__members__) == ["B"]


def test_a_changed_file_is_stale(make, tmp_path):
    file = tmp_path / "shades.txt"
    file.write_text("a")
    finding = Finding(A=1)
    options = {"file_mtimes_getter": lambda: {str(file): file.stat().st_mtime}}
    make(finding, **options), make(finding, **options)
    assert finding.calls == 1
    file.write_text("b")
    make(finding, **options)
    assert finding.calls == 2


def test_a_reduced_finding_leaves_the_full_one_alone(make, tmp_path):
    full, reduced = Finding(A=1, B=2), Finding(A=1)
    assert len(make(reduced, mode="headless")) == 1
    assert len(make(full)) == 2
    assert len(make(Finding(), mode="headless")) == 1
    names = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert names == ["shade_enum-headless.json", "shade_enum.json"]


def test_several_enums_share_one_finding_and_one_file(make, tmp_path):
    calls = []

    def find():
        calls.append(1)
        return {"all": {"A": "a", "W": "w"}, "some": {"NONE": None, "A": "a"}}

    def both(finding):
        options = {"cache_name": "parts"}
        return (
            make(finding, "Every", part="all", **options),
            make(finding, "Some", part="some", **options),
        )

    every, some = both(find)
    assert (list(every.__members__), some.NONE.value, len(calls)) == (["A", "W"], None, 1)
    again = both(Finding())
    assert [list(one.__members__) for one in again] == [["A", "W"], ["NONE", "A"]]
    told = json.loads((tmp_path / "kept" / "parts.json").read_text())
    assert told["items"] == {"enums": find()}


class Loud(enum.Enum):
    """An enum without members that gives others methods."""

    @property
    def loud(self):
        return self.value.upper()


class Strict(enum.StrEnum):
    """An enum whose values are texts."""


def test_a_base_gives_methods_also_to_kept_members(make):
    make(Finding(A="a"), base=Loud)
    kept = make(Finding(), base=Loud)
    assert (kept.A.loud, kept.__mro__[1]) == ("A", Loud)


def test_kept_members_that_do_not_fit_the_base_are_found_anew(make):
    make(Finding(A=(1, 2, 3, 4)))
    assert make(Finding(A="a"), base=Strict).A == "a"


@pytest.mark.parametrize("value", [object(), [1], {"a": 1}, Loud, (1, [2])], ids=repr)
def test_values_that_can_not_be_kept_still_make_an_enum(make, tmp_path, value, caplog):
    with caplog.at_level(logging.DEBUG, "plugindex"):
        assert make(Finding(A=value)).A.value == value
    assert "shade enum is not kept" in caplog.text
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("value", [None, True, 1, -1.5, "ä\n", b"\0", (1, ("a",)), frozenset("a")])
def test_values_keep_their_type(make, value):
    make(Finding(A=value))
    kept = make(Finding()).A.value
    assert (kept, type(kept)) == (value, type(value))


def test_a_finding_that_fails_says_so_and_can_be_tried_again(make):
    def broken():
        raise OSError("unplugged")

    with pytest.raises(OSError, match="unplugged"):
        make(broken)
    assert make(Finding(A=1)).A.value == 1


def test_threads_that_come_at_once_get_one_enum(tmp_path):
    barrier = threading.Barrier(8)
    made = []

    def find():
        time.sleep(0.01)  # long enough for the others to come in
        return {"A": 1}

    def ask():
        barrier.wait()
        made.append(cached_enum("Raced", find, module="races", version="1", folder=str(tmp_path)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_members_pickle_by_the_name_that_the_module_gives():
    globals()["Nested"] = cached_enum(
        "Nested", Finding(A=1), module=__name__, version="1", enable_cache=False
    )
    assert pickle.loads(pickle.dumps(globals()["Nested"].A)) is globals()["Nested"].A


# -- which version is installed ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("more_paint-1.2.dist-info", "more-paint", "1.2"),
        ("more.paint-1.2.dist-info", "More_Paint", "1.2"),
        ("paint-2.0rc1-py3.11.egg-info", "paint", "2.0rc1"),
        ("paint.egg-info", "paint", ""),
        ("paint_brush-1.dist-info", "paint", ""),
        ("paint-1.txt", "paint", ""),
    ],
)
def test_the_version_of_a_distribution_stands_in_the_name_of_its_folder(
    tmp_path, monkeypatch, folder, name, version
):
    (tmp_path / folder).mkdir()
    monkeypatch.setattr(sys, "path", ["/nowhere", "\0", str(tmp_path)])
    assert installed_version(name) == version


def test_the_version_is_that_of_the_metadata():
    from importlib import metadata

    assert installed_version("pytest") == metadata.version("pytest")


def test_a_member_without_a_text_for_a_name_is_refused_each_time():
    for _ in range(2):
        with pytest.raises(TypeError, match="1 is no name of a member"):
            cached_enum("Odd", lambda: {1: 2}, module="nowhere.odd", enable_cache=False)
