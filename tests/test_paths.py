"""Where caches lie follows the platform's rules, and asking makes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from plugindex import names, paths

SRC = str(Path(paths.__file__).parent.parent)
linux = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG rules")


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    for name in ("XDG_DATA_HOME", "DEMO_CACHE_DIR", "DEMO_DISABLE_REGISTRY_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@linux
def test_the_default_is_the_users_data_folder(tmp_path):
    assert paths.cache_folder("demo") == str(tmp_path / ".local/share/demo/cache")


@linux
@pytest.mark.parametrize("value", ["", "relative", "./x", "a\0b".replace("\0", "")])
def test_an_empty_or_relative_data_home_is_ignored(monkeypatch, tmp_path, value):
    monkeypatch.setenv("XDG_DATA_HOME", value)
    assert paths.cache_folder("demo") == str(tmp_path / ".local/share/demo/cache")


@linux
def test_the_data_home_is_honoured(monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert paths.cache_folder("demo") == "/data/demo/cache"


def test_the_override_wins_unless_it_is_relative(monkeypatch, tmp_path):
    monkeypatch.setenv("DEMO_CACHE_DIR", str(tmp_path / "mine"))
    assert paths.cache_folder("demo") == str(tmp_path / "mine")
    monkeypatch.setenv("DEMO_CACHE_DIR", "mine")
    assert paths.cache_folder("demo") != "mine"


@linux
@pytest.mark.parametrize("home", ["", "relative"])
def test_without_a_home_there_is_no_folder(monkeypatch, home):
    monkeypatch.setenv("HOME", home)
    assert paths.cache_folder("demo") == ""


def test_asking_creates_nothing(tmp_path):
    paths.cache_file(paths.cache_folder("demo"), "x", paths.environment_digest(), "other")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "disabled"),
    [("1", True), ("true", True), ("YES", True), ("0", False), ("False", False), ("", False)],
)
def test_the_switch_disables_caching(monkeypatch, value, disabled):
    assert not paths.cache_disabled("demo")
    monkeypatch.setenv("DEMO_DISABLE_REGISTRY_CACHE", value)
    assert paths.cache_disabled("demo") is disabled


def test_an_odd_application_name_still_names_a_variable():
    assert names.variable("my-app.x", "CACHE_DIR") == "MY_APP_X_CACHE_DIR"


def test_registry_files_are_named_as_the_seed_lists_them():
    assert paths.registry_file_name("microscope handler") == "microscope_handler_registry.json"
    assert paths.registry_file_name("ZMQ server") == "zmq_server_registry.json"


ODD = [
    "",
    ".",
    "..",
    "../x",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "a\0b",
    "x" * 300,
    "\u00e4",
    "\ud800",
    "-rf",
    "C:",
]


def test_no_name_escapes_the_folder_and_none_collides(tmp_path):
    names = [paths.registry_file_name(odd) for odd in ODD]
    assert len(set(names)) == len(ODD)
    for name in names:
        assert os.path.basename(name) == name
        (tmp_path / name).write_text("")
        assert paths.cache_folder(name).endswith("cache")
    folders = {paths.cache_folder(odd) for odd in ODD}
    assert all(Path(folder).parent.parent == tmp_path / ".local/share" for folder in folders)


def test_the_flat_file_belongs_to_the_environment_in_its_header():
    flat = os.path.join("/c", "x.json")
    assert paths.cache_file("/c", "x.json", "me", None) == flat
    assert paths.cache_file("/c", "x.json", "me", "me") == flat
    assert paths.cache_file("/c", "x.json", "me", "you") == os.path.join("/c", "env-me", "x.json")
    assert paths.cache_file("", "x.json", "me", None) == ""


def digest_of_child(*options: str, path: str = "") -> str:
    code = "import plugindex.paths as p; print(p.environment_digest())"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([SRC, path] if path else [SRC])}
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_the_environment_is_told_by_path_and_optimisation_and_stays_the_same(tmp_path):
    usual = digest_of_child()
    assert usual == digest_of_child()
    assert len({usual, digest_of_child("-O"), digest_of_child(path=str(tmp_path / "lib"))}) == 3


def test_a_linked_path_entry_is_the_same_environment(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib64").symlink_to("lib")
    assert digest_of_child(path=str(tmp_path / "lib")) == digest_of_child(
        path=str(tmp_path / "lib64")
    )
