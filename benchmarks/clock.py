"""The clock of the measured processes; they import it before it runs."""

import sys
from time import perf_counter_ns, process_time_ns


class Clock:
    """The wall clock and the CPU time of this process since it was made."""

    def __init__(self):
        self.modules = set(sys.modules)
        self.processor = process_time_ns()
        self.wall = perf_counter_ns()
        self.spent = (0, 0)

    def stop(self):
        """Keep what was spent so far."""
        wall, processor = perf_counter_ns(), process_time_ns()
        self.spent = (wall - self.wall, processor - self.processor)

    def new(self):
        """Return the modules that were imported since."""
        return set(sys.modules) - self.modules


def peak():
    """Return the peak of this process's memory in KiB.

    Linux hands the peak of the parent on to what it executes, in ``ru_maxrss`` but not in VmHWM.
    """
    try:
        with open("/proc/self/status", "rb") as status:
            return int(next(line for line in status if line.startswith(b"VmHWM")).split()[1])
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // 1024 if sys.platform == "darwin" else peak
