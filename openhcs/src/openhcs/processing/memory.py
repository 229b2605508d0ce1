"""Carry arrays to the memory that a library works in, and images back as plain numpy arrays."""

from __future__ import annotations

from openhcs.errors import FunctionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy as np

MEMORY_TYPES = ("numpy", "cupy", "pyclesperanto")


def push(image: np.ndarray, memory_type: str) -> Any:
    """Return a copy of *image* that functions of *memory_type* take and may change.

    Raises:
        FunctionError: there is no such memory type.
    """
    import numpy as np

    if memory_type == "numpy":
        return np.array(image)
    if memory_type == "cupy":
        import cupy

        return cupy.array(image)
    if memory_type == "pyclesperanto":
        from openhcs.processing.opencl import import_pyclesperanto

        return import_pyclesperanto().push(np.ascontiguousarray(image))
    raise FunctionError(
        f"there is no memory type {memory_type!r}", fix="use one of " + ", ".join(MEMORY_TYPES)
    )


def pull(result: Any) -> Any:
    """Return *result* with an array of any memory type as a numpy array.

    Of a tuple, such as an image and how many objects are on it, the first counts.
    """
    import numpy as np

    if isinstance(result, tuple) and result:
        return pull(result[0])
    if isinstance(result, (np.ndarray, np.generic)):
        return result
    # Both device libraries give arrays that say how they are fetched.
    fetch = getattr(result, "get", None) if hasattr(result, "dtype") else None
    return np.asarray(fetch()) if callable(fetch) else result


def is_image(result: object) -> bool:
    """Say whether *result* is a plane or a stack of real numbers or truth values, not empty."""
    import numpy as np

    if not isinstance(result, np.ndarray) or result.dtype.kind not in "buif":
        return False
    return result.ndim in (2, 3) and result.size > 0


def storable(image: np.ndarray) -> np.ndarray:
    """Return *image* with one of the types that files and other libraries take.

    A mask becomes uint8 with 0 and 1; whole numbers become uint16 where they fit (labels do), else
    uint32, and int32 with negative ones among them; other numbers become float32. uint8 stays.
    """
    kind = image.dtype.kind
    if kind == "b":
        return image.astype("uint8")
    if kind == "f":
        return image.astype("float32", copy=False)
    return image if image.dtype == "uint8" else image.astype(_whole_type(image), copy=False)


def _whole_type(image: np.ndarray) -> str:
    low, high = (int(image.min()), int(image.max())) if image.size else (0, 0)
    if low < 0:
        return "int32" if low >= -(2**31) and high < 2**31 else "float32"
    return "uint16" if high < 2**16 else "uint32" if high < 2**32 else "float32"
