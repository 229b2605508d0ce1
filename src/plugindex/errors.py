"""The errors that plugindex raises; each keeps its facts as attributes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from plugindex.config import Scope


def message(summary: str, facts: Iterable[tuple[str, str]] = ()) -> str:
    """Lay out *summary* and its labelled *facts* (label, text) as one multi-line message."""
    lines = [summary]
    lines += [f"  {label + ':':<9}{text}" for label, text in facts if text]
    return "\n".join(lines)


# What using a sealed file of another shape may raise: a forgery or a fault of ours, and a miss.
DAMAGE = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    MemoryError,
)


class Miss(Exception):
    """A cache that can't be used, with its *verdict* and the reason; nobody sees it raised."""

    def __init__(self, verdict: str, why: str = "") -> None:
        super().__init__(why)
        self.verdict = verdict


class RegistryError(Exception):
    """Base of every error that plugindex raises on purpose.

    Args:
        text: the message.
        facts: kept as attributes; they survive pickling.
    """

    def __init__(self, text: str = "", **facts: object) -> None:
        super().__init__(text)
        self.__dict__.update(facts)


class DiscoveryError(RegistryError):
    """A scope, base class or target can't be listed as asked.

    *cause* and *fix* say in one line each what is wrong and what to do, where that is known.
    """

    cause: str = ""
    fix: str = ""


class UnaskedError(DiscoveryError):
    """No child interpreter could be started to call a discovery function; the text says why."""


class CacheError(RegistryError):
    """A cache operation that the user asked for by name can't be done."""


class MissingKeyError(RegistryError):
    """A concrete class has no key and must have one: *cause* and *fix* say it in one line each."""

    cause: str = ""
    fix: str = ""


class DuplicateKeyError(RegistryError):
    """Two classes claim one key: *key*, and *claimants* as object references."""

    key: Hashable = None
    claimants: tuple[str, ...] = ()


# RegistryError comes first so that ``str(error)`` is the message: KeyError prints its repr.
class UnknownKeyError(RegistryError, KeyError):
    """No plugin has this *key*.

    *known* are the keys there are, *missing* says which modules may define it but could not be
    read or imported, *next* is a command that tells more.
    """

    key: Hashable = None
    known: tuple[Hashable, ...] = ()
    missing: tuple[str, ...] = ()
    next: str = ""

    @property
    def nearest(self) -> str:
        """The known key that looks most like the one asked for, or nothing."""
        from difflib import get_close_matches

        names = {_shown(key): key for key in self.known}
        return next(iter(get_close_matches(_shown(self.key), names, 1)), "")

    # The text is made when somebody reads it: `except KeyError` is a common way to ask.
    def __str__(self) -> str:
        known = ", ".join(map(_shown, self.known[:20]))
        known += f" and {len(self.known) - 20} more" if len(self.known) > 20 else ""
        known += f"      nearest: {self.nearest}" if self.nearest else ""
        missing = [("missing", line) for line in self.missing[:5]]
        facts = [("known", known or "no key at all"), *missing, ("next", self.next)]
        return message(self.args[0] if self.args else "unknown key", facts)


def _shown(key: Hashable) -> str:
    """Return a key as part of a line: a text as it is if it can be printed and seen."""
    text = str(key)
    return text if text.isprintable() and text.strip() == text != "" else repr(key)


class UnavailablePluginError(RegistryError, KeyError):
    """A plugin has this *key*, but can't be used here.

    *reference* is the class, *file* its file, *missing* the modules that aren't installed, *remedy*
    the way to get them.
    """

    key: Hashable = None
    reference: str = ""
    file: str = ""
    missing: tuple[str, ...] = ()
    remedy: str = ""

    __str__ = Exception.__str__


class PluginLoadError(RegistryError):
    """A listed plugin failed when its module was imported; the original is ``__cause__``.

    *key*, *reference*, *file* and *line* say which plugin and where. *transient* marks a failure
    that says nothing about the plugin: it stays among the keys.
    """

    key: Hashable = None
    reference: str = ""
    file: str = ""
    line: int = 0
    transient: bool = False


class StalePluginError(PluginLoadError):
    """A module imported well, but does not hold the class that the index names."""


class FailedPluginError(PluginLoadError, UnavailablePluginError):
    """A plugin failed to load earlier in this process and left the keys, hence a KeyError too."""


def function_failed(scope: Scope, cause: str, place: str = "") -> DiscoveryError:
    """Return the error of a discovery function that failed, at a *place* if that is known."""
    summary = f"the discovery function of {scope.base} failed"
    fix = f"correct {scope.function or 'the function'}: while it raises, the registry has no keys"
    text = message(summary, [("cause", cause), ("file", place), ("fix", fix)])
    return DiscoveryError(text, cause=f"{summary}: {cause}", fix=fix)
