"""One measured process: arguments are contender, case, package, key, index file.

It prints what ``samples.Sample`` takes, clocked from before the library's import to the result.
Only the clock, sys, the ways to list and the floors (which need os and marshal, as every
interpreter does) come before the start. The case "lookup" tells the nanoseconds of a million
lookups of a loaded key in the registry, and in a plain dict subclass.
"""

import sys
from time import perf_counter_ns

from clock import Clock, peak
from floor import cold_floor, warm_floor
from listers import WAYS, import_every, registry_of


def _floor(contender, package, index):
    """Do what stands for the least work; *package* is a folder for those without a library."""
    if contender == "bare cost":
        assert '"items"' in warm_floor(package, index), "the index has no items"
    elif contender == "cold floor":
        assert cold_floor(package), "no bytecode was there to read"
    elif contender == "same modules":
        return import_every(package)
    return []


def _one_more(contender, package, key):
    """List, then start the clock and load one plugin, or import its module alone."""
    registry = registry_of(package)
    list(registry)
    clock = Clock()
    if contender == "own import":
        __import__(f"{package}.plugin_{key[1:]}")
        result = []
    else:
        result = [registry[key]]
    clock.stop()
    return clock, result


def _library(module, name):
    # The name that a base class needs: a root that imports nothing would win with no work done.
    getattr(__import__(module, fromlist=[name]), name)
    return []


def _lookup(contender, package, key):
    """Return the nanoseconds of a million lookups in a registry and in a plain dict subclass."""
    from itertools import repeat

    class Plain(dict):
        pass

    if contender == "import loop":
        import_every(package)
        registry = sys.modules[f"{package}.base"].PLUGINS
    else:
        registry = registry_of(package)
    plain = Plain({name: registry[name] for name in registry})
    spent = ([], [])
    for _ in range(10):
        for mapping, times in zip((registry, plain), spent, strict=True):
            start = perf_counter_ns()
            for _ in repeat(None, 100_000):
                mapping[key]
            times.append(perf_counter_ns() - start)
    # The least disturbed of ten: a lookup is too short to average out what else the machine does.
    return [min(times) * 10 for times in spent]


def _report(clock, result, contender, package):
    memory, new = peak(), clock.new()
    from zlib import crc32

    names = [str(getattr(item, "key", item)) for item in result]
    loaded = sum(name.startswith(f"{package}.plugin_") for name in new)
    read = registry_of(package).stats.read if contender == "plugindex" and package != "-" else 0
    inside, processor = clock.spent
    checksum = crc32(" ".join(sorted(names)).encode())
    print(f"{inside=} {processor=} count={len(names)} {checksum=}")
    print(f"imported={loaded} {read=} modules={len(new)} peak={memory}")


def _main(contender, case, package, key, index):
    if case == "lookup":
        inside, plain = _lookup(contender, package, key)
        print(f"{inside=} {plain=}")
        return
    if case == "then one key":
        clock, result = _one_more(contender, package, key)
    else:
        clock = Clock()
        if case == "import":
            result = _library(key, index)
        elif contender in WAYS:
            result = WAYS[contender](case, package, key)
        else:
            result = _floor(contender, package, index)
        clock.stop()
    _report(clock, result, contender, package)


if __name__ == "__main__":
    _main(*sys.argv[1:])
