"""Run wells on dask workers: of a scheduler that is there, or of a cluster on this machine."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from openhcs.errors import JobError
from openhcs.pipeline.executors.base import Executor, work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import ExitStack
    from typing import Any

    from openhcs.pipeline.executors.base import OnProgress, OnResult
    from openhcs.pipeline.job import Job

CONNECT_SECONDS = 10


class DaskExecutor(Executor):
    """Runs wells on dask workers, which must see the plate and the results under the same paths."""

    _client: Any = None

    def start(self, held: ExitStack) -> None:
        """Connect to the scheduler, or start a cluster.

        Raises:
            JobError: when dask isn't installed, or nobody answers at the address.
        """
        try:
            from distributed import Client
        except ModuleNotFoundError as error:
            raise JobError(
                f"the dask executor needs {error.name}, which isn't installed",
                fix="pip install 'openhcs[dask]'",
            ) from error
        scheduler = self.address or held.enter_context(_cluster(self.workers))
        try:
            self._client = held.enter_context(Client(scheduler, timeout=CONNECT_SECONDS))
        except (OSError, ValueError) as error:
            raise JobError(
                f"no dask scheduler answers at {self.address}: {error}",
                fix="give its address, such as tcp://127.0.0.1:8786, or none to start one",
            ) from error
        held.callback(hand_over(self._client))

    def run(
        self, job: Job, wells: Sequence[str], on_result: OnResult, on_progress: OnProgress
    ) -> None:
        """Run *wells* on the cluster; see :class:`Executor`."""
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        sent = job.to_json()
        # pure=False: two runs of one job are two tasks, the results are files
        futures = [self._client.submit(work, sent, well, pure=False) for well in wells]
        try:
            for future in as_completed(futures):
                on_result(future.result())
        except KilledWorker as error:
            raise JobError(
                "a dask worker died again and again",
                fix="look at its log; the same command goes on with the wells that are left",
            ) from error
        finally:
            self._client.cancel(futures)


def hand_over(client: Any) -> Callable[[], object]:
    """Give the registries' indexes to all workers of *client*, and to those that join later.

    Returns:
        A function that gives them to no further worker.
    """
    from openhcs.core.registries import export_indexes
    from openhcs.pipeline.executors.dask_plugin import Indexes

    plugin = Indexes(export_indexes())
    client.register_plugin(plugin)
    return partial(_take_back, client, plugin.name)


def _take_back(client: Any, name: str) -> None:
    with suppress(OSError):  # the scheduler is gone, and all that it knew
        client.unregister_worker_plugin(name)


def _cluster(workers: int) -> Any:
    """Return a cluster of processes on this machine, without dask's web page."""
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
    )
