"""The errors that openhcs raises on purpose: what happened, in which file, what to do."""

from __future__ import annotations

import os


class OpenHCSError(Exception):
    """Base of every error that openhcs raises on purpose.

    Args:
        summary: what went wrong, in one sentence.
        file: the file or folder concerned.
        fix: what the reader can do about it.
    """

    def __init__(self, summary: str, *, file: str | os.PathLike[str] = "", fix: str = "") -> None:
        lines = [summary]
        lines += [f"  file:  {file}"] if file else []
        lines += [f"  fix:   {fix}"] if fix else []
        super().__init__("\n".join(lines))
        self.file = str(file)
        self.fix = fix


class PlateError(OpenHCSError, ValueError):
    """A folder can't be read as a plate."""


class UnknownMicroscopeError(PlateError):
    """No microscope handler recognises the plate, or none has the name asked for."""


class IncompleteHandlerError(OpenHCSError, NotImplementedError):
    """A microscope handler is asked for a part that it doesn't have."""


class BrokenFileError(PlateError):
    """A file of the plate is damaged or is not what its name says."""


class MetadataNotFoundError(OpenHCSError, FileNotFoundError):
    """A plate has no metadata file of the format asked for."""


class StorageError(OpenHCSError):
    """A storage backend can't do what was asked."""


class ComponentError(OpenHCSError, ValueError):
    """A component of an image's name is unknown, missing, or has a value that no name can tell."""


class UnknownBackendError(StorageError, ValueError):
    """No storage backend has this name."""


class UnsupportedFormatError(StorageError, ValueError):
    """No reader or writer is known for this kind of file, or its library isn't installed."""


class ContentError(StorageError, TypeError, ValueError):
    """What is to be saved is not of the kind that the file's format takes."""


class UnknownColormapError(OpenHCSError, ValueError):
    """No library that is installed has a colormap of this name."""


class JobError(OpenHCSError, ValueError):
    """A job or its steps are described wrongly, or can't be run as asked."""


class ServerError(OpenHCSError):
    """A server can't be started, reached or understood, or refuses what it is asked."""


class ServerTimeoutError(ServerError, TimeoutError):
    """A server didn't answer, or wasn't ready, in time."""


class ServerLostError(ServerError):
    """A server ended, or closed the connection, before it had answered."""


class MessageError(ServerError, ValueError):
    """A message between processes isn't of the agreed form."""


class FunctionError(OpenHCSError, ValueError):
    """A function that a step names is unknown, gets wrong parameters, or fails."""


class LibraryUnavailableError(FunctionError):
    """The library of a function can't be used on this machine, or isn't installed."""


class FormatError(OpenHCSError, ValueError):
    """A result table is not of the shape that its format has."""


def path_error(code: int, path: str | os.PathLike[str]) -> OSError:
    """Return the system's own error *code* about *path*, such as FileNotFoundError for ENOENT."""
    return OSError(code, os.strerror(code), os.fspath(path))
