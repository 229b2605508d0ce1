"""Where caches lie, and which environment they belong to; asking creates nothing."""

from __future__ import annotations

import os
import sys

from plugindex.codec import encode
from plugindex.names import DROPPED, safe_mode, switched_on, value
from plugindex.stamp import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.config import Scope

_APART, _DIGITS = "_at_", 12  # before the digest of a folder that a registry names

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-.")
_LONGEST = 100
ENVIRONMENT = "env-"  # begins the name of a folder that one environment has for itself
_LENGTH, _HEXADECIMAL = 16, frozenset("0123456789abcdef")


def cache_disabled(application: str) -> bool:
    """Tell whether ``<APPLICATION>_DISABLE_REGISTRY_CACHE`` switches caching off."""
    return switched_on(application, "DISABLE_REGISTRY_CACHE")


def cache_folder(application: str) -> str:
    """Return the cache folder of *application*, "" when this user has no place for one.

    ``<APPLICATION>_CACHE_DIR`` overrides it; a relative value is ignored, as is one of
    ``XDG_DATA_HOME``.
    """
    return _absolute(value(application, "CACHE_DIR")) or _data_folder(application, "cache")


def plugin_folder(application: str) -> str:
    """Return the folder in which users of *application* drop plugins; it need not exist.

    ``<APPLICATION>_PLUGIN_DIR`` overrides it; a relative value is ignored.
    """
    return _absolute(value(application, "PLUGIN_DIR")) or _data_folder(application, "plugins")


def plugin_place(scope: Scope) -> tuple[str, str]:
    """Return the package that stands for the plugin folder of *scope*, and the folder.

    Both are "" where there is none: in safe mode, and for hierarchies that know nothing of us. The
    folder need not exist.
    """
    application, chosen = scope.application, scope.selection.plugin_folder
    if scope.foreign or not application.isidentifier() or safe_mode(scope):
        return "", ""
    folder = chosen or plugin_folder(application)
    mark = _APART + digest(os.fsencode(chosen))[:_DIGITS] if chosen else ""
    return (f"{DROPPED}.{application}{mark}", folder) if folder else ("", "")


def is_apart(package: str) -> bool:
    """Tell whether *package* stands for a folder that a registry names, not the application's."""
    _, mark, tail = package.rpartition(_APART)
    return bool(mark) and len(tail) == _DIGITS and set(tail) <= set("0123456789abcdef")


def _data_folder(application: str, name: str) -> str:
    data = _user_data_folder()
    plain = application.isidentifier() and len(application) <= _LONGEST
    owner = application if plain else plain_name(application)
    return os.path.join(data, owner, name) if data else ""


def _user_data_folder() -> str:
    if sys.platform == "win32":
        local = _absolute(os.environ.get("LOCALAPPDATA", ""))
        return local or _below_home("AppData", "Local")
    if sys.platform == "darwin":
        return _below_home("Library", "Application Support")
    return _absolute(os.environ.get("XDG_DATA_HOME", "")) or _below_home(".local", "share")


def _below_home(*parts: str) -> str:
    if os.environ.get("HOME") == "":  # expanduser would take the root folder for it
        return ""
    home = _absolute("~")
    return os.path.join(home, *parts) if home else ""


def _absolute(path: str) -> str:
    if not path or "\0" in path:
        return ""
    path = os.path.expanduser(path)
    return os.path.normpath(path) if os.path.isabs(path) else ""


def plain_name(name: str) -> str:
    """Return *name* as one harmless file name: as it is, or a like one with a hash of it."""
    plain = "".join(c if c in _PLAIN else "_" for c in name.lower())
    harmless = plain == name.lower().replace(" ", "_") and plain.strip(".-")[:1] == plain[:1]
    if plain and harmless and len(plain) <= _LONGEST:
        return plain
    mark = digest(name.encode("utf-8", "surrogatepass"))[:12]
    return f"{plain[:_LONGEST].strip('.-_') or 'name'}-{mark}"


def registry_file_name(registry: str) -> str:
    """Return the file name of the cache of the registry that people call *registry*."""
    return f"{plain_name(registry)}_registry.json"


def index_file_name(scope: Scope) -> str:
    """Return the file name of a scope's index; in safe mode, where less is read, it has its own."""
    name = registry_file_name(scope.name)
    return name.removesuffix(".json") + "-safe.json" if safe_mode(scope) else name


# What each search path of this process resolved to: it is asked for by every registry.
_paths: dict[tuple[str, tuple[str, ...]], list[str]] = {}


def search_path() -> list[str]:
    """Return the resolved entries of ``sys.path``, each once."""
    entries = tuple([entry for entry in sys.path if isinstance(entry, str) and "\0" not in entry])
    # The working folder decides some of them.
    key = ("" if all(map(os.path.isabs, entries)) else _working_folder(), entries)
    if key not in _paths:
        _paths[key] = list(dict.fromkeys(map(_real, entries)))
    return _paths[key]


def _real(entry: str) -> str:
    try:
        return os.path.realpath(entry)
    except (OSError, ValueError):  # the working folder is gone, or no file can have that name
        return entry


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


def environment(path: list[str] | None = None) -> tuple[str, int, str, str]:
    """Return what tells this interpreter's modules from another's.

    Args:
        path: the resolved search path; this process's by default.

    Returns:
        the cache tag, the optimise flag, the prefix, and a digest of the path.
    """
    seen = digest(encode(search_path() if path is None else path).encode("ascii"))
    tag = sys.implementation.cache_tag or sys.implementation.name
    return tag, sys.flags.optimize, sys.prefix, seen


def environment_digest(path: list[str] | None = None) -> str:
    """Return 16 hexadecimal digits that stand for this environment, or for it with that *path*."""
    return digest(encode(environment(path)).encode("ascii"))[:_LENGTH]


def cache_file(folder: str, name: str, environment: str, owner: str | None) -> str:
    """Return the path of a cache file that no other environment uses.

    Args:
        folder: the application's cache folder; "" (no cache) gives "".
        name: a file name.
        environment: this environment's digest.
        owner: the digest in the header of ``<folder>/<name>``, None where no file is.
    """
    if not folder:
        return ""
    if owner is None or owner == environment:
        return os.path.join(folder, name)
    return os.path.join(folder, f"{ENVIRONMENT}{environment}", name)


def other_environments(path: str) -> list[str]:
    """Return the folders in which environments keep their files, but for this one, whose *path* is.

    What belongs to the environment that came first lies in the folder around them.
    """
    own = os.path.dirname(path)
    here = os.path.basename(own) == ENVIRONMENT + environment_digest()
    root = os.path.dirname(own) if here else own
    try:
        with os.scandir(root) as entries:
            found = [e.path for e in entries if e.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [one for one in found if one != own and _is_environment(os.path.basename(one))]


def _is_environment(name: str) -> bool:
    digits = name.removeprefix(ENVIRONMENT)
    return digits != name and len(digits) == _LENGTH and set(digits) <= _HEXADECIMAL
