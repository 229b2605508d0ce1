"""From what each module came to, to the keys of a registry: one key, one class."""

from __future__ import annotations

from plugindex.codec import decode, encode
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Entry = dict[str, Any]


class Merged(Record):
    """The sections of an index that say which key is whose."""

    items: dict[str, Any]
    unavailable: dict[str, Any]
    conflicts: dict[str, Any]
    problems: list[dict[str, Any]]


def merge(modules: Mapping[str, str], results: Mapping[str, Any]) -> Merged:
    """Give each key to one class: the host's first, then the providers'; equals get none.

    Args:
        modules: the provider ("" for the host) of each module, in order.
        results: what each module came to.
    """
    claims: dict[Any, tuple[str, list[Entry]]] = {}  # keys may be equal, and their texts not
    merged = Merged({}, {}, {}, [])
    for name, provider in modules.items():
        result = results[name]
        merged.problems.extend(result["problems"])
        for plugin in result["plugins"]:
            entry = _entry(plugin, result, name, provider)
            if result["missing"]:
                entry["reason"] = _reason(result["missing"], name)
                merged.unavailable.setdefault(_text(plugin["key"]), _shown(entry))
            else:
                text = _text(plugin["key"])
                _claim(claims.setdefault(_key_of(text), (text, []))[1], entry)
        if result["missing"] and result["plugins"]:
            merged.problems.append(_missing(name, result))
    for text, rivals in claims.values():
        _settle(merged, text, rivals)
    return merged


def _text(key: Any) -> str:
    if type(key) is str and key[:1] != "!":
        return key
    return "!" + encode(key)


def _key_of(text: str) -> Any:
    if text[:1] != "!":
        return text
    from plugindex.portable import restored

    return restored(decode(text[1:]))


def _entry(plugin: Entry, result: Entry, module: str, provider: str) -> Entry:
    entry = {name: plugin[name] for name in _TAKEN if plugin.get(name)}
    entry["class_name"] = plugin["qualname"].rpartition(".")[2]
    entry["file"] = result["file"]
    if plugin["module"] != module:
        entry["stands_in"] = module
    if provider:
        entry["provider"] = provider
    return entry


def _reason(missing: Any, module: str) -> str:
    requirement, needed_by = missing
    where = "" if needed_by == module else f", which {needed_by} imports,"
    return f"{requirement}{where} is not installed"


def _missing(module: str, result: Entry) -> Entry:
    requirement = result["missing"][0]
    return {
        "kind": "missing-requirement",
        "module": module,
        "message": _reason(result["missing"], module),
        "hint": f"install what provides {requirement.partition('.')[0]}",
        "file": result["file"],
    }


def _claim(rivals: list[Entry], entry: Entry) -> None:
    """Add a class to those that claim a key; the same one again is a reload."""
    for place, other in enumerate(rivals):
        if _reference(other) == _reference(entry):
            rivals[place] = entry
            return
    rivals.append(entry)


def _reference(entry: Entry) -> str:
    return f"{entry['module']}:{entry['qualname']}"


def _settle(merged: Merged, text: str, rivals: list[Entry]) -> None:
    holders = rivals if len(rivals) == 1 else _foremost(rivals)
    if len(holders) == 1:
        replaced = {one.get("replaces") for one in rivals} - {_reference(holders[0])}
        beaten = [name for one in rivals if (name := _reference(one)) in replaced]
        merged.items[text] = _shown(holders[0]) | ({"beaten": beaten} if beaten else {})
        return
    merged.conflicts[text] = [
        {name: one[name] for name in ("module", "qualname")} for one in holders
    ]
    merged.problems.append(_duplicate(text, holders))


# Of a plugin's fields, those that settle whose a key is, and those that listing needs.
_TAKEN = ("module", "qualname", "line", "secondary", "replaces", "stated_as")
_NAMES = ("module", "class_name", "qualname", "stands_in", "stated_as")
_SHORT = (*_NAMES, "provider", "reason", "secondary")


def _shown(entry: Entry) -> Entry:
    """Return of a plugin what listing needs; the rest stays with its module's result."""
    return {name: entry[name] for name in _SHORT if name in entry}


def _foremost(rivals: list[Entry]) -> list[Entry]:
    """Return the classes that may hold a key: replaced ones gone, then the host before others.

    Where each is replaced by another, none takes the others' place.
    """
    names = {one.get("replaces") for one in rivals if one.get("replaces") != _reference(one)}
    standing = [one for one in rivals if _reference(one) not in names] or rivals
    return [one for one in standing if not one.get("provider")] or standing


def _duplicate(text: str, holders: list[Entry]) -> Entry:
    places = " and ".join(f"{_reference(one)} (line {one.get('line', 0)})" for one in holders)
    return {
        "kind": "duplicate-key",
        "module": holders[-1]["module"],
        "message": f"the key {_key_of(text)!r} is claimed by {places}; none of them has it",
        "hint": "give one another key, or let it say __replaces__",
        "file": holders[-1]["file"],
        "line": holders[-1].get("line", 0),
    }
