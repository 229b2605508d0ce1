"""Import modules in a child interpreter, so that none of their code runs in this one."""

from __future__ import annotations

import sys
import time

from plugindex.answer import Answer, Examination
from plugindex.portable import scope_fields
from plugindex.process import converse, refusal, scratch, search_path
from plugindex.records import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from plugindex.config import Scope

_BOOT = """\
import json, os, sys
with open(int(sys.argv[2])) as file:
    request = json.load(file)
sys.path[:] = request["path"]
from plugindex.child import main
main(request, int(sys.argv[1]))
"""


def examine(modules: Sequence[str], scope: Scope, **options: Any) -> Examination:
    """Import *modules* and list the plugins of one *scope*; the rest as :func:`examine_all`."""
    return examine_all(modules, [scope], **options)[0]


def examine_all(
    modules: Sequence[str],
    scopes: Sequence[Scope],
    *,
    path: Sequence[str] | None = None,
    others: Sequence[str] = (),
    dropped: Mapping[str, str] | None = None,
    limit_s: float = 60.0,
    module_limit_s: float = 20.0,
    details: bool = True,
) -> list[Examination]:
    """Import *modules* in their order in a fresh interpreter and list the plugins of *scopes*.

    A module that ends the interpreter is left out of a further one, which imports all the others
    again, so that everything listed was held by one process.

    Args:
        modules: full names, in the order of import.
        scopes: what to list.
        path: the child's ``sys.path``; this process's by default.
        others: modules whose classes count, though they lie outside of the scopes' packages.
        dropped: plugin folders by the package that stands for them.
        limit_s: the time for everything together.
        module_limit_s: the time for each module.
        details: False lists keys and references alone, which is faster.

    Returns:
        One examination for each scope.
    """
    reason = refusal()
    if reason:
        return [Examination(refused=reason)] * len(scopes)
    deadline = time.monotonic() + limit_s
    request = _request(modules, scopes, path)
    request |= {"others": list(others), "dropped": dict(dropped or {})}
    request |= {"module_limit": module_limit_s, "details": details}
    crashed: dict[str, Problem] = {}
    while True:
        request["limit"] = max(0.0, deadline - time.monotonic())
        answer = _ask(request)
        if answer.complete or not answer.current:
            return [answer.outcome(crashed, index) for index in range(len(scopes))]
        crashed |= _lost(answer, request["modules"])
        request["modules"] = [name for name in request["modules"] if name not in crashed]


def _request(
    modules: Sequence[str], scopes: Sequence[Scope], path: Sequence[str] | None
) -> dict[str, Any]:
    return {
        "path": search_path(path),
        "modules": list(modules),
        "scopes": [scope_fields(scope) for scope in scopes],
    }


def _lost(answer: Answer, modules: Sequence[str]) -> dict[str, Problem]:
    """Return the modules that can't be imported because the one being imported ended it all."""
    culprit = answer.current
    inside = [name for name in modules if name.startswith(culprit + ".")]
    text = f"importing its package {culprit} ends the interpreter"
    lost = {name: Problem("crashed", name, text) for name in inside}
    hint = f'{sys.executable} -c "import {culprit}"'
    return lost | {culprit: Problem("crashed", culprit, answer.ending, hint, *answer.place)}


def _ask(request: dict[str, Any]) -> Answer:
    """Run one child and return what it told."""
    import json

    answer = Answer()
    limits = {"limit_s": request["limit"], "step_s": request["module_limit"]}
    try:
        with scratch() as question:
            question.write(json.dumps(request).encode())
            question.seek(0)
            given = question.fileno()
            converse(_BOOT, [str(given)], answer, **limits, given=[given])
    except OSError as error:  # no room, no descriptors, no memory for a process
        return answer.refuse(f"{sys.executable} can't be started: {error}")
    return answer
