"""The program of a process that settles a share of a scope's modules, importing none of them.

:mod:`plugindex.pool` starts it and takes what it found: a document like an index
(:mod:`plugindex.store`), whose head tells what was looked up and whose tail has the records and
results.
"""

from __future__ import annotations

import gc
import os
import sys

from plugindex import store
from plugindex.codec import decode
from plugindex.index import RESULT, Settings
from plugindex.kept import place
from plugindex.pool import portions, taken
from plugindex.portable import scope_from
from plugindex.settling import Settling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(question: int, left: int, answer: int, ended: int) -> None:
    """Settle portions of the modules that the file *question* names, as long as there are any.

    Args:
        question: what to settle.
        left: a pipe with the numbers of the portions that nobody has begun.
        answer: the file that the outcome goes to.
        ended: a pipe that is told when all of it is there.
    """
    gc.disable()  # as in a discovery: nearly all that is made stays
    with open(question, encoding="ascii") as file:
        request = decode(file.read())
    sys.path[:] = request["path"]
    with open(answer, "wb") as found:
        found.write(store.pack(*_settled(request, left)))
    os.write(ended, b".")
    os._exit(0)  # taking all of it apart would take as long as a third of the work


def _settled(request: dict[str, Any], left: int) -> tuple[dict[str, Any], str, dict[str, Any]]:
    scope = scope_from(request["scope"])
    settling = Settling(scope, Settings(shipped=request["shipped"]), None, None)
    spread: set[str] = set()
    of_all, asker = list(portions(request["names"])), os.getppid()
    for number in taken(left):
        for name in of_all[number]:
            settling.read(name, spread)
        if os.getppid() != asker:  # it was killed: nobody waits for an answer
            break
    results = {RESULT + name: result for name, result in settling.results.items()}
    return (
        _found(settling, spread),
        "records",
        {"": 0, **results, **settling.library.records_text()},
    )


def _found(settling: Settling, spread: set[str]) -> dict[str, Any]:
    """Return what all of it is right for: the modules where they are, with what they hold."""
    library, finder = settling.library, settling.finder
    return {
        "spread": sorted(spread),
        "edges": {name: sorted(found) for name, found in settling.edges().items()},
        "places": {name: place(library, name) for name in list(finder.looked_up())},
        "asked": list(library.asked),
        "listed": list(finder.consulted),
        "looked_into": sorted(library.looked_into),
        "inputs": {name: one.inputs for name, one in library.readings.items()},
        "read": [name for name, one in library.readings.items() if one.code is not None],
    }
