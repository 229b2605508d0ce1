"""Who is compared: what each needs, whose tree it lists, and which cases it takes part in."""

from __future__ import annotations

from typing import NamedTuple

OURS, PEER, LOOP = "plugindex", "metaclass-registry", "import loop"
STEVEDORE, METADATA, CATALOGUE, PLUGGY = (
    "stevedore",
    "importlib.metadata",
    "catalogue",
    "pluggy",
)
# No library at all: what the answer takes at the very least. They work on the files of plugindex.
BARE, FLOOR, SAME, OWN = "bare cost", "cold floor", "same modules", "own import"
IDLE = "bare interpreter"

# In this order: editing and removing bytecode leave fresh files, whose stamps aren't trusted.
WARM, ONE, THEN_ONE, ALL = "list warm", "one key", "then one key", "load all"
COLD, EDITED = "list cold", "after one edit"
WRITING = "cold, no .pyc"  # as Python starts by default: who imports writes bytecode, too
NOT_WRITING = "cold, no .pyc, -B"  # nobody writes bytecode
CASES = (WARM, ONE, THEN_ONE, ALL, COLD, EDITED, WRITING, NOT_WRITING)

_EVERY = (WARM, ONE, ALL, COLD, EDITED, WRITING, NOT_WRITING)
_ASKING = (WARM, ONE, ALL)  # who keeps nothing is as fast cold, and who reads no source after edits


class Contender(NamedTuple):
    """One way to know plugins.

    *library* is the package that is copied for it, "" for none. *name* is what a program imports
    from *module* to begin, "" for none. *tree* names the contender whose tree it lists.
    """

    library: str
    module: str
    name: str
    tree: str
    cases: tuple[str, ...]


CONTENDERS = {
    OURS: Contender("plugindex", "plugindex", "AutoRegisterMeta", OURS, CASES),
    PEER: Contender("metaclass_registry", "metaclass_registry", "AutoRegisterMeta", PEER, _EVERY),
    STEVEDORE: Contender("stevedore", "stevedore", "ExtensionManager", LOOP, (*_ASKING, COLD)),
    METADATA: Contender("", METADATA, "entry_points", LOOP, _ASKING),
    CATALOGUE: Contender("catalogue", "catalogue", "create", LOOP, _ASKING),
    PLUGGY: Contender("pluggy", "pluggy", "PluginManager", LOOP, _ASKING),
    LOOP: Contender("", "", "", LOOP, _EVERY),
    BARE: Contender("", "", "", OURS, (WARM,)),
    OWN: Contender("plugindex", "", "", OURS, (THEN_ONE,)),
    SAME: Contender("plugindex", "", "", OURS, (ALL,)),
    FLOOR: Contender("", "", "", OURS, (COLD,)),
    IDLE: Contender("", "", "", OURS, ()),
}
LEAST = (BARE, OWN, SAME, FLOOR)
PEERS = tuple(name for name in CONTENDERS if name not in (OURS, *LEAST, IDLE))
# Their entry points stand in a distribution; they don't look at the plugins' files.
BY_ENTRY_POINTS = (STEVEDORE, METADATA, CATALOGUE, PLUGGY)
# Those whose plugins lie in a dict, so that lookups compare.
MAPPINGS = (OURS, PEER, LOOP)
