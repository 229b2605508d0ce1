"""The folder of a run: what lies where, whose it is, and which wells are finished."""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack, contextmanager
from pathlib import Path

from openhcs.errors import BrokenFileError, JobError, StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from openhcs.microscopes.plate import PlateImage
    from openhcs.pipeline.job import Job
    from openhcs.pipeline.source import Source

STORE = "plate.zarr"
WELLS = "wells"
JOB = "job.json"
REPORT = "run.json"
# Half-written files and the lock have such names; a folder with nothing else is empty.
HIDDEN = "._"


class RunFolder:
    """The folder that one job writes to; the job's description in it says which.

    Args:
        path: the folder, which may be missing.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        self.store = self.path / STORE
        self.report = self.path / REPORT

    def check(self, job: Job) -> None:
        """Check that *job* may write here; write nothing.

        Raises:
            JobError: when the folder lies in the plate, or holds anything but a run of this job.
        """
        self._check_outside(Path(job.plate))
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise JobError(
                "the results go to a folder, and this is a file", file=self.path, fix=NEW
            )
        if not any(not entry.name.startswith(HIDDEN) for entry in self.path.iterdir()):
            return
        if not (self.path / JOB).is_file():
            raise JobError("the folder for the results isn't empty", file=self.path, fix=NEW)
        self._check_same(job)

    def _check_outside(self, plate: Path) -> None:
        inside = self.path.resolve()
        if plate.resolve() in (inside, *inside.parents):
            raise JobError(
                "the results would lie in the plate, which is never written to",
                file=self.path,
                fix=NEW,
            )

    def _check_same(self, job: Job) -> None:
        there, wanted = _read(self.path / JOB), job.identity()
        if differing := [name for name in wanted if there.get(name) != wanted[name]]:
            raise JobError(
                f"this folder holds a run of another job: its {', '.join(differing)} differ",
                file=self.path,
                fix=NEW + "; to go on with that run, give the same plate and steps",
            )

    @contextmanager
    def claimed(self, job: Job) -> Iterator[None]:
        """Make the folder where missing, say whose it is, and keep other runs out meanwhile.

        Raises:
            JobError: when another run is writing here, or as `check`.
            OSError: when the folder can't be made or written to.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with _locked(self.path):
            self.check(job)
            write_file(self.path / JOB, job.identity())
            (self.path / WELLS).mkdir(exist_ok=True)
            yield

    def record_file(self, well: str) -> Path:
        """Return the file that records *well*, there only if the well is finished."""
        return self.path / WELLS / f"{well}.json"

    def preview_file(self, well: str) -> Path:
        """Return the file of the small picture of *well*, there if it has an image."""
        return self.path / WELLS / f"{well}.npy"

    def preview(self, well: str) -> Any:
        """Return the small picture of *well*, None if it has none."""
        file = self.preview_file(well)
        return _load(file) if file.is_file() else None

    def name_store(self, name: str) -> None:
        """Give the store of the images the *name* of the plate."""
        from openhcs.io.ngff import write_plate_metadata

        write_plate_metadata(self.store, name=name)

    def record(self, well: str, digest: str) -> dict[str, Any] | None:
        """Return the record of *well* if it is finished and its images are still the same."""
        try:
            found = _read(self.record_file(well))
        except (FileNotFoundError, BrokenFileError):
            return None
        return found if found.get("digest") == digest else None


NEW = "name a new folder"


def write_file(path: Path, value: Any) -> None:
    """Write *value* as the extension of *path* says; no reader sees half of it."""
    from openhcs.io import FileManager

    FileManager().save(value, path, "disk", overwrite=True)


def _load(path: Path) -> Any:
    from openhcs.io import FileManager

    return FileManager().load(path, "disk")


def _read(path: Path) -> dict[str, Any]:
    found = _load(path)
    return found if isinstance(found, dict) else {}


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other runs out of *folder*; the system lets them in however this process ends."""
    from openhcs.io.ngff_lock import StoreLock

    with ExitStack() as held:
        try:
            held.enter_context(StoreLock(folder, wait_s=0))
        except StorageError as error:
            raise JobError(
                "another run is writing to this folder",
                file=folder,
                fix="wait until it ends, or " + NEW,
            ) from error
        yield


def well_digest(job: Job, source: Source, images: Iterable[PlateImage]) -> str:
    """Return a digest of all that the results of a well depend on: the job and its images."""
    stamps = [[image.file, *_stamp(source, image)] for image in images]
    text = json.dumps([job.identity(), stamps], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _stamp(source: Source, image: PlateImage) -> tuple[int, int]:
    """Return size and time of the image's file, or of the description of a plate in a store.

    An image that was mended is done again; one that is missing stands for its plate.
    """
    for path in (source.plate.path / image.file, source.plate.metadata_file):
        if path.is_file():
            about = path.stat()
            return (about.st_size, about.st_mtime_ns)
    return (0, 0)  # neither is a file: the plate lies on a server
