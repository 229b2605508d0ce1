"""Whoever runs the wells: the results are the same, and nothing is left running."""

from __future__ import annotations

import dataclasses
import io
import socket
import sys

import pytest

from hcs_plates import fingerprint
from openhcs.errors import JobError, ServerError
from openhcs.pipeline.executors import EXECUTORS, make_executor
from openhcs.pipeline.progress import ProgressBar
from openhcs.pipeline.run import Order, run_plate
from run_plates import PLATES, outcome, steps


@pytest.fixture
def sockets(tmp_path_factory, monkeypatch):
    """Keep the sockets of servers out of the user's folder; their paths must be short."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))


def run(order: Order) -> dict[str, object]:
    return run_plate(order, ProgressBar(io.StringIO()))


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
    out = tmp_path / "out"
    report = run(dataclasses.replace(order, out=str(out), executor=executor, workers=2, **more))
    assert sorted(report["run"]["wells"]) == sorted(report["wells"])
    assert outcome(out) == expected


def test_fresh_processes_give_the_same_results(done_here, tmp_path):
    same_as_here(done_here, tmp_path, "processes")


def test_a_server_that_is_started_gives_the_same_results(done_here, tmp_path, sockets):
    same_as_here(done_here, tmp_path, "zmq")
