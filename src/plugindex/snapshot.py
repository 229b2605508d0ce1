"""What an index knew at one moment: immutable, and decoded only as far as it is asked."""

from __future__ import annotations

from plugindex.errors import DAMAGE
from plugindex.records import Plugin, Problem, Record, Stats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from typing import Any

    Claims = tuple[Mapping[str, str], Mapping[str, Any]]

_set = object.__setattr__


class _Detail:
    """A field of a plugin that lies with its module's result, decoded when first asked for."""

    def __init__(self, default: Any) -> None:
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, plugin: Any, owner: type | None = None) -> Any:
        if plugin is None:
            return self.default
        known = plugin.__dict__
        if self.name not in known:
            known.update(known["_detail"](plugin))
        return known.get(self.name, self.default)


class IndexedPlugin(Plugin):
    """A plugin as an index file holds it."""

    file = _Detail("")
    line = _Detail(0)
    doc = _Detail("")
    attributes = _Detail({})
    requires = _Detail(())


class Snapshot(Record):
    """One state of an index.

    *plugins* are the keys in their order. *unavailable* plugins lack a requirement. *conflicts*
    are keys that several classes claim; none of them has it. *sections* is what it was made of.
    """

    plugins: Mapping[Hashable, Plugin] = {}
    unavailable: Mapping[Hashable, Plugin] = {}
    conflicts: Mapping[Hashable, tuple[Plugin, ...]] = {}
    problems: tuple[Problem, ...] = ()
    stats: Stats = Stats()
    sections: Any = None

    def claims(self) -> Claims:
        """Return the provider of each module in scope, and what each came to."""
        return self.sections.all_claims()  # type: ignore[no-any-return]


class Sections:
    """The sections of an index, from a file or fresh, and the snapshot that they make."""

    def __init__(
        self,
        get: Callable[[str], Any],
        result: Callable[[str], Any],
        claims: Callable[[], Claims],
    ) -> None:
        self._get = get
        self._result = result  # what a module came to, by name
        self.all_claims = claims
        self._decoded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._decoded:
            self._decoded[name] = self._get(name)
        return self._decoded[name]

    def replaced(self, sections: Mapping[str, Any]) -> Sections:
        """Return the same, some *sections* in the place of those of their names."""
        other = Sections(self._get, self._result, self.all_claims)
        other._decoded = {**self._decoded, **sections}
        return other

    def detail(self, plugin: Any) -> dict[str, Any]:
        """Return the further fields of a plugin."""
        try:
            return self._fields_of(plugin)
        except DAMAGE:  # of a forged or faulty entry; loading its plugin finds that out
            return {}

    def _fields_of(self, plugin: Any) -> dict[str, Any]:
        from plugindex.portable import restored

        result = self._result(plugin.home)
        named = (plugin.module, plugin.qualname)
        same = [one for one in result["plugins"] if (one["module"], one["qualname"]) == named]
        fields = dict(same[-1]) if same else {}
        attributes = fields.get("attributes", {})
        return {
            "file": result["file"],
            "requires": tuple(result["requires"]),
            "line": fields.get("line", 0),
            "doc": fields.get("doc", ""),
            "attributes": {name: restored(value) for name, value in attributes.items()},
        }

    def snapshot(self, stats: Stats) -> Snapshot:
        """Return the snapshot.

        Raises:
            LookupError, TypeError, ValueError: the sections are not what an index writes.
        """
        plugins = self._plugins(self["items"], "available")
        conflicts = {
            _key(text): tuple(_rival(_key(text), fields) for fields in rivals)
            for text, rivals in self["conflicts"].items()
        }
        problems = [_problem(fields) for fields in self["problems"]]
        unavailable = self._plugins(self["unavailable"], "unavailable")
        return Snapshot(plugins, unavailable, conflicts, tuple(problems), stats, self)

    def _plugins(self, items: dict[str, Any], status: str) -> dict[Hashable, Plugin]:
        plugins: dict[Hashable, Plugin] = {}
        new, kind, detail = IndexedPlugin.__new__, IndexedPlugin, self.detail
        for text, stored in items.items():
            fields = stored.copy()
            key = text if text[:1] != "!" else _key(text)
            plugin = new(kind)
            "".join((fields["module"], fields["qualname"]))  # two texts, or it raises
            fields["key"], fields["status"] = key, status
            fields["_detail"] = detail
            if "beaten" in fields:
                fields["beaten"] = tuple([str(name) for name in fields["beaten"]])
            if "secondary" in fields:
                fields["secondary"] = _restored(fields["secondary"])
            _set(plugin, "__dict__", fields)
            plugins[key] = plugin
        return plugins


def _problem(fields: dict[str, Any]) -> Problem:
    problem = Problem(**fields)
    if not all(type(value) is type(getattr(Problem, n, "")) for n, value in fields.items()):
        raise TypeError("a problem has texts and a line")
    return problem


def _rival(key: Hashable, fields: dict[str, Any]) -> Plugin:
    plugin = Plugin(key=key, **fields)
    if not (isinstance(plugin.module, str) and isinstance(plugin.qualname, str)):
        raise TypeError("a plugin has names")
    return plugin


def _key(text: str) -> Hashable:
    if text[:1] != "!":
        return text
    from plugindex.codec import decode
    from plugindex.portable import restored

    return restored(decode(text[1:]))


def _restored(values: dict[str, Any]) -> dict[str, Any]:
    if all(type(value) is str for value in values.values()):
        return values
    from plugindex.portable import restored

    return {name: restored(value) for name, value in values.items()}
