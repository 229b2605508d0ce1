"""Read and replace the ``zarr.json`` of groups and arrays, whole and without importing zarr.

The layout is that of zarr format 3 (https://zarr-specs.readthedocs.io/en/latest/v3/core/): a group
is a folder with a ``zarr.json`` whose ``node_type`` is "group" and whose ``attributes`` are free.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from openhcs.errors import BrokenFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NODE_NAME = "zarr.json"


def read_node(folder: Path) -> dict[str, Any] | None:
    """Return the metadata of the group or array *folder*, or None if it is neither.

    Raises:
        BrokenFileError: when the metadata is damaged.
    """
    file = folder / NODE_NAME
    try:
        node = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        raise _broken(file, str(error)) from error
    if not isinstance(node, dict) or not isinstance(node.setdefault("attributes", {}), dict):
        raise _broken(file, "it is no object with attributes")
    return node


def _broken(file: Path, why: str) -> BrokenFileError:
    return BrokenFileError(
        f"this zarr metadata can't be read: {why}", file=file, fix="write the store again"
    )


def write_node(folder: Path, node: dict[str, Any]) -> None:
    """Replace the metadata of *folder*: a reader sees the old or the new, never half of it."""
    part = folder / f"._{NODE_NAME}.{os.getpid()}.{threading.get_ident()}.part"
    try:
        part.write_text(json.dumps(node), encoding="utf-8")
        os.replace(part, folder / NODE_NAME)
    finally:
        part.unlink(missing_ok=True)


def group_attributes(folder: Path) -> dict[str, Any]:
    """Return the attributes of the group *folder*, none if it is no group yet."""
    node = read_node(folder)
    return node["attributes"] if node else {}


def write_group(folder: Path, attributes: dict[str, Any]) -> None:
    """Make *folder* a group with *attributes*."""
    folder.mkdir(exist_ok=True)
    write_node(folder, {"zarr_format": 3, "node_type": "group", "attributes": attributes})
