"""What is measured of the host: its five registries, the start of a plate, and its enums."""

from __future__ import annotations

from host_stage import HostStage
from samples import Result, Row, Table

REGISTRIES = {
    "microscope handlers": ("openhcs.microscopes:MICROSCOPE_HANDLERS", 4),
    "storage backends": ("openhcs.io:STORAGE_BACKENDS", 6),
    "ZMQ servers": ("openhcs.runtime:ZMQ_SERVERS", 3),
    "library registries": ("openhcs.processing.backends.lib_registry:LIBRARY_REGISTRIES", 4),
    "format registries": ("openhcs.processing.backends.experimental_analysis:FORMAT_REGISTRIES", 2),
}
ALL = "all five"
PLATE = "one handler and one backend used"
_PLATE = f"{REGISTRIES['microscope handlers'][0]}=imagexpress,openhcs.io:STORAGE_BACKENDS=disk"
_EVERY = ",".join(reference for reference, _ in REGISTRIES.values())
# What is asked for in each process, and how many names it must give.
SUBJECTS = {f"{name} ({count})": (one, count) for name, (one, count) in REGISTRIES.items()} | {
    ALL: (_EVERY, sum(count for _, count in REGISTRIES.values())),
    PLATE: (_PLATE, 2),
}
ENUMS = {
    "create_colormap_enum()": "openhcs.utils.enum_factory:create_colormap_enum()",
    "the three component enums": (
        "openhcs.constants:AllComponents,openhcs.constants:VariableComponents,"
        "openhcs.constants:GroupBy"
    ),
}
NO_CACHE, COLD, WARM = CASES = ("no cache", "cold", "warm")


def measure(stage: HostStage, rounds: int) -> dict[str, Table]:
    """Return the rows by subject and case, after one run of each that fills the disk cache."""
    modules = stage.plugin_modules(_EVERY)
    for contender in stage.contenders:
        stage.run(contender, "list", _EVERY)
    return {
        subject: {case: _row(stage, subject, case, modules, rounds) for case in CASES}
        for subject in SUBJECTS
    }


def _row(stage: HostStage, subject: str, case: str, modules: str, rounds: int) -> Row:
    reference, count = SUBJECTS[subject]
    action = "use" if subject == PLATE else "list"
    row = {contender: Result() for contender in stage.contenders}
    for _ in range(rounds):
        for contender, result in row.items():
            if case == COLD:
                stage.forget(contender)
            cached = case != NO_CACHE
            result.samples.append(stage.run(contender, action, reference, modules, cache=cached))
    _same_work(f"{subject}, {case}", row, count)
    return row


def _same_work(told: str, row: Row, count: int) -> None:
    """Stop the run if contenders didn't find the same names, or not as many as there are."""
    found = {one.found for result in row.values() for one in result.samples}
    if len(found) != 1 or next(iter(found))[0] != count:
        raise SystemExit(f"{told}: the contenders found different names: {found}")


def measure_enums(stage: HostStage, rounds: int) -> dict[str, Table]:
    """Return, by enum and case, what it costs to make it in a fresh process."""
    rows = {}
    for enum, reference in ENUMS.items():
        stage.run("plugindex", "enum", reference, cache=False)  # fills the disk cache
        rows[enum] = {case: _enum(stage, reference, case, rounds) for case in CASES}
    return rows


def _enum(stage: HostStage, reference: str, case: str, rounds: int) -> Row:
    result = Result()
    for _ in range(rounds):
        if case == COLD:
            stage.forget("plugindex")
        result.samples.append(stage.run("plugindex", "enum", reference, cache=case != NO_CACHE))
    if len({one.found for one in result.samples}) != 1:
        raise SystemExit(f"{reference}, {case}: not always the same members")
    return {"plugindex": result}


def measure_idle(stage: HostStage, rounds: int) -> Result:
    """Return what a process costs that starts and ends."""
    result = Result()
    result.samples = [stage.idle() for _ in range(rounds)]
    return result
