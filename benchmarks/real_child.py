"""One measured process over a real package: arguments are the way, package, base, folder, file.

The way is "reading", "importing" or "cold floor", *base* the object reference of a class, *folder*
that of the package. The classes that were found are written to *file*, one a line, and after a "!"
the modules that couldn't be imported. It prints what ``samples.Sample`` takes; the modules that
were imported are the package's own, in child processes too.
"""

import sys
from time import perf_counter_ns

from floor import cold_floor


def _reading(package, base):
    from plugindex import LazyDiscoveryDict

    registry = LazyDiscoveryDict.for_subclasses(base, package=package, name="benchmark")
    return registry, list(registry)


def _flooring(folder):
    return None, [None] * cold_floor(folder)


def _importing(package, base):
    from importlib import import_module
    from pkgutil import walk_packages

    failed = []
    for module in walk_packages(import_module(package).__path__, f"{package}.", failed.append):
        if not module.name.endswith(".__main__"):
            try:
                import_module(module.name)
            # What needs something that isn't installed raises what it likes, SystemExit too.
            except BaseException:  # noqa: BLE001
                failed.append(module.name)
    module, _, name = base.partition(":")
    return failed, _classes(getattr(import_module(module), name), f"{package}.")


def _classes(base, prefix):
    """Return the concrete subclasses in the package that can be had by name."""
    from inspect import isabstract

    found, pending = {}, [base]
    while pending:
        below = [cls for cls in type.__subclasses__(pending.pop()) if cls not in found]
        found.update(dict.fromkeys(below))
        pending += below
    return [
        f"{cls.__module__}:{cls.__qualname__}"
        for cls in found
        if f"{cls.__module__}.".startswith(prefix) and not isabstract(cls) and _reachable(cls)
    ]


def _reachable(cls):
    value = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        value = getattr(value, name, None)
    return value is cls


def _quiet():
    """Keep what foreign modules print from the answer; return the file to answer in."""
    from os import devnull, dup, fdopen

    answer = fdopen(dup(1), "w")
    sys.stdout = sys.stderr = open(devnull, "w")  # noqa: SIM115 - to the end of the process
    return answer


def _main(way, package, base, folder, file):
    answer, before = _quiet(), set(sys.modules)
    start = perf_counter_ns()
    if way == "cold floor":
        source, found = _flooring(folder)
    else:
        source, found = (_reading if way == "reading" else _importing)(package, base)
    spent = perf_counter_ns() - start
    new = set(sys.modules) - before
    names = sorted(map(str, found))
    with open(file, "w") as told:
        failed = [f"!{name}" for name in source] if way == "importing" else []
        told.write("\n".join(names + failed))
    imported = sum(f"{name}.".startswith(f"{package}.") for name in new)
    read = len(names) if way == "cold floor" else 0
    if way == "reading":
        read, imported = source.stats.read, imported + source.stats.imported
    _answer(answer, spent, names, imported, read, len(new))


def _answer(answer, spent, names, imported, read, new):
    from zlib import crc32

    told = f"inside={spent} count={len(names)} checksum={crc32(' '.join(names).encode())}"
    print(f"{told} {imported=} {read=} modules={new}", file=answer)
    answer.close()


if __name__ == "__main__":
    _main(*sys.argv[1:])
