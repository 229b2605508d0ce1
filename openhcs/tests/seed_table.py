"""How each code block of the seed document is run: what stands around it, what it must print."""

from __future__ import annotations

import sys
from typing import NamedTuple

HANDLERS = "from openhcs.microscopes import METADATA_HANDLERS, MICROSCOPE_HANDLERS\n"
ENGINE = "from openhcs.core.auto_register_meta import LazyDiscoveryDict\n"
FACTORY = "from openhcs.utils.enum_factory import create_colormap_enum\n"
KEYS = "imagexpress omero openhcsdata opera_phenix"
# The document leaves out the base class that names the registry: here it is the host's own.
BIND = (
    r"^(MICROSCOPE_HANDLERS = LazyDiscoveryDict\(.*?\)).*$",
    r"\1; MICROSCOPE_HANDLERS.bind(MicroscopeHandler.__registry__.family)",
)
BASE = "from openhcs.microscopes import MicroscopeHandler\n"
ITEMS = """
import multiprocessing, types
multiprocessing.set_start_method("fork")  # a worker must have this script's functions
items = [types.SimpleNamespace(type=key) for key in ("omero", "imagexpress")]
"""
PROCESS = """
def process_with_handlers(item):
    print(MICROSCOPE_HANDLERS[item.type].__name__, flush=True)
"""
HANDLER_PROCESS = """
from openhcs.microscopes import MicroscopeHandler
MicroscopeHandler.process = classmethod(lambda cls, item: print(cls.__name__, flush=True))
"""
COLORMAPS = """
import sys
print(len(NapariColormap) > 25, NapariColormap is create_colormap_enum(), NapariColormap.GRAY.value)
"""
COMPONENTS = """
print(*AllComponents.__members__)
print(*VariableComponents.__members__)
print(*GroupBy.__members__, GroupBy.SITE.component)
"""
LISTED = f"""
{sys.executable} -c "
from openhcs.io import STORAGE_BACKENDS
print(*STORAGE_BACKENDS, STORAGE_BACKENDS.stats.cache)"
"""
SHOWN = f"""
{sys.executable} -c "
import os
from openhcs.microscopes import MICROSCOPE_HANDLERS
assert not os.path.exists(os.path.expanduser('~/.local/share/openhcs/cache'))
print(*MICROSCOPE_HANDLERS, MICROSCOPE_HANDLERS.stats.cache)"
"""
PLUGIN = """
from openhcs.microscopes import MicroscopeHandler

class MyPlugin(MicroscopeHandler):
    _microscope_type = "my_plugin"
"""
OWN_PLUGIN = """
import inspect
from my_openhcs_plugin.microscopes import MyMicroscopeHandler
found = MICROSCOPE_HANDLERS["my_microscope"]
abstract = inspect.isabstract(found)
print("my_microscope" in MICROSCOPE_HANDLERS, found is MyMicroscopeHandler, abstract)
"""
ENUMS = """
from openhcs.constants import AllComponents
from openhcs.utils.enum_factory import create_colormap_enum
create_colormap_enum()
"""
REGISTRIES = (
    ("openhcs.microscopes", "MICROSCOPE_HANDLERS"),
    ("openhcs.io.base", "STORAGE_BACKENDS"),
    ("openhcs.runtime.zmq_base", "ZMQ_SERVERS"),
    ("openhcs.processing.backends.lib_registry.unified_registry", "LIBRARY_REGISTRIES"),
    (
        "openhcs.processing.backends.experimental_analysis.format_registry",
        "FORMAT_REGISTRIES",
    ),
)
INSTALLED = f"""
{sys.executable} -c "
import sys
from openhcs.microscopes import MICROSCOPE_HANDLERS
print('my_microscope' in MICROSCOPE_HANDLERS, 'my_openhcs_plugin' in sys.modules)"
"""


class Row(NamedTuple):
    """How one block is run.

    *fill* are patterns and what replaces them; *prints* is a pattern for what all runs print;
    *times* says in how many fresh processes it runs, one after the other. *file* is where the block
    is written to be imported, where it is no script. *folder* is where it runs: "work", "tree" (a
    copy of the host, with a plugin of somebody's in it) or "site" (where packages are installed).
    """

    heading: str
    before: str = ""
    fill: tuple[tuple[str, str], ...] = ()
    after: str = ""
    prints: str = ""
    times: int = 1
    file: str = ""
    folder: str = "work"


TABLE = {
    1: Row("How It Works", ENGINE + BASE, (BIND,), "print(*handlers)", f"({KEYS}\n?){{2}}", 2),
    3: Row(
        "Manual Cache Management",
        ENGINE + BASE,
        (BIND,),
        "print(*MICROSCOPE_HANDLERS, MICROSCOPE_HANDLERS.stats.cache)\n"
        "import os; print(os.path.exists(os.path.expanduser('~/.local/share/openhcs/cache')))",
        f"{KEYS} off\nFalse",
    ),
    4: Row(
        "Discovery Thread Safety",
        HANDLERS + ITEMS + PROCESS,
        prints="(OMEROHandler\nImageXpressHandler|ImageXpressHandler\nOMEROHandler)",
    ),
    5: Row(
        "Multiprocessing Best Practices",
        HANDLERS + ITEMS + HANDLER_PROCESS,
        after="worker(items[0]); main()",
        prints="OMEROHandler\n(OMEROHandler\nImageXpressHandler|ImageXpressHandler\nOMEROHandler)",
    ),
    6: Row(
        "ZMQ Subprocess Mode",
        HANDLERS,
        after="import sys\nprint(*available_types, 'openhcs.microscopes.omero' in sys.modules)",
        prints=f"{KEYS} False",
    ),
    7: Row("Colormap Enum Caching", after=COLORMAPS, prints="(True True gray\n?){2}", times=2),
    8: Row(
        "Colormap Enum Caching",
        FACTORY,
        after="print(len(NapariColormap), len(create_colormap_enum()) > 25)",
        prints="6 True",
    ),
    9: Row(
        "Component Enum Caching",
        after=COMPONENTS,
        prints="(SITE CHANNEL Z_INDEX TIMEPOINT WELL\nSITE CHANNEL Z_INDEX TIMEPOINT\n"
        "NONE SITE CHANNEL Z_INDEX TIMEPOINT site\n?){2}",
        times=2,
    ),
    11: Row(
        "``OPENHCS_SUBPROCESS_NO_GPU``",
        after=LISTED,
        prints=r"disk memory omero_local zarr \w+",
    ),
    12: Row(
        "``OPENHCS_DISABLE_REGISTRY_CACHE``",
        after=LISTED,
        prints="disk fiji_stream memory napari_stream omero_local zarr off",
    ),
    13: Row(
        "Empty Registry After Discovery",
        HANDLERS,
        after="print(len(_))",
        prints="Discovery package: openhcs.microscopes\n4",
    ),
    14: Row(
        "Plugin Not Discovered",
        fill=(
            (
                r"^(from openhcs.microscopes import my_plugin).*$",
                r"\1; MyPlugin = my_plugin.MyPlugin",
            ),
        ),
        prints="True\nFalse",
        folder="tree",
    ),
    15: Row(
        "Cache Not Invalidating",
        after=SHOWN,
        prints=KEYS.replace(" omero", " my_plugin omero") + " cold",
        folder="tree",
    ),
    16: Row(
        "Slow Discovery Performance",
        ENGINE + BASE,
        (BIND,),
        prints=r"Discovery took 0\.\d{3}s\nCache path: .*/openhcs/cache/.*registry\.json",
    ),
    17: Row(
        "Creating a Plugin Package",
        after=HANDLERS + OWN_PLUGIN,
        prints="True True False",
        file="my_openhcs_plugin/microscopes.py",
    ),
    18: Row(
        "Creating a Plugin Package", after=INSTALLED, prints="(?s:.*)True False", folder="site"
    ),
    19: Row(
        "Plugin Discovery Hooks",
        after="import my_openhcs_plugin.backends\nfrom openhcs.io import STORAGE_BACKENDS\n"
        "print(STORAGE_BACKENDS['my_zip'].__module__)",
        prints="my_openhcs_plugin.backends",
        file="my_openhcs_plugin/__init__.py",
    ),
    20: Row(
        "Plugin Discovery Hooks",
        HANDLERS,
        after="print(handler.__module__, handler.__name__)",
        prints="my_openhcs_plugin.microscopes MyMicroscopeHandler",
    ),
}
APART = {
    2: "Cache Location",
    10: "Component Enum Caching",
}  # they show, and have tests of their own
