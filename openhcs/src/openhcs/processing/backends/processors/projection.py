"""Make one plane of a stack."""

from __future__ import annotations

from openhcs.processing.contracts import ProcessingContract
from openhcs.processing.declaration import image_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    import numpy as np


@image_function(ProcessingContract.VOLUMETRIC_TO_SLICE)
def max_projection(stack: np.ndarray) -> np.ndarray:
    """Return the brightest value of each pixel over all planes."""
    brightest: np.ndarray = stack.max(axis=0)
    return brightest


@image_function(ProcessingContract.VOLUMETRIC_TO_SLICE)
def mean_projection(stack: np.ndarray) -> np.ndarray:
    """Return the mean of each pixel over all planes, in fractions."""
    mean: np.ndarray = stack.mean(axis=0, dtype="float32")
    return mean
