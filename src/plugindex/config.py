"""What a user declares about a registry, and what is inferred from it."""

from __future__ import annotations

import os

from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from os import PathLike
    from typing import Any

PRIMARY_KEY = "primary"


class SecondaryRegistry:
    """Declare a registry that is a view of a primary one.

    Args:
        registry_dict: the :class:`SecondaryRegistryDict` (or, in the base's own module, the plain
            empty global dict) that shows the view.
        key_source: ``PRIMARY_KEY``, or the class attribute that gives the secondary key.
        attr_name: the class attribute whose value is the entry; a class without it has no entry.
    """

    __slots__ = ("attr_name", "key_source", "registry_dict")

    def __init__(self, registry_dict: dict[Any, Any], key_source: str, attr_name: str) -> None:
        self.registry_dict = registry_dict
        self.key_source = key_source
        self.attr_name = attr_name


class LeaveOut(Record):
    """Leave plugins out of a registry while an environment variable is set.

    Name it, or a list of several, as the base class's ``__leave_out__``. The index stays whole; the
    rule is applied to what it knows, so no plugin is imported to apply it.

    Args:
        variable: the variable's name after the application's, so that ``SUBPROCESS_NO_GPU`` stands
            for ``APPLICATION_SUBPROCESS_NO_GPU``; 0, false, no and off count as not set.
        attribute: the class attribute that decides, inherited or not.
        value: the literal that it must equal for the plugin to be left out.
    """

    variable: str
    attribute: str
    value: str | int | float | bool | None = True


class SuffixExtractor:
    """Derive a key from a class name: the name without *suffix*, in lower case."""

    __slots__ = ("suffix",)

    def __init__(self, suffix: str) -> None:
        self.suffix = suffix

    def __call__(self, name: str, cls: type | None = None) -> str:
        """Return the key for a class called *name*."""
        return name.removesuffix(self.suffix).lower() if self.suffix else name.lower()

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return type(self), (self.suffix,)


class KeyRule(Record):
    """How a class gets its key.

    *attribute* names the class attribute (None: the object reference is the key). *own* accepts
    only an attribute of the class's own body (foreign hierarchies). *suffix* is the suffix of a
    suffix extractor. *opaque* says that an extractor must be run to know. *skip* is
    ``__skip_if_no_key__``.
    """

    attribute: str | None = None
    own: bool = False
    suffix: str | None = None
    opaque: bool = False
    skip: bool = True


class Selection(Record):
    """What a registry takes of what there is, beside the environment variables that say so.

    *plugin_folder* is where users drop plugins, the application's own folder if "". *deny* holds
    keys and names of distributions, *allow* lists of such, each of which must name what is wanted.
    *safe* keeps the application's own plugins alone.
    """

    plugin_folder: str = ""
    allow: tuple[tuple[Hashable, ...], ...] = ()
    deny: tuple[Hashable, ...] = ()
    safe: bool = False


class Scope(Record):
    """What one registry covers: everything the index needs to answer, and nothing else.

    *base* is an object reference. *package* is the dotted name whose modules are in scope; when it
    is a plain module, that module alone. *foreign* marks a base that knows nothing of plugindex.
    *secondary* holds (attribute name, key source) pairs. *leave_out* are rules that hold while a
    variable is set, *selection* what is taken of all that there is. *function* is the object
    reference of the function that discovers instead of a reading, if the host has one.
    """

    base: str
    package: str
    rule: KeyRule = KeyRule()
    recursive: bool = True
    foreign: bool = False
    name: str = "plugin"
    application: str = ""
    secondary: tuple[tuple[str, str], ...] = ()
    excluded: tuple[str, ...] = ()
    leave_out: tuple[LeaveOut, ...] = ()
    selection: Selection = Selection()
    function: str = ""

    def covers(self, module: str) -> bool:
        """Say whether the module of that name is in scope."""
        if any(module == name or module.startswith(name + ".") for name in self.excluded):
            return False
        if module == self.package:
            return True
        inside = module.startswith(self.package + ".")
        if self.function:  # it may find what it likes; the application answers for its own
            return inside or f"{module}.".startswith(self.application + ".")
        return inside and (self.recursive or "." not in module[len(self.package) + 1 :])

    def asks_attributes(self) -> bool:
        """Say whether what is listed of a class is in attributes of its own."""
        return bool(self.rule.attribute or self.secondary)


def selection(
    plugin_folder: str | PathLike[str] = "",
    allow: Iterable[Hashable] | None = None,
    deny: Iterable[Hashable] = (),
    safe_mode: bool = False,
) -> Selection:
    """Return what the arguments of a registry or of its configuration choose.

    Raises:
        TypeError: *allow* or *deny* is no list, one text for instance, or *plugin_folder* no path.
        ValueError: no folder can have that path.
    """
    allowed = () if allow is None else (_entries("allow", allow),)
    return Selection(_folder(plugin_folder), allowed, _entries("deny", deny), bool(safe_mode))


def _entries(name: str, given: Iterable[Hashable]) -> tuple[Hashable, ...]:
    if isinstance(given, (str, bytes)):
        raise TypeError(f"{name} is a list of keys and distributions: {name}=[{given!r}]")
    try:
        return tuple(given)
    except TypeError:
        text = f"{name} is a list of keys and distributions, not of type {type(given).__name__}"
        raise TypeError(text) from None


def _folder(given: object) -> str:
    """Return the absolute path that is *given* for a plugin folder, "" if none is."""
    if given == "":
        return ""
    try:
        path = os.path.expanduser(os.fsdecode(given))  # type: ignore[arg-type]
    except TypeError:
        text = f"plugin_folder is the path of a folder, not of type {type(given).__name__}"
        raise TypeError(text) from None
    if "\0" in path:
        raise ValueError(f"no folder can have the path {path!r} that plugin_folder gives")
    return os.path.abspath(path)


def joined(one: Selection, other: Selection) -> Selection:
    """Return what two places choose together: all lists hold, the folder of *one* comes first."""
    return Selection(
        one.plugin_folder or other.plugin_folder,
        one.allow + other.allow,
        one.deny + other.deny,
        one.safe or other.safe,
    )


class RegistryConfig:
    """The explicit form of a registry's declaration, as metaclass-registry spells it.

    The last four parameters are those of :class:`LazyDiscoveryDict`.
    """

    __slots__ = (
        "discovery_function",
        "discovery_package",
        "discovery_recursive",
        "key_attribute",
        "key_extractor",
        "log_registration",
        "registry_dict",
        "registry_name",
        "secondary_registries",
        "selection",
        "skip_if_no_key",
    )

    def __init__(
        self,
        registry_dict: dict[Hashable, Any],
        key_attribute: str,
        key_extractor: Callable[[str, type], Hashable] | None = None,
        skip_if_no_key: bool = False,
        secondary_registries: list[SecondaryRegistry] | None = None,
        log_registration: bool = True,
        registry_name: str = "plugin",
        discovery_package: str | None = None,
        discovery_recursive: bool = False,
        discovery_function: Callable[..., Any] | None = None,
        *,
        plugin_folder: str | PathLike[str] = "",
        allow: Iterable[Hashable] | None = None,
        deny: Iterable[Hashable] = (),
        safe_mode: bool = False,
    ) -> None:
        self.registry_dict = registry_dict
        self.key_attribute = key_attribute
        self.key_extractor = key_extractor
        self.skip_if_no_key = skip_if_no_key
        self.secondary_registries = secondary_registries
        self.log_registration = log_registration
        self.registry_name = registry_name
        self.discovery_package = discovery_package
        self.discovery_recursive = discovery_recursive
        self.discovery_function = discovery_function
        self.selection = selection(plugin_folder, allow, deny, safe_mode)
