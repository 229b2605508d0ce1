"""Show layers in a napari viewer: its model alone, or its window where there is a display."""

from __future__ import annotations

from openhcs.errors import ServerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from openhcs.runtime.viewer_layers import LayerKey
    from openhcs.runtime.viewer_stack import Stack


class NapariUnavailableError(ServerError):
    """napari isn't installed."""


def check_available() -> None:
    """Raise a ``NapariUnavailableError`` when napari isn't installed; import nothing of it."""
    from importlib.util import find_spec

    if find_spec("napari") is None:
        raise _missing()


def _missing() -> NapariUnavailableError:
    return NapariUnavailableError(
        "the napari viewer needs napari, which isn't installed",
        fix="pip install 'openhcs[napari]'; for a window also PyQt6, where there is a display",
    )


class NapariModel:
    """A napari viewer and its layers of ours.

    Args:
        window: open a window; without, the model holds the same layers and nothing is drawn.

    Raises:
        NapariUnavailableError: when napari isn't installed.
    """

    def __init__(self, window: bool) -> None:
        self.window = window
        self.viewer = _viewer(window)
        self._layers: dict[LayerKey, Any] = {}

    def show(self, key: LayerKey, stack: Stack, colormap: str) -> None:
        """Put *stack* into the layer of *key*; its place, zoom and visibility stay."""
        layer = self._layers.get(key)
        if layer is None or layer not in self.viewer.layers:  # people delete layers in a window
            layer = self._added(key, stack)
        layer.colormap = colormap
        layer.data = stack.data  # also tells napari that pixels within have changed
        layer.axis_labels = (*stack.axes, *_plane_axes(stack))
        layer.reset_contrast_limits()

    def _added(self, key: LayerKey, stack: Stack) -> Any:
        # rgb=False: napari would take an image of 3 columns for a colour.
        layer = self.viewer.add_image(
            stack.data, name=key.name, rgb=False, metadata={"source": key.source}
        )
        self._layers[key] = layer
        return layer

    def clear(self) -> None:
        """Remove our layers; those that somebody else added stay."""
        for layer in self._layers.values():
            if layer in self.viewer.layers:
                self.viewer.layers.remove(layer)
        self._layers.clear()

    def describe(self, key: LayerKey) -> dict[str, Any]:
        """Return how napari itself tells the layer of *key*."""
        layer = self._layers[key]
        if layer not in self.viewer.layers:
            return {"name": key.name, "removed": True}
        return {
            "name": layer.name,
            "shape": list(layer.data.shape),
            "dtype": layer.data.dtype.name,
            "colormap": layer.colormap.name,
            "visible": bool(layer.visible),
        }

    def measure(self, key: LayerKey) -> dict[str, Any]:
        """Return figures about the pixels that napari holds; the digest tells any change."""
        import hashlib

        data = self._layers[key].data
        return {
            "sha256": hashlib.sha256(data.tobytes()).hexdigest(),
            "mean": float(data.mean()),
            "min": float(data.min()),
            "max": float(data.max()),
        }

    def screenshot(self) -> str:
        """Return what the window shows, as a PNG in base64."""
        import base64
        import io

        from matplotlib.image import imsave

        png = io.BytesIO()
        imsave(png, self.viewer.screenshot(canvas_only=True, flash=False), format="png")
        return base64.b64encode(png.getvalue()).decode()

    def close(self) -> None:
        """Close the window, if there is one."""
        if self.window:
            self.viewer.close()


def known_colormap(name: str) -> bool:
    """Say whether napari has a colormap called *name*, of its own or of matplotlib."""
    from napari.utils.colormaps import ensure_colormap

    try:
        ensure_colormap(name)
    except KeyError:
        return False
    return True


def _viewer(window: bool) -> Any:
    try:
        import napari
        from napari.components import ViewerModel
    except ModuleNotFoundError as missing:
        if missing.name != "napari":
            raise
        raise _missing() from missing
    return napari.Viewer(title="openhcs") if window else ViewerModel()


def _plane_axes(stack: Stack) -> tuple[str, ...]:
    inner = stack.data.ndim - len(stack.axes)
    return (*(f"plane {n}" for n in range(1, inner - 1)), "y", "x")
