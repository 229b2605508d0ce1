"""Who runs the wells of a job: this process, other processes, an execution server, or dask.

Every executor gives the same results; they differ in what they need and how many wells they run at
once. A worker is sent the job as JSON and the name of a well, and imports what that takes itself.
"""

from __future__ import annotations

from importlib import import_module

from openhcs.errors import JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openhcs.pipeline.executors.base import Executor

# A table and no registry: these four are the whole choice, and nobody adds one from outside.
EXECUTORS = {
    "local": "LocalExecutor",
    "processes": "ProcessesExecutor",
    "zmq": "ZMQExecutor",
    "dask": "DaskExecutor",
}
# Those that can be told of workers which somebody else has started.
WITH_ADDRESS = ("zmq", "dask")


def make_executor(name: str, workers: int, address: str = "") -> Executor:
    """Return the executor called *name*.

    Args:
        name: a key of `EXECUTORS`.
        workers: how many wells to run at once, where the executor starts workers of its own.
        address: where a server or scheduler listens; the executor starts its own by default.

    Raises:
        JobError: when there is none of that name, or it takes no address.
    """
    if name not in EXECUTORS:
        raise JobError(f"there is no executor {name!r}", fix=f"use one of {', '.join(EXECUTORS)}")
    if address and name not in WITH_ADDRESS:
        raise JobError(
            f"the executor {name!r} runs in this machine's processes and takes no address",
            fix=f"leave the address out, or use one of {', '.join(WITH_ADDRESS)}",
        )
    module = import_module(f"openhcs.pipeline.executors.{name}")
    made: Executor = getattr(module, EXECUTORS[name])(workers, address)
    return made
