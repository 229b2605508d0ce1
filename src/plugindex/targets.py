"""From what a user names to the registries that are meant; nothing of it is imported."""

from __future__ import annotations

from plugindex import output
from plugindex.errors import DiscoveryError, message
from plugindex.finder import Finder
from plugindex.index import Settings
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from plugindex.config import Scope
    from plugindex.declarations import Declarations
    from plugindex.meaning import Found

_LARGEST = 64 << 20  # bytes; larger is no module that anybody wrote
_FOREIGN = "--package PACKAGE --base module:Class [--key ATTRIBUTE]"


class Declared(Record):
    """A registry as its declaration tells: its *scope*, and how its index is kept."""

    scope: Scope
    settings: Settings


class Target(Record):
    """What a user names: *name* alone, or a foreign hierarchy by *package*, *base* and *key*."""

    name: str = ""
    package: str = ""
    base: str = ""
    key: str | None = None


def resolve(target: Target) -> Sequence[Declared]:
    """Return the registries that *target* names.

    Raises:
        DiscoveryError: it names none.
    """
    if target.name and (target.package or target.base or target.key):
        raise _refused(f"{target.name!r} is named beside a foreign hierarchy", "name one of them")
    if not target.name and not target.package and not target.base:
        raise _refused("no target is named", f"name module:ATTRIBUTE, a package, or {_FOREIGN}")
    if not target.name:
        return [_foreign(target)]
    module, colon, attribute = target.name.partition(":")
    parts = [*module.split("."), *(attribute.split(".") if colon else ())]
    if not all(part.isidentifier() for part in parts):
        fix = f"write {_dotted(module)}" if "/" in module or module.endswith(".py") else ""
        fix = fix or "write module:ATTRIBUTE, or the dotted name of a package"
        raise _refused(f"{target.name!r} is no module:ATTRIBUTE and no package", fix)
    finder = Finder()
    check_module(finder, module)
    return _named(finder, module, attribute) if colon else _all(finder, module)


def _dotted(path: str) -> str:
    return path.removesuffix(".py").strip("./").replace("/", ".")


def _foreign(target: Target) -> Declared:
    from plugindex.foreign import foreign_family

    if not target.package or not target.base:
        lacks = "--base module:Class" if target.package else "--package PACKAGE"
        raise _refused("a foreign hierarchy needs a package and a base", f"add {lacks}")
    family = foreign_family(target.base, target.package, target.key, True, None, True)
    finder = Finder()
    for module in (target.package, target.base.partition(":")[0]):
        check_module(finder, module)
    return Declared(family.scope, Settings())


def check_module(finder: Finder, module: str) -> None:
    """Refuse a module or package that isn't there, or can't be read.

    Raises:
        DiscoveryError: it can't be used as a target.
    """
    file = finder.find(module)
    if file is None:
        raise _absent(finder, module)
    finder.submodules(module)  # lists its folders
    for trouble in finder.troubles:
        if trouble.file in file.locations:
            facts = [("folder", trouble.file), ("cause", trouble.message), ("fix", trouble.hint)]
            raise DiscoveryError(message(f"the package {module} can't be read", facts))
    if file.kind == "source":
        from plugindex import bytecode

        problem = bytecode.load(file).problem
        if problem is not None:
            place = f"{problem.file}, line {problem.line}" if problem.line else problem.file
            facts = [("file", place), ("cause", problem.message), ("fix", problem.hint)]
            raise DiscoveryError(message(f"the module {module} can't be read", facts))


def _absent(finder: Finder, module: str) -> DiscoveryError:
    facts = [("cause", f"{one.file}: {one.message}") for one in finder.troubles]
    parent, _, tail = module.rpartition(".")
    if parent and finder.find(parent) is None:
        facts.append(("cause", f"there is no package {parent} either"))
    facts.append(("nearest", _nearest(tail, finder.submodules(parent)) if parent else ""))
    fix = "check the name; run this where `import` finds it, or set PYTHONPATH"
    fix = finder.troubles[0].hint if finder.troubles else fix
    return DiscoveryError(message(f"there is no module {module}", [*facts, ("fix", fix)]))


def _nearest(name: str, names: Iterable[str]) -> str:
    from difflib import get_close_matches

    return ", ".join(get_close_matches(name, list(names), 3))


def _refused(text: str, fix: str) -> DiscoveryError:
    return DiscoveryError(message(text, [("fix", fix), ("next", "plugindex --help")]))


# -- a package: all registries in it -----------------------------------------------------------


def _all(finder: Finder, package: str) -> list[Declared]:
    found = _found(finder, package)
    errors = [one for one in found if isinstance(one, DiscoveryError)]
    declared = declared_in(finder, package, found)
    if not declared:
        raise errors[0] if errors else _no_registry(finder, package)
    for error in errors:
        output.tell(f"plugindex: {error}")
    return declared


def declared_in(finder: Finder, package: str, found: Iterable[Any] | None = None) -> list[Declared]:
    """Return the registries in *package* that reading tells, in the order of its modules."""
    found = _found(finder, package) if found is None else found
    return [Declared(*one) for one in found if not isinstance(one, DiscoveryError)]


def _found(finder: Finder, package: str) -> list[Any]:
    from plugindex.declarations import Declarations

    declarations = Declarations(finder)
    return [one for name in _marked(finder, package) for one in declarations.of_module(name)]


def _marked(finder: Finder, package: str) -> list[str]:
    """Return the modules of *package* that may declare a registry: their file says a mark."""
    return [file.name for file in finder.modules(package) if _is_marked(file.kind, file.path)]


def _is_marked(kind: str, path: str) -> bool:
    from plugindex import stamp
    from plugindex.declarations import MARKS

    if kind not in ("source", "bytecode"):
        return kind == "loader"
    data = stamp.read(path, _LARGEST)
    return data is not None and any(mark in data for mark in MARKS)


def _no_registry(finder: Finder, package: str) -> DiscoveryError:
    cause = f"no class in its {len(finder.modules(package))} modules declares one"
    fix = f"name the package that holds the base class, or {_FOREIGN}"
    facts = [("cause", cause)]
    facts += [("cause", f"{one.file}: {one.message}") for one in finder.troubles]
    return DiscoveryError(message(f"there is no registry in {package}", [*facts, ("fix", fix)]))


# -- module:ATTRIBUTE --------------------------------------------------------------------------


def _named(finder: Finder, module: str, attribute: str) -> list[Declared]:
    from plugindex.declarations import Declarations

    declarations = Declarations(finder)
    hierarchy = declarations.tracer.hierarchy
    names = attribute.split(".")
    found = hierarchy.member(module, names[0])
    for name in names[1:]:
        found = hierarchy.attribute(found, name)
    if found[0] == "class":
        return [_of_class(declarations, found, f"{module}:{attribute}")]
    return [_of_registry(declarations, module, attribute, found)]


def _of_class(declarations: Declarations, cls: Found, named: str) -> Declared:
    if declarations.is_base(cls):
        return Declared(*declarations.of_class(cls))
    reference = declarations.tracer.hierarchy.reference
    base = declarations.nearest_base(cls)
    cause = "it sets no __registry_key__" if declarations.registers(cls) else ""
    cause = cause or "its class knows nothing of plugindex"
    fix = f"list its subclasses with --package PACKAGE --base {reference(cls)} [--key ATTRIBUTE]"
    if base is not None:
        cause, fix = f"it is of the family of {reference(base)}", f"name {reference(base)}"
    text = f"{named} declares no registry"
    raise DiscoveryError(message(text, [("cause", cause), ("fix", fix)]))


def _of_registry(declarations: Declarations, module: str, name: str, found: Any) -> Declared:
    tracer = declarations.tracer
    record = tracer.library.record(module)
    value = record.names.get(name) if record is not None else None
    if record is not None and value is not None:
        call = tracer.call(value, record)
        if call is not None and declarations.is_foreign(call):
            return Declared(*declarations.of_call(call))
    place = tracer.origin(module, name)
    base = _base_of(declarations, place)
    if base is not None:
        return Declared(*declarations.of_class(base))
    raise _no_such(declarations, f"{module}:{name}", found, record)


def _base_of(declarations: Declarations, place: tuple[str, str]) -> Found | None:
    """Return the base class whose registry is bound to that name of that module."""
    tracer = declarations.tracer
    record = tracer.library.record(place[0])
    value = record.names.get(place[1]) if record is not None else None
    if record is not None and value is not None and value[0] == "a" and value[2] == "__registry__":
        owner = tracer.evaluate(value[1], record)
        return declarations.nearest_base(owner) if owner[0] == "class" else None
    for cls in _nearby_bases(declarations, place[0]):
        if declarations.registry_place(cls) == place:
            return cls
    return None


def _nearby_bases(declarations: Declarations, module: str) -> Iterator[Found]:
    """Yield the base classes of *module*, then those of the package around it."""
    yield from declarations.bases(module)
    package = module.rpartition(".")[0] or module
    for other in _marked(declarations.tracer.finder, package):
        if other != module:
            yield from declarations.bases(other)


def _no_such(declarations: Declarations, named: str, found: Any, record: Any) -> DiscoveryError:
    module, _, attribute = named.partition(":")
    if found[0] == "missing":
        names = record.names if record is not None else ()
        near = _nearest(attribute.partition(".")[0], names)
        text, cause = f"{module} has no {attribute}", ""
        facts = [("nearest", near), ("fix", "name a registry or a base class of that module")]
    elif found[0] == "const" or found[0] in ("module", "function", "items"):
        text, cause = f"{named} is no registry and no base class", f"it is a {_KIND[found[0]]}"
        facts = [("fix", "name a registry, a base class, or a package alone")]
    elif found[0] == "instance" and _is_view(declarations, found[1]):
        text, cause = f"{named} is a secondary registry", "it shows what a primary one has"
        facts = [("fix", "name the primary registry, or its base class")]
    else:
        text = f"which registry {named} is, is not told by reading"
        cause = "no class statement in its package names it as its __registry__"
        facts = [("fix", f"name the base class, as in module:Base, or a hierarchy: {_FOREIGN}")]
    return DiscoveryError(message(text, [("cause", cause), *facts]))


def _is_view(declarations: Declarations, cls: Found) -> bool:
    hierarchy = declarations.tracer.hierarchy
    return hierarchy.descends(cls, "plugindex.secondary:SecondaryRegistryDict")


_KIND = {"const": "literal", "module": "module", "function": "function", "items": "list of values"}
