"""What a child interpreter tells of the modules it imported, as the parent takes it in."""

from __future__ import annotations

import os
import sys
import time

from plugindex.portable import restored
from plugindex.records import Plugin, Problem, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_ANSWER_MAX = 1 << 28


class Examination(Record):
    """What importing modules in one child interpreter gave.

    *plugins* is in the order of modules and then of definition. *failures* has the module names
    that can't be imported, *problems* what else is wrong. *seconds* is how long each import took
    at its turn, whatever it imported in its turn included. *refused* says why no child could be
    started; all else is empty then. *asked* names the variables, files and folders that they asked
    for, and the file of each module that came in. *alone* has the modules that failed, but may not
    fail after others. *unfit* says why the base can't serve.
    """

    plugins: tuple[Plugin, ...] = ()
    failures: Mapping[str, Problem] = {}
    problems: tuple[Problem, ...] = ()
    seconds: Mapping[str, float] = {}
    refused: str = ""
    asked: Mapping[str, Any] = {}
    alone: tuple[str, ...] = ()
    unfit: str = ""


class Answer:
    """What a child has told so far."""

    def __init__(self) -> None:
        self.current = ""  # the module being imported
        self.since = time.monotonic()
        self.complete = False
        self.overdue = 0.0
        self.refused = ""
        self.ending = ""
        self.place = ("", 0)
        self._ready = False
        self._size = 0
        self._rest = b""
        self._done: dict[str, dict[str, Any]] = {}
        self._end: dict[str, Any] = {}

    def take(self, data: bytes) -> bool:
        """Take in a piece of the answer; False when it can't be the child program's."""
        import json

        self._size += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            for line in lines:
                self.take_line(json.loads(line))
        except (ValueError, KeyError, TypeError):
            return False
        return self._size < _ANSWER_MAX

    def take_line(self, line: dict[str, Any]) -> None:
        """Take in one line."""
        self.since = time.monotonic()
        if "start" in line:
            self.current = line["start"]
        elif "done" in line:
            self.current = ""
            self._done[line["done"]] = line
        elif "listings" in line:
            self._end, self.complete = line, True
        else:
            self._ready = line["ready"]

    def refuse(self, reason: str) -> Answer:
        """Note that no child could be started."""
        self.refused = reason
        return self

    def explain(self, status: int, output: int) -> None:
        """Put into words how a child ended that did not tell everything."""
        if self.complete:
            return
        printed = os.pread(output, 4000, 0).decode(errors="replace").strip()
        self.place = _crash_place(printed)
        self.ending = _ending(status, self.overdue) + (
            f" (it printed: {printed})" if printed else ""
        )
        if not self._ready and not self.overdue:
            self.refused = f"{sys.executable} doesn't run the engine's program: {self.ending}"

    def outcome(self, crashed: Mapping[str, Problem], index: int) -> Examination:
        """Return everything told about one scope as frozen values."""
        if self.refused:
            return Examination(refused=self.refused)
        listing = self._end["listings"][index] if self.complete else self._lost_listing()
        failures = self._failures()
        return Examination(
            plugins=tuple(_plugin(fields) for fields in listing["plugins"]),
            failures={**failures, **crashed},
            problems=tuple(Problem(**fields) for fields in listing["problems"]),
            seconds={name: line["seconds"] for name, line in self._done.items()},
            asked=self._end.get("asked", {}),
            unfit=listing.get("unfit", ""),
            alone=tuple(name for name in failures if self._done[name]["alone"]),
        )

    def _failures(self) -> dict[str, Problem]:
        recovered = self._end.get("recovered", ())
        return {
            name: Problem(module=name, **line["problem"])
            for name, line in self._done.items()
            if line["problem"] and name not in recovered
        }

    def _lost_listing(self) -> dict[str, Any]:
        text = f"the interpreter that imported the modules was lost: {self.ending}"
        problem = {"kind": "crashed", "module": "", "message": text}
        return {"plugins": [], "problems": [problem]}


def _ending(status: int, overdue: float) -> str:
    import signal

    if overdue:
        return f"importing it took more than {overdue:.3g} s"
    if status < 0:
        return f"importing it ended the interpreter with {signal.Signals(-status).name}"
    return f"importing it ended the interpreter with exit status {status}"


def _crash_place(printed: str) -> tuple[str, int]:
    """Return the file and line that a fatal error's traceback names first."""
    import re

    match = re.search(r'^  File "(.+)", line (\d+) in ', printed, re.MULTILINE)
    return (match[1], int(match[2])) if match else ("", 0)


def _plugin(fields: dict[str, Any]) -> Plugin:
    decoded = dict(fields, key=restored(fields["key"]))
    for name in ("attributes", "secondary"):
        decoded[name] = {n: restored(v) for n, v in fields.get(name, {}).items()}
    return Plugin(**decoded)
