"""The jobs of an execution server: queued, one at a time running, ended; no process, no socket."""

from __future__ import annotations

import secrets
import time
from collections import deque
from dataclasses import dataclass, field

from openhcs.errors import ServerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

QUEUED, RUNNING = "queued", "running"
COMPLETE, FAILED, CANCELLED = "complete", "failed", "cancelled"
ENDED = frozenset({COMPLETE, FAILED, CANCELLED})
KEPT = 100  # ended executions, whose results can still be asked for


@dataclass(slots=True)
class Well:
    """One well of an execution: how far it is, what came out, or why nothing did."""

    state: str = QUEUED
    step: str = ""
    status: str = ""
    result: dict[str, Any] | None = None
    reason: str = ""

    def summary(self) -> dict[str, str]:
        """Return all but the result, for clients."""
        told = {"state": self.state, "step": self.step, "status": self.status}
        return {**told, **({"reason": self.reason} if self.reason else {})}


@dataclass(slots=True)
class Execution:
    """One job and the wells to run it on."""

    execution_id: str
    job: dict[str, Any]
    wells: dict[str, Well]
    state: str = QUEUED
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    ended: float | None = None

    def next_well(self) -> str | None:
        """Return a well that waits, None if none does."""
        return next((name for name, well in self.wells.items() if well.state == QUEUED), None)

    def end_well(self, name: str, state: str, **outcome: Any) -> None:
        """Note that a well has ended; the last one ends the execution."""
        well = self.wells[name]
        well.state = state
        for attribute, value in outcome.items():
            setattr(well, attribute, value)
        states = {one.state for one in self.wells.values()}
        if states <= ENDED:
            self._end(next((s for s in (CANCELLED, FAILED) if s in states), COMPLETE))

    def cancel(self) -> list[str]:
        """End what hasn't ended, and return the wells that were running."""
        running = [name for name, well in self.wells.items() if well.state == RUNNING]
        for well in self.wells.values():
            if well.state not in ENDED:
                well.state = CANCELLED
        self._end(CANCELLED)
        return running

    def _end(self, state: str) -> None:
        self.state = state
        self.ended = time.time()

    def summary(self) -> dict[str, Any]:
        """Return what is told of it in a list."""
        count = dict.fromkeys((QUEUED, RUNNING, *sorted(ENDED)), 0)
        for well in self.wells.values():
            count[well.state] += 1
        return {
            "execution_id": self.execution_id,
            "state": self.state,
            "submitted": self.submitted,
            "started": self.started,
            "ended": self.ended,
            "wells": count,
        }

    def report(self, wells: Iterable[str], results: bool) -> dict[str, Any]:
        """Return all that is told of it, for these *wells* of it, with or without their results."""
        chosen = {name: self.wells[name] for name in wells}
        told: dict[str, Any] = {
            **self.summary(),
            "wells": {name: well.summary() for name, well in chosen.items()},
        }
        if results:
            told["results"] = {n: w.result for n, w in chosen.items() if w.result is not None}
        return told


class ExecutionQueue:
    """Take jobs up to a bound and give their wells out, one job after the other.

    Args:
        size: how many executions may wait behind the running one.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._all: dict[str, Execution] = {}
        self._waiting: deque[Execution] = deque()
        self.running: Execution | None = None

    def __iter__(self) -> Iterator[Execution]:
        return iter(self._all.values())

    def __getitem__(self, execution_id: str) -> Execution:
        try:
            return self._all[execution_id]
        except KeyError:
            raise ServerError(
                f"no execution is known as {execution_id[:100]!r}",
                fix=f"ask for one of the last {KEPT}; status without an id lists them",
            ) from None

    @property
    def active(self) -> int:
        """How many executions wait or run."""
        return sum(one.state not in ENDED for one in self)

    def add(self, job: dict[str, Any], wells: Iterable[str]) -> Execution:
        """Queue a job.

        Raises:
            ServerError: when as many wait as may.
        """
        is_idle = self._current() is None
        if not is_idle and len(self._waiting) >= self.size:
            raise ServerError(
                f"the queue is full: {len(self._waiting)} executions wait",
                fix="wait for one to end, cancel one, or start a server with a larger --queue-size",
            )
        added = Execution(secrets.token_hex(8), job, {name: Well() for name in wells})
        self._all[added.execution_id] = added
        self._waiting.append(added)
        return added

    def take(self) -> tuple[Execution, str] | None:
        """Return the next well to run, now marked as running; None while there is none."""
        execution = self._current()
        name = execution.next_well() if execution else None
        if execution is None or name is None:
            return None
        execution.wells[name].state = RUNNING
        return execution, name

    def _current(self) -> Execution | None:
        if self.running is not None and self.running.state in ENDED:
            self.running = None
        if self.running is None and self._waiting:
            self.running = self._waiting.popleft()
            self.running.state, self.running.started = RUNNING, time.time()
        return self.running

    def cancel(self, execution: Execution) -> list[str]:
        """Cancel *execution* and return its wells that were running; an ended one stays."""
        if execution.state in ENDED:
            return []
        if execution in self._waiting:
            self._waiting.remove(execution)
        return execution.cancel()

    def forget_old(self) -> None:
        """Drop the oldest ended executions, so that a server can run for ever."""
        ended = [one.execution_id for one in self if one.state in ENDED]
        for execution_id in ended[:-KEPT]:
            del self._all[execution_id]
