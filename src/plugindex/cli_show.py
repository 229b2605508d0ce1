"""``plugindex show``: all that is known of one plugin without importing it."""

from __future__ import annotations

from plugindex import output, targets
from plugindex.cli import SOUND, target_of
from plugindex.cli_list import plugins, take
from plugindex.contents import Contents
from plugindex.describe import info
from plugindex.errors import RegistryError, UnknownKeyError
from plugindex.reports import absent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable
    from typing import Any

    from plugindex.cli_list import Taken
    from plugindex.describe import PluginInfo
    from plugindex.snapshot import Snapshot

_LABELS = {"reference": "class", "requires": "imports"}


def run(options: Namespace, started: float) -> int:
    """Print what is known of the plugin with that key, in each registry that has it."""
    found = take(targets.resolve(target_of(options)), options.cache)
    told = [
        (declared.scope.name, info(key, Contents(snapshot), declared.scope, None))
        for declared, snapshot in found
        for key in keys_like(options.plugin, snapshot)
    ]
    if not told:
        raise unknown(options.plugin, found)
    if options.json:
        output.document({"plugins": [_as_json(name, one) for name, one in told]})
    else:
        for name, one in told:
            _print(name, one)
    return SOUND


def keys_like(text: str, snapshot: Snapshot) -> list[Any]:
    """Return the keys that *text* may mean: as it is, as its repr, or by the class it names."""
    known = plugins(snapshot)
    exact = [one.key for one in known if one.key == text]
    written = [one.key for one in known if text in (repr(one.key), str(one.key))]
    named = [one.key for one in known if text in (one.reference, one.qualname)]
    return (exact or written or named)[:1]


def unknown(text: str, found: Taken) -> RegistryError:
    """Return the error for a key that no registry has."""
    for declared, snapshot in found:
        contents = Contents(snapshot)
        key = next((one for one in contents.refused if text in (one, repr(one), str(one))), text)
        if key in contents.refused or len(found) == 1:
            return absent(key, contents, declared.scope)
    known = tuple(key for _, snapshot in found for key in snapshot.plugins)
    names = ", ".join(declared.scope.name for declared, _ in found)
    said = f"none of these registries has a plugin {text!r}: {names}"
    return UnknownKeyError(said, key=text, known=known, next="plugindex doctor TARGET KEY")


def _as_json(registry: str, told: PluginInfo) -> dict[str, Any]:
    fields = {_LABELS.get(f, f): getattr(told, f) for f in told._fields}
    fields["key"] = output.plain(told.key)
    fields["attributes"] = {
        name: value if type(value) is bool else output.plain(value)
        for name, value in told.attributes.items()
    }
    fields["imports"] = list(told.requires)
    return {"registry": registry, **fields}


def _print(registry: str, told: PluginInfo) -> None:
    rows = [(name, text) for name, text in _facts(told) if text]
    output.table(f"{registry} {output.shown(told.key)}", ("", ""), rows)


def _facts(told: PluginInfo) -> Iterable[tuple[str, str]]:
    yield "class", told.reference
    yield "file", told.file
    yield "line", str(told.line or "")
    yield "status", told.status
    yield "reason", told.reason
    yield "remedy", told.remedy
    yield "from", f"{told.distribution} {told.version}".strip()
    yield "doc", output.shown(told.doc) if told.doc else ""
    yield "imports", ", ".join(told.requires)
    for name, value in told.attributes.items():
        yield f".{name}", output.shown(value)
