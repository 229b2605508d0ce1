"""Measure an image: a few numbers that tell wells apart."""

from __future__ import annotations

from math import fsum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    import numpy as np

    Array = np.ndarray[Any, Any]

FEATURES = ("Mean", "Standard deviation", "95th percentile", "Foreground fraction", "Objects")


def measure(stack: Array) -> dict[str, float]:
    """Return the features of one image, planes included; none if no pixel is a number.

    The foreground is what lies above Otsu's threshold, the one that parts the histogram into two
    classes of least variance (Otsu 1979). Objects are its connected parts, diagonals not counted.
    """
    import numpy as np
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    pixels = np.asarray(stack, np.float64)
    finite = pixels[np.isfinite(pixels)]
    if not finite.size:
        return {}
    foreground = pixels > threshold_otsu(finite)
    numbers = (
        finite.mean(),
        finite.std(),
        np.percentile(finite, 95),
        foreground.mean(),
        ndimage.label(foreground)[1],
    )
    return dict(zip(FEATURES, map(float, numbers), strict=True))


def feature_name(feature: str, label: str) -> str:
    """Return the name of *feature* of the channel that *label* names, as tables show it."""
    return f"{feature} ({label})"


def averaged(measured: Iterable[Mapping[str, float]]) -> dict[str, float | None]:
    """Return the mean of each feature over the images; None where no image has it."""
    values: dict[str, list[float]] = {name: [] for name in FEATURES}
    for numbers in measured:
        for name, number in numbers.items():
            values[name].append(number)
    # fsum: the same sum in whatever order
    return {name: fsum(found) / len(found) if found else None for name, found in values.items()}
