"""The indexes that installed packages bring along, each used as far as it fits what is there."""

from __future__ import annotations

from plugindex import shipment
from plugindex.errors import DAMAGE
from plugindex.fingerprint import inputs_of
from plugindex.shipment import Shipment
from plugindex.stamp import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.bytecode import Inputs
    from plugindex.config import Scope
    from plugindex.finder import Finder
    from plugindex.keeping import KeptLibrary
    from plugindex.library import Library
    from plugindex.records import ModuleFile
    from plugindex.store import Raw

# What a result of a module depends on of the scope; its name, above all, is not among it.
_FIELDS = ("base", "package", "rule", "recursive", "foreign", "secondary", "excluded", "function")
_PLUGIN = {"key", "module", "qualname", "line", "doc", "attributes", "secondary", "replaces"}


class Shipments:
    """Finds what packages ship, and says of each module whether it is what was shipped.

    Attributes:
        opened: every shipment that was met, by package.
        same: the modules whose content is the shipped one, by package.
        other: the modules of which it is another, by package.
        edges: by module with a shipped result, the modules whose content decided it.
        base_edges: the modules that decide the base class, if a shipped result was used.
    """

    def __init__(self, finder: Finder, wanted: bool = True) -> None:
        self.finder = finder
        self.opened: dict[str, Shipment] = {}
        self.same: dict[str, dict[str, Inputs]] = {}
        self.other: dict[str, set[str]] = {}
        self.edges: dict[str, list[str]] = {}
        self.base_edges: list[str] = []
        self._around: dict[str, Shipment | None] = {}
        self._wanted = wanted
        self._digest: tuple[Scope | None, str] = (None, "")
        self._holding: dict[tuple[str, int], bool] = {}

    def around(self, module: str) -> Shipment | None:
        """Return what the nearest package around *module* that ships anything ships."""
        if module not in self._around:
            file = self.finder.find(module) if module and self._wanted else None
            own = None if file is None else shipment.at(self.finder, file)
            if own is not None:
                self._meet(own)
            parent = module.rpartition(".")[0]
            self._around[module] = own or (self.around(parent) if parent else None)
        return self._around[module]

    def _meet(self, one: Shipment) -> None:
        self.opened[one.package] = one
        self.same[one.package], self.other[one.package] = {}, set()
        if one.why:
            from logging import getLogger

            text = "%s is not used: %s"
            getLogger("plugindex").debug(text, one.path, one.why)

    def taken(self, file: ModuleFile) -> tuple[Raw, Inputs] | None:
        """Return the shipped record of a module, and what decides that it is the right one.

        A package may ship records of modules that are not its own, which its plugins lean on.
        """
        self.around(file.name)
        for one in (self._around[file.name], *self.opened.values()):
            inputs = None if one is None else self.inputs(one, file.name)
            text = one.record(file.name) if one is not None and inputs is not None else None
            if text is not None and inputs is not None:
                return text, inputs
        return None

    def inputs(self, one: Shipment, module: str) -> Inputs | None:
        """Return what decides that a module is what was shipped, None if it isn't."""
        if one.why or module not in one.modules or module in self.other[one.package]:
            return None
        found = self.same[one.package].get(module)
        if found is None:
            found = self._compared(one, module)
            if found is None:
                self.other[one.package].add(module)
            else:
                self.same[one.package][module] = found
        return found

    def _compared(self, one: Shipment, module: str) -> Inputs | None:
        file = self.finder.find(module)
        try:
            expected = one.fingerprint(module)
            return None if file is None or expected is None else inputs_of(file, expected)
        except DAMAGE:  # sealed, but not what a build writes
            return None

    # -- what modules came to ------------------------------------------------------------------

    def result(self, module: str, scope: Scope, library: KeptLibrary) -> dict[str, Any] | None:
        """Return what a module comes to in *scope*, if all that decided it is as it was."""
        one = self.around(module)
        if one is None or one.why:
            return None
        registry = self._registry(scope)
        try:
            base = one.base(registry)
            found = None if base is None else one.result(registry, module)
            if found is None or not self._holds(one, base, library):
                return None
            number, stored = found
            if self.inputs(one, module) is None or not library.knows(module):
                return None
            if not self._holds(one, number, library):
                return None
            return self._used(one, module, (base, number), stored)
        except DAMAGE:
            return None

    def _registry(self, scope: Scope) -> str:
        if self._digest[0] is not scope:
            self._digest = scope, registry_digest(scope)
        return self._digest[1]

    def _holds(self, one: Shipment, number: Any, library: KeptLibrary) -> bool:
        """Tell whether the modules that a result depends on are all what they were."""
        key = (one.package, number)
        if key not in self._holding:
            print_ = one.footprint(number)
            self._holding[key] = all(
                self.inputs(one, name) is not None and library.knows(name)
                for name in print_.records
            ) and all(state(library, name) == found for name, found in print_.states)
        return self._holding[key]

    def _used(self, one: Shipment, module: str, numbers: Any, stored: Any) -> dict[str, Any]:
        base, own = (list(one.footprint(number).records) for number in numbers)
        file = self.finder.find(module)
        result = whole_result(module, file.path if file else "", stored)
        self.edges[module], self.base_edges = own, base
        return result


def registry_digest(scope: Scope) -> str:
    """Return what stands for a registry as far as it decides what modules come to."""
    return digest(repr([getattr(scope, name) for name in _FIELDS]).encode())


def state(library: Library, module: str) -> str:
    """Return what a module is, as far as a result may depend on it besides its content."""
    exists, file = library.exists(module), library.file(module)
    if file is None:
        return "virtual" if exists else ""
    return file.kind + ("/" if file.is_package else "")


def whole_result(module: str, path: str, stored: Any) -> dict[str, Any]:
    """Return a shipped result as an index keeps it.

    Raises:
        LookupError, TypeError, ValueError: it isn't what a build writes.
    """
    from plugindex.portable import restored

    missing, requires, plugins = stored["missing"], stored["requires"], stored["plugins"]
    texts = [*requires, *(missing or ())]
    for plugin in plugins:
        texts += [plugin[name] for name in ("module", "qualname", "doc", "replaces")]
        values = (plugin["key"], *plugin["secondary"].values(), *plugin["attributes"].values())
        hash(tuple(map(restored, values)))
        texts += [*plugin["secondary"], *plugin["attributes"]]
        if plugin.keys() != _PLUGIN or plugin["module"] != module:
            raise ValueError("it names another module")
        if type(plugin["line"]) is not int or not plugin["qualname"]:
            raise TypeError("a plugin has a name and a line")
    if not all(type(text) is str for text in texts) or (missing and len(missing) != 2):
        raise TypeError("texts are expected")
    told = {"undecided": "", "missing": missing, "requires": [*requires], "problems": []}
    return {"file": path, **told, "plugins": plugins}
