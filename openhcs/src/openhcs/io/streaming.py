"""Backends that show what is saved: they send it to a viewer, and keep nothing."""

from __future__ import annotations

import os
import time
from abc import abstractmethod
from contextlib import contextmanager, suppress

from openhcs.errors import StorageError
from openhcs.io.base import WritableBackend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from openhcs.io.base import StoragePath
    from openhcs.io.stream_content import Content
    from openhcs.microscopes.filename_parser import FilenameParser
    from openhcs.runtime.viewer_link import ViewerLink
    from openhcs.runtime.viewer_messages import DisplayConfig

# One message holds this much at most: a container often has only 64 MiB of shared memory.
BATCH_BYTES = 32 * 2**20
BATCH_IMAGES = 100  # each keeps a file open, and a process often may have only 1024
ANSWER_SECONDS = 60.0
CONNECT_SECONDS = 10.0


class StreamingBackend(WritableBackend):
    """Send images and ROIs to a viewer on this machine, through shared memory.

    A call returns once the viewer has acknowledged every image. Sending the same path again
    replaces what is shown of it, so *overwrite* has no meaning here.

    Args:
        host: the viewer's interface; shared memory doesn't reach another machine.
        port: its data port; that of its kind by default.
        transport_mode: "ipc" or "tcp".
        colormap: the name of the colormap to show images in, or a member of the colormap enum.
        component_modes: for each component, whether its values are layers of their own ("layer")
            or an axis within a layer ("stack").
        component_order: the order of those axes, slowest first.
        parser: the grammar of the file names; by default each known one is tried.
        timeout: the seconds that the viewer may take to acknowledge a message.
        connect_timeout: the seconds that it may take to answer at all.
    """

    _needs_viewer = True
    default_port = 0
    default_modes: Mapping[str, str] = {}

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int | None = None,
        transport_mode: str | None = None,
        *,
        colormap: Any = "gray",
        component_modes: Mapping[str, str] | None = None,
        component_order: Sequence[str] = (),
        parser: FilenameParser | None = None,
        timeout: float = ANSWER_SECONDS,
        connect_timeout: float = CONNECT_SECONDS,
    ) -> None:
        self.host = host
        self.port = self.default_port if port is None else port
        self.transport_mode = transport_mode
        self.parser = parser
        self.timeout = timeout
        self.connect_timeout = connect_timeout
        modes = {**self.default_modes, **(component_modes or {})}
        self.display = _display(getattr(colormap, "value", colormap), modes, component_order)
        # Links that no thread is using; each is used by one thread at a time.
        self._idle: list[ViewerLink] = []
        self._pid = os.getpid()

    @property
    @abstractmethod
    def server_type(self) -> str:
        """The kind of viewer, a key of ``ZMQ_SERVERS``."""

    def save(self, data: Any, path: StoragePath, *, overwrite: bool = False) -> None:
        self.save_batch([data], [path], overwrite=overwrite)

    def save_batch(
        self, data: Sequence[Any], paths: Sequence[StoragePath], *, overwrite: bool = False
    ) -> None:
        """Show each of *data*, an image or a dict of ImageJ ROIs, as what its path tells.

        Raises:
            ValueError: when the two differ in length; nothing is sent then.
            StorageError: when something can't be shown at all (nothing is sent then), or the
                viewer refuses some of the images (the others are shown).
            ServerError: when no viewer answers; what it hasn't acknowledged is not shown.
        """
        from openhcs.io.stream_content import content_of

        if len(data) != len(paths):
            raise ValueError(f"{len(data)} items can't be saved to {len(paths)} paths")
        contents = [content_of(*both, self.parser) for both in zip(data, paths, strict=True)]
        refused: dict[str, str] = {}
        for batch in _batches(contents):
            refused |= self._send(batch)
        if refused:
            raise self._refusal(refused, len(contents))

    def _send(self, contents: list[Content]) -> dict[str, str]:
        """Send one batch and return the reason for each path that was refused."""
        from openhcs.io.stream_content import shared
        from openhcs.runtime.viewer_messages import batch

        with self._linked() as link, shared(contents) as images:
            message = batch(images, self.display, time.time())
            answer = link.exchange(message, self.timeout)
        return _refused({image.image_id: image.path for image in images}, answer)

    def _refusal(self, refused: Mapping[str, str], sent: int) -> StorageError:
        reasons = "; ".join(f"{path}: {reason}" for path, reason in list(refused.items())[:3])
        return StorageError(
            f"the {self.server_type} viewer refused {len(refused)} of {sent} images: {reasons}",
            file=next(iter(refused)),
            fix="correct what the reason names and save those again",
        )

    @contextmanager
    def _linked(self) -> Iterator[ViewerLink]:
        """Lend a link to the viewer; one that failed may still await an answer and is closed."""
        link = self._free_link() or self._new_link()
        try:
            yield link
        except BaseException:
            link.close()
            raise
        self._idle.append(link)

    def _free_link(self) -> ViewerLink | None:
        if self._pid != os.getpid():  # a fork: the sockets belong to the parent
            self._idle, self._pid = [], os.getpid()
        with suppress(IndexError):  # another thread may take the last one
            link = self._idle.pop()
            if not link.lost:
                return link
            link.close()
        return None

    def _new_link(self) -> ViewerLink:
        from openhcs.runtime.transport import server_address
        from openhcs.runtime.viewer_link import ViewerLink

        address = server_address(self.port, self.transport_mode, self.host)
        return ViewerLink(self.server_type, address, self.connect_timeout)

    def cleanup(self) -> None:
        """Close the connections to the viewer; the next save opens another."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_idle": []}


def _display(colormap: str, modes: Mapping[str, str], order: Sequence[str]) -> DisplayConfig:
    from openhcs.runtime.viewer_messages import DisplayConfig

    return DisplayConfig(colormap, modes, tuple(order))


def _batches(contents: Sequence[Content]) -> Iterator[list[Content]]:
    """Part *contents* into batches of a bounded size; a larger image goes alone."""
    batch: list[Content] = []
    size = 0
    for content in contents:
        full = size + content.array.nbytes > BATCH_BYTES or len(batch) == BATCH_IMAGES
        if batch and full:
            yield batch
            batch, size = [], 0
        batch.append(content)
        size += content.array.nbytes
    if batch:
        yield batch


def _refused(paths: Mapping[str, str], answer: Mapping[str, Any]) -> dict[str, str]:
    """Return the reasons for the images that *answer* doesn't say are shown."""
    told = {item["image_id"]: item for item in answer.get("images", [])}
    missing = {"status": "refused", "error": "it was not acknowledged"}
    items = {path: told.get(image_id, missing) for image_id, path in paths.items()}
    return {
        path: item.get("error", "") for path, item in items.items() if item["status"] != "shown"
    }
