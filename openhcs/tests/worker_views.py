"""What a worker sees of the registries, told by itself; importable in every kind of worker."""

from __future__ import annotations

import sys

KEYS = {
    "metadata handler": ["imagexpress", "omero", "openhcsdata", "opera_phenix"],
    "microscope handler": ["imagexpress", "omero", "openhcsdata", "opera_phenix"],
    "storage backend": ["disk", "fiji_stream", "memory", "napari_stream", "omero_local", "zarr"],
    "zmq server": ["execution", "fiji", "napari"],
    "library registry": ["cupy", "openhcs", "pyclesperanto", "skimage"],
    "microscope format registry": ["EDDU_CX5", "EDDU_metaxpress"],
}
USED = [
    "openhcs.io.disk",
    "openhcs.microscopes.imagexpress",
    "openhcs.processing.backends.lib_registry.openhcs_registry",
]
HIT = {name: ["hit", 0] for name in KEYS if name != "metadata handler"}


def view() -> dict[str, object]:
    """Touch the secondary registry first, list all, use three plugins, and tell of it."""
    from openhcs.microscopes import METADATA_HANDLERS

    keys = {"metadata handler": sorted(METADATA_HANDLERS)}

    from openhcs.core.registries import all_registries

    registries = all_registries()
    keys |= {name: sorted(registry) for name, registry in registries.items()}
    plugins = {
        registry.info(key).reference.partition(":")[0]
        for registry in registries.values()
        for key in registry
    }
    before = sorted(plugins & sys.modules.keys())
    METADATA_HANDLERS["imagexpress"]
    registries["storage backend"]["disk"]
    registries["library registry"]["openhcs"]
    return {
        "keys": keys,
        "before": before,
        "used": sorted(plugins & sys.modules.keys()),
        "stats": {n: [one.stats.cache, one.stats.read] for n, one in registries.items()},
    }
