"""One measured process: arguments are contender, case, package, key, index file.

It prints nanoseconds from before the library's import to the result, the keys' number and
checksum, and how many plugin modules were imported. Only the clock, sys and the floor (which needs
os and marshal, as every interpreter does) come before the start.
The case "lookup" prints nanoseconds for a million lookups of a loaded key in the registry and in
a plain dict subclass, and two zeros.
"""

import sys
from time import perf_counter_ns

from floor import cold_floor

NEEDED = ('"items"', '"files"', '"folders"')


def _ours(case, package, key):
    registry = __import__(f"{package}.base", fromlist=["Base"]).Base.__registry__
    if case == "one key":
        return [registry[key]]
    return list(registry.values()) if case == "load all" else list(registry)


def _loop(case, package, key):
    from importlib import import_module
    from os import listdir

    base = import_module(f"{package}.base")
    for name in sorted(listdir(sys.modules[package].__path__[0])):
        if name.endswith(".py") and name != "__init__.py":
            import_module(f"{package}.{name[:-3]}")
    if case == "one key":
        return [base.PLUGINS[key]]
    return list(base.PLUGINS.values()) if case == "load all" else list(base.PLUGINS)


def _bare(folder, index):
    """Do what no index can do without: list the folders, stat the files, decode what tells keys.

    Sections of the index that a listing doesn't need are left alone: it would be no feat to beat
    the decoding of everything.
    """
    from os import scandir, stat

    for place in (folder, f"{folder}/__pycache__"):
        with scandir(place) as entries:
            paths = [entry.path for entry in entries]
        for path in paths:
            stat(path)
    from _json import make_scanner

    class Context:
        strict = True
        object_hook = object_pairs_hook = None
        parse_float, parse_int, parse_constant = float, int, str

    scan, found = make_scanner(Context), {}
    with open(index, encoding="ascii") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name in NEEDED:
                found[name] = scan(value, 0)[0]
            elif name == '"records"':
                break
    return found


def _import(library):
    # The name that a base class needs: a root that imports nothing would win with no work done.
    __import__(library, fromlist=["AutoRegisterMeta"]).AutoRegisterMeta  # noqa: B018


def _lookup(registry, key):
    """Return the nanoseconds of a million lookups in *registry* and in a plain dict subclass."""
    from itertools import repeat

    class Plain(dict):
        pass

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


def _report(nanoseconds, result, package):
    from zlib import crc32

    names = [str(getattr(item, "key", item)) for item in result]
    loaded = sum(name.startswith(f"{package}.plugin_") for name in sys.modules)
    print(nanoseconds, len(names), crc32(" ".join(sorted(names)).encode()), loaded)


def _main(contender, case, package, key, index):
    start = perf_counter_ns()
    if contender == "bare cost":
        decoded = _bare(package, index)
        result = (perf_counter_ns() - start, [])
        assert '"items"' in decoded, "the index has no items"
    elif contender == "cold floor":
        assert cold_floor(package), "no bytecode was there to read"
        result = (perf_counter_ns() - start, [])
    elif case == "import":
        _import("plugindex" if contender == "plugindex" else "metaclass_registry")
        result = (perf_counter_ns() - start, [])
    elif case == "lookup":
        _loop("list", package, key) if contender == "import loop" else None
        base = __import__(f"{package}.base", fromlist=["Base"])
        registry = base.PLUGINS if contender == "import loop" else base.Base.__registry__
        print(*_lookup(registry, key), 0, 0)
        return
    else:
        listed = (_loop if contender == "import loop" else _ours)(case, package, key)
        result = (perf_counter_ns() - start, listed)
    _report(*result, package)


if __name__ == "__main__":
    _main(*sys.argv[1:])
