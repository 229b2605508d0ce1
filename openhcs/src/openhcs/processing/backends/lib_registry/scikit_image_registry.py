"""scikit-image: its functions of grey images, named by the part that they are in."""

from __future__ import annotations

from openhcs.processing.backends.lib_registry.unified_registry import LibraryRegistryBase


class SkimageRegistry(LibraryRegistryBase):
    """Functions such as ``skimage:filters.gaussian``."""

    _registry_name = "skimage"
    distributions = ("scikit-image",)
    remedy = "pip install scikit-image"

    def modules(self) -> tuple[tuple[str, str], ...]:
        from openhcs.processing.backends.lib_registry.candidates import SCIKIT_IMAGE_PARTS

        return tuple((f"{part}.", f"skimage.{part}") for part in SCIKIT_IMAGE_PARTS)

    def try_out(self) -> None:
        import numpy as np
        from skimage.util import img_as_float32

        img_as_float32(np.zeros((2, 2), np.uint8))
