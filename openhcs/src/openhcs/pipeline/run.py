"""Run a job on a plate from end to end: check all that can be checked, then write."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from openhcs.core.processors import processors
from openhcs.pipeline.executors import make_executor
from openhcs.pipeline.field import READING
from openhcs.pipeline.folder import RunFolder, well_digest
from openhcs.pipeline.job import Job
from openhcs.pipeline.results import Presentation, write_results
from openhcs.pipeline.source import find_source
from openhcs.pipeline.steps import check_channels, check_functions, read_steps
from openhcs.pipeline.versions import library_versions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from openhcs.pipeline.job import Step
    from openhcs.pipeline.progress import ProgressBar
    from openhcs.pipeline.source import Source

    Records = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Order:
    """What a user asks for.

    Args:
        plate: the plate's folder.
        steps: the TOML file of the steps.
        out: the folder for the results.
        executor: who runs the wells.
        workers: how many at once; as many as there are processors if 0.
        address: where workers of somebody else can be reached.
        microscope: the key of the plate's handler, or "auto".
        wells: the wells to run; all if empty.
        colormap: the colormap of the pictures.
        table_format: the key of the result table's format.
    """

    plate: str
    steps: str
    out: str
    executor: str = "local"
    workers: int = 0
    address: str = ""
    microscope: str = "auto"
    wells: tuple[str, ...] = ()
    colormap: str = "viridis"
    table_format: str = "EDDU_metaxpress"


def run_plate(order: Order, progress: ProgressBar) -> dict[str, Any]:
    """Do what *order* asks for and return the report, which is also in ``run.json``.

    Raises:
        OpenHCSError: when something is wrong with the order, the plate or the workers.
        OSError: when the results can't be written.
    """
    start = perf_counter()
    steps = read_steps(Path(order.steps))  # first, as it takes no time
    source = find_source(order.plate, order.microscope)
    job, folder = _job(order, steps, source), RunFolder(order.out)
    wells = _chosen(source, order.wells)
    folder.check(job)
    shown = Presentation.checked(order.colormap, order.table_format)
    shown.table.check(folder.path, source.name, wells)
    records = _finished(job, source, folder)
    left = [well for well in wells if not _is_settled(records.get(well))]
    progress.begin(len(wells), len(wells) - len(left))
    with ExitStack() as held:
        executor = make_executor(order.executor, _workers(order, left), order.address)
        if left:
            held.enter_context(executor)
        held.enter_context(folder.claimed(job))
        folder.name_store(source.name)
        if left:
            executor.run(job, left, lambda record: _take(record, records, progress), progress.step)
        told = _about_run(order, executor.workers, left, perf_counter() - start)
        return write_results(job, source, folder, records, shown, told)


def _take(record: dict[str, Any], records: Records, progress: ProgressBar) -> None:
    records[record["well"]] = record
    progress.well(record)


def _job(order: Order, steps: tuple[Step, ...], source: Source) -> Job:
    """Return the job, its steps checked against the libraries and the plate."""
    file = Path(order.steps)
    check_functions(steps, file)
    check_channels(steps, file, source.plate.values("channel"))
    return Job(
        plate=str(source.plate.path.resolve()),
        out=str(Path(order.out).absolute()),
        steps=steps,
        microscope=source.plate.microscope,
        backend=source.backend,
        versions=library_versions(steps),
        run=_unique(),
    )


def _unique() -> str:
    from uuid import uuid4

    return uuid4().hex


def _chosen(source: Source, wells: tuple[str, ...]) -> list[str]:
    """Return the wells to run, in the order of the plate; raise JobError where one is missing."""
    for well in wells:
        source.images(well)
    return [well for well in source.wells if well in wells or not wells]


def _finished(job: Job, source: Source, folder: RunFolder) -> Records:
    """Return the records of the wells that earlier runs of this job have finished."""
    records = {
        well: folder.record(well, well_digest(job, source, images))
        for well, images in source.wells.items()
        if folder.record_file(well).exists()  # else nobody needs to look at all images
    }
    return {well: record for well, record in records.items() if record is not None}


def _is_settled(record: dict[str, Any] | None) -> bool:
    """Say whether a well is finished for good.

    What couldn't be read may be readable now, though its file looks the same: a drive was away, a
    permission was missing.
    """
    return record is not None and all(one["step"] != READING for one in record["problems"])


def _workers(order: Order, left: list[str]) -> int:
    """Return how many wells to run at once: what was asked for, but no more than are left."""
    return max(1, min(order.workers or processors(), len(left)))


def _about_run(order: Order, workers: int, done: list[str], seconds: float) -> dict[str, Any]:
    """Return what differs between two runs of the same job."""
    return {
        "executor": order.executor,
        "workers": 1 if order.executor == "local" else workers,
        "wells": done,
        "seconds": round(seconds, 3),
    }
