"""What is given to declarations as arguments, as literals or as what stands for them."""

from __future__ import annotations

from plugindex.config import LeaveOut, SecondaryRegistry, SuffixExtractor
from plugindex.secondary import SecondaryRegistryDict
from plugindex.tracing import NoLiteral

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.tracing import Call, Tracer


class Arguments:
    """Reads arguments; what reading doesn't tell is a ``NoLiteral`` that says what it is."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer

    def function(self, value: Any, record: Any) -> Any:
        """Return what has the name of a discovery function; only the name is wanted here."""
        if self.tracer.literal_or(value, record, value) is None:
            return None
        found = self.tracer.evaluate(value, record)
        if found[0] != "function" or "<" in found[2]:
            raise NoLiteral("what its discovery_function finds")
        named = type("Named", (), {"__module__": found[1]})
        named.__qualname__ = found[2]
        return named

    def chosen(self, value: Any, record: Any, name: str) -> Any:
        """Return the literal that is given for an argument which chooses among plugins."""
        if value[0] == "l":
            return tuple(self.tracer.literal(one, record, name) for one in value[1])
        return self.tracer.literal(value, record, name)

    def extractor(self, value: Any, record: Any) -> Any:
        """Return the key extractor: one of ours as it is, for any other one that must be run."""
        if self.tracer.literal_or(value, record, value) is None:
            return None
        call = self.tracer.call(value, record)
        ours = ("plugindex.config:SuffixExtractor", "plugindex.extractors:make_suffix_extractor")
        if call is not None and call.reference in ours:
            return SuffixExtractor(self._argument(call, ("suffix",), "suffix"))
        return _must_be_run

    def secondary(self, value: Any, record: Any) -> list[SecondaryRegistry]:
        """Return the secondary registries that a list declares."""
        value, record = self.tracer.trace(value, record)
        if value[0] == "c" and not value[1]:
            return []
        if value[0] != "l":
            raise NoLiteral("the list of its secondary registries")
        return [self._one_secondary(one, record) for one in value[1]]

    def _one_secondary(self, value: Any, record: Any) -> SecondaryRegistry:
        call = self.tracer.call(value, record)
        if call is None or call.reference != "plugindex.config:SecondaryRegistry":
            raise NoLiteral("one of its secondary registries")
        names = ("registry_dict", "key_source", "attr_name")
        source, attribute = (self._argument(call, names, name) for name in names[1:])
        return SecondaryRegistry(SecondaryRegistryDict(), source, attribute)

    def rules(self, value: Any, record: Any) -> list[LeaveOut]:
        """Return the rules of a ``__leave_out__``, be it one or a list."""
        if value is None:
            return []
        value, record = self.tracer.trace(value, record)
        if value[0] == "c" and not value[1]:
            return []
        return [self._rule(one, record) for one in (value[1] if value[0] == "l" else [value])]

    def _rule(self, value: Any, record: Any) -> LeaveOut:
        call = self.tracer.call(value, record)
        if call is None or call.reference != "plugindex.config:LeaveOut":
            raise NoLiteral("one of its rules to leave plugins out")
        given = call.named(LeaveOut._fields)
        return LeaveOut(**{name: self.tracer.literal(*one, name) for name, one in given.items()})

    def _argument(self, call: Call, names: tuple[str, ...], name: str) -> Any:
        """Return the literal that a call gets for one of its parameters."""
        given = call.named(names)
        if name not in given:
            raise NoLiteral(f"the {name} of {call.reference}")
        return self.tracer.literal(*given[name], name)


def _must_be_run(name: str, cls: type) -> None:
    """Stand for a key extractor whose code decides, which reading doesn't run."""
