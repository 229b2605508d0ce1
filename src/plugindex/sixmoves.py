"""What the names in ``six.moves`` stand for on Python 3, in six itself and in every copy of it.

Source: https://six.readthedocs.io/#module-six.moves. Names that are not here are not told.
"""

from __future__ import annotations

_MODULES = {
    "BaseHTTPServer": "http.server",
    "CGIHTTPServer": "http.server",
    "SimpleHTTPServer": "http.server",
    "_thread": "_thread",
    "builtins": "builtins",
    "cPickle": "pickle",
    "collections_abc": "collections.abc",
    "configparser": "configparser",
    "copyreg": "copyreg",
    "email_mime_base": "email.mime.base",
    "email_mime_image": "email.mime.image",
    "email_mime_multipart": "email.mime.multipart",
    "email_mime_nonmultipart": "email.mime.nonmultipart",
    "email_mime_text": "email.mime.text",
    "html_entities": "html.entities",
    "html_parser": "html.parser",
    "http_client": "http.client",
    "http_cookiejar": "http.cookiejar",
    "http_cookies": "http.cookies",
    "queue": "queue",
    "reprlib": "reprlib",
    "socketserver": "socketserver",
    "tkinter": "tkinter",
    "urllib_error": "urllib.error",
    "urllib_parse": "urllib.parse",
    "urllib_robotparser": "urllib.robotparser",
    "xmlrpc_client": "xmlrpc.client",
    "xmlrpc_server": "xmlrpc.server",
}
_NAMES = {
    "StringIO": ("io", "StringIO"),
    "UserDict": ("collections", "UserDict"),
    "UserList": ("collections", "UserList"),
    "UserString": ("collections", "UserString"),
    "cStringIO": ("io", "StringIO"),
    "filter": ("builtins", "filter"),
    "filterfalse": ("itertools", "filterfalse"),
    "getcwd": ("os", "getcwd"),
    "input": ("builtins", "input"),
    "intern": ("sys", "intern"),
    "map": ("builtins", "map"),
    "range": ("builtins", "range"),
    "reduce": ("functools", "reduce"),
    "reload_module": ("importlib", "reload"),
    "shlex_quote": ("shlex", "quote"),
    "xrange": ("builtins", "range"),
    "zip": ("builtins", "zip"),
    "zip_longest": ("itertools", "zip_longest"),
}
_URLLIB = frozenset({"error", "parse", "request", "response", "robotparser"})
MARKS = frozenset({"_moved_attributes", "add_move"})  # by which a module is known to be six


def owner_of(module: str) -> str:
    """Return the name of the six that a module of its ``moves`` is of, or ""."""
    owner, found, _ = f"{module}.".partition(".moves.")
    return owner if found and owner.endswith("six") else ""


def moved(module: str, name: str) -> tuple[str, str] | None:
    """Return the module and the name in it that ``from six.moves... import name`` gives.

    Args:
        module: ``six.moves``, or the name of a module in it.
        name: a name in that. The result's is "" where it stands for a module.
    """
    first, *rest = f"{module}.{name}".partition(".moves.")[2].split(".")
    if first == "urllib":
        known = len(rest) in (1, 2) and rest[0] in _URLLIB
        return (f"urllib.{rest[0]}", "".join(rest[1:])) if known else None
    if first in _MODULES and len(rest) < 2:
        return _MODULES[first], "".join(rest)
    return None if rest else _NAMES.get(first)
