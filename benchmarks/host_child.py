"""One measured process of the host: arguments are the action, its subjects, and plugin modules.

Subjects and modules are parted by commas. The action is "list" (registries, as references),
"use" (a registry and its key, parted by "="), "enum" (a reference; behind "()" it is called) or
"plugins" (as "list", but it prints the plugins' modules). It prints what ``samples.Sample`` takes,
clocked from before the first import to the result; of plugin modules, it counts those named to it.
Only the clock and sys come before the start.
"""

import sys
from time import perf_counter_ns


def _object(reference):
    module, _, name = reference.partition(":")
    return getattr(__import__(module, fromlist=[name]), name)


def _listed(subjects):
    return [(registry, list(_object(registry))) for registry in subjects]


def _used(subjects):
    parted = [subject.split("=") for subject in subjects]
    # The class of one key, and an instance of it, as whoever opens a plate makes one.
    return [(registry, [type(_object(registry)[key]()).__name__]) for registry, key in parted]


def _members(subjects):
    found = []
    for subject in subjects:
        told = _object(subject.removesuffix("()"))
        enum = told() if subject.endswith("()") else told
        found.append((subject, [member.name for member in enum]))
    return found


def _modules(subjects):
    registries = [_object(registry) for registry in subjects]
    return {known.info(key).reference.partition(":")[0] for known in registries for key in known}


def _read(action, subjects):
    """Return how many modules were read, by a registry that tells."""
    if action != "list":
        return 0
    registries = [_object(registry) for registry in subjects]
    return sum(registry.stats.read for registry in registries if hasattr(registry, "stats"))


def _main(action, subjects, plugins):
    subjects = subjects.split(",")
    if action == "plugins":
        print(*sorted(_modules(subjects)))
        return
    before = set(sys.modules)
    start = perf_counter_ns()
    found = {"list": _listed, "use": _used, "enum": _members}[action](subjects)
    spent = perf_counter_ns() - start
    new = set(sys.modules) - before
    from zlib import crc32

    keys = sorted(f"{subject}={name}" for subject, names in found for name in names)
    imported = sum(name in new for name in plugins.split(","))
    read = _read(action, subjects)
    checksum = crc32(" ".join(keys).encode())
    print(f"inside={spent} count={len(keys)} {checksum=} {imported=} {read=} modules={len(new)}")


if __name__ == "__main__":
    _main(*sys.argv[1:])
