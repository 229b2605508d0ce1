"""Run one well after the other in this process."""

from __future__ import annotations

from functools import partial

from openhcs.pipeline.executors.base import Executor
from openhcs.pipeline.well import run_well

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from openhcs.pipeline.executors.base import OnProgress, OnResult
    from openhcs.pipeline.job import Job


class LocalExecutor(Executor):
    """Runs wells in this process; the number of workers means nothing to it."""

    def run(
        self, job: Job, wells: Sequence[str], on_result: OnResult, on_progress: OnProgress
    ) -> None:
        """Run *wells* in their order; see :class:`Executor`."""
        for well in wells:
            on_result(run_well(job, well, partial(on_progress, well)))
