"""What a run does, as plain data that any process can be sent: references and JSON, no code."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import isfinite

from openhcs.errors import JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

STEP = (
    "give a step its function (library:name) and, as far as they are wanted, parameters (an object "
    "of JSON values), a name, and channels (a list of numbers)"
)
JOB = (
    "give a job plate, out and steps (a list) and, as far as they are wanted, microscope, backend, "
    "run, and versions (an object of texts)"
)


@dataclass(frozen=True)
class Step:
    """One function and what it is called with.

    Args:
        function: the reference of a registered function, such as ``skimage:filters.gaussian``.
        parameters: its keyword arguments, JSON values only.
        name: what to call the step; the function by default.
        channels: the channels that it is applied to; all if empty.
    """

    function: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    channels: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        # The dataclass is frozen; this fills in the default that depends on another field.
        object.__setattr__(self, "name", self.name or self.function)

    def to_json(self) -> dict[str, Any]:
        """Return the step as JSON."""
        return {
            "function": self.function,
            "parameters": dict(self.parameters),
            "name": self.name,
            "channels": list(self.channels),
        }

    @classmethod
    def from_json(cls, value: Any) -> Step:
        """Return the step that *value* describes.

        Raises:
            JobError: when it has another shape.
        """
        found = _object("a step", value, {f.name for f in fields(cls)}, {"function"}, STEP)
        function, name = found["function"], found.get("name", "")
        _check(isinstance(function, str) and bool(function), "a step's function", function, STEP)
        _check(isinstance(name, str), "a step's name", name, STEP)
        parameters, channels = found.get("parameters", {}), found.get("channels", [])
        is_object = isinstance(parameters, dict) and _is_json(parameters)
        _check(is_object, f"parameters of {function}", parameters, STEP)
        _check(_are_numbers(channels), f"channels of {function}", channels, STEP)
        return cls(function, parameters, name, tuple(channels))


@dataclass(frozen=True)
class Job:
    """All that a worker must know to run any well of a plate.

    Args:
        plate: the plate's folder, which is only read.
        out: the folder of the run.
        steps: what is done to each image, in this order.
        microscope: the key of the plate's handler, or "auto".
        backend: the storage that the plate is read through.
        versions: the libraries that the results depend on, by name.
        run: names one run of the job; a worker reads the plate's metadata once per run.
    """

    plate: str
    out: str
    steps: tuple[Step, ...]
    microscope: str = "auto"
    backend: str = "disk"
    versions: Mapping[str, str] = field(default_factory=dict)
    run: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the job as JSON."""
        return {**self.identity(), "out": self.out, "run": self.run}

    def identity(self) -> dict[str, Any]:
        """Return what the results depend on; two runs of one job agree in it."""
        return {
            "plate": self.plate,
            "steps": [step.to_json() for step in self.steps],
            "microscope": self.microscope,
            "backend": self.backend,
            "versions": dict(self.versions),
        }

    @classmethod
    def from_json(cls, value: Any) -> Job:
        """Return the job that *value* describes.

        Raises:
            JobError: when it has another shape, a wrong type or an unknown field.
        """
        found = _object(
            "a job", value, {f.name for f in fields(cls)}, {"plate", "out", "steps"}, JOB
        )
        steps, versions = found["steps"], found.get("versions", {})
        _check(isinstance(steps, list) and bool(steps), "steps of a job", steps, JOB)
        _check(_are_texts(versions), "versions of a job", versions, JOB)
        texts = {k: v for k, v in found.items() if k not in ("steps", "versions")}
        for name, text in texts.items():
            is_right = isinstance(text, str) and bool(text or name == "run")
            _check(is_right, f"{name} of a job", text, JOB)
        return cls(**texts, steps=tuple(map(Step.from_json, steps)), versions=versions)


def _object(what: str, value: Any, known: set[str], needed: set[str], fix: str) -> dict[str, Any]:
    """Return *value* if it is an object with all the *needed* fields and only *known* ones."""
    _check(isinstance(value, dict), what, value, fix)
    found: dict[str, Any] = value
    if unknown := found.keys() - known:
        raise JobError(
            f"{what} has no field {', '.join(sorted(map(repr, unknown)))}",
            fix=f"use these: {', '.join(sorted(known))}",
        )
    if missing := needed - found.keys():
        raise JobError(f"{what} needs the field {', '.join(sorted(missing))}", fix=fix)
    return found


def _check(is_right: bool, what: str, value: Any, fix: str) -> None:
    if not is_right:
        raise JobError(f"{what} can't be {_short(value)}", fix=fix)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 100 else text[:97] + "..."


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(type(number) is int for number in value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(part, str) for item in value.items() for part in item
    )


def _is_json(value: Any) -> bool:
    """Say whether *value* survives JSON unchanged; dates, infinities and NaN don't."""
    left = [value]  # no recursion: a hostile sender nests as deep as it likes
    while left:
        part = left.pop()
        if isinstance(part, dict):
            left += part.values()
            if not all(isinstance(key, str) for key in part):
                return False
        elif isinstance(part, list):
            left += part
        elif not (part is None or isinstance(part, (str, int)) or _is_finite(part)):
            return False
    return True


def _is_finite(value: Any) -> bool:
    return isinstance(value, float) and isfinite(value)
