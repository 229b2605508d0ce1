"""Which versions of which libraries the results of a job come from."""

from __future__ import annotations

from openhcs.errors import JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from openhcs.pipeline.job import Job, Step

# What every run computes with, whatever the steps are.
ALWAYS = ("numpy", "scikit-image")


def library_versions(steps: Iterable[Step]) -> dict[str, str]:
    """Return the versions of openhcs, of what measures images, and of the steps' libraries.

    They are read from the metadata of what is installed; no library is imported.
    """
    from importlib.metadata import version

    from openhcs import __version__
    from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES

    found = {name: version(name) for name in ALWAYS} | {"openhcs": __version__}
    for library in sorted({step.function.partition(":")[0] for step in steps}):
        found[f"library {library}"] = LIBRARY_REGISTRIES[library]().version()
    return found


def check_versions(job: Job) -> None:
    """Check that this process has the libraries that *job* was made with.

    Raises:
        JobError: when it hasn't; wells done here wouldn't fit to the others.
    """
    here = library_versions(job.steps) if job.versions else {}
    if differing := [name for name, text in job.versions.items() if here.get(name) != text]:
        told = (
            f"{name} {here.get(name) or 'missing'}, not {job.versions[name]}" for name in differing
        )
        raise JobError(
            f"this worker has other libraries than the job was made with: {', '.join(told)}",
            fix="install the same versions for the worker and for openhcs run",
        )
