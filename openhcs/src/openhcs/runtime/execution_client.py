"""Run jobs on an execution server, and follow them."""

from __future__ import annotations

import time

from openhcs.errors import MessageError, ServerTimeoutError
from openhcs.runtime.client import START_SECONDS, ServerClient
from openhcs.runtime.executions import ENDED
from openhcs.runtime.messages import decode
from openhcs.runtime.requester import LOOK_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Self

    import zmq

    from openhcs.pipeline.job import Job
    from openhcs.runtime.messages import Message

    OnProgress = Callable[[Message], object]

SUBSCRIBE_SECONDS = 5.0
ASK_SECONDS = 0.5  # between two questions for the status
HEARD_AT_ONCE = 10_000  # messages, so that a flood doesn't keep from asking
WELLS_AT_ONCE = 200  # results of so many fit one answer by far


class ExecutionClient(ServerClient):
    """A client of an execution server; see :class:`ServerClient` for connecting and starting."""

    _data: zmq.Socket[Any] | None = None

    @classmethod
    def connect(cls, server_type: str = "execution", **place: Any) -> Self:
        """Return a client of the execution server at a place; see ``ServerClient.connect``."""
        return super().connect(server_type, **place)

    @classmethod
    def spawn(cls, server_type: str = "execution", **place: Any) -> Self:
        """Start an execution server and return a client; see ``ServerClient.spawn``."""
        return super().spawn(server_type, **place)

    def wait_ready(self, seconds: float = START_SECONDS) -> Message:
        """Return the server's pong once it is ready, and progress can be heard."""
        pong = super().wait_ready(seconds)
        self._subscribe()
        return pong

    def _subscribe(self) -> None:
        """Wait until the server has taken note of this client on its data channel.

        A publisher sends nothing to whom it doesn't know yet. Each ping makes it publish a word;
        once that is heard, all progress will be.
        """
        deadline = time.monotonic() + SUBSCRIBE_SECONDS
        while time.monotonic() < deadline:
            self.request("ping")
            if self._channel().poll(round(1000 * LOOK_SECONDS)):
                return
        raise ServerTimeoutError(
            f"a server answers at {self.address.control}, but {self.address.data} is silent",
            fix="open both ports; the control port is 1000 above the data port",
        )

    def _channel(self) -> zmq.Socket[Any]:
        import zmq

        if self._data is None:
            self._data = self._context.socket(zmq.SUB)
            self._data.subscribe(b"")
            self._data.connect(self.address.data)
        return self._data

    def execute(
        self,
        job: Job | dict[str, Any],
        wells: Iterable[str],
        indexes: dict[str, str] | None = None,
    ) -> str:
        """Have *job* run on *wells*, and return the id of the execution.

        Args:
            job: what to do.
            wells: on which wells.
            indexes: what ``export_indexes`` returned, so that workers needn't read it anew.

        Raises:
            ServerError: when the server refuses the job, or its queue is full.
        """
        plain = job if isinstance(job, dict) else job.to_json()
        more: dict[str, Any] = {"indexes": indexes} if indexes else {}
        answer = self.request("execute", job=plain, wells=list(wells), **more)
        execution_id: str = answer["execution_id"]
        return execution_id

    def wait(
        self,
        execution_id: str,
        on_progress: OnProgress | None = None,
        timeout: float | None = None,
    ) -> Message:
        """Return the status of an execution once it has ended, with its results.

        Args:
            execution_id: what ``execute`` has returned.
            on_progress: called with each progress message of the execution.
            timeout: how many seconds to wait; for ever by default.

        Raises:
            ServerTimeoutError: when it hasn't ended in time; it goes on.
            ServerError: when the server has ended or doesn't answer.
        """
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            status = self.status(execution_id)
            is_over = status["state"] in ENDED
            self._listen(execution_id, on_progress, 0.0 if is_over else ASK_SECONDS)
            if is_over:
                return {**status, "results": self.results(execution_id)}
            if time.monotonic() > deadline:
                raise ServerTimeoutError(
                    f"execution {execution_id} is still {status['state']} after {timeout:g} s",
                    fix="wait for it again, or cancel it",
                )

    def _listen(self, execution_id: str, on_progress: OnProgress | None, seconds: float) -> None:
        """Pass on what is told of an execution, until a well has ended or *seconds* are over."""
        deadline = time.monotonic() + seconds
        for _ in range(HEARD_AT_ONCE):
            message = self._heard(deadline - time.monotonic())
            if message is None:
                return
            if message.get("execution_id") == execution_id:
                if on_progress is not None:
                    on_progress(message)
                if message["step"] == "well" and message["status"] in ENDED:
                    deadline = 0.0  # it may have been the last one: hear what is there, then ask

    def _heard(self, seconds: float) -> Message | None:
        """Return the next message of the data channel, None if none comes within *seconds*."""
        if not self._channel().poll(round(1000 * max(0.0, seconds))):
            return None
        try:
            return decode(self._channel().recv())
        except MessageError:  # progress alone: nothing depends on it
            return {}

    def status(self, execution_id: str) -> Message:
        """Return how far an execution is, well by well."""
        return self.request("status", execution_id=execution_id, results=False)

    def results(self, execution_id: str) -> dict[str, Any]:
        """Return the results of the wells that are complete."""
        names = list(self.status(execution_id)["wells"])
        found: dict[str, Any] = {}
        for start in range(0, len(names), WELLS_AT_ONCE):
            some = names[start : start + WELLS_AT_ONCE]
            answer = self.request("status", execution_id=execution_id, wells=some)
            found |= answer["results"]
        return found

    def cancel(self, execution_id: str) -> str:
        """Cancel an execution and return its state then; one that has ended stays as it is."""
        state: str = self.request("cancel", execution_id=execution_id)["state"]
        return state

    def shutdown(self) -> None:
        """Have the server cancel all its executions and end its workers; it stays."""
        self.request("shutdown")

    def force_shutdown(self) -> None:
        """Have the server end."""
        self.request("force_shutdown")
