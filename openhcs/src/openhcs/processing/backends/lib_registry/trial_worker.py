"""Try functions for another process: ``python -m ...trial_worker MODULE:CLASS SECONDS``.

Standard input holds the names as JSON (null for all); each line of the output is a JSON value: the
names that will be tried, then how each did.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from importlib import import_module

from openhcs.processing.backends.lib_registry.unified_registry import reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

    from openhcs.processing.backends.lib_registry.candidates import Candidate
    from openhcs.processing.backends.lib_registry.unified_registry import LibraryRegistryBase


def main(place: str, limit_s: float) -> None:
    """Try the functions of the registry class at *place*, each for at most *limit_s* seconds."""
    names = json.load(sys.stdin)
    answers = _own_output()
    # From here on a library that hangs ends the process, even in code that never yields.
    faulthandler.dump_traceback_later(limit_s, exit=True)
    module, _, name = place.partition(":")
    registry: LibraryRegistryBase = getattr(import_module(module), name)()
    try:
        candidates = _chosen(registry, names)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code may do anything
        return _tell(answers, {"failed": reason_of(error)})
    _tell(answers, {"names": [candidate.name for candidate in candidates]})
    for candidate in candidates:
        faulthandler.dump_traceback_later(limit_s, exit=True)
        _tell(answers, registry.classify(candidate).to_json())
    return None


def _own_output() -> IO[str]:
    """Keep the output for the answers, and let all that is printed go nowhere."""
    answers = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    return answers


def _chosen(registry: LibraryRegistryBase, names: list[str] | None) -> list[Candidate]:
    if names is None:
        return list(registry.candidates())
    found = [registry.candidate(name) for name in names]
    return [candidate for candidate in found if candidate]


def _tell(answers: IO[str], answer: Any) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
