"""Whoever runs the wells: the results are the same, and nothing is left running."""

from __future__ import annotations

import dataclasses
import io
import json
import multiprocessing
import os
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from hcs_plates import fingerprint
from openhcs.errors import JobError, ServerError
from openhcs.pipeline.executors.workers import Workers
from openhcs.pipeline.progress import ProgressBar
from openhcs.pipeline.run import Order, run_plate
from run_plates import PLATES, imagexpress, outcome, steps


@pytest.fixture
def sockets(tmp_path_factory, monkeypatch):
    """Keep the sockets of servers out of the user's folder."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))


def run(order: Order, **changes: object) -> dict[str, object]:
    return run_plate(dataclasses.replace(order, **changes), ProgressBar(io.StringIO()))


@pytest.fixture(scope="module", params=PLATES)
def done_here(request, tmp_path_factory):
    """The order of a plate and what the local executor makes of it."""
    folder = tmp_path_factory.mktemp(request.param)
    plate = PLATES[request.param](folder / "plate")
    before = fingerprint(plate)
    order = Order(str(plate), str(steps(folder)), str(folder / "local"))
    report = run(order)
    assert (report["problems"], fingerprint(plate)) == ([], before)
    return order, outcome(folder / "local")


def same_as_here(done_here, tmp_path, executor: str, **more: object) -> None:
    order, expected = done_here
    report = run(order, out=str(tmp_path / "out"), executor=executor, workers=2, **more)
    assert sorted(report["run"]["wells"]) == sorted(report["wells"])
    assert outcome(tmp_path / "out") == expected


def test_fresh_processes_give_the_same_results(done_here, tmp_path):
    same_as_here(done_here, tmp_path, "processes")


def test_a_server_that_is_started_gives_the_same_results(done_here, tmp_path, sockets):
    same_as_here(done_here, tmp_path, "zmq")
    assert list(Path(os.environ["XDG_RUNTIME_DIR"]).rglob("*.sock")) == []


def test_a_server_that_is_there_runs_the_wells_and_stays(tmp_path, sockets):
    from openhcs.runtime.client import ServerClient

    order = Order(str(imagexpress(tmp_path / "plate")), str(steps(tmp_path)), str(tmp_path / "out"))
    options = ["--workers", "1"]
    with ServerClient.spawn("execution", port=21777, options=options) as server:
        report = run(order, executor="zmq", address="21777", wells=("A02",))
        assert report["run"]["wells"] == ["A02"]
        assert server.request("ping")["active_executions"] == 0


def test_an_address_where_nobody_is_is_refused_and_nothing_is_written(
    tmp_path, sockets, monkeypatch
):
    monkeypatch.setattr("openhcs.pipeline.executors.zmq.CONNECT_SECONDS", 0.5)
    order = Order(str(imagexpress(tmp_path / "plate")), str(steps(tmp_path)), str(tmp_path / "out"))
    with pytest.raises(ServerError, match="21778"):
        run(order, executor="zmq", address="21778")
    assert not Path(order.out).exists()


def run_a_well(job: dict[str, object]) -> list[str]:
    """Run a well in a worker and return the modules that it has imported."""
    from openhcs.pipeline.executors.base import work

    work(job, "A01")
    return list(sys.modules)


def test_a_worker_imports_only_what_it_runs(tmp_path):
    text = '[[step]]\nfunction = "openhcs:max_projection"\n'
    order = Order(
        str(imagexpress(tmp_path / "plate")), str(steps(tmp_path, text)), str(tmp_path / "out")
    )
    run(order, wells=("B01",))
    job = json.loads(Path(order.out, "job.json").read_bytes()) | {"out": order.out}
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        modules = set(pool.submit(run_a_well, job).result())
    assert {
        "openhcs.microscopes.imagexpress",
        "openhcs.io.disk",
        "openhcs.processing.backends.lib_registry.openhcs_registry",
    } <= modules
    unused = {
        "openhcs.microscopes.opera_phenix",
        "openhcs.microscopes.omero",
        "openhcs.io.memory",
        "openhcs.io.zarr",
        "openhcs.io.napari_stream",
        "openhcs.runtime.zmq_base",
        "openhcs.processing.backends.lib_registry.scikit_image_registry",
        "openhcs.processing.backends.experimental_analysis.metaxpress",
        "matplotlib",
        "pandas",
        "zmq",
    }
    assert modules & unused == set()


def stay(said: multiprocessing.Queue[str]) -> None:
    """Run until killed, as a library does that catches the request to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    said.put("I stay")
    time.sleep(600)


def test_a_worker_that_does_not_end_when_told_to_is_killed():
    workers = Workers()
    said = workers.Queue()
    for _ in range(2):
        workers.Process(target=stay, args=(said,)).start()
    assert [said.get(timeout=60) for _ in range(2)] == ["I stay"] * 2
    workers.end(0.1)
    for process in workers.started:
        process.join(60)
    assert [process.exitcode for process in workers.started] == [-signal.SIGKILL] * 2


@pytest.mark.heavy
def test_a_dask_cluster_that_is_started_gives_the_same_results(done_here, tmp_path):
    same_as_here(done_here, tmp_path, "dask")


@pytest.mark.heavy
def test_a_dask_scheduler_that_is_there_gives_the_same_results(done_here, tmp_path):
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        same_as_here(done_here, tmp_path, "dask", address=cluster.scheduler_address)


@pytest.mark.heavy
def test_a_dask_address_where_nobody_is_is_refused_and_nothing_is_written(tmp_path):
    order = Order(str(imagexpress(tmp_path / "plate")), str(steps(tmp_path)), str(tmp_path / "out"))
    with pytest.raises(JobError, match="no dask scheduler answers"):
        run(order, executor="dask", address="tcp://127.0.0.1:9")
    assert not Path(order.out).exists()


@pytest.mark.heavy
def test_the_images_of_a_run_open_in_ome_zarrs_own_reader(tmp_path):
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Reader

    order = Order(str(imagexpress(tmp_path / "plate")), str(steps(tmp_path)), str(tmp_path / "out"))
    run(order)
    location = parse_url(Path(order.out, "plate.zarr"))
    nodes = list(Reader(location)())
    assert nodes[0].data
