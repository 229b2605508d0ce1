"""The queue of an execution server: what runs when, and how it ends."""

from __future__ import annotations

import pytest

from openhcs.errors import ServerError
from openhcs.runtime.executions import KEPT, ExecutionQueue


def taken(queue: ExecutionQueue) -> list[tuple[str, str]]:
    """Take all wells that the queue gives out now."""
    found = iter(queue.take, None)
    return [(execution.execution_id, well) for execution, well in found]


def run(queue: ExecutionQueue) -> None:
    """Complete all wells that the queue gives out."""
    while task := queue.take():
        task[0].end_well(task[1], "complete", result={})


def test_jobs_run_one_after_the_other_in_their_order():
    queue = ExecutionQueue(4)
    first, second = queue.add({}, ["A01", "A02"]), queue.add({}, ["B01"])
    assert taken(queue) == [(first.execution_id, "A01"), (first.execution_id, "A02")]
    first.end_well("A01", "complete", result={})
    assert taken(queue) == []
    first.end_well("A02", "complete", result={})
    assert taken(queue) == [(second.execution_id, "B01")]
    assert (first.state, second.state) == ("complete", "running")


def test_one_failed_well_fails_the_job_and_leaves_the_other_results():
    queue = ExecutionQueue(4)
    job = queue.add({}, ["A01", "A02"])
    taken(queue)
    job.end_well("A01", "failed", reason="broken")
    assert job.state == "running"
    job.end_well("A02", "complete", result={"n": 1})
    told = job.report(job.wells, results=True)
    assert (told["state"], told["results"]) == ("failed", {"A02": {"n": 1}})
    assert told["wells"]["A01"]["reason"] == "broken"


def test_a_full_queue_refuses_and_says_so():
    queue = ExecutionQueue(1)
    queue.add({}, ["A01"])
    waiting = queue.add({}, ["A01"])
    with pytest.raises(ServerError, match="the queue is full: 1 executions wait"):
        queue.add({}, ["A01"])
    queue.cancel(waiting)
    queue.add({}, ["A01"])


def test_an_idle_server_takes_a_job_even_without_a_queue():
    queue = ExecutionQueue(0)
    queue.add({}, ["A01"])
    with pytest.raises(ServerError, match="full"):
        queue.add({}, ["A01"])
    run(queue)
    queue.add({}, ["A01"])


def test_a_cancelled_job_in_the_queue_doesnt_block_the_next():
    queue = ExecutionQueue(4)
    first, second, third = (queue.add({}, ["A01"]) for _ in range(3))
    taken(queue)
    assert queue.cancel(second) == []
    first.end_well("A01", "complete", result={})
    assert taken(queue) == [(third.execution_id, "A01")]
    assert second.state == "cancelled"


def test_a_cancelled_running_job_names_its_running_wells_and_the_next_one_runs():
    queue = ExecutionQueue(4)
    first, second = queue.add({}, ["A01", "A02"]), queue.add({}, ["B01"])
    queue.take()
    assert queue.cancel(first) == ["A01"]
    assert [well.state for well in first.wells.values()] == ["cancelled", "cancelled"]
    assert taken(queue) == [(second.execution_id, "B01")]


def test_an_ended_job_stays_as_it_is_when_it_is_cancelled():
    queue = ExecutionQueue(4)
    job = queue.add({}, ["A01"])
    run(queue)
    assert queue.cancel(job) == []
    assert job.state == "complete"


def test_only_the_oldest_ended_jobs_are_forgotten():
    queue = ExecutionQueue(4)
    ids = []
    for _ in range(KEPT + 2):
        ids.append(queue.add({}, ["A01"]).execution_id)
        run(queue)
    waiting = queue.add({}, ["A01"])
    queue.forget_old()
    assert [one.execution_id for one in queue] == [*ids[2:], waiting.execution_id]
    with pytest.raises(ServerError, match="no execution is known"):
        queue[ids[0]]


def test_a_summary_counts_the_wells_by_state():
    queue = ExecutionQueue(4)
    job = queue.add({}, ["A01", "A02", "A03"])
    queue.take()
    counted = {state: n for state, n in job.summary()["wells"].items() if n}
    assert counted == {"running": 1, "queued": 2}
