"""Drive a real ImageJ in this process, through jpype and the system's Java.

Classes and arguments are those of the API documentation of ImageJ (ij.ImagePlus, ij.ImageStack,
ij.process.ShortProcessor, ij.io.RoiDecoder, ij.process.StackStatistics); Debian packages it as
`imagej`.
"""

from __future__ import annotations

import os
from pathlib import Path

from openhcs.errors import ServerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy import ndarray

IJ_JAR = "/usr/share/java/ij.jar"
IJ_JAR_VARIABLE = "OPENHCS_IJ_JAR"


class FijiUnavailableError(ServerError):
    """ImageJ can't be run here: Java, its jar or jpype is missing."""


def ij_jar() -> Path:
    """Return where ImageJ's jar is looked for."""
    return Path(os.environ.get(IJ_JAR_VARIABLE) or IJ_JAR)


def start_imagej(window: bool) -> None:
    """Start this process's Java machine and ImageJ, if they aren't running.

    They end with the process: Java can be started only once in one.

    Args:
        window: let ImageJ open windows, its own among them.

    Raises:
        FijiUnavailableError: when a part is missing, with what to install.
    """
    jpype = _jpype()
    if jpype.isJVMStarted():
        return
    jar = _found_jar()
    from jpype import config

    try:
        # Java would wait for its windows' threads to end, which they never do.
        config.destroy_jvm = not window
        # -Xrs leaves the signals to Python, which ends the server by them.
        options = (f"-Djava.awt.headless={'false' if window else 'true'}", "-Xrs")
        jpype.startJVM(_java(jpype), *options, classpath=[str(jar)], convertStrings=False)
        application = jpype.JClass("ij.ImageJ")
        if window:
            application(application.EMBEDDED)  # else closing its window would end this process
    except (OSError, RuntimeError, TypeError, ValueError, jpype.JException) as error:
        raise FijiUnavailableError(
            f"ImageJ can't be started: {error}",
            file=jar,
            fix="install ImageJ and a Java with windows (Debian: default-jre), or use --headless",
        ) from error


def version() -> str:
    """Return ImageJ's own version."""
    return str(_class("ij.IJ").getVersion())


def hyperstack(title: str, data: ndarray, lut: ndarray | None = None) -> Any:
    """Return an ImagePlus of *data*.

    Args:
        title: the window's title.
        data: frames, slices, channels, rows, columns.
        lut: 256 rows of red, green and blue, 0 to 255, for every channel.
    """
    frames, slices, channels, rows, columns = data.shape
    stack = _class("ij.ImageStack")(columns, rows)
    for plane in data.reshape(-1, rows, columns):
        stack.addSlice("", _processor(plane))
    image = _class("ij.ImagePlus")(title, stack)
    image.setDimensions(channels, slices, frames)
    image.setOpenAsHyperStack(stack.getSize() > 1)
    return image if lut is None else _coloured(image, lut)


def _coloured(image: Any, lut: ndarray) -> Any:
    """Return *image* with *lut* on each channel; several channels are shown by one at a time."""
    red, green, blue = (_java_array(lut[:, n].astype("uint8")) for n in range(3))
    table = _class("ij.process.LUT")(red, green, blue)
    if image.getNChannels() == 1:
        image.setLut(table)
        return image
    composite = _class("ij.CompositeImage")(image, _class("ij.CompositeImage").COLOR)
    for channel in range(1, image.getNChannels() + 1):
        composite.setChannelLut(table, channel)
    return composite


def set_rois(image: Any, placed: Mapping[tuple[int, int, int], Mapping[str, bytes]]) -> None:
    """Lay ROIs over *image*.

    Args:
        image: the ImagePlus.
        placed: the ROIs by name, for each (channel, slice, frame), all counted from 1.
    """
    overlay = _class("ij.gui.Overlay")()
    for position, rois in placed.items():
        for name, content in rois.items():
            roi = read_roi(name, content)
            roi.setPosition(*position)
            overlay.add(roi)
    image.setOverlay(overlay)


def read_roi(name: str, content: bytes) -> Any:
    """Return the ImageJ ROI in *content*, the bytes of a ``.roi`` file.

    Raises:
        ValueError: when ImageJ can't read it.
    """
    import jpype
    import numpy

    raw = jpype.JArray.of(numpy.frombuffer(content, numpy.int8))
    try:
        roi = _class("ij.io.RoiDecoder")(raw, name.removesuffix(".roi")).getRoi()
    except jpype.JException as error:
        raise ValueError(f"{name}: {error}") from error
    if roi is None:
        raise ValueError(f"{name} holds no ROI")
    return roi


def dimensions(image: Any) -> dict[str, int]:
    """Return the sizes of *image*, as ImageJ tells them."""
    return {
        "width": int(image.getWidth()),
        "height": int(image.getHeight()),
        "channels": int(image.getNChannels()),
        "slices": int(image.getNSlices()),
        "frames": int(image.getNFrames()),
        "bit_depth": int(image.getBitDepth()),
        "rois": int(image.getOverlay().size()) if image.getOverlay() else 0,
    }


def statistics(image: Any) -> list[dict[str, float]]:
    """Return what ImageJ measures on each plane: channels fastest, then slices, then frames.

    The centre of mass is in pixels from the left and from above.
    """
    stack = image.getStack()
    measured = (stack.getProcessor(n).getStatistics() for n in range(1, stack.getSize() + 1))
    return [_measures(each) for each in measured]


def _measures(statistics: Any) -> dict[str, float]:
    return {
        "mean": float(statistics.mean),
        "min": float(statistics.min),
        "max": float(statistics.max),
        "x_center_of_mass": float(statistics.xCenterOfMass),
        "y_center_of_mass": float(statistics.yCenterOfMass),
    }


def _processor(plane: ndarray) -> Any:
    """Return ImageJ's processor of *plane*; ImageJ knows 8 and 16 bits and 32-bit floats."""
    kinds = {"uint8": "ByteProcessor", "uint16": "ShortProcessor", "float32": "FloatProcessor"}
    rows, columns = plane.shape
    kind = _class(f"ij.process.{kinds[plane.dtype.name]}")
    return kind(columns, rows, _java_array(plane), None)


def displayable(data: ndarray) -> ndarray:
    """Return *data* in the nearest type that ImageJ has; bytes and 16 bits stay as they are."""
    if data.dtype.name in ("uint8", "uint16", "float32"):
        return data
    return data.astype("uint8" if data.dtype.name == "bool" else "float32")


def _java_array(values: ndarray) -> Any:
    """Return a Java array of *values*; Java's whole numbers are all signed, so only bits count."""
    import jpype
    import numpy

    flat = numpy.ascontiguousarray(values).reshape(-1)
    return jpype.JArray.of(flat.view(flat.dtype.name.removeprefix("u")))


def _class(name: str) -> Any:
    import jpype

    return jpype.JClass(name)


def _jpype() -> Any:
    try:
        import jpype
    except ModuleNotFoundError as missing:
        raise FijiUnavailableError(
            "the fiji viewer needs jpype1, which isn't installed", fix="pip install 'openhcs[fiji]'"
        ) from missing
    return jpype


def _found_jar() -> Path:
    jar = ij_jar()
    if not jar.is_file():
        raise FijiUnavailableError(
            f"there is no ImageJ at {jar}",
            fix=f"install Debian's package imagej, or let {IJ_JAR_VARIABLE} name an ij.jar",
        )
    return jar


def _java(jpype: Any) -> str:
    try:
        return str(jpype.getDefaultJVMPath())
    except jpype.JVMNotFoundException as missing:
        raise FijiUnavailableError(
            "the fiji viewer needs Java, and there is none here",
            fix="install one (Debian: default-jre-headless), or let JAVA_HOME name it",
        ) from missing


def unavailable_reason() -> str:
    """Say what keeps ImageJ from running here, or nothing; starts no Java."""
    try:
        _java(_jpype())
        _found_jar()
    except FijiUnavailableError as error:
        return str(error)
    return ""
