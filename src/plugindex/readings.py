"""What importing a module took, in one interpreter or in several."""

from __future__ import annotations

from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Imported = tuple[str, int]  # a module, and the nanoseconds of its own


class Reading(Record):
    """What importing *module* took in one interpreter.

    *imports* has the module and what it brought in, in the order in which it was done; empty if
    it was there already. *compiled* counts those without byte code on disk. *reason* says why it
    failed, with *file* and *line*; *culprit* is what failed, the module or one imported before it.
    """

    module: str
    imports: tuple[Imported, ...] = ()
    compiled: int = 0
    reason: str = ""
    file: str = ""
    line: int = 0
    culprit: str = ""
    runs: tuple[int, ...] = ()

    @property
    def own(self) -> int:
        """Nanoseconds of the module's own: finding it, reading it, running its code."""
        return sum(own for name, own in self.imports if name == self.module)

    @property
    def total(self) -> int:
        """Nanoseconds with all that it brought in first."""
        return sum(own for _, own in self.imports)

    @property
    def brought(self) -> tuple[Imported, ...]:
        """All but the module itself."""
        return tuple(one for one in self.imports if one[0] != self.module)


def settled(readings: Sequence[Reading]) -> Reading:
    """Return several readings of one module as one: for each module in it the median.

    A pause of the machine falls on another module each time, so this rids the figures of it, where
    the run with the median total would keep it.
    """
    owns: dict[str, list[int]] = {}
    for one in readings:
        for name, own in one.imports:
            owns.setdefault(name, []).append(own)
    usual = {name: found for name, found in owns.items() if 2 * len(found) > len(readings)}
    imports = tuple((name, median(found)) for name, found in usual.items())
    runs = tuple(sorted(one.total for one in readings))
    compiled = min(one.compiled for one in readings)
    return Reading(readings[0].module, imports, compiled, runs=runs)


def median(values: Sequence[int]) -> int:
    """Return the middle one of *values*, between two their mean."""
    ordered, half = sorted(values), len(values) // 2
    return (ordered[half] + ordered[~half]) // 2
