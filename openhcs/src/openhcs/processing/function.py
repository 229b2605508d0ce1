"""A function of a library, ready to be applied to stacks of planes."""

from __future__ import annotations

from openhcs.errors import FunctionError
from openhcs.processing.contracts import ProcessingContract
from openhcs.processing.memory import is_image, pull, push, storable
from openhcs.processing.parameters import (
    ENABLED,
    SLICE_BY_SLICE,
    accepted_names,
    check,
    parameters_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    import numpy as np

    from openhcs.processing.contracts import FunctionMetadata


class LibraryFunction:
    """Apply a function to a stack (planes, rows, columns) and return a stack.

    It is pickled as its reference, and found again where it is unpickled.

    Args:
        metadata: what is known of the function.
        function: the function as the library has it.
        memory_type: where it takes its arrays from.
    """

    def __init__(
        self, metadata: FunctionMetadata, function: Callable[..., Any], memory_type: str
    ) -> None:
        self.metadata = metadata
        self.__name__ = metadata.name
        self.__doc__ = metadata.doc
        self._function = function
        self._memory_type = memory_type
        self._parameters = parameters_of(function)

    def __repr__(self) -> str:
        return f"<function {self.metadata.reference}>"

    def __reduce__(self) -> tuple[Callable[[str], LibraryFunction], tuple[str]]:
        from openhcs.processing.func_registry import resolve_function

        return resolve_function, (self.metadata.reference,)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters that a step may give, ours at the end."""
        return accepted_names(self.metadata, self._parameters)

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Check the names of *parameters*, and the values of ours, without running anything.

        Raises:
            FunctionError: one is unknown, missing, or of the wrong type.
        """
        check(self.metadata, self._parameters, parameters)

    def __call__(self, stack: np.ndarray, **parameters: Any) -> np.ndarray:
        """Apply the function; *stack* itself stays as it is.

        Args:
            stack: planes, rows, columns.
            parameters: the function's own; ``enabled=False`` returns the stack unchanged, and
                ``slice_by_slice=True`` gives a flexible function one plane at a time.

        Returns:
            a stack of as many planes, or of one where the function makes one of all.

        Raises:
            FunctionError: the parameters don't fit, the function fails, or its result is no image.
        """
        import numpy as np

        self.check(parameters)
        image: np.ndarray = np.asarray(stack)
        if image.ndim != 3 or 0 in image.shape:
            raise self._refused(
                f"takes a stack of planes, rows and columns, not the shape {image.shape}",
                "give at least one plane, and a single one as image[None]",
            )
        by_slice = parameters.pop(SLICE_BY_SLICE, False)
        if not parameters.pop(ENABLED, True):
            return image.copy()
        planewise = by_slice or self.metadata.contract is ProcessingContract.PURE_2D
        return self._planewise(image, parameters) if planewise else self._whole(image, parameters)

    def _planewise(self, image: np.ndarray, parameters: dict[str, Any]) -> np.ndarray:
        import numpy as np

        planes = [self._image(plane, 2, parameters) for plane in image]
        if len({plane.shape for plane in planes}) > 1:
            raise self._refused("gives planes of different sizes", "choose other parameters")
        return storable(np.stack(planes))

    def _whole(self, image: np.ndarray, parameters: dict[str, Any]) -> np.ndarray:
        if self.metadata.contract is ProcessingContract.VOLUMETRIC_TO_SLICE:
            return storable(self._image(image, 2, parameters)[None])
        result = self._image(image, 3, parameters)
        if len(result) != len(image):
            raise self._refused(
                f"gives {len(result)} planes for {len(image)}",
                "choose other parameters, or give it one plane at a time: slice_by_slice = true",
            )
        return storable(result)

    def _image(self, image: np.ndarray, axes: int, parameters: dict[str, Any]) -> np.ndarray:
        result: np.ndarray = self._run(image, parameters)
        if not is_image(result) or result.ndim != axes:
            got = getattr(result, "shape", type(result).__name__)
            raise self._refused(
                f"gives no image of {axes} axes with {_listed(parameters)}, but {got}",
                "choose other parameters",
            )
        return result

    def _run(self, image: np.ndarray, parameters: dict[str, Any]) -> Any:
        try:
            return pull(self._function(push(image, self._memory_type), **parameters))
        except (Exception, SystemExit) as error:  # foreign code may do anything; the cause is kept
            text = " ".join(str(error).split())
            raise self._refused(
                f"failed with {_listed(parameters)} on {image.dtype} of shape {image.shape}: "
                f"{type(error).__name__}: {text}",
                f"it accepts {', '.join(self.parameters)}",
            ) from error

    def _refused(self, summary: str, fix: str) -> FunctionError:
        return FunctionError(f"{self.metadata.reference} {summary}", fix=fix)


def _listed(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{k}={v!r}" for k, v in parameters.items()) or "no parameters"
