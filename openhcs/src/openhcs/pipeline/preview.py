"""Make small pictures of images, while these are still in memory."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy as np

    Array = np.ndarray[Any, Any]

PREVIEW = 160  # pixels of the longer side, at most


def previews(image: Array) -> Array:
    """Return a small picture of each channel of an image with the axes t, c, z, y, x.

    It is the middle plane at the first time, reduced by averaging to `PREVIEW` pixels a side.
    """
    return shrunk(image[0, :, image.shape[2] // 2], PREVIEW)


def shrunk(planes: Array, side: int) -> Array:
    """Return *planes*, each reduced by averaging to at most *side* pixels a side."""
    import numpy as np

    small: Array = np.stack([_reduced(plane.astype(np.float32), side) for plane in planes])
    return small


def _reduced(plane: Array, side: int) -> Array:
    """Return the mean of each block of pixels; the last ones may be smaller."""
    import numpy as np

    step = max(1, -(-max(plane.shape) // side))
    starts = [np.arange(0, side, step) for side in plane.shape]
    sums = np.add.reduceat(np.add.reduceat(plane, starts[0], axis=0), starts[1], axis=1)
    heights, widths = (
        np.diff(start, append=end) for start, end in zip(starts, plane.shape, strict=True)
    )
    reduced: Array = sums / np.outer(heights, widths).astype(np.float32)
    return reduced
