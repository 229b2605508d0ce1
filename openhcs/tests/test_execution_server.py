"""An execution server in a process of its own, its workers, and clients that come and go."""

from __future__ import annotations

import contextlib
import json
import os
import signal

import pytest

from openhcs.errors import ServerError, ServerTimeoutError
from openhcs.pipeline.job import Job, Step
from openhcs.pipeline.well import run_well
from openhcs.runtime.execution_client import ExecutionClient
from openhcs.runtime.messages import LARGEST
from run_plates import imagexpress
from server_processes import (
    ask,
    free_port,
    is_alive,
    server_place,
    until,
    until_gone,
    written_pid,
)


@pytest.fixture(scope="module")
def place():
    with server_place() as folder:
        yield folder


@pytest.fixture
def warm(place, monkeypatch):
    """Let the servers of a test use the index that the first one has written."""
    monkeypatch.setenv("XDG_DATA_HOME", str(place / "data"))


@contextlib.contextmanager
def started(*options: str, **how: object):
    """Start an execution server whose jobs do what the test asks, with one worker."""
    how = {"port": free_port(), **how}
    with ExecutionClient.spawn("test", options=["--workers", "1", *options], **how) as client:
        yield client


@pytest.fixture(scope="module")
def shared(place):
    """A server for the tests that leave it as it was."""
    with started() as client:
        yield client


@pytest.fixture
def client(shared):
    yield shared
    shared.shutdown()


def job(do: str, folder: object = ".") -> dict[str, str]:
    return {"do": do, "folder": str(folder)}


def outcome(client: ExecutionClient, do: str, folder: object, *wells: str) -> dict:
    return client.wait(client.execute(job(do, folder), wells or ["A01"]), timeout=30)


def test_a_job_runs_on_each_well_and_its_results_are_kept(client, tmp_path):
    done = outcome(client, "ok", tmp_path, "A01", "A02", "B01")
    assert done["state"] == "complete"
    assert done["results"] == {well: {"well": well} for well in ("A01", "A02", "B01")}
    asked = client.request("status", execution_id=done["execution_id"], wells=["A02"])
    assert asked["results"] == {"A02": {"well": "A02"}}


def test_progress_arrives_from_the_first_message_to_the_last(client, tmp_path):
    heard: list[dict] = []
    execution = client.execute(job("ok", tmp_path), ["A01", "A02"])
    client.wait(execution, heard.append, timeout=30)
    assert {tuple(sorted(message)) for message in heard} == {
        ("execution_id", "status", "step", "timestamp", "type", "well_id")
    }
    told = [(m["well_id"], m["step"], m["status"]) for m in heard]
    assert told == [
        (well, *rest)
        for well in ("A01", "A02")
        for rest in (("well", "running"), ("work", "begun"), ("well", "complete"))
    ]


def test_status_without_an_id_sums_up(client, tmp_path):
    done = outcome(client, "ok", tmp_path)
    told = client.request("status")
    assert told["executions"][-1]["execution_id"] == done["execution_id"]
    assert (told["active_executions"], told["running_executions"]) == (0, [])


@pytest.mark.parametrize(
    ("do", "reason"),
    [
        ("fail", "ValueError: the pixels are gone"),
        ("exit", "SystemExit: enough"),
        ("end", "its worker ended with exit code 3"),
        ("object", "can't be written as JSON"),
        ("deep", "nested deeper"),
        ("large", "4194304 at most are kept"),
    ],
)
def test_a_well_that_goes_wrong_fails_with_its_reason_and_the_server_goes_on(
    client, tmp_path, do, reason
):
    failed = outcome(client, do, tmp_path, "A01", "A02")
    assert (failed["state"], failed["results"]) == ("failed", {})
    assert all(reason in well["reason"] for well in failed["wells"].values())
    assert outcome(client, "ok", tmp_path)["state"] == "complete"


def test_a_killed_worker_fails_its_well_alone(client, tmp_path):
    execution = client.execute(job("gate", tmp_path), ["A01", "A02"])
    os.kill(written_pid(tmp_path / "A01.pid"), signal.SIGKILL)
    (tmp_path / "open").touch()
    done = client.wait(execution, timeout=30)
    assert done["wells"]["A01"]["reason"] == "its worker was killed by SIGKILL"
    assert done["results"] == {"A02": {"well": "A02"}}


def test_cancelling_stops_the_running_worker_and_all_it_has_started(client, tmp_path):
    execution = client.execute(job("child", tmp_path), ["A01", "A02"])
    pids = [written_pid(tmp_path / name) for name in ("A01.pid", "A01.child")]
    assert client.cancel(execution) == "cancelled"
    until_gone(*pids)
    assert {well["state"] for well in client.status(execution)["wells"].values()} == {"cancelled"}
    assert not (tmp_path / "A02.pid").exists()
    assert outcome(client, "ok", tmp_path)["state"] == "complete"


def test_a_cancelled_job_in_the_queue_doesnt_block_the_next(client, tmp_path):
    running = client.execute(job("gate", tmp_path), ["A01"])
    queued = client.execute(job("sleep", tmp_path), ["A02"])
    last = client.execute(job("ok", tmp_path), ["A03"])
    assert client.cancel(queued) == "cancelled"
    (tmp_path / "open").touch()
    assert client.wait(running, timeout=30)["state"] == "complete"
    assert client.wait(last, timeout=30)["state"] == "complete"
    assert not (tmp_path / "A02.pid").exists()


def test_shutdown_ends_the_workers_and_keeps_the_server(client, tmp_path):
    running = client.execute(job("sleep", tmp_path), ["A01"])
    queued = client.execute(job("sleep", tmp_path), ["A02"])
    worker = written_pid(tmp_path / "A01.pid")
    client.shutdown()
    until_gone(worker)
    assert client.request("ping")["workers"] == []
    assert [client.status(one)["state"] for one in (running, queued)] == ["cancelled"] * 2
    assert outcome(client, "ok", tmp_path)["state"] == "complete"


def test_a_worker_is_told_of_in_the_pong(client, tmp_path):
    execution = client.execute(job("gate", tmp_path), ["A01"])
    worker = written_pid(tmp_path / "A01.pid")
    pong = client.request("ping")
    assert pong["workers"] == [{"pid": worker, "execution_id": execution, "well": "A01"}]
    assert pong["running_executions"][0]["execution_id"] == execution


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({}, "needs the field 'job'"),
        ({"job": {"do": "ok"}}, "needs the field 'wells'"),
        ({"job": "ok", "wells": ["A01"]}, "must be an object"),
        ({"job": {}, "wells": ["A01"]}, "a job needs the field 'do'"),
        ({"job": {"do": "ok"}, "wells": "A01"}, "must be a list"),
        ({"job": {"do": "ok"}, "wells": []}, "not 0"),
        ({"job": {"do": "ok"}, "wells": [1]}, "must be a text"),
        ({"job": {"do": "ok"}, "wells": ["A01", "A01"]}, "named twice"),
        ({"job": {"do": "ok"}, "wells": ["A01"], "pipeline_code": "x"}, "no field"),
    ],
)
def test_a_job_of_the_wrong_form_is_refused_and_not_queued(client, request_, why):
    before = len(client.request("status")["executions"])
    with pytest.raises(ServerError, match=why):
        client.request("execute", **request_)
    assert len(client.request("status")["executions"]) == before


def test_a_job_that_grows_too_large_on_its_way_to_a_worker_is_refused(client):
    large = {"do": "ok", "text": "ä" * (LARGEST // 3)}
    request = json.dumps({"type": "execute", "job": large, "wells": ["A01"]}, ensure_ascii=False)
    told = ask(client.address, request.encode())
    assert "fewer things" in told["message"]
    assert client.request("ping")["type"] == "pong"


def test_a_large_job_reaches_its_worker(client, tmp_path):
    large = {**job("ok", tmp_path), "text": "x" * 1_000_000}
    done = client.wait(client.execute(large, ["A01", "A02"]), timeout=30)
    assert done["state"] == "complete"


def test_a_worker_that_is_stopped_holds_up_neither_the_server_nor_a_cancel(client, tmp_path):
    large = {**job("gate", tmp_path), "text": "x" * 1_000_000}
    first = client.execute(large, ["A01"])
    worker = written_pid(tmp_path / "A01.pid")
    os.kill(worker, signal.SIGSTOP)
    (tmp_path / "open").touch()
    assert client.request("ping")["type"] == "pong"
    assert client.cancel(first) == "cancelled"
    until_gone(worker)


def test_a_job_cancelled_at_once_leaves_nothing(client, tmp_path):
    for _ in range(5):
        execution = client.execute(job("sleep", tmp_path), ["A01", "A02"])
        assert client.cancel(execution) == client.cancel(execution) == "cancelled"
    assert client.request("ping")["workers"] == []
    assert outcome(client, "ok", tmp_path)["state"] == "complete"


@pytest.mark.parametrize("kind", ["status", "cancel"])
def test_an_unknown_execution_is_refused(client, kind):
    with pytest.raises(ServerError, match="no execution is known as 'x'"):
        client.request(kind, execution_id="x")


def test_waiting_ends_in_time_and_the_job_goes_on(client, tmp_path):
    execution = client.execute(job("gate", tmp_path), ["A01"])
    with pytest.raises(ServerTimeoutError, match=r"still (queued|running) after 0\.1 s"):
        client.wait(execution, timeout=0.1)
    (tmp_path / "open").touch()
    assert client.wait(execution, timeout=30)["state"] == "complete"


def test_what_a_function_prints_is_in_the_log(client, tmp_path):
    outcome(client, "print", tmp_path)
    with open(client.request("ping")["log_file_path"]) as log:
        assert "the function's own words" in log.read()


def test_a_full_queue_says_so(warm, tmp_path):
    with started("--queue-size", "1") as client:
        client.execute(job("sleep", tmp_path), ["A01"])
        client.execute(job("sleep", tmp_path), ["A01"])
        with pytest.raises(ServerError, match="the queue is full: 1 executions wait"):
            client.execute(job("sleep", tmp_path), ["A01"])


def test_so_many_wells_run_at_once_as_there_are_workers(warm, tmp_path):
    with started("--workers", "3") as client:
        execution = client.execute(job("gate", tmp_path), ["A01", "A02", "A03", "A04"])
        pids = {written_pid(tmp_path / f"A0{n}.pid") for n in (1, 2, 3)}
        assert len(pids) == 3
        assert client.status(execution)["wells"]["A04"]["state"] == "queued"
        (tmp_path / "open").touch()
        assert client.wait(execution, timeout=30)["state"] == "complete"


def test_workers_dont_inherit_the_switch_that_a_lean_server_has(warm, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENHCS_SUBPROCESS_NO_GPU", "1")
    monkeypatch.setenv("KEPT_FOR_WORKERS", "yes")
    with started() as client:
        seen = outcome(client, "environment", tmp_path)["results"]["A01"]
    assert "OPENHCS_SUBPROCESS_NO_GPU" not in seen["environment"]
    assert seen["environment"]["KEPT_FOR_WORKERS"] == "yes"


def test_a_worker_sees_all_handlers_when_the_secondary_registry_is_touched_first(client, tmp_path):
    seen = outcome(client, "environment", tmp_path)["results"]["A01"]
    assert {"imagexpress", "opera_phenix", "openhcsdata"} <= set(seen["handlers"])


def test_closing_the_client_ends_the_server_its_workers_and_its_log(warm, tmp_path):
    with started() as client:
        client.execute(job("child", tmp_path), ["A01"])
        pids = [written_pid(tmp_path / name) for name in ("A01.pid", "A01.child")]
        pids.append(client.process.pid)
        assert all(map(is_alive, pids))
    until_gone(*pids)
    until(lambda: not os.path.exists(client.process.log_file_path), "the log is removed")


def test_the_wells_of_a_plate_come_out_as_in_this_process_and_the_server_imports_no_plugin(
    warm, tmp_path
):
    plate = imagexpress(tmp_path / "plate")
    steps = (Step("openhcs:subtract_background", {"radius": 6}), Step("openhcs:max_projection"))
    for out in ("here", "there"):
        (tmp_path / out / "wells").mkdir(parents=True)  # as a run does before its first well
    here, there = (Job(str(plate), str(tmp_path / out), steps) for out in ("here", "there"))
    with ExecutionClient.spawn(port=free_port(), options=["--workers", "2"]) as client:
        done = client.wait(client.execute(there, ["A01", "B01"]), timeout=60)
        assert client.request("ping")["plugin_modules_imported"] == 0
    assert done["state"] == "complete", done["wells"]
    for well in ("A01", "B01"):
        assert done["results"][well]["features"] == run_well(here, well)["features"]


def test_a_function_that_no_registry_names_isnt_run(warm, tmp_path):
    plate = imagexpress(tmp_path / "plate", wells=("A01",))
    job = Job(str(plate), str(tmp_path / "out"), (Step("os:system", {"command": "true"}),))
    with ExecutionClient.spawn(port=free_port(), options=["--workers", "1"]) as client:
        done = client.wait(client.execute(job, ["A01"]), timeout=60)
    assert done["state"] == "failed"
    assert "os" in done["wells"]["A01"]["reason"]
