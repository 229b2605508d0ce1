"""The execution server: runs the wells of jobs in worker processes, one job at a time."""

from __future__ import annotations

import time
from functools import partial

from openhcs.core.processors import processors
from openhcs.core.registries import REGISTRIES
from openhcs.errors import MessageError
from openhcs.runtime.zmq_base import ZMQServer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import Any, Self

    from openhcs.runtime.messages import Message
    from openhcs.runtime.transport import Address
    from openhcs.runtime.worker_process import Heard, WorkerProcess
    from openhcs.runtime.zmq_base import Handler

MOST_WELLS = 10_000  # the largest plates in use have 3456
QUEUE_SIZE = 16
LARGEST_INDEXES = 4 * 2**20  # bytes: with the quotes marked as such they fit a message to a worker


class ZMQExecutionServer(ZMQServer):
    """Runs jobs on the wells of plates; its progress is published on the data channel.

    What runs is decided by who starts the server, in the two references below, and by the
    functions that are registered; a request can name these, and bring none.

    Args:
        address: where to listen.
        log_file_path: where the log is written, "" if nowhere.
        workers: how many wells are run at once; one for each processor by default.
        queue_size: how many jobs may wait behind the running one.
    """

    _server_type = "execution"
    default_port = 7777
    job_reference = "openhcs.pipeline.job:Job"
    run_reference = "openhcs.pipeline.well:run_well"

    def __init__(
        self,
        address: Address,
        log_file_path: str = "",
        workers: int | None = None,
        queue_size: int = QUEUE_SIZE,
    ) -> None:
        from openhcs.runtime.executions import ExecutionQueue
        from openhcs.runtime.worker_pool import WorkerPool

        super().__init__(address, log_file_path)
        self.queue = ExecutionQueue(queue_size)
        self._indexes: dict[str, str] = {}  # of the last client that sent some
        self.pool = WorkerPool(
            self.queue, workers or processors(), self._start_worker, self._publish
        )

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        """Add ``--workers`` and ``--queue-size``."""
        from openhcs.runtime.options import at_least

        parser.add_argument(
            "--workers", type=at_least(1), help="wells run at once; one for each processor"
        )
        parser.add_argument(
            "--queue-size", type=at_least(0), default=QUEUE_SIZE, help="jobs that may wait"
        )

    @classmethod
    def from_options(
        cls, address: Address, log_file_path: str, options: argparse.Namespace
    ) -> Self:
        return cls(address, log_file_path, options.workers, options.queue_size)

    def handlers(self) -> Mapping[str, Handler]:
        return {**super().handlers(), "execute": self.execute, "cancel": self.cancel}

    def _start_worker(self, heard: Heard) -> WorkerProcess:
        from openhcs.runtime.worker_process import WorkerProcess

        return WorkerProcess(self.job_reference, self.run_reference, heard, self._indexes)

    def _hear(self, worker: WorkerProcess, message: Message) -> None:
        """Take a worker's message, in its listening thread, to the server's."""
        self.call_soon(partial(self.pool.hear, worker, message))

    def _publish(self, message: Message) -> None:
        self.channels.publish({**message, "timestamp": time.time()})

    def tick(self) -> None:
        """Give out wells to free workers."""
        self.pool.give_out(self._hear)
        self.queue.forget_old()

    def stop_work(self) -> None:
        """Cancel all jobs and end all workers; new ones are started with the next job."""
        self.pool.close()

    def ping(self, request: Message) -> Message:
        """Tell how the server is, and be heard on the data channel too.

        A client that has just subscribed knows by the latter that it will miss no progress.
        """
        pong = super().ping(request)
        self._publish({"type": "heartbeat"})
        return pong

    def activity(self) -> dict[str, Any]:
        """Return how many jobs there are to do, those running, and the workers."""
        running = [one.summary() for one in self.queue if one.state == "running"]
        return {
            "active_executions": self.queue.active,
            "running_executions": running,
            "workers": self.pool.summary(),
        }

    def execute(self, request: Message) -> Message:
        """Queue a job; its id is told at once, its outcome by ``status``."""
        from openhcs.runtime.messages import check_fields, encode
        from openhcs.runtime.references import named

        check_fields(request, {"job": dict, "wells": list}, {"indexes": dict})
        _check_wells(request["wells"])
        indexes = request.get("indexes", {})
        check_indexes(indexes)
        job, wells = request["job"], request["wells"]
        named(self.job_reference).from_json(job)
        encode(
            {"type": "run", "job": job, "wells": wells}
        )  # as ASCII it may be too large to pass on
        added = self.queue.add(job, wells)
        self._indexes = indexes or self._indexes
        return {"type": "accepted", "execution_id": added.execution_id}

    def status(self, request: Message) -> Message:
        """Tell of one execution, of some of its *wells* if named, or of all in short."""
        from openhcs.runtime.messages import check_fields

        check_fields(request, optional={"execution_id": str, "wells": list, "results": bool})
        if "execution_id" not in request:
            executions = [one.summary() for one in self.queue]
            return {"type": "status", "executions": executions, **self.activity()}
        execution = self.queue[request["execution_id"]]
        wells = request.get("wells", list(execution.wells))
        _check_wells(wells)
        if unknown := [name for name in wells if name not in execution.wells]:
            raise MessageError(f"the execution has no well {unknown[0]!r}")
        return {"type": "status", **execution.report(wells, request.get("results", True))}

    def cancel(self, request: Message) -> Message:
        """Cancel an execution: out of the queue, or its workers stopped; an ended one stays."""
        from openhcs.runtime.messages import check_fields

        check_fields(request, {"execution_id": str})
        execution = self.queue[request["execution_id"]]
        self.pool.cancel(execution)
        return {"type": "ok", "execution_id": execution.execution_id, "state": execution.state}


def check_indexes(indexes: dict[str, Any]) -> None:
    """Check the form of *indexes*; whether they hold is for each worker to find out.

    Raises:
        MessageError: they aren't ASCII texts by the names of registries, or too large.
    """
    from openhcs.runtime.messages import encode

    unknown = [name for name in indexes if name not in REGISTRIES]
    if unknown:
        known = ", ".join(REGISTRIES)
        raise MessageError(f"there is no registry {unknown[0][:100]!r}", fix=f"known: {known}")
    if not all(isinstance(text, str) and text.isascii() for text in indexes.values()):
        raise MessageError("an index is an ASCII text", fix="send what export_indexes() returned")
    encode({"type": "adopt", "indexes": indexes})  # what can't be passed on is refused here
    size = sum(map(len, indexes.values()))
    if size > LARGEST_INDEXES:
        raise MessageError(
            f"the indexes are {size} bytes, {LARGEST_INDEXES} at most are taken",
            fix="send none: each worker then makes its own",
        )


def _check_wells(wells: list[Any]) -> None:
    if not 1 <= len(wells) <= MOST_WELLS:
        raise MessageError(f"wells are 1 to {MOST_WELLS} names, not {len(wells)}")
    if not all(isinstance(well, str) and 0 < len(well) <= 100 for well in wells):
        raise MessageError("a well's name must be a text of 1 to 100 characters")
    if len(set(wells)) < len(wells):
        raise MessageError("a well is named twice")
