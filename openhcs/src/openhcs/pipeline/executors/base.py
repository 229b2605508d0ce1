"""What an executor does, and the one call that all of them make somewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack

from openhcs.pipeline.job import Job
from openhcs.pipeline.well import run_well

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Self

    Result = dict[str, Any]
    OnResult = Callable[[Result], None]
    OnProgress = Callable[[str, str, str], None]  # well, step, status


class Executor(ABC):
    """Runs wells. Entering it reaches or starts its workers; leaving it ends those it started.

    Args:
        workers: how many wells to run at once.
        address: where workers of somebody else can be reached.
    """

    def __init__(self, workers: int, address: str = "") -> None:
        self.workers = workers
        self.address = address
        self.held = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as held:
            self.start(held)
            self.held = held.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self.held.close()

    def start(self, held: ExitStack) -> None:  # noqa: B027 - most have nothing to start
        """Reach or start the workers, and put into *held* what ends them.

        Raises:
            OpenHCSError: when they can't be reached or started.
        """

    @abstractmethod
    def run(
        self, job: Job, wells: Sequence[str], on_result: OnResult, on_progress: OnProgress
    ) -> None:
        """Run *wells*, in any order.

        Args:
            job: what to do.
            wells: the names of the wells.
            on_result: called with the record of each well as soon as it is finished.
            on_progress: called with a well, a step and its status, by executors that can tell.

        Raises:
            OpenHCSError: when a well can't be run, or the workers are lost.
            OSError: when results can't be written.
        """


def work(job: dict[str, Any], well: str) -> Result:
    """Run one well in a worker, which was sent nothing but JSON."""
    return run_well(Job.from_json(job), well)
