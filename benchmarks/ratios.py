"""What a run keeps of itself to be compared with later: ratios and counts, no times."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median

import page
from contenders import OURS, WARM
from report import Tables
from samples import Result, Row

_ABOUT = (
    "How many times the CPU time (for memory: the peak; for lookups: the wall clock) of each "
    "contender plugindex takes, in one run of benchmarks/run.py; and what it imported and read."
)
_POWER = 0.5  # by which an exponent may be higher: times of few plugins are short
_COUNTS = ("imported", "read")

Ratios = dict[str, dict[str, float]]  # by row and contender


class Kept:
    """The ratios, counts and exponents of a run, now or then."""

    def __init__(self, told: dict[str, object] | None = None) -> None:
        told = told or {}
        self.about = {name: str(told.get(name, "")) for name in ("date", "interpreter", "machine")}
        self.ratios: Ratios = _dict(told, "ratios")
        self.counts: dict[str, dict[str, int]] = _dict(told, "counts")
        self.exponents: dict[str, float] = _dict(told, "exponents")

    def save(self, path: str) -> None:
        """Write everything to *path*, and what it was measured with."""
        facts = {
            "about": _ABOUT,
            "date": page.today(),
            "interpreter": page.interpreter(),
            "machine": page.hardware(),
        }
        parts = {"ratios": self.ratios, "counts": self.counts, "exponents": self.exponents}
        Path(path).write_text(json.dumps(facts | parts, indent=1) + "\n")


def _dict(told: dict[str, object], name: str) -> dict:
    found = told.get(name, {})
    if not isinstance(found, dict):
        raise ValueError(f"its {name} are no object")
    return found


def load(path: str) -> Kept:
    """Return what was saved at *path*.

    Raises:
        ValueError: there is nothing that was saved by a run.
    """
    try:
        told = json.loads(Path(path).read_text())
        if not isinstance(told, dict) or not isinstance(told.get("ratios"), dict):
            raise ValueError("it wasn't written by --save")
        return Kept(told)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path} is no stored run: {error}") from None


def of_run(
    tables: Tables,
    imports: Row,
    lookups: dict[str, tuple[float, float]],
    idle: Result,
    exponents: dict[str, float | None],
) -> Kept:
    """Return what is kept of a run."""
    kept = Kept()
    for (kind, count), rows in tables.items():
        for case, row in rows.items():
            name = f"{case}, {kind}, {count}"
            kept.ratios[name] = _row(row)
            kept.counts[name] = {one: getattr(row[OURS], one) for one in _COUNTS}
        kept.ratios[f"memory, {kind}, {count}"] = _memory(rows[WARM], idle)
    kept.ratios["import of the library"] = _row(imports)
    if OURS in lookups:
        own, plain = lookups[OURS]
        kept.ratios["lookup"] = {"a plain dict subclass": _round(own / plain)}
    kept.exponents = {row: _round(one) for row, one in exponents.items() if one is not None}
    return kept


def _row(row: Row) -> dict[str, float]:
    ours = row[OURS].processor
    return {
        n: _round(ours / one.processor) for n, one in row.items() if n != OURS and one.processor
    }


def _memory(row: Row, idle: Result) -> dict[str, float]:
    ours = row[OURS].peak - idle.peak
    above = {name: one.peak - idle.peak for name, one in row.items() if name != OURS}
    return {name: _round(ours / more) for name, more in above.items() if more > 0}


def _round(value: float) -> float:
    return float(f"{value:.3g}")


def findings(now: Kept, then: Kept, tolerance: float) -> list[str]:
    """Return a line for each row that got worse by more than the share *tolerance*.

    A row's ratios to all contenders change together if plugindex changed, so their median counts:
    one contender that another version made faster is no finding.
    """
    lines = []
    for row in now.ratios.keys() & then.ratios.keys():
        common = now.ratios[row].keys() & then.ratios[row].keys()
        changes = [now.ratios[row][name] / then.ratios[row][name] for name in common]
        if changes and median(changes) > 1 + tolerance:
            lines.append(_slower(row, median(changes), now.ratios[row], then.ratios[row]))
    for row in now.counts.keys() & then.counts.keys():
        for name, number in now.counts[row].items():
            if number > then.counts[row].get(name, number):
                lines.append(f"{row}: {name} {number} modules, not {then.counts[row][name]}")
    for row in now.exponents.keys() & then.exponents.keys():
        if now.exponents[row] > max(1, then.exponents[row]) + _POWER:
            powers = f"{now.exponents[row]:.2f}, not {then.exponents[row]:.2f}"
            lines.append(f"{row} grows with the power {powers}")
    return sorted(lines)


def _slower(row: str, change: float, now: dict[str, float], then: dict[str, float]) -> str:
    told = [f"{name} {then[name]:.3g} -> {now[name]:.3g}" for name in now if name in then]
    return f"{row}: {change:.2f} times as much as then; times {', '.join(told)}"


def compared(now: Kept, then: Kept, tolerance: float) -> tuple[str, int]:
    """Return what comparing with a stored run gives, as text, and the number of findings."""
    lines = findings(now, then, tolerance)
    common = len(now.ratios.keys() & then.ratios.keys())
    about = ", ".join(one for one in then.about.values() if one)
    told = f"compared with the stored run ({about}): {common} rows, {len(lines)} findings"
    told += f" (more than {tolerance:.0%} worse, or more modules)"
    return "\n".join([told, *(f"  FINDING  {line}" for line in lines)]), len(lines)
