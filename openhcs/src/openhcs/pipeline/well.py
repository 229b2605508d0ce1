"""Run the steps of a job on one well; the part of a run that any worker can do."""

from __future__ import annotations

from time import perf_counter

from openhcs.pipeline.axes import Axes
from openhcs.pipeline.field import WRITING, FieldRun
from openhcs.pipeline.folder import RunFolder, well_digest, write_file
from openhcs.pipeline.measure import averaged, feature_name, measure
from openhcs.pipeline.pictures import previews
from openhcs.pipeline.source import open_source
from openhcs.pipeline.versions import check_versions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from openhcs.microscopes.plate import PlateImage
    from openhcs.pipeline.field import Problem, Stack
    from openhcs.pipeline.job import Job
    from openhcs.pipeline.source import Source

    Progress = Callable[[str, str], None]
    Measured = dict[int, list[dict[str, float]]]  # by channel, one for each image


def run_well(job: Job, well: str, progress: Progress | None = None) -> dict[str, Any]:
    """Run the steps of *job* on the images of *well*, write what comes out, and record it.

    Args:
        job: what to do.
        well: the well's name on the plate.
        progress: called with the name of a step and its status while the well runs.

    Returns:
        The record of the well, JSON: ``well``, ``features``, ``sites``, ``problems``, ``digest``,
        ``seconds``. The same is written to ``wells/<well>.json`` in the folder of the run, last.

    Raises:
        JobError: when the job can't be run here, or the plate has no such well.
        OSError: when the results can't be written.
    """
    start = perf_counter()
    check_versions(job)
    source = open_source(job)
    images = source.images(well)
    run = _WellRun(job, source, well, progress or _untold)
    run.begin()
    for site in sorted({image.site for image in images}):
        run.do(site, [image for image in images if image.site == site])
    run.end()
    record = run.record(well_digest(job, source, images), perf_counter() - start)
    write_file(run.folder.record_file(well), record)
    return record


def _untold(step: str, status: str) -> None:
    pass


class _WellRun:
    """One well on its way: what was measured, written and went wrong so far."""

    def __init__(self, job: Job, source: Source, well: str, progress: Progress) -> None:
        from openhcs.processing.func_registry import resolve_function

        self.source = source
        self.well = well
        self.progress = progress
        self.steps = [(step, resolve_function(step.function)) for step in job.steps]
        self.axes = Axes.of(source.plate, job)
        self.folder = RunFolder(job.out)
        self.measured: Measured = {channel: [] for channel in self.axes.channels}
        self.sites: list[int] = []
        self.problems: list[Problem] = []
        self.preview: Any = None

    def begin(self) -> None:
        """Remove what an earlier run has left of the well; its record first."""
        from openhcs.io.ngff import discard_well

        self.folder.record_file(self.well).unlink(missing_ok=True)
        self.folder.preview_file(self.well).unlink(missing_ok=True)
        self.folder.store.mkdir(parents=True, exist_ok=True)
        discard_well(self.folder.store, self.well)

    def do(self, site: int, images: list[PlateImage]) -> None:
        """Run one field, measure and write it."""
        field = FieldRun(self.source, images, self.steps, self.progress, self.problems)
        stacks = field.stacks()
        for stack in stacks:
            self.measured[stack.channel].append(measure(stack.pixels))
        if stacks:
            self.progress(WRITING, f"site {site}")
            self._write(site, stacks)

    def _write(self, site: int, stacks: list[Stack]) -> None:
        from openhcs.io.ngff import write_field

        image, plate = self.axes.filled(stacks), self.source.plate
        if self.preview is None:
            self.preview = previews(image)
        write_field(
            self.folder.store,
            self.well,
            plate.values("site").index(site),
            image,
            channel_names=list(plate.channels.values()),
            pixel_size_um=plate.pixel_size,
            overwrite=True,
        )
        self.sites.append(site)

    def end(self) -> None:
        """List the well in the store and keep a small picture, if it has anything to show."""
        from openhcs.io.ngff import finish_well

        if self.sites:
            finish_well(self.folder.store, self.well)
            write_file(self.folder.preview_file(self.well), self.preview)

    def record(self, digest: str, seconds: float) -> dict[str, Any]:
        """Return the record of the well."""
        return {
            "well": self.well,
            "features": dict(self._features()),
            "sites": self.sites,
            "problems": [problem.to_json() for problem in self.problems],
            "digest": digest,
            "seconds": round(seconds, 3),
        }

    def _features(self) -> Iterable[tuple[str, float | None]]:
        labels = self.source.channel_labels()
        for channel, measured in self.measured.items():
            for name, value in averaged(measured).items():
                yield feature_name(name, labels[channel]), value
