"""Run the steps of a job on one well; the part of a run that any worker can do."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from openhcs.pipeline.job import Job


def run_well(
    job: Job, well: str, progress: Callable[[str, str], None] | None = None
) -> dict[str, Any]:
    """Run the steps of *job* on the images of *well*, write what comes out, and record it.

    Args:
        job: what to do.
        well: the well's name on the plate.
        progress: called with the name of a step and its status while the well runs.

    Returns:
        The record of the well, JSON: ``well``, ``features``, ``fields``, ``problems``, ``digest``,
        ``seconds``. The same is written to ``wells/<well>.json`` in the folder of the run.

    Raises:
        JobError: when the job can't be run here, or the plate has no such well.
        OSError: when the results can't be written.
    """
    raise NotImplementedError
