"""Measure what importing a plugin's module costs, each time in a fresh interpreter."""

from __future__ import annotations

from plugindex.answer import Answer
from plugindex.errors import RegistryError, message
from plugindex.process import converse, refusal
from plugindex.readings import Reading, settled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_BOOT = """\
import sys
sys.path[:] = sys.argv[4:]
from plugindex.stopwatch import main
main(int(sys.argv[1]), sys.argv[2].split(), sys.argv[3])
"""


class Times(Answer):
    """What a child tells of the times it took."""

    def __init__(self) -> None:
        super().__init__()
        self.readings: dict[str, Reading] = {}

    def take_line(self, line: dict[str, Any]) -> None:
        """Take in one line."""
        if "took" in line:
            imports = tuple((str(name), int(own)) for name, own in line["imports"])
            self._keep(Reading(line["took"], imports, int(line["compiled"])))
        elif "failed" in line:
            name = str(line["failed"])
            place = str(line["file"]), int(line["line"])
            self._keep(Reading(name, (), 0, str(line["reason"]), *place, name))
            self.complete = True
        elif "complete" in line:
            self.complete = True
        else:
            super().take_line(line)

    def _keep(self, reading: Reading) -> None:
        self.readings[reading.module] = reading


def check() -> None:
    """Refuse where no child can be started.

    Raises:
        RegistryError: with the reason.
    """
    reason = refusal()
    if reason:
        raise _refused(reason)


def measure(
    module: str, uncharged: Sequence[str], path: Sequence[str], runs: int, limit_s: float
) -> tuple[Reading, Reading]:
    """Measure one module several times, and return the median of each module that it brings in.

    Args:
        module: its full name.
        uncharged: what is imported before and is not charged to it.
        path: the child's ``sys.path``, as ``process.search_path`` gives it.
        runs: how many interpreters are started; one that fails is the last.
        limit_s: the time for each import.

    Returns:
        The reading of the first of *uncharged*, and that of the module.
    """
    bases, taken = [], []
    for _ in range(runs):
        base, reading = _take(module, uncharged, path, limit_s)
        if reading.reason:
            return base, reading
        bases.append(base)
        taken.append(reading)
    return settled(bases), settled(taken)


def _take(
    module: str, uncharged: Sequence[str], path: Sequence[str], limit_s: float
) -> tuple[Reading, Reading]:
    times = Times()
    words = [" ".join(uncharged), module, *path]
    converse(_BOOT, words, times, limit_s=limit_s * (len(uncharged) + 1), step_s=limit_s)
    if times.refused:
        raise _refused(times.refused)
    failed = next((one for one in times.readings.values() if one.reason), None)
    if not times.complete:
        failed = Reading(module, (), 0, times.ending, *times.place, times.current or module)
    base = times.readings.get(uncharged[0], Reading(uncharged[0]))
    if failed is not None:
        return base, failed.replace(module=module)
    return base, times.readings[module]


def _refused(reason: str) -> RegistryError:
    fix = "run this from a plain Python interpreter"
    return RegistryError(message("no import can be measured", [("cause", reason), ("fix", fix)]))
