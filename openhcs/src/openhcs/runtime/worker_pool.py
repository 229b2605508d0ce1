"""The workers of an execution server: started when there is work, replaced when they end."""

from __future__ import annotations

import logging

from openhcs.runtime.executions import CANCELLED, COMPLETE, FAILED, QUEUED, RUNNING
from openhcs.runtime.worker_process import WorkerProcess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from openhcs.runtime.executions import Execution, ExecutionQueue
    from openhcs.runtime.messages import Message
    from openhcs.runtime.worker_process import Heard

    Publish = Callable[[Message], object]

log = logging.getLogger("openhcs.runtime")


class WorkerPool:
    """Give the wells of a queue to at most *size* workers, and note what they say.

    All its methods belong to the server's thread.

    Args:
        queue: where the wells come from.
        size: how many workers there may be.
        start: starts a worker whose messages go to the function it is given.
        publish: tells clients of progress.
    """

    def __init__(
        self,
        queue: ExecutionQueue,
        size: int,
        start: Callable[[Heard], WorkerProcess],
        publish: Publish,
    ) -> None:
        self.queue = queue
        self.size = size
        self._start = start
        self._publish = publish
        self._workers: set[WorkerProcess] = set()

    def summary(self) -> list[dict[str, Any]]:
        """Return the process number and the task of each worker."""
        ordered = sorted(self._workers, key=lambda worker: worker.pid)
        tasks = [(worker.pid, *(worker.task or (None, None))) for worker in ordered]
        return [{"pid": pid, "execution_id": of, "well": well} for pid, of, well in tasks]

    def give_out(self, heard: Heard) -> None:
        """Start the next wells as far as there are free workers."""
        while self._has_room() and (taken := self.queue.take()):
            execution, well = taken
            try:
                self._free(heard).run(execution.execution_id, well, execution.job)
            except OSError as error:  # the system starts no more processes
                if self._workers:
                    execution.wells[well].state = QUEUED
                    return
                self._end(execution, well, FAILED, reason=f"no worker can be started: {error}")
            else:
                self._tell(execution, well, "well", RUNNING)

    def _has_room(self) -> bool:
        busy = sum(worker.task is not None for worker in self._workers)
        return busy < self.size

    def _free(self, heard: Heard) -> WorkerProcess:
        for worker in self._workers:
            if worker.task is None:
                return worker
        worker = self._start(heard)
        self._workers.add(worker)
        return worker

    def hear(self, worker: WorkerProcess, message: Message) -> None:
        """Note what a worker says; one that has been killed is heard no more."""
        if worker not in self._workers:
            return
        if message["type"] == "ended":
            self._workers.discard(worker)
            worker.kill()  # it has ended; this closes its pipes
            log.warning("worker %d has ended: %s", worker.pid, message["reason"])
        if worker.task is None:
            return
        execution, well = self.queue[worker.task[0]], worker.task[1]
        if message["type"] == "progress":
            self._progress(execution, well, message["step"], message["status"])
            return
        worker.task = None
        if message["type"] == "result":
            self._end(execution, well, COMPLETE, result=message["results"][well])
        else:
            self._end(execution, well, FAILED, reason=message["reason"])

    def _progress(self, execution: Execution, well: str, step: str, status: str) -> None:
        execution.wells[well].step = step
        execution.wells[well].status = status
        self._tell(execution, well, step, status)

    def _end(self, execution: Execution, well: str, state: str, **outcome: Any) -> None:
        execution.end_well(well, state, **outcome)
        self._tell(execution, well, "well", state)

    def _tell(self, execution: Execution, well: str, step: str, status: str) -> None:
        told = {"execution_id": execution.execution_id, "well_id": well}
        self._publish({"type": "progress", **told, "step": step, "status": status})

    def cancel(self, execution: Execution) -> None:
        """Cancel *execution*; the workers in the middle of it are gone when this returns."""
        waiting = [name for name, well in execution.wells.items() if well.state == QUEUED]
        running = self.queue.cancel(execution)
        self._kill(w for w in self._workers if w.task and w.task[0] == execution.execution_id)
        for well in (*running, *waiting):
            self._tell(execution, well, "well", CANCELLED)

    def _kill(self, workers: Iterable[WorkerProcess]) -> None:
        for worker in list(workers):
            self._workers.discard(worker)
            worker.kill()

    def close(self) -> None:
        """Cancel all executions and end all workers."""
        for execution in self.queue:
            self.cancel(execution)
        self._kill(self._workers)
