"""Find the registries that modules declare, by reading them; nothing is imported."""

from __future__ import annotations

from plugindex.arguments import Arguments
from plugindex.config import RegistryConfig
from plugindex.enrol import enrol
from plugindex.errors import DiscoveryError, message
from plugindex.expressions import NONE
from plugindex.foreign import foreign_family
from plugindex.index import Settings
from plugindex.registry import LazyDiscoveryDict
from plugindex.tracing import NoLiteral, Tracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from plugindex.config import Scope
    from plugindex.finder import Finder
    from plugindex.meaning import Found
    from plugindex.reader import ModuleRecord
    from plugindex.tracing import Call, Place

    Declared = tuple[Scope, Settings]

_METACLASS, _MIXIN = "plugindex.metaclass:AutoRegisterMeta", "plugindex.mixin:AutoRegister"
_REGISTRY = "plugindex.registry:LazyDiscoveryDict"
_CONFIGS = ("_registry_config", "__registry_config__")
# A module that declares a registry holds one of these, in its source as in its byte code.
MARKS = (b"__registry_key__", b"registry_config", b"for_subclasses")
_CONFIG_FIELDS = (
    "registry_dict", "key_attribute", "key_extractor", "skip_if_no_key", "secondary_registries",
    "log_registration", "registry_name", "discovery_package", "discovery_recursive",
    "discovery_function",
)  # fmt: skip
_INHERITED = ("__registry_key__", "__skip_if_no_key__", "__registry_name__")
_SELECTION = ("plugin_folder", "allow", "deny", "safe_mode")
_SETTINGS = {"enable_cache": "cache"} | {
    name: name for name in ("folder", "version", "max_age_days", "check_stamps")
}


class Declarations:
    """Reads what modules declare."""

    def __init__(self, finder: Finder) -> None:
        self.tracer = Tracer(finder)
        self.arguments = Arguments(self.tracer)

    def of_module(self, module: str) -> list[Declared | DiscoveryError]:
        """Return the registries that *module* declares, or why one is not told by reading."""
        record = self.tracer.library.record(module)
        if record is None or record.unreadable:
            return []
        declared: list[tuple[Callable[[Any], Declared], Any]]
        declared = [(self.of_class, cls) for cls in self.bases(module)]
        declared += [(self.of_call, call) for call in self._foreign_calls(record)]
        return [self._tried(*one) for one in declared]

    def _foreign_calls(self, record: ModuleRecord) -> list[Call]:
        values = [value for value in record.names.values() if value[0] == "x"]
        calls = [self.tracer.call(value, record) for value in values]
        return [call for call in calls if call is not None and self.is_foreign(call)]

    def _tried(self, read: Callable[[Any], Declared], what: Any) -> Declared | DiscoveryError:
        try:
            return read(what)
        except DiscoveryError as error:  # one registry that can't be told doesn't hide the others
            return error

    def bases(self, module: str) -> list[Found]:
        """Return the classes of *module* that declare a registry."""
        record = self.tracer.library.record(module)
        count = len(record.classes) if record is not None else 0
        return [cls for n in range(count) if self.is_base(cls := ("class", module, n))]

    def is_base(self, cls: Found) -> bool:
        """Tell whether a class statement declares a registry."""
        hierarchy = self.tracer.hierarchy
        entry = hierarchy.entry(cls)
        if not (self._names_key(cls) or self._config(entry)) or not self.registers(cls):
            return False
        return hierarchy.decide(entry[2], hierarchy.home(cls)) is not False

    def _names_key(self, cls: Found) -> bool:
        """Tell whether a class sets a key attribute, or is the first to inherit one."""
        above = [one for one in self.tracer.hierarchy.order(cls)[1:] if one[0] == "class"]
        if self._sets_key(cls):
            return True
        return any(map(self._sets_key, above)) and not any(map(self.is_base, above))

    def _sets_key(self, cls: Found) -> bool:
        value = self.tracer.hierarchy.entry(cls)[5].get("__registry_key__", NONE)
        return bool(value != NONE)

    def registers(self, cls: Found) -> bool:
        """Tell whether a class has our metaclass or our mixin."""
        hierarchy = self.tracer.hierarchy
        metas = hierarchy.metaclasses(cls)
        return any(hierarchy.descends(one, _METACLASS) for one in metas) or (
            hierarchy.descends(cls, _MIXIN)
        )

    def nearest_base(self, cls: Found) -> Found | None:
        """Return the class that declares the registry of *cls*: itself or one above it."""
        order = self.tracer.hierarchy.order(cls)
        return next((one for one in order if one[0] == "class" and self.is_base(one)), None)

    def registry_place(self, cls: Found) -> Place | None:
        """Return where a base class's registry is bound, None where reading can't tell."""
        entry, record = self.tracer.hierarchy.entry(cls), self.tracer.home(cls)
        value = entry[5].get("__registry__")
        config = self._config(entry)
        try:
            if config is not None:
                value, record = self._fields(config, cls).get("registry_dict", (None, record))
        except NoLiteral:
            return None
        return None if value is None else self.tracer.place(value, record, entry[1])

    # -- from a base class ---------------------------------------------------------------------

    def of_class(self, cls: Found) -> Declared:
        """Return the registry that a base class declares.

        Raises:
            DiscoveryError: it depends on what only running the application tells.
        """
        reference = self.tracer.hierarchy.reference(cls)
        try:
            return self._of_class(cls)
        except NoLiteral as error:
            cause = f"{error} is not told by reading"
            fix = "write it as a literal in the class statement; or ask its registry in Python"
            text = f"the registry of {reference} can't be listed without running code"
            raise DiscoveryError(message(text, [("cause", cause), ("fix", fix)])) from None
        except TypeError as error:
            raise DiscoveryError(str(error)) from None

    def _of_class(self, cls: Found) -> Declared:
        entry = self.tracer.hierarchy.entry(cls)
        written = self._config(entry)
        config = self._read_config(written, cls) if written is not None else None
        attributes = {} if config else self._attributes(cls, entry[5])
        if config is None:
            attributes["__registry__"] = self._registry(cls)
        attributes["__leave_out__"] = self.arguments.rules(*self._inherited(cls, "__leave_out__"))
        module = self.tracer.hierarchy.module_of(cls)
        # The same code as in the application infers what isn't said, on a class of that name.
        place = {"__module__": module, "__qualname__": entry[0]}
        base: Any = type(entry[0].rpartition(".")[2], (), place | attributes)
        enrol(base, config)
        scope: Scope = base.__registry__.scope
        if not (config and written and "discovery_package" in self._fields(written, cls)):
            scope = scope.replace(package=self._package(module))
        return scope, self._settings(cls)

    def _package(self, module: str) -> str:
        """Return the package around *module*, as ``family.package_of`` does for a loaded one."""
        file = self.tracer.library.file(module)
        is_package = file is not None and file.is_package
        return module if is_package else module.rpartition(".")[0] or module

    def _config(self, entry: Any) -> Any:
        """Return the explicit declaration of a class statement as written, or None."""
        keywords = dict(entry[4])
        found = [keywords.get("registry_config"), *(entry[5].get(name) for name in _CONFIGS)]
        return next((one for one in found if one is not None and one != NONE), None)

    def _fields(self, written: Any, cls: Found) -> dict[str, tuple[Any, Any]]:
        """Return the arguments of a ``RegistryConfig(...)`` by field, each with its module."""
        call = self.tracer.call(written, self.tracer.home(cls))
        if call is None or call.reference != "plugindex.config:RegistryConfig":
            raise NoLiteral("its RegistryConfig")
        return call.named(_CONFIG_FIELDS)

    def _read_config(self, written: Any, cls: Found) -> RegistryConfig:
        fields = self._fields(written, cls)
        values: dict[str, Any] = {"registry_dict": self._registry(cls)}
        for name, (value, record) in fields.items():
            if name == "key_extractor":
                values[name] = self.arguments.extractor(value, record)
            elif name == "secondary_registries":
                values[name] = self.arguments.secondary(value, record)
            elif name == "discovery_function":
                values[name] = self.arguments.function(value, record)
            elif name in _SELECTION:
                values[name] = self.arguments.chosen(value, record, name)
            elif name not in ("registry_dict", "log_registration"):
                values[name] = self.tracer.literal(value, record, name)
        return RegistryConfig(**values)

    def _attributes(self, cls: Found, body: Any) -> dict[str, Any]:
        record = self.tracer.home(cls)
        found: dict[str, Any] = {}
        for name in _INHERITED:
            value, home = self._inherited(cls, name)
            if value is not None:
                found[name] = self.tracer.literal(value, home, name)
        value, home = self._inherited(cls, "__key_extractor__")
        if value is not None:
            found["__key_extractor__"] = self.arguments.extractor(value, home)
        declared = body.get("__secondary_registries__")
        if declared is not None:
            found["__secondary_registries__"] = self.arguments.secondary(declared, record)
        return found

    def _inherited(self, cls: Found, name: str) -> tuple[Any, Any]:
        for one in self.tracer.hierarchy.order(cls):
            value = self.tracer.hierarchy.entry(one)[5].get(name) if one[0] == "class" else None
            if value is not None:
                return value, self.tracer.home(one)
        return None, None

    # -- from the registry object --------------------------------------------------------------

    def _settings(self, cls: Found) -> Settings:
        call = self._registry_call(cls)
        return self._settings_of(call) if call is not None else Settings()

    def _registry_call(self, cls: Found) -> Call | None:
        """Return the call that makes the registry which a base class names, if it names one."""
        entry = self.tracer.hierarchy.entry(cls)
        config = self._config(entry)
        value, record = entry[5].get("__registry__"), self.tracer.home(cls)
        if config is not None:
            value, record = self._fields(config, cls).get("registry_dict", (None, None))
        return self.tracer.call(value, record) if value is not None else None

    def _registry(self, cls: Found) -> LazyDiscoveryDict[Any, Any]:
        """Return a registry that chooses what that of a base class does."""
        call = self._registry_call(cls)
        given = call.named(()) if call is not None and call.reference == _REGISTRY else {}
        chosen = {n: self.arguments.chosen(*given[n], n) for n in _SELECTION if n in given}
        return LazyDiscoveryDict(**chosen)

    def _settings_of(self, call: Call) -> Settings:
        if call.reference != _REGISTRY:
            return Settings()
        chosen = {}
        for name, (value, record) in call.named(("enable_cache",)).items():
            literal = self.tracer.literal_or(value, record, ...)
            if name in _SETTINGS and literal is not ...:
                chosen[_SETTINGS[name]] = literal
        return Settings(**chosen)

    def is_foreign(self, call: Call) -> bool:
        """Tell whether a call is ``LazyDiscoveryDict.for_subclasses(...)``."""
        return call.method == "for_subclasses" and call.reference == _REGISTRY

    def of_call(self, call: Call) -> Declared:
        """Return the registry that ``LazyDiscoveryDict.for_subclasses(...)`` makes.

        Raises:
            DiscoveryError: its arguments are not told by reading.
        """
        fields = call.named(("base",))
        try:
            base = self._reference(*fields.pop("base"))
            given = {n: self.tracer.literal(*value, n) for n, value in fields.items()}
            package = given["package"]
        except (NoLiteral, KeyError) as error:
            cause = f"{error} of for_subclasses(...) is not told by reading"
            fix = "name the hierarchy: --package PACKAGE --base module:Class [--key ATTRIBUTE]"
            text = "a registry can't be listed without running code"
            raise DiscoveryError(message(text, [("cause", cause), ("fix", fix)])) from None
        cache = bool(given.get("enable_cache", True))
        options = (given.get("key"), bool(given.get("recursive", True)), given.get("name"), cache)
        return foreign_family(base, package, *options).scope, Settings(cache=cache)

    def _reference(self, value: Any, record: Any) -> str:
        found = self.tracer.evaluate(value, record)
        if found[0] in ("class", "real"):
            return self.tracer.hierarchy.reference(found)
        return str(self.tracer.literal(value, record, "the base"))
