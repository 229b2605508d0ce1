"""Every kind of worker sees all registries whole, and imports only the plugins that it uses."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from openhcs.core.registries import adopt_indexes, export_indexes
from openhcs.errors import MessageError
from openhcs.pipeline.executors.processes import begin_work
from openhcs.runtime.execution_client import ExecutionClient
from openhcs.runtime.transport import free_port
from server_processes import server_place
from worker_views import HIT, KEYS, USED, view

TESTS = str(Path(__file__).parent)
CACHES = ["empty folder", "adopted"]


@pytest.fixture(scope="module")
def indexes():
    """The indexes of this process, which keeps them nowhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENHCS_DISABLE_REGISTRY_CACHE", "1")
        return export_indexes()


@pytest.fixture(params=CACHES)
def handed(request, indexes, tmp_path, monkeypatch):
    """What a worker is handed: nothing, and an empty cache folder; or indexes, and no folder."""
    place = tmp_path / "data"
    if request.param == "adopted":
        place.write_text("")  # a file, so no folder can be made in it
    monkeypatch.setenv("XDG_DATA_HOME", str(place))
    return indexes if request.param == "adopted" else {}


def check(told: dict[str, object], handed: dict[str, str]) -> None:
    """Check what a worker has told of itself."""
    assert told["keys"] == KEYS
    assert told["before"] == []
    assert told["used"] == USED
    if handed:
        assert told["stats"] == HIT
    else:
        assert {cache for cache, _ in told["stats"].values()} <= {"cold", "hit"}


def fresh(code: str, folder: Path, *options: str) -> str:
    """Run *code* in a fresh interpreter in *folder*, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", TESTS)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def adopting(handed: dict[str, str], folder: Path) -> str:
    (folder / "indexes.json").write_text(json.dumps(handed))
    return f"""
import json
from openhcs.core.registries import adopt_indexes
with open({str(folder / "indexes.json")!r}) as file:
    taken = adopt_indexes(json.load(file))
assert all(taken.values()), taken
"""


EXPORT = """
import json
from openhcs.core.registries import export_indexes
print(json.dumps(export_indexes()))
"""
VIEW = "import json, worker_views\nprint(json.dumps(worker_views.view()))"


def test_a_fresh_interpreter(handed, tmp_path):
    before = adopting(handed, tmp_path) if handed else ""
    check(json.loads(fresh(before + VIEW, tmp_path)), handed)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_pool_of_processes(handed, method):
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, context, begin_work, (handed,)) as pool:
        check(pool.submit(view).result(), handed)


@pytest.fixture
def server(handed, tmp_path):
    """A client of a server with one worker, which can tell what it sees."""
    with server_place() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(folder), TESTS]))
        patch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))  # that of ``handed``
        options = ["--workers", "1"]
        with ExecutionClient.spawn("test", port=free_port(), options=options) as client:
            yield client


def test_an_execution_server(server):
    keys = server.request("plugins")["registries"]
    own = keys["zmq server"].index("test")  # the tests' own type of server
    assert keys["zmq server"].pop(own) == "test"
    assert {name: sorted(found) for name, found in keys.items()} == KEYS
    assert server.request("ping")["plugin_modules_imported"] == 0


def test_a_worker_of_an_execution_server(server, handed, tmp_path):
    if handed:  # those of a process that has the tests' own type of server, too
        handed = json.loads(fresh(EXPORT, tmp_path))
    execution = server.execute({"do": "view", "folder": str(tmp_path)}, ["A01"], handed)
    told = server.wait(execution, timeout=60)["results"]["A01"]
    told["keys"]["zmq server"].remove("test")
    check(told, handed)


@pytest.mark.parametrize("handed", ["adopted"], indirect=True)
def test_indexes_of_a_process_with_other_plugins_are_refused(server, handed, tmp_path):
    execution = server.execute({"do": "view", "folder": str(tmp_path)}, ["A01"], handed)
    told = server.wait(execution, timeout=60)["results"]["A01"]
    assert "test" in told["keys"]["zmq server"]
    assert "hit" not in {cache for cache, _ in told["stats"].values()}


BAD = {
    "an unknown registry": {"nothing": "x"},
    "a number": {"zmq server": 5},
    "no ASCII": {"zmq server": "\u00e4"},
    "too large": {"zmq server": "x" * (5 * 2**20)},
    "too large when encoded": {"zmq server": "\x01" * (3 * 2**20)},
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_server_refuses_what_is_no_index_by_its_form(bad):
    from openhcs.runtime.zmq_execution_server import check_indexes

    with pytest.raises(MessageError):
        check_indexes(bad)


def test_what_is_no_index_is_not_adopted_and_harms_nothing():
    bad = {"nothing": "x", "zmq server": "{}", "storage backend": 5, "library registry": "\u00e4"}
    assert adopt_indexes(bad) == dict.fromkeys(bad, False)


@pytest.mark.parametrize("handed", ["adopted"], indirect=True)
def test_a_forged_index_harms_no_worker_of_a_server(server, handed, tmp_path):
    forged = {name: text[:-9] for name, text in handed.items()} | {"zmq server": "x"}
    execution = server.execute(
        {"do": "view", "folder": str(tmp_path)}, ["A01"], forged | {"zmq server": "x"}
    )
    told = server.wait(execution, timeout=60)
    assert told["state"] == "complete"
    assert told["results"]["A01"]["keys"]["storage backend"] == KEYS["storage backend"]


@pytest.mark.parametrize("options", [(), ("-P",)], ids=["folder on the path", "no folder"])
def test_a_worker_in_another_folder_takes_the_indexes(indexes, tmp_path, monkeypatch, options):
    monkeypatch.setenv("HOME", "")
    monkeypatch.setenv("XDG_DATA_HOME", "")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "script.py").write_text("")
    told = fresh(adopting(indexes, tmp_path) + VIEW, tmp_path / "folder", *options)
    check(json.loads(told), indexes)


@pytest.mark.heavy
def test_dask_workers_also_one_that_joins_later(handed):
    from distributed import Client, LocalCluster

    from openhcs.pipeline.executors.dask import hand_over

    cluster = LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, Client(cluster) as client:
        take_back = hand_over(client) if handed else lambda: None
        cluster.scale(2)
        client.wait_for_workers(2, timeout=60)
        told = client.run(view)
        assert len(told) == 2
        for one in told.values():
            check(one, handed)
        take_back()
