"""pyclesperanto: image functions in OpenCL, on a GPU or, through PoCL, on the processor."""

from __future__ import annotations

from openhcs.processing.backends.lib_registry.unified_registry import LibraryRegistryBase


class PyclesperantoRegistry(LibraryRegistryBase):
    """Functions such as ``pyclesperanto:gaussian_blur``."""

    _registry_name = "pyclesperanto"
    memory_type = "pyclesperanto"
    distributions = ("pyclesperanto",)
    remedy = 'pip install "openhcs[opencl]", which brings an OpenCL that needs no GPU'

    def modules(self) -> tuple[tuple[str, str], ...]:
        from openhcs.processing.opencl import import_pyclesperanto

        import_pyclesperanto()  # the first import decides whether it finds OpenCL
        return (("", "pyclesperanto"),)

    def try_out(self) -> None:
        import numpy as np

        from openhcs.processing.opencl import import_pyclesperanto

        library = import_pyclesperanto()
        if not hasattr(library, "push"):
            raise RuntimeError("pyclesperanto found no OpenCL device")
        sent: np.ndarray = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
        if not np.array_equal(library.push(sent).get(), sent):
            raise RuntimeError("the OpenCL device gives back other numbers than it was given")
