"""Which components tell images of a plate apart, and which of them one may vary or group by."""

from __future__ import annotations

COMPONENTS = ("SITE", "CHANNEL", "Z_INDEX", "TIMEPOINT", "WELL")
# Wells are what a plate is divided into for its workers, so within one worker nothing varies by it.
WORKER_AXIS = "WELL"


def component_members() -> dict[str, dict[str, str | None]]:
    """Return the members of the three component enums, in their order."""
    every = {name: name.lower() for name in COMPONENTS}
    variable = {name: value for name, value in every.items() if name != WORKER_AXIS}
    return {
        "all_components": {**every},
        "variable_components": {**variable},
        "group_by": {"NONE": None, **variable},
    }
