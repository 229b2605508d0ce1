"""What a measured process tells, and the medians of many."""

from __future__ import annotations

import subprocess
import time
from statistics import median


class Sample:
    """What one process told: the time in it and around it, and what it found.

    A child prints ``name=number`` for each of these that it can tell, times in nanoseconds:
    *inside* it (the wall clock to the result), *processor* (the CPU time to it), *count* and
    *checksum* of what it found, *imported* (plugin modules), *read* (modules read instead),
    *modules* (all that were imported meanwhile), *peak* (of its memory, in KiB), *plain*.
    """

    def __init__(self, output: str, outside: int) -> None:
        told = dict(pair.split("=") for pair in output.split())
        self.told = {name: int(text) for name, text in told.items()}
        self.inside_ms = self["inside"] / 1e6
        self.processor_ms = self["processor"] / 1e6
        self.process_ms = outside / 1e6

    def __getitem__(self, name: str) -> int:
        return self.told.get(name, 0)

    @property
    def found(self) -> tuple[int, int]:
        """What tells one answer from another."""
        return self["count"], self["checksum"]


class Result:
    """The samples of one contender in one case."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []

    @property
    def inside(self) -> float:
        """The median of the milliseconds from the library's import to the result."""
        return median(sample.inside_ms for sample in self.samples)

    @property
    def processor(self) -> float:
        """The median of the milliseconds of CPU time for the same."""
        return median(sample.processor_ms for sample in self.samples)

    @property
    def process(self) -> float:
        """The median of the milliseconds of whole processes."""
        return median(sample.process_ms for sample in self.samples)

    @property
    def peak(self) -> float:
        """The median of the peaks of memory, in MiB."""
        return median(sample["peak"] for sample in self.samples) / 1024

    @property
    def imported(self) -> int:
        """How many plugin modules a process imported, at most."""
        return self.most("imported")

    @property
    def read(self) -> int:
        """How many modules a process read, at most."""
        return self.most("read")

    @property
    def modules(self) -> int:
        """How many modules a process imported in all, at most."""
        return self.most("modules")

    def most(self, name: str) -> int:
        """Return the largest number that a process told of *name*."""
        return max(sample[name] for sample in self.samples)

    def plain(self) -> dict[str, object]:
        """Return everything as JSON values."""
        return {
            "inside_ms": self.inside,
            "processor_ms": self.processor,
            "process_ms": self.process,
            "peak_mib": self.peak,
            **{name: getattr(self, name) for name in ("imported", "read", "modules")},
            "inside_ms_all": [sample.inside_ms for sample in self.samples],
            "processor_ms_all": [sample.processor_ms for sample in self.samples],
            "process_ms_all": [sample.process_ms for sample in self.samples],
        }


Row = dict[str, Result]  # by contender
Table = dict[str, Row]  # by case


def measured(command: list[str], environment: dict[str, str], told: str) -> Sample:
    """Return what one process told that runs *command*; *told* names it where it fails.

    Raises:
        SystemExit: it failed.
    """
    start = time.perf_counter_ns()
    output = output_of(command, environment, told)
    return Sample(output, time.perf_counter_ns() - start)


def output_of(command: list[str], environment: dict[str, str], told: str) -> str:
    """Return what *command* prints; raise as :func:`measured`."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode or not done.stdout:
        raise SystemExit(f"{told} failed:\n{done.stderr}")
    return done.stdout
