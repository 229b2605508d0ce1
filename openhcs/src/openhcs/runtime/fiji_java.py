"""Start a real ImageJ in this process, through jpype and the system's Java.

Debian packages ImageJ as `imagej`.
"""

from __future__ import annotations

import os
from pathlib import Path

from openhcs.errors import ServerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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


def check_available() -> None:
    """Raise a ``FijiUnavailableError`` when a part that ImageJ needs is missing; start no Java."""
    _java(_jpype())
    _found_jar()
