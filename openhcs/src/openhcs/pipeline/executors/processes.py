"""Run wells in fresh processes of this machine."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import parent_process

from openhcs.core.registries import adopt_indexes, export_indexes
from openhcs.errors import JobError
from openhcs.pipeline.executors.base import Executor, work
from openhcs.pipeline.executors.workers import Workers, uninterrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from openhcs.pipeline.executors.base import OnProgress, OnResult
    from openhcs.pipeline.job import Job


class ProcessesExecutor(Executor):
    """Runs wells in a pool of processes, each a fresh interpreter."""

    def run(
        self, job: Job, wells: Sequence[str], on_result: OnResult, on_progress: OnProgress
    ) -> None:
        """Run *wells*, the pool's number at a time; see :class:`Executor`.

        An interrupt ends the wells that run; after any other error they are still finished.
        """
        workers = Workers()
        pool = ProcessPoolExecutor(self.workers, workers, begin_work, (export_indexes(),))
        try:
            try:
                _collect(pool, job, wells, on_result)
            except Exception:
                pool.shutdown(cancel_futures=True)
                raise
            pool.shutdown()
        finally:
            with uninterrupted():
                workers.end()
                pool.shutdown(cancel_futures=True)


def _collect(
    pool: ProcessPoolExecutor, job: Job, wells: Sequence[str], on_result: OnResult
) -> None:
    futures = [pool.submit(work, job.to_json(), well) for well in wells]
    try:
        for future in as_completed(futures):
            on_result(future.result())
    except BrokenProcessPool as error:
        raise JobError(
            "a worker process died, perhaps for want of memory",
            fix="run the same command again, with fewer --workers: it goes on from here",
        ) from error


def begin_work(indexes: dict[str, str]) -> None:
    """Prepare a worker process: it needn't read what its parent knows of the plugins."""
    _follow_parent()
    adopt_indexes(indexes)


def _follow_parent() -> None:
    """Let an interrupt be the parent's business, and end when the parent dies.

    A pool's worker would wait for ever for the next task of a parent that was killed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        # Nothing is left to tell anybody, and half a well is what a kill leaves anyway.
        os._exit(1)
