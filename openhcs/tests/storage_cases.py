"""Every storage backend, ready for the contract tests; a new backend gets a line here.

A case is a function of a temporary folder. What a backend can do is told by its class: the tests
ask for ``ReadableBackend``, ``WritableBackend``, ``ReadWriteBackend`` and ``LinkingBackend``.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from openhcs.io import STORAGE_BACKENDS, StorageBackend
from openhcs.io.virtual_workspace import VirtualWorkspaceBackend
from streaming_viewer import own_sockets, serving

# Any would do: the sockets lie in a folder of the case's own.
PORT = 25555
IMAGE = np.arange(12, dtype=np.uint16).reshape(3, 4)
# Names that a microscope gives, for some backends take their meaning from them.
S2, S3, S4, S5 = (f"A01_s00{site}_w1_z001_t001.tif" for site in (2, 3, 4, 5))
S10 = "A01_s010_w1_z001_t001.TIF"
TREE = {
    S10: IMAGE + 10,
    S2: IMAGE + 2,
    "x.txt": "text",
    f"b2/{S3}": IMAGE + 3,
    f"b10/{S4}": IMAGE + 4,
    f"b2/deep/{S5}": IMAGE + 5,
}


@dataclass(frozen=True)
class Store:
    """A backend with a folder of its own, and the paths in it."""

    backend: StorageBackend
    root: str

    def at(self, path: str) -> str:
        """Return the full path of *path* in the folder."""
        return posixpath.join(self.root, path).rstrip("/")


@dataclass(frozen=True)
class Sink:
    """A backend that is only written to, with a way to see what arrived."""

    backend: StorageBackend
    shown: Callable[[], set[str]]


def _on_disk(key: str, folder: str) -> Callable[[Path], Store]:
    def case(tmp_path: Path) -> Store:
        backend = STORAGE_BACKENDS[key]()
        return Store(backend, backend.ensure_directory(str(tmp_path / folder)))

    return case


def virtual_workspace(tmp_path: Path) -> Store:
    """Return the workspace of a plate in which each file really lies under a number."""
    disk, plate = STORAGE_BACKENDS["disk"](), tmp_path / "plate"
    (plate / "real").mkdir(parents=True)
    mapping = {}
    for number, (name, content) in enumerate(TREE.items()):
        mapping[name] = f"real/{number}{Path(name).suffix}"
        disk.save(content, plate / mapping[name])
    fields = {"workspace_mapping": mapping, "main": True}
    document = json.dumps({"subdirectories": {".": fields}})
    (plate / "openhcs_metadata.json").write_text(document)
    return Store(VirtualWorkspaceBackend(plate), str(plate))


def omero_local(tmp_path: Path) -> Store:
    """Return the results area beside a folder of plates that holds none."""
    backend = STORAGE_BACKENDS["omero_local"](store=tmp_path)
    return Store(backend, backend.ensure_directory("/omero/plate_1_outputs"))


def _viewed(key: str) -> Callable[[Path], AbstractContextManager[Sink]]:
    @contextmanager
    def case(tmp_path: Path) -> Iterator[Sink]:
        backend = STORAGE_BACKENDS[key](port=PORT)
        with own_sockets(), serving(PORT) as viewer:
            viewer._server_type = backend.server_type  # how a viewer declares its kind
            try:
                yield Sink(backend, lambda: _paths(viewer.messages))
            finally:
                backend.cleanup()

    return case


def _paths(messages: list[dict]) -> set[str]:
    return {image["path"] for message in messages for image in message["images"]}


# Each gives an empty folder.
READ_WRITE: dict[str, Callable[[Path], Store]] = {
    "disk": _on_disk("disk", "store"),
    "memory": _on_disk("memory", "store"),
    "zarr": _on_disk("zarr", "plate.zarr"),
    "omero_local": omero_local,
}
# Each gives a folder that holds TREE.
READ_ONLY: dict[str, Callable[[Path], Store]] = {"virtual_workspace": virtual_workspace}
# Each gives, for a while, a backend with a real receiver.
WRITE_ONLY: dict[str, Callable[[Path], AbstractContextManager[Sink]]] = {
    "napari_stream": _viewed("napari_stream"),
    "fiji_stream": _viewed("fiji_stream"),
}


def filled(name: str, tmp_path: Path) -> Store:
    """Return the store of *name* with TREE in it."""
    if name in READ_ONLY:
        return READ_ONLY[name](tmp_path)
    store = READ_WRITE[name](tmp_path)
    for path, content in TREE.items():
        store.backend.ensure_directory(posixpath.dirname(store.at(path)))
        store.backend.save(content, store.at(path))
    return store


def loaded(backend: StorageBackend, path: str) -> object:
    """Load *path*; a child process finds this function by its name."""
    return backend.load(path)
