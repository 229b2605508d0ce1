"""Run the steps of a job on one field of a well: its stacks of planes, one a channel and time."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from openhcs.errors import OpenHCSError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    import numpy as np

    from openhcs.microscopes.plate import PlateImage
    from openhcs.pipeline.job import Step
    from openhcs.pipeline.source import Source

    Array = np.ndarray[Any, Any]
    Planes = Sequence[PlateImage]

READING, WRITING = "read", "write"


@dataclass(frozen=True)
class Problem:
    """What went wrong with one stack of planes, which is left out of the results."""

    well: str
    site: int
    channel: int
    timepoint: int
    step: str
    file: str
    message: str

    def to_json(self) -> dict[str, Any]:
        """Return the problem as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Stack:
    """The planes of one channel at one time, after all steps, and the images that they were."""

    pixels: Array
    images: tuple[PlateImage, ...]

    @property
    def channel(self) -> int:
        """The channel that the planes show."""
        return self.images[0].channel


@dataclass(frozen=True)
class FieldRun:
    """One field on its way through the steps.

    Args:
        source: the plate.
        images: the field's images.
        steps: what is done to each stack, with the function that does it.
        progress: called with the name of a step and its status.
        problems: filled with what goes wrong.
    """

    source: Source
    images: Planes
    steps: Sequence[tuple[Step, Callable[..., Any]]]
    progress: Callable[[str, str], None]
    problems: list[Problem] = field(default_factory=list)

    def stacks(self) -> list[Stack]:
        """Return what the steps make of each stack; one that fails is a problem instead."""
        made = ((planes, self._made(planes)) for planes in _stacked(self.images))
        found = [Stack(pixels, tuple(planes)) for planes, pixels in made if pixels is not None]
        return [stack for stack in found if self._fits(stack, found[0])]

    def _made(self, planes: Planes) -> Array | None:
        pixels = self._read(planes)
        for step, function in self.steps:
            if pixels is not None and (not step.channels or planes[0].channel in step.channels):
                self.progress(step.name, f"site {planes[0].site} channel {planes[0].channel}")
                pixels = self._applied(step, function, pixels, planes)
        return pixels

    def _read(self, planes: Planes) -> Array | None:
        """Return the planes as one array; None if any is bad, as half a stack would mislead."""
        import numpy as np

        found = [self._plane(image) for image in planes]
        whole = [plane for plane in found if plane is not None]
        if len(whole) < len(found):
            return None
        if len({plane.shape for plane in whole}) > 1:
            self._report(planes[0], READING, "its planes differ in size")
            return None
        stack: Array = np.stack(whole)
        return stack

    def _plane(self, image: PlateImage) -> Array | None:
        try:
            return self.source.load(image)
        except OpenHCSError as error:
            self._report(image, READING, str(error).partition("\n")[0])
        except OSError as error:
            self._report(image, READING, error.strerror or str(error))
        return None

    def _applied(
        self, step: Step, function: Callable[..., Any], pixels: Array, planes: Planes
    ) -> Array | None:
        try:
            result: Array = function(pixels, **step.parameters)
        except OpenHCSError as error:
            self._report(planes[0], step.name, str(error).partition("\n")[0])
            return None
        return result

    def _fits(self, stack: Stack, first: Stack) -> bool:
        size, wanted = tuple(stack.pixels.shape[1:]), tuple(first.pixels.shape[1:])
        if size != wanted:
            message = f"it is {size} pixels large, and channel {first.channel} is {wanted}"
            self._report(stack.images[0], WRITING, message)
        return size == wanted

    def _report(self, image: PlateImage, step: str, message: str) -> None:
        file = str(self.source.plate.path / image.file)
        place = (image.well, image.site, image.channel, image.timepoint)
        self.problems.append(Problem(*place, step, file, message))


def _stacked(images: Iterable[PlateImage]) -> list[list[PlateImage]]:
    """Return the images by timepoint and channel, each in the order of its planes."""
    found: dict[tuple[int, int], list[PlateImage]] = {}
    for image in sorted(images, key=lambda i: (i.timepoint, i.channel, i.z_index)):
        found.setdefault((image.timepoint, image.channel), []).append(image)
    return list(found.values())
