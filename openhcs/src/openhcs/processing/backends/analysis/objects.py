"""Find objects: which pixels belong to one, and to which."""

from __future__ import annotations

from openhcs.processing.declaration import image_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    import numpy as np


@image_function()
def otsu_mask(image: np.ndarray) -> np.ndarray:
    """Return 1 where an image is brighter than Otsu's threshold, which parts it best in two.

    Args:
        image: a stack, whose planes share the threshold, or a plane; an even one gives 0.
    """
    import numpy as np
    from skimage.filters import threshold_otsu

    even = image.size == 0 or image.min() == image.max()
    mask: np.ndarray = image > (image.max() if even else threshold_otsu(image))
    return mask.astype(np.uint8)


@image_function()
def label_objects(image: np.ndarray, min_size: int = 1) -> np.ndarray:
    """Number the objects in a mask from 1; pixels that touch, also by a corner, are one object.

    Args:
        image: a mask, as a stack (objects reach through planes) or a plane.
        min_size: the least pixels of an object; smaller ones are left out.
    """
    import numpy as np
    from skimage.measure import label

    labels = label(image > 0, connectivity=image.ndim)
    sizes = np.bincount(labels.ravel())
    kept = sizes >= min_size
    kept[0] = False
    numbers = np.where(kept, np.cumsum(kept), 0)
    objects: np.ndarray = numbers[labels]
    return objects.astype(np.uint32)
