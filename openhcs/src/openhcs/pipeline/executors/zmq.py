"""Run wells on an execution server: one that is there, or one started for the run."""

from __future__ import annotations

import contextlib
import secrets
import time

from openhcs.errors import JobError, ServerError
from openhcs.pipeline.executors.base import Executor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack
    from typing import Any

    from openhcs.pipeline.executors.base import OnProgress, OnResult
    from openhcs.pipeline.job import Job
    from openhcs.runtime.client import ServerClient

    Message = dict[str, Any]

SERVER = "execution"
LOOK_SECONDS = 0.1
CONNECT_SECONDS = 5.0
# Where nobody registers ports (RFC 6335), less the control ports 1000 above.
PORTS = range(49152, 64536)
TRIES = 3


class ZMQExecutor(Executor):
    """Runs wells on an execution server, which must see plate and results under the same paths."""

    _client: ServerClient

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
        if not wells:
            return
        accepted = self._client.request("execute", job=job.to_json(), wells=list(wells))
        execution = accepted["execution_id"]
        try:
            self._follow(execution, set(wells), on_result, on_progress)
        except BaseException:
            with contextlib.suppress(ServerError):
                self._client.request("cancel", execution_id=execution)
            raise

    def _follow(
        self, execution: str, left: set[str], on_result: OnResult, on_progress: OnProgress
    ) -> None:
        """Ask how the wells are until none is *left*."""
        while left:
            told = self._client.request("status", execution_id=execution, results=False)
            states = {well: told["wells"][well] for well in sorted(left)}
            for well, about in states.items():
                _check(well, about)
                if about["state"] == "running":
                    on_progress(well, about["step"], about["status"])
            done = [well for well, about in states.items() if about["state"] == "complete"]
            for well, result in self._results(execution, done).items():
                left.discard(well)
                on_result(result)
            if left:
                time.sleep(LOOK_SECONDS)

    def _results(self, execution: str, wells: list[str]) -> Message:
        if not wells:
            return {}
        told = self._client.request("status", execution_id=execution, wells=wells)
        results: Message = told["results"]
        return results


def _check(well: str, about: Message) -> None:
    if about["state"] in ("failed", "cancelled"):
        raise JobError(
            f"the server has {about['state']} the well {well}: {about.get('reason', '')}",
            fix="the same command goes on with the wells that are left",
        )


def _spawned(workers: int) -> ServerClient:
    """Return a client of a new server, at a port that nobody else is likely to use."""
    from openhcs.runtime.client import ServerClient

    options = ["--workers", str(workers)]
    for left in reversed(range(TRIES)):
        try:
            return ServerClient.spawn(SERVER, port=secrets.choice(PORTS), options=options)
        except ServerError:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def _connected(address: str) -> ServerClient:
    """Return a client of the server at *address*, a port or tcp://host:port."""
    from openhcs.runtime.client import ServerClient

    host, _, port = address.removeprefix("tcp://").rpartition(":")
    if not port.isdecimal():
        raise JobError(
            f"{address!r} is no address of an execution server",
            fix="give its port, such as 7777, or tcp://127.0.0.1:7777",
        )
    place = {"host": host, "transport_mode": "tcp"} if host else {}
    return ServerClient.connect(SERVER, port=int(port), timeout=CONNECT_SECONDS, **place)
