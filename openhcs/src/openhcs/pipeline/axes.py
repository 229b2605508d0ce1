"""Lay the stacks of a field out in one array with the axes t, c, z, y, x, alike for all fields."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy as np

    from openhcs.microscopes.plate import Plate
    from openhcs.pipeline.field import Stack
    from openhcs.pipeline.job import Job

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Axes:
    """The timepoints, channels and planes that every field of the plate has room for."""

    timepoints: tuple[int, ...]
    channels: tuple[int, ...]
    z_indexes: tuple[int, ...]

    @classmethod
    def of(cls, plate: Plate, job: Job) -> Axes:
        """Return the axes of what *job* makes of *plate*: one plane if all channels lose theirs."""
        channels, planes = plate.values("channel"), plate.values("z_index")
        if all(_is_flattened(job, channel) for channel in channels):
            planes = planes[:1]
        return cls(tuple(plate.values("timepoint")), tuple(channels), tuple(planes))

    def filled(self, stacks: Sequence[Stack]) -> Array:
        """Return the stacks in one array; black where an image is missing, as instruments do."""
        import numpy as np

        size = stacks[0].pixels.shape[1:]
        kind = np.result_type(*(stack.pixels.dtype for stack in stacks))
        shape = (len(self.timepoints), len(self.channels), len(self.z_indexes), *size)
        array: Array = np.zeros(shape, kind)
        for stack in stacks:
            time = self.timepoints.index(stack.images[0].timepoint)
            array[time, self.channels.index(stack.channel), self._planes(stack)] = stack.pixels
        return array

    def _planes(self, stack: Stack) -> list[int]:
        """Return where the planes of *stack* go: where they were, unless they became one."""
        if len(stack.pixels) < len(stack.images) or len(self.z_indexes) == 1:
            return [0]
        return [self.z_indexes.index(image.z_index) for image in stack.images]


def _is_flattened(job: Job, channel: int) -> bool:
    from openhcs.processing.func_registry import function_metadata

    applied = [s for s in job.steps if not s.channels or channel in s.channels]
    contracts = (function_metadata(step.function).contract for step in applied)
    return any(contract.name == "VOLUMETRIC_TO_SLICE" for contract in contracts)
