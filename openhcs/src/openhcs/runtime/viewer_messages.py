"""What a sender and a viewer tell each other about images, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from openhcs.errors import MessageError
from openhcs.microscopes.plate import COMPONENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# The kinds of data a viewer takes. ROIs travel as the bytes of a zip of ImageJ ROIs.
IMAGE = "image"
ROIS = "rois"
# A component either makes layers of its own or is an axis within a layer.
LAYER = "layer"
STACK = "stack"
MODES = {
    "well": LAYER,
    "site": STACK,
    "channel": LAYER,
    "z_index": STACK,
    "timepoint": STACK,
}
ORDER = ("well", "timepoint", "site", "channel", "z_index")


@dataclass(frozen=True)
class SharedImage:
    """One image in shared memory: where it is, what it holds and what it shows.

    *metadata* has the components that the image's name tells, and ``source``, its folder.
    """

    path: str
    shape: tuple[int, ...]
    dtype: str
    shm_name: str
    data_type: str
    metadata: Mapping[str, Any]
    image_id: str

    def to_json(self) -> dict[str, Any]:
        """Return this record as an item of a batch's ``images``."""
        return {**vars(self), "shape": list(self.shape), "metadata": dict(self.metadata)}

    @classmethod
    def from_json(cls, value: Any) -> SharedImage:
        """Return the record that *value* tells.

        Raises:
            MessageError: when a field is missing, unknown or of a wrong type.
        """
        names = {*cls.__dataclass_fields__}
        fields = _exact(value, names, "an image")
        texts = [fields[name] for name in names - {"shape", "metadata"}]
        _require(all(isinstance(text, str) for text in texts), "an image's fields are texts")
        _require(_is_shape(fields["shape"]), "shape is a list of whole numbers, not below 0")
        _require(fields["data_type"] in (IMAGE, ROIS), f"data_type is {IMAGE!r} or {ROIS!r}")
        metadata = _checked_metadata(fields["metadata"])
        return cls(**{**fields, "shape": tuple(fields["shape"]), "metadata": metadata})


@dataclass(frozen=True)
class DisplayConfig:
    """How a batch shall look.

    *component_modes* says of each component whether it makes layers ("layer") or is an axis
    within them ("stack"); *component_order* gives the order of those axes, slowest first.
    """

    colormap: str = "gray"
    component_modes: Mapping[str, str] = field(default_factory=lambda: MODES)
    component_order: tuple[str, ...] = ORDER

    def __post_init__(self) -> None:
        """Complete both with what they leave out.

        Raises:
            MessageError: when they name what is no component, or no mode.
        """
        modes, order = self.component_modes, self.component_order
        _require(isinstance(self.colormap, str) and self.colormap, "colormap is a name")
        _require(
            set(modes) <= set(COMPONENTS) and set(modes.values()) <= {LAYER, STACK},
            f"component_modes gives each of {', '.join(COMPONENTS)} {LAYER!r} or {STACK!r}",
        )
        _require(
            set(order) <= set(COMPONENTS) and len(set(order)) == len(order),
            f"component_order names each of {', '.join(COMPONENTS)} once at most",
        )
        rest = tuple(name for name in ORDER if name not in order)
        object.__setattr__(self, "component_modes", {**MODES, **modes})
        object.__setattr__(self, "component_order", (*order, *rest))

    @property
    def axes(self) -> tuple[str, ...]:
        """The components that are axes within a layer, in their order."""
        return tuple(c for c in self.component_order if self.component_modes[c] == STACK)

    @property
    def layered(self) -> tuple[str, ...]:
        """The components that make layers."""
        return tuple(c for c in COMPONENTS if self.component_modes[c] == LAYER)

    def to_json(self) -> dict[str, Any]:
        """Return this record as a batch's ``display_config``."""
        return {
            "colormap": self.colormap,
            "component_modes": dict(self.component_modes),
            "component_order": list(self.component_order),
        }

    @classmethod
    def from_json(cls, value: Any) -> DisplayConfig:
        """Return the record that *value* tells; raise as :class:`SharedImage`."""
        fields = _exact(value, {*cls.__dataclass_fields__}, "display_config")
        modes, order = fields["component_modes"], fields["component_order"]
        _require(_are_texts(modes, dict), "component_modes is an object of texts")
        _require(_are_texts(order, list), "component_order is a list of texts")
        return cls(fields["colormap"], modes, tuple(order))


def batch(images: list[SharedImage], display: DisplayConfig, timestamp: float) -> dict[str, Any]:
    """Return the message that sends *images*; *timestamp* is in seconds since 1970."""
    return {
        "type": "batch",
        "images": [image.to_json() for image in images],
        "display_config": display.to_json(),
        "timestamp": timestamp,
    }


def _exact(value: Any, names: set[str], what: str) -> dict[str, Any]:
    _require(isinstance(value, dict), f"{what} is an object")
    _require(
        set(value) == names,
        f"{what} has exactly the fields {', '.join(sorted(names))}; got "
        f"{', '.join(sorted(map(str, value))) or 'none'}",
    )
    return dict(value)


def _require(condition: Any, rule: str) -> None:
    if not condition:
        raise MessageError(f"the message to the viewer is wrong: {rule}")


def _is_shape(value: Any) -> bool:
    return isinstance(value, list) and all(type(n) is int and n >= 0 for n in value)


def _are_texts(value: Any, kind: type) -> bool:
    values = [*value, *value.values()] if type(value) is dict else value
    return type(value) is kind and all(isinstance(text, str) for text in values)


def _checked_metadata(value: Any) -> dict[str, Any]:
    _require(isinstance(value, dict), "metadata is an object")
    metadata: dict[str, Any] = value
    known = {*COMPONENTS, "source"}
    _require(
        set(metadata) <= known, f"metadata has no other fields than {', '.join(sorted(known))}"
    )
    plain = all(isinstance(v, str) or type(v) is int for v in metadata.values())
    _require(plain, "metadata holds texts and whole numbers")
    return metadata
