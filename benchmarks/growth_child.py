"""One measured process: arguments are what is done with the plugins, and their package.

It prints what ``samples.Sample`` takes; *kept* counts the blocks of memory that the clocked part
left behind. Whatever comes before is prepared without the clock.
"""

import sys

from clock import Clock, peak
from listers import import_every, registry_of

_TIMES = 5
# Of what costs more for each plugin that there is, so few that a run stays short.
_SHARE = 10


def _list(package):
    return lambda: list(registry_of(package))


def _load_all(package):
    return lambda: list(registry_of(package).values())


def _import(package):
    return lambda: import_every(package)


def _known(package):
    """Return the registry of *package*, its base class and its keys; nothing is loaded."""
    registry = registry_of(package)
    return registry, sys.modules[f"{package}.base"].Base, list(registry)


def _look_up(package):
    registry, _, keys = _known(package)
    list(registry.values())

    def look_up():
        for _ in range(_TIMES):
            for key in keys:
                assert key in registry and registry.get(key) is registry[key]
        return keys

    return look_up


def _ask_of_plugins(package):
    registry, base, _ = _known(package)
    classes = list(registry.values())
    return lambda: [cls for cls in classes if issubclass(cls, base)]


def _ask_of_others(package):
    registry, base, keys = _known(package)
    list(registry.values())
    others = [type(f"Other{key}", (), {}) for key in keys[::_SHARE]]
    return lambda: [cls for cls in others if not issubclass(cls, base)]


def _state(package):
    """Make classes outside of the package, after the listing."""
    _, base, keys = _known(package)
    some = keys[::_SHARE]
    return lambda: [type(base)(f"More{key}", (base,), {"key": f"more-{key}"}) for key in some]


def _set(package):
    registry, base, keys = _known(package)

    def put():
        for key in keys[::_SHARE]:
            registry[f"more-{key}"] = base
        return keys

    return put


def _fail(package):
    """Break what every plugin imports, and ask for plugins one after the other."""
    import logging

    from plugindex import PluginLoadError

    registry, _, keys = _known(package)
    logging.disable(logging.CRITICAL)
    sys.modules["json"] = None

    def fail():
        for key in keys[::_SHARE]:
            try:
                registry[key]
            except PluginLoadError:
                continue
            raise AssertionError(f"{key} loaded")
        return keys

    return fail


_DONE = {
    "list": _list,
    "load all": _load_all,
    "import loop": _import,
    "lookups": _look_up,
    "issubclass of plugins": _ask_of_plugins,
    "issubclass of others": _ask_of_others,
    "class statements": _state,
    "keys set": _set,
    "failures": _fail,
}


def _main(action, package):
    done = _DONE[action](package)
    before = sys.getallocatedblocks()
    clock = Clock()
    found = done()
    clock.stop()
    kept = sys.getallocatedblocks() - before
    inside, processor = clock.spent
    print(f"{inside=} {processor=} count={len(found)} {kept=} peak={peak()}")


if __name__ == "__main__":
    _main(*sys.argv[1:])
