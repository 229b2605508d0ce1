"""Try a function on a small stack and a small plane, and tell by the results what it does."""

from __future__ import annotations

from openhcs.processing.backends.lib_registry.unified_registry import reason_of
from openhcs.processing.capture import quietly
from openhcs.processing.contracts import Classification, ProcessingContract
from openhcs.processing.memory import is_image, pull, push
from openhcs.processing.parameters import parameters_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    import numpy as np

    from openhcs.processing.backends.lib_registry.candidates import Candidate

SEED = 20
PLANE = (20, 20)
PLANES = 3
STACK = (PLANES, *PLANE)
# A result of another size must follow the plane: a table of points doesn't.
TALLER = (30, 20)
# What a parameter without a default gets in a trial.
TRIAL_VALUE = 1


class _Trial:
    """One function, called with small images.

    Args:
        function: the function.
        memory_type: where it takes its arrays from.
    """

    def __init__(self, function: Callable[..., Any], memory_type: str) -> None:
        self._function = function
        self._memory_type = memory_type
        self._required = dict.fromkeys(parameters_of(function).required, TRIAL_VALUE)
        self._taken: dict[tuple[int, ...], np.ndarray] = {}
        self.reason = ""

    def image(self, shape: tuple[int, ...]) -> np.ndarray | None:
        """Return what one of the trial images of *shape* gives, None when none gives an image."""
        for image in trial_images(shape):
            try:
                result = self.call(image)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code may do anything
                self.reason = self.reason or reason_of(error)
                continue
            self._taken[shape] = image
            if is_image(result):
                return result  # type: ignore[no-any-return]
            self.reason = f"it gives {_described(result)}, not an image"
            return None
        return None

    def call(self, image: np.ndarray) -> Any:
        """Return what *image* gives, whatever that is."""
        with quietly():
            return pull(self._function(push(image, self._memory_type), **self._required))

    def follows(self, result: np.ndarray, *planes: int) -> bool:
        """Say whether *result* is of the size of a plane, or grows as the plane does."""
        if result.shape[-2:] == PLANE:
            return True
        other = self.image((*planes, *TALLER))
        ours, theirs = result.shape[-2:], () if other is None else other.shape[-2:]
        expected = tuple(size * TALLER[axis] / PLANE[axis] for axis, size in enumerate(ours))
        if theirs != expected:
            self.reason = f"it gives an array of shape {result.shape}, not an image"
        return theirs == expected

    def takes_colours(self, result: np.ndarray) -> bool:
        """Say whether the function took the last axis of the stack for colours.

        Then each column of the stack has been an image of its own, and planes have not.
        """
        import numpy as np

        stack = self._taken[STACK]
        try:
            column, plane = self.call(stack[..., 7]), self.call(stack[1])
        except (Exception, SystemExit):  # noqa: BLE001 - foreign code; it can't take columns
            return False
        if np.shape(column) != result[..., 7].shape or np.shape(plane) != result[1].shape:
            return False
        # Not all: some functions clip to the darkest and brightest of the whole image.
        same_columns = np.isclose(column, result[..., 7]).mean() > 0.9
        return bool(same_columns and np.isclose(plane, result[1]).mean() < 0.5)


def trial_images(shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """Give the images of *shape* that a function is tried with, the same ones each time.

    Brightness as fractions, as bytes, labels, and a mask: the first that it takes decides.
    """
    import numpy as np

    random = np.random.default_rng(SEED)
    image = random.random(shape, dtype=np.float32)
    yield image
    yield (image * 255).astype(np.uint8)
    yield random.integers(0, 4, shape, dtype=np.int32)
    yield image > 0.5


def classify(candidate: Candidate, memory_type: str) -> Classification:
    """Return how *candidate* does with a stack and with a plane."""
    trial = _Trial(candidate.function, memory_type)
    contract = _contract(trial)
    return Classification(
        candidate.name,
        candidate.module,
        candidate.original_name,
        candidate.doc,
        tags=(candidate.module.rpartition(".")[2], memory_type),
        contract=contract,
        reason="" if contract else trial.reason,
    )


def _contract(trial: _Trial) -> ProcessingContract | None:
    stack, plane = trial.image(STACK), trial.image(PLANE)
    takes_plane = plane is not None and plane.ndim == 2 and trial.follows(plane)
    if stack is None or not trial.follows(stack, PLANES):
        return ProcessingContract.PURE_2D if takes_plane else None
    if stack.ndim == 2:
        return ProcessingContract.VOLUMETRIC_TO_SLICE
    if len(stack) != PLANES or trial.takes_colours(stack):
        return ProcessingContract.PURE_2D if takes_plane else None
    return ProcessingContract.FLEXIBLE if takes_plane else ProcessingContract.PURE_3D


def _described(result: object) -> str:
    shape = getattr(result, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"an array of shape {shape}"
    return f"{type(result).__name__}"
