"""Make images comparable: spread their brightness, take away background and noise."""

from __future__ import annotations

from openhcs.processing.declaration import image_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    import numpy as np

FULL_SCALE = 65535


@image_function()
def percentile_normalize(image: np.ndarray, low: float = 1.0, high: float = 99.0) -> np.ndarray:
    """Spread the brightness between two percentiles over 0 to 65535.

    Args:
        image: a stack, whose planes share the percentiles, or a plane.
        low: the percentile that becomes 0.
        high: the percentile that becomes 65535; an even image becomes 0 throughout.

    Raises:
        ValueError: the percentiles are not in order between 0 and 100.
    """
    import numpy as np

    if not 0 <= low < high <= 100:
        raise ValueError(f"low ({low}) must lie below high ({high}), both between 0 and 100")
    dark, bright = np.percentile(image, (low, high))
    span = bright - dark
    scaled = (image - dark) / span if span > 0 else np.zeros(image.shape)
    spread: np.ndarray = np.rint(np.clip(scaled, 0, 1) * FULL_SCALE).astype(np.uint16)
    return spread


@image_function()
def subtract_background(image: np.ndarray, radius: int = 25) -> np.ndarray:
    """Take away all that is wider than a square: the white top-hat, plane by plane.

    Args:
        image: a stack or a plane.
        radius: half the side of the square in pixels; larger than every object.

    Raises:
        ValueError: the radius is no whole number from 1.
    """
    if isinstance(radius, bool) or not isinstance(radius, int) or radius < 1:
        raise ValueError(f"radius ({radius!r}) must be a whole number of pixels, at least 1")
    import numpy as np

    background = image
    for extreme in (np.minimum, np.maximum):
        for axis in (-2, -1):
            background = _extremes(background, radius, axis, extreme)
    objects: np.ndarray = image - background  # an opening is never above its image
    return objects


def _extremes(image: np.ndarray, radius: int, axis: int, extreme: np.ufunc) -> np.ndarray:
    """Return the extreme of the window of *radius* around each pixel, along one axis.

    Windows of 1, 2, 4 ... pixels are built of each other, so that wide ones cost little more.
    """
    import numpy as np

    lines = np.moveaxis(image, axis, -1)
    length = lines.shape[-1]
    edges = [(0, 0)] * (lines.ndim - 1) + [(radius, radius)]
    window, wide = np.pad(lines, edges, mode="edge"), 1
    while wide < 2 * radius + 1:
        step = min(wide, 2 * radius + 1 - wide)
        window = extreme(window[..., :-step], window[..., step:])
        wide += step
    extremes: np.ndarray = np.moveaxis(window[..., :length], -1, axis)
    return extremes


@image_function()
def gaussian_smooth(image: np.ndarray, sigma: float = 1.0) -> np.ndarray:
    """Blur each plane with a Gaussian, in the units of the image.

    Args:
        image: a stack or a plane.
        sigma: its standard deviation in pixels.
    """
    import numpy as np
    from skimage.filters import gaussian

    sigmas = (0,) * (image.ndim - 2) + (sigma, sigma)
    blurred: np.ndarray = gaussian(image.astype(np.float32), sigma=sigmas, preserve_range=True)
    return blurred
