"""Where on a disk the writable part of ``/omero`` lies."""

from __future__ import annotations

import os

from openhcs.errors import StorageError
from openhcs.omero.paths import ROOT, normal_path, omero_path
from openhcs.omero.settings import RESULTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openhcs.io.base import StoragePath


def results_path(path: StoragePath, root: str | None) -> str:
    """Return where the result *path*, such as ``/omero/plate_57_outputs/a.csv``, lies.

    Args:
        path: a path below ``/omero`` that is no part of a plate.
        root: the folder of all results; None where none is known.

    Raises:
        StorageError: when *path* is no path of results, or none are kept.
    """
    normal = normal_path(path)
    _refuse_foreign(normal)
    _refuse_original(normal)
    if root is None:
        raise StorageError(
            "results are kept on a disk, and no folder is named for them",
            file=path,
            fix=f"set {RESULTS} to a folder",
        )
    return os.path.join(root, normal[len(ROOT) + 1 :]).rstrip(os.sep)


def _refuse_foreign(path: str) -> None:
    if path != ROOT and not path.startswith(f"{ROOT}/"):
        raise StorageError(
            f"this backend holds only what is below {ROOT}",
            file=path,
            fix="name another backend for this path, such as 'disk'",
        )


def _refuse_original(path: str) -> None:
    place = omero_path(path)
    if place and not place.is_result:
        raise StorageError(
            f"plate_{place.number} is an original and is never changed",
            file=path,
            fix=f"write below {ROOT}/plate_{place.number}_outputs",
        )
