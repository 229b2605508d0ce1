"""Lay planes side by side along named axes, in an array that grows as they arrive."""

from __future__ import annotations

from itertools import product

from openhcs.core.natural import well_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from numpy import ndarray

    Place = tuple[Any, ...]


class Stack:
    """One array of all planes of a layer; a place that no plane was sent for is 0.

    Planes of different sizes or types share the array: it takes the largest size, smaller ones
    filled up with 0 at the right and below, and a type that holds all values.

    Args:
        axes: the components along which planes are stacked, slowest first.
    """

    def __init__(self, axes: tuple[str, ...]) -> None:
        self.axes = axes
        self.values: tuple[tuple[Any, ...], ...] = tuple(() for _ in axes)
        self._data: ndarray | None = None

    @property
    def data(self) -> ndarray:
        """The array: one axis for each component, then those of a plane."""
        if self._data is None:
            raise LookupError("nothing was put into this stack")
        return self._data

    def put(self, planes: Mapping[Place, ndarray]) -> None:
        """Put each plane at its place, the values of the axes; what was there is replaced."""
        if not planes:
            return
        values = _merged(self.values, planes)
        shape = _shape(values, [*planes.values(), *self._plane()])
        kind = _kind([*planes.values(), *self._plane()])
        if self._data is None or (self._data.shape, self._data.dtype) != (shape, kind):
            self._data = self._grown(values, shape, kind)
            self.values = values
        for place, plane in planes.items():
            self._write(place, plane)

    def present(self) -> Iterable[Place]:
        """Return every place of the array, in its order."""
        return product(*self.values)

    def _plane(self) -> list[ndarray]:
        """Return one plane of the array, as a sample of its size and type."""
        return [] if self._data is None else [self._data[(0,) * len(self.axes)]]

    def _grown(self, values: tuple[Place, ...], shape: tuple[int, ...], kind: Any) -> ndarray:
        import numpy

        grown: ndarray = numpy.zeros(shape, kind)
        if self._data is None:
            return grown
        inner = len(shape) - len(self.axes)
        old = self._data.reshape(
            *self._data.shape[: len(self.axes)],
            *(1,) * (inner - self._data.ndim + len(self.axes)),
            *self._data.shape[len(self.axes) :],
        )
        kept = [[new.index(v) for v in olds] for new, olds in zip(values, self.values, strict=True)]
        grown[numpy.ix_(*kept, *(range(n) for n in old.shape[len(self.axes) :]))] = old
        return grown

    def _write(self, place: Place, plane: ndarray) -> None:
        index = tuple(v.index(p) for v, p in zip(self.values, place, strict=True))
        target = self.data[index]
        target[...] = 0  # a smaller plane leaves nothing of a larger one behind
        aligned = plane.reshape(*(1,) * (target.ndim - plane.ndim), *plane.shape)
        target[tuple(slice(n) for n in aligned.shape)] = aligned


def _merged(values: tuple[Place, ...], places: Iterable[Place]) -> tuple[Place, ...]:
    """Return each axis's old and new values, in natural order."""
    found = zip(*places, strict=True) if values else ()
    return tuple(
        tuple(sorted({*old, *new}, key=lambda value: well_key(str(value))))
        for old, new in zip(values, found, strict=True)
    )


def _shape(values: tuple[Place, ...], planes: list[ndarray]) -> tuple[int, ...]:
    depth = max(plane.ndim for plane in planes)
    full = [(1,) * (depth - plane.ndim) + plane.shape for plane in planes]
    return (*map(len, values), *map(max, zip(*full, strict=True)))


def _kind(planes: list[ndarray]) -> Any:
    import numpy

    return numpy.result_type(*{plane.dtype for plane in planes})
