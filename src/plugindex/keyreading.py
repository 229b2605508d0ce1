"""Which key a class has, by the rules of :mod:`plugindex.keys`, as far as reading tells."""

from __future__ import annotations

from plugindex.keys import EnumKey
from plugindex.names import root
from plugindex.records import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from plugindex.availability import Requirements
    from plugindex.config import KeyRule, Scope
    from plugindex.meaning import Found

_PLAIN = (str, int, float, complex, bool, bytes, type(None))
# Where the hooks lie that are known to leave keys alone and to register every class.
_KNOWN_HOOKS = frozenset({"plugindex", "abc", "enum", "typing", "builtins"})


class Undecided(Exception):
    """Reading does not tell."""


class KeyReader:
    """Reads the keys of one scope's classes."""

    def __init__(self, family: Requirements, scope: Scope) -> None:
        self.family = family
        self.scope = scope
        self._harmless: set[int] = set()  # lists of hooks, by identity; the family keeps them

    def key(self, cls: Found, problems: list[Problem]) -> Hashable:
        """Return the key of a concrete class of the family, None if it has none.

        Args:
            cls: the class.
            problems: takes what keeps the class from being registered.

        Raises:
            Undecided: only running tells.
        """
        rule = self.scope.rule
        if rule.attribute is None:
            return self.family.reference(cls)
        self._check_hooks(cls, rule.attribute)
        if rule.own:
            return self._own_key(cls, rule.attribute)
        return self._nearest_key(cls, rule, problems)

    def _check_hooks(self, cls: Found, attribute: str) -> None:
        """Leave it to running where a metaclass or ``__init_subclass__`` may set the key."""
        hooks = self.family.hooks(cls)  # one list for all siblings
        if id(hooks) not in self._harmless:
            self._check(hooks, attribute)
            self._harmless.add(id(hooks))

    def _check(self, hooks: list[tuple[str, Found]], attribute: str) -> None:
        for hook, function in hooks:
            summary = None
            if root(str(function[1])) not in _KNOWN_HOOKS:
                summary = self.family.library.function(*function[1:4])
            named = {*summary.mentions, *summary.texts} if summary else set()
            if attribute in named or "setattr" in named:
                raise Undecided(f"{function[2]} may set {attribute}")
            if summary and hook not in named and not self.scope.foreign:
                raise Undecided(f"{function[2]} may keep classes from being registered")

    def _own_key(self, cls: Found, attribute: str) -> Hashable:
        value = self.family.posts(cls[1]).get(cls[2], {}).get(attribute)
        value = value or self.family.entry(cls)[5].get(attribute)
        if value is not None:
            return self._literal(cls, attribute, value)
        if {attribute, "setattr"} & self.family.set_by_decorators(cls):
            raise Undecided(f"a decorator may set {attribute}")
        return None

    def _nearest_key(self, cls: Found, rule: KeyRule, problems: list[Problem]) -> Hashable:
        attribute = rule.attribute or ""
        order = self.family.order(cls)
        if any(self._is_set_later(one, attribute) for one in order[1:]):
            raise Undecided(f"{attribute} is assigned after a class statement")
        owners = [one for one in order if self._sets(one, attribute)]
        keys = [self._declared(one, attribute) for one in owners]
        if keys and keys[0] is not None:
            if owners[0] != cls and self._registers(owners[0]):
                problems.append(self._inherited(cls, owners[0], attribute))
                return None
            return keys[0]
        if all(key is None for key in keys):
            if rule.opaque:
                raise Undecided("a key extractor of its own must be asked")
            if rule.suffix is not None:
                return self._extracted(cls, rule.suffix)
        if not rule.skip:
            raise Undecided(self._keyless(cls))
        return None

    def _sets(self, cls: Found, attribute: str) -> bool:
        if cls[0] == "real":
            return attribute in vars(cls[1])
        return cls[0] == "class" and attribute in self.family.entry(cls)[5]

    def _is_set_later(self, cls: Found, attribute: str) -> bool:
        return cls[0] == "class" and attribute in self.family.posts(cls[1]).get(cls[2], {})

    def _declared(self, cls: Found, attribute: str) -> Hashable:
        if cls[0] == "real":
            found: Hashable = vars(cls[1])[attribute]
            return None if hasattr(type(found), "__get__") else found
        return self._literal(cls, attribute, self.family.entry(cls)[5][attribute])

    def _registers(self, cls: Found) -> bool:
        if cls == self.family.base or self.family.belongs(cls) is not True:
            return False
        return self.family.is_abstract(cls) is False

    def _extracted(self, cls: Found, suffix: str) -> str:
        name = str(self.family.entry(cls)[0]).rpartition(".")[2]
        return (name.removesuffix(suffix) if suffix else name).lower()

    # -- literals ------------------------------------------------------------------------------

    def _literal(self, cls: Found, attribute: str, value: Any) -> Hashable:
        """Return a key written in a class body; a descriptor is none."""
        found = self.family.evaluate(value, self.family.home(cls))
        if self.family.is_descriptor(found):
            return None
        try:
            return self.plain(found)
        except Undecided:
            line = self.family.entry(cls)[1]
            raise Undecided(f"line {line}: {attribute} is not a literal") from None

    def plain(self, found: Found) -> Hashable:
        """Return an evaluated value as a key.

        Raises:
            Undecided: it is no literal and no enum member.
        """
        if found[0] == "const" and is_plain(found[1]):
            return found[1]  # type: ignore[no-any-return]
        if found[0] == "member":
            return self._member(found)
        raise Undecided("no literal")  # a tuple or a list with names in it look alike

    def _member(self, found: Found) -> EnumKey:
        """Return what stands for an enum member; an alias stands for the member that it names."""
        holder, name = found[1], found[2]
        if root(str(holder[1])) not in (
            self.scope.application,
            self.scope.package.partition(".")[0],
        ):
            raise Undecided("an enum of another application")
        body, home = self.family.entry(holder)[5], self.family.home(holder)
        value = self.family.evaluate(body[name], home)
        if value[0] == "const":
            names = (n for n in body if n[:1] != "_")
            name = next(n for n in names if self.family.evaluate(body[n], home) == value)
        mixed = self.family.hashed_by_value(holder)
        if mixed is None or (mixed and value[0] != "const"):
            raise Undecided("an enum with a hash of its own")
        parts = (self.family.module_of(holder), self.family.entry(holder)[0], name)
        return EnumKey(*parts, value[1]) if mixed else EnumKey(*parts)

    # -- reports -------------------------------------------------------------------------------

    def _inherited(self, cls: Found, owner: Found, attribute: str) -> Problem:
        own, other = self.family.reference(cls), self.family.reference(owner)
        return Problem(
            "inherited-key",
            self.family.module_of(cls),
            f"{own} inherits its key from {other}, which is registered with it",
            hint=f"set {attribute} in its body to register it, or {attribute} = None "
            "to say that it isn't",
            line=self.family.entry(cls)[1],
        )

    def _keyless(self, cls: Found) -> str:
        name, line = self.family.entry(cls)[:2]
        return f"line {line}: {name} has no key, so its statement raises"


def is_plain(value: object) -> bool:
    """Tell whether a literal is of a kind that an index can keep and a dict can find."""
    if isinstance(value, (tuple, frozenset)):
        return all(map(is_plain, value))
    return isinstance(value, _PLAIN) and value == value


def telling(scope: Scope) -> frozenset[str]:
    """Return the attributes that decide what is listed of a class, set by whichever module."""
    names = {"__module__", "__qualname__", *(name for pair in scope.secondary for name in pair)}
    if scope.rule.own:
        names.add(scope.rule.attribute or "")
    return frozenset(names)
