"""cupy: image functions on an NVIDIA GPU, cuCIM's likes of scikit-image's and SciPy's."""

from __future__ import annotations

from openhcs.processing.backends.lib_registry.unified_registry import LibraryRegistryBase


class CupyRegistry(LibraryRegistryBase):
    """Functions such as ``cupy:gaussian``: cuCIM's where it is installed, and cupy's own."""

    _registry_name = "cupy"
    memory_type = "cupy"
    distributions = ("cupy-cuda12x", "cupy-cuda13x", "cupy-cuda11x", "cupy")
    remedy = 'pip install "openhcs[cuda]" on a machine with an NVIDIA GPU and its driver'

    def modules(self) -> tuple[tuple[str, str], ...]:
        from importlib.util import find_spec

        from openhcs.processing.backends.lib_registry.candidates import SCIKIT_IMAGE_PARTS

        has_cucim = find_spec("cucim") is not None
        cucim = tuple(("", f"cucim.skimage.{part}") for part in SCIKIT_IMAGE_PARTS)
        return (*(cucim if has_cucim else ()), ("", "cupyx.scipy.ndimage"))

    def try_out(self) -> None:
        import cupy

        # Importing it says nothing: it imports without a GPU and fails at the first array.
        if cupy.cuda.runtime.getDeviceCount() == 0:
            raise RuntimeError("there is no CUDA device")
        if int(cupy.arange(3).sum()) != 3:
            raise RuntimeError("the CUDA device miscounts")

    def version(self) -> str:
        """Return cupy's version with cuCIM's, which decides what functions there are."""
        from importlib.metadata import PackageNotFoundError, version

        own = super().version()
        for distribution in ("cucim-cu12", "cucim-cu13", "cucim-cu11", "cucim"):
            try:
                return f"{own} cucim {version(distribution)}"
            except PackageNotFoundError:
                continue
        return own
