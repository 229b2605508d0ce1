"""Read the file that says what is done to each image: TOML, one ``[[step]]`` after the other."""

from __future__ import annotations

import tomllib

from openhcs.errors import JobError
from openhcs.pipeline.job import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import Any

FIX = """write UTF-8, for each step lines such as
         [[step]]
         function = "skimage:filters.gaussian"
         parameters = {sigma = 2}"""


def read_steps(path: Path) -> tuple[Step, ...]:
    """Return the steps in the file *path*.

    Raises:
        JobError: when the file is missing, no TOML, or describes no steps.
    """
    document = _document(path)
    listed = document.get("step")
    if not listed or not isinstance(listed, list) or document.keys() != {"step"}:
        others = ", ".join(sorted(document.keys() - {"step"}))
        why = f"it has {others}, and nothing is known but [[step]]"
        raise _wrong(path, why if others else "it has no [[step]]")
    return tuple(_step(path, number, one) for number, one in enumerate(listed, 1))


def _document(path: Path) -> dict[str, Any]:
    try:
        # With the mark that editors on Windows put before UTF-8, or without.
        return tomllib.loads(path.read_text("utf-8-sig"))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise JobError("there is no such file of steps", file=path, fix="check the path") from error
    except (ValueError, RecursionError) as error:  # also of numbers of thousands of digits
        raise _wrong(path, f"it is no TOML: {error}") from error


def _step(path: Path, number: int, described: Any) -> Step:
    try:
        return Step.from_json(described)
    except JobError as error:
        raise in_step(error, path, number) from error


def in_step(error: Exception, path: Path, number: int) -> JobError:
    """Return *error* as one about step *number* of the file *path*, with its own advice."""
    lines = str(error).splitlines()
    fix = getattr(error, "fix", "")
    why = "\n".join(line for line in lines if not line.startswith(("  fix:", "  file:")))
    return JobError(f"step {number}: {why}", file=path, fix=fix)


def check_functions(steps: Iterable[Step], path: Path) -> None:
    """Check that each step's function is known and takes its parameters.

    Raises:
        JobError: when one isn't or doesn't; names the step and near names.
    """
    from openhcs.errors import FunctionError
    from openhcs.processing.func_registry import check_parameters

    for number, step in enumerate(steps, 1):
        try:
            check_parameters(step.function, dict(step.parameters))
        except FunctionError as error:
            raise in_step(error, path, number) from error


def check_channels(steps: Iterable[Step], path: Path, channels: Sequence[int]) -> None:
    """Check that the plate has the channels that the steps name.

    Raises:
        JobError: when it hasn't.
    """
    for number, step in enumerate(steps, 1):
        if missing := [channel for channel in step.channels if channel not in channels]:
            raise JobError(
                f"step {number}: the plate has no channel {', '.join(map(str, missing))}",
                file=path,
                fix=f"name some of {', '.join(map(str, channels))}",
            )


def _wrong(path: Path, why: str) -> JobError:
    return JobError(f"this file of steps can't be used: {why}", file=path, fix=FIX)
