"""Run wells on an execution server: one that is there, or one started for the run."""

from __future__ import annotations

import contextlib
import secrets

from openhcs.core.registries import export_indexes
from openhcs.errors import JobError, ServerError
from openhcs.pipeline.executors.base import Executor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack
    from typing import Any

    from openhcs.pipeline.executors.base import OnProgress, OnResult
    from openhcs.pipeline.job import Job
    from openhcs.runtime.execution_client import ExecutionClient

    Message = dict[str, Any]

CONNECT_SECONDS = 5.0
# Where nobody registers ports (RFC 6335), less the control ports 1000 above.
PORTS = range(49152, 64536)
TRIES = 3


class ZMQExecutor(Executor):
    """Runs wells on an execution server, which must see plate and results under the same paths."""

    _client: ExecutionClient

    def start(self, held: ExitStack) -> None:
        """Connect to the server, or start one.

        Raises:
            ServerError: when nobody answers, or none can be started.
            JobError: when the address is none.
        """
        client = _connected(self.address) if self.address else _spawned(self.workers)
        self._client = held.enter_context(client)

    def run(
        self, job: Job, wells: Sequence[str], on_result: OnResult, on_progress: OnProgress
    ) -> None:
        """Run *wells* on the server; see :class:`Executor`."""
        execution = self._client.execute(job, wells, export_indexes())
        left = set(wells)

        def take(results: Message) -> None:
            for well in left & results.keys():
                left.remove(well)
                on_result(results[well])

        def hear(message: Message) -> None:
            well, step, status = message["well_id"], message["step"], message["status"]
            if (step, status) == ("well", "complete"):
                take(
                    self._client.request("status", execution_id=execution, wells=[well])["results"]
                )
            else:
                on_progress(well, step, status)

        try:
            ended = self._client.wait(execution, hear)
        except BaseException:
            with contextlib.suppress(ServerError):
                self._client.cancel(execution)
            raise
        take(ended["results"])
        _check(ended["wells"])


def _check(wells: dict[str, Message]) -> None:
    """Raise JobError for the first well that the server couldn't run."""
    for well, about in wells.items():
        if about["state"] != "complete":
            raise JobError(
                f"the server has {about['state']} the well {well}: {about.get('reason', '')}",
                fix="the same command goes on with the wells that are left",
            )


def _spawned(workers: int) -> ExecutionClient:
    """Return a client of a new server, at a port that nobody else is likely to use."""
    from openhcs.runtime.execution_client import ExecutionClient

    options = ["--workers", str(workers)]
    for left in reversed(range(TRIES)):
        try:
            return ExecutionClient.spawn(port=secrets.choice(PORTS), options=options)
        except ServerError:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def _connected(address: str) -> ExecutionClient:
    """Return a client of the server at *address*, a port or tcp://host:port."""
    from openhcs.runtime.execution_client import ExecutionClient

    host, _, port = address.removeprefix("tcp://").rpartition(":")
    if not port.isdecimal():
        raise JobError(
            f"{address!r} is no address of an execution server",
            fix="give its port, such as 7777, or tcp://127.0.0.1:7777",
        )
    place = {"host": host, "transport_mode": "tcp"} if host else {}
    return ExecutionClient.connect(port=int(port), timeout=CONNECT_SECONDS, **place)
