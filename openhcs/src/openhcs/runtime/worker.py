"""One worker of an execution server: a fresh interpreter that runs the wells it is given.

Tasks come in on standard input and answers go out on what was standard output, a JSON message a
line; what the functions print goes to standard error, the server's log.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import traceback
from queue import SimpleQueue

from openhcs.core.registries import adopt_indexes
from openhcs.errors import MessageError, OpenHCSError
from openhcs.runtime.messages import LARGEST, decode, encode
from openhcs.runtime.references import named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from openhcs.runtime.messages import Message

LARGEST_RESULT = LARGEST // 4  # bytes of one well; a status tells of many
LONGEST_WORD = 500  # of a progress message


class Worker:
    """Run tasks by the function *run_reference* on jobs of the class *job_reference*.

    Args:
        job_reference: ``module:name`` of a class with ``from_json``.
        run_reference: ``module:name`` of a function of a job, a well and a progress callback.
        answers: where the answers go.
    """

    def __init__(self, job_reference: str, run_reference: str, answers: BinaryIO) -> None:
        self.job_reference = job_reference
        self.run_reference = run_reference
        self._answers = answers
        self._writing = threading.Lock()  # a function may tell its progress from any thread

    def do(self, task: Message) -> None:
        """Run one task and answer; what a server has been sent of the registries needs no answer.

        That stays in memory: it comes from whoever may send requests to the server.
        """
        if task["type"] == "adopt":
            adopt_indexes(task["indexes"], keep=False)
            return
        self._tell(encode({"type": "begun"}))
        try:
            self._tell(self._told(task["well"], self._result(task)))
        except OpenHCSError as error:
            self._fail(str(error))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a step's function is anyone's
            traceback.print_exc()
            self._fail(f"{type(error).__name__}: {error}")

    def _result(self, task: Message) -> Any:
        job = named(self.job_reference).from_json(task["job"])
        return named(self.run_reference)(job, task["well"], self._progress)

    def _told(self, well: str, result: Any) -> bytes:
        # Nested as in the status that a client gets: what is too deep there is told of here.
        told = encode({"type": "result", "results": {well: result}})
        if len(told) > LARGEST_RESULT:
            raise MessageError(
                f"the result is {len(told)} bytes, {LARGEST_RESULT} at most are kept"
            )
        return told

    def _progress(self, step: str, status: str) -> None:
        told = {"step": str(step)[:LONGEST_WORD], "status": str(status)[:LONGEST_WORD]}
        self._tell(encode({"type": "progress", **told}))

    def _fail(self, reason: str) -> None:
        self._tell(encode({"type": "failure", "reason": reason[:10_000]}))

    def _tell(self, line: bytes) -> None:
        with self._writing:
            self._answers.write(line + b"\n")
            self._answers.flush()


def end_now() -> None:
    """End this process and those that a function has started, in whatever they are doing."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def _read_tasks(stream: BinaryIO, tasks: SimpleQueue[Message]) -> None:
    """Pass tasks on until the server's end of the pipe closes: then it has ended, so end too."""
    try:
        while line := stream.readline(LARGEST + 1):
            tasks.put(decode(line))
    except (MessageError, OSError):
        traceback.print_exc()
    end_now()


def _take_stdout() -> BinaryIO:
    """Return standard output as a stream of ours; what others print goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # a worker may be killed at any time
    return answers


def main(job_reference: str, run_reference: str) -> None:
    """Run tasks until the server ends."""
    answers = _take_stdout()
    # A Ctrl-C in the server's terminal is the server's to decide about.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks: SimpleQueue[Message] = SimpleQueue()
    stream = os.fdopen(os.dup(0), "rb")
    threading.Thread(target=_read_tasks, args=(stream, tasks), daemon=True).start()
    worker = Worker(job_reference, run_reference, answers)
    while True:
        try:
            worker.do(tasks.get())
        except BrokenPipeError:  # the server is gone
            end_now()


if __name__ == "__main__":
    main(*sys.argv[1:])
