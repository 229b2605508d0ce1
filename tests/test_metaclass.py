"""What a class statement does: keys, names, refusals; with the metaclass and with the mixin."""

from __future__ import annotations

import math
import sys

import pytest

from plugindex import (
    AutoRegister,
    AutoRegisterMeta,
    DiscoveryError,
    DuplicateKeyError,
    LazyDiscoveryDict,
    MissingKeyError,
    RegistryConfig,
    extract_key_from_backend_suffix,
    extract_key_from_handler_suffix,
    make_suffix_extractor,
)
from plugindex.family import registry_name

pytest_plugins = ["sample_app"]


def keys_of(app):
    return list(app.registry)


def test_a_key_attribute_is_all_a_base_needs(app):
    app.base().plugin("one", ("One", "name = 'one'"))
    assert app.registry["one"] is app.load("one").One


def test_a_base_without_a_registry_of_its_own_gets_one(app):
    app.write(
        "base.py", "import abc\nfrom plugindex import *\nclass Base:\n    __registry_key__='k'"
    )
    app.write("one.py", "from APP.base import Base\nclass One(Base): k = 1")
    assert list(app.load().Base.__registry__) == [1]


def test_a_class_of_the_package_enters_at_its_statement(app):
    app.base().plugin("one", ("One", "name = 'one'"))
    assert app.load("one").REG["one"] is app.load("one").One


def test_the_base_itself_is_no_plugin(app):
    app.base("__registry_key__ = 'name'\nname = 'base'")
    assert keys_of(app) == []


def test_abstract_classes_are_no_plugins(app):
    app.base("__registry_key__ = 'name'\n@abc.abstractmethod\ndef run(self): ...")
    app.plugin("one", ("Half", "name = 'half'"))
    app.plugin("two", ("Whole", "name = 'whole'\ndef run(self): ..."))
    app.load("one")
    assert keys_of(app) == ["whole"]


def test_a_key_of_an_abstract_class_counts_as_its_subclass_own(app):
    app.base("__registry_key__ = 'name'\n@abc.abstractmethod\ndef run(self): ...")
    app.plugin("one", ("Half", "name = 'k'"), "class Whole(Half):\n    def run(self): ...")
    assert app.registry["k"] is app.load("one").Whole


def test_a_key_of_a_mixin_counts_as_its_own(app):
    app.base().plugin("one", "class Named: name = 'k'\nclass One(Named, Base): pass")
    assert app.registry["k"] is app.load("one").One


def test_none_is_no_key(app):
    app.base().plugin("one", ("One", "name = None"))
    app.load("one")
    assert keys_of(app) == []


def test_a_property_is_no_key(app):
    app.base("__registry_key__ = 'name'\nname = property(str)").plugin("one", ("One",))
    app.load("one")
    assert keys_of(app) == []


def test_a_subclass_of_a_plugin_is_reported_not_registered(app):
    app.base().plugin("one", ("One", "name = 'one'"), "class Two(One): pass")
    app.load("one")
    assert keys_of(app) == ["one"]
    assert [problem.kind for problem in app.registry.problems] == ["inherited-key"]
    assert app.registry["one"] is app.load("one").One


def test_a_subclass_with_a_key_of_its_own_is_registered(app):
    app.base().plugin("one", ("One", "name = 'one'"), "class Two(One): name = 'two'")
    assert keys_of(app) == ["one", "two"]


@pytest.mark.parametrize("key", [b"k", 7, (1, "a"), frozenset({1}), True, 1.5])
def test_any_hashable_literal_is_a_key(app, key):
    app.base().plugin("one", ("One", f"name = {key!r}"))
    assert type(next(iter(app.registry))) is type(key)
    assert app.registry[key] is app.load("one").One


@pytest.mark.parametrize("key", ["[]", "{}", "float('nan')", "(1, float('nan'))"])
def test_a_key_that_no_dict_finds_again_is_refused_at_the_statement(app, key):
    app.base().plugin("one", ("One", f"name = {key}"))
    with pytest.raises(TypeError, match="One can't be registered"):
        app.load("one")


def test_an_extractor_is_asked_where_no_class_sets_a_key(app):
    app.base("__registry_key__ = 'name'\n__key_extractor__ = make_suffix_extractor('Handler')")
    app.plugin("one", ("FooHandler",), ("BarHandler", "name = 'b'"))
    assert sorted(app.registry) == ["b", "foo"]


def test_an_extractor_is_not_asked_below_a_plugin(app):
    app.base("__registry_key__ = 'name'\n__key_extractor__ = make_suffix_extractor('Handler')")
    app.plugin("one", ("FooHandler", "name = 'f'"), "class BarHandler(FooHandler): pass")
    assert keys_of(app) == ["f"]


def test_an_extractor_may_look_at_the_class(app):
    app.base("__registry_key__ = 'name'\n__key_extractor__ = lambda name, cls: cls.size")
    app.plugin("one", ("One", "size = 3"))
    assert keys_of(app) == [3]


@pytest.mark.parametrize(
    ("extractor", "name", "key"),
    [
        (make_suffix_extractor("Server"), "ZMQServer", "zmq"),
        (make_suffix_extractor(""), "Disk", "disk"),
        (extract_key_from_handler_suffix, "OMEROHandler", "omero"),
        (extract_key_from_backend_suffix, "ZarrBackend", "zarr"),
        (extract_key_from_backend_suffix, "ZarrHandler", "zarrhandler"),
    ],
)
def test_suffix_extractors_give_the_lower_case_rest(extractor, name, key):
    assert extractor(name, object) == key


def test_a_class_without_key_is_an_error_where_the_base_says_so(app):
    app.base("__registry_key__ = 'name'\n__skip_if_no_key__ = False").plugin("one", ("One",))
    with pytest.raises(MissingKeyError, match="set name in its body"):
        app.load("one")


def test_an_abstract_class_needs_no_key(app):
    body = "__registry_key__ = 'name'\n__skip_if_no_key__ = False\n"
    app.base(body + "@abc.abstractmethod\ndef run(self): ...").plugin("one", ("Half",))
    assert app.load("one").Half


def test_two_classes_of_one_package_with_one_key_are_refused_at_the_statement(app):
    app.base().plugin("one", ("One", "name = 'k'")).plugin("two", ("Two", "name = 'k'"))
    app.load("one")
    with pytest.raises(DuplicateKeyError) as caught:
        app.load("two")
    assert caught.value.claimants == (f"{app.name}.one:One", f"{app.name}.two:Two")
    assert caught.value.key == "k"


def test_two_classes_with_one_key_are_both_refused_by_the_registry(app):
    app.base().plugin("one", ("One", "name = 'k'")).plugin("two", ("Two", "name = 'k'"))
    app.plugin("three", ("Three", "name = 'other'"))
    assert keys_of(app) == ["other"]
    with pytest.raises(DuplicateKeyError, match="several classes claim"):
        app.registry["k"]
    assert "duplicate-key" in [problem.kind for problem in app.registry.problems]


def test_the_same_class_again_is_a_reload(app):
    app.base().plugin("one", ("One", "name = 'k'"), ("One", "name = 'k'; second = True"))
    assert app.load("one") and app.registry["k"].second


def test_a_class_that_dataclass_makes_anew_is_a_reload(app):
    text = "import dataclasses\n@dataclasses.dataclass(slots=True)\nclass One(Base):\n"
    app.base().plugin("one", text + "    name = 'k'\n    size: int = 1")
    assert app.registry["k"] is app.load("one").One


def test_a_base_that_dataclass_makes_anew_keeps_its_registry(app):
    app.write(
        "base.py",
        """
        import abc, dataclasses
        from plugindex import *
        REG = LazyDiscoveryDict()
        @dataclasses.dataclass(slots=True)
        class Base:
            __registry_key__ = "name"
            __registry__ = REG
            size: int = 0
        """,
    )
    app.plugin("one", ("One", "name = 'k'"))
    assert app.registry["k"] is app.load("one").One


def test_a_class_takes_over_the_key_of_the_class_that_it_names(app):
    app.base().plugin("one", ("One", "name = 'k'"))
    app.plugin("two", ("Two", f"name = 'k'; __replaces__ = '{app.name}.one:One'"))
    app.load("one")
    assert app.load("two").Two is app.registry["k"]
    assert keys_of(app) == ["k"]


def test_a_class_that_is_replaced_may_be_imported_later(app):
    app.base().plugin("one", ("One", "name = 'k'"))
    app.plugin("two", ("Two", f"name = 'k'; __replaces__ = '{app.name}.one:One'"))
    app.load("two")
    app.load("one")
    assert app.registry["k"] is app.load("two").Two


def test_naming_a_class_that_does_not_hold_the_key_replaces_nothing(app):
    app.base().plugin("one", ("One", "name = 'k'"))
    app.plugin("two", ("Two", "name = 'k'; __replaces__ = 'elsewhere:Other'"))
    app.load("one")
    with pytest.raises(DuplicateKeyError):
        app.load("two")


def test_a_class_of_two_bases_registers_with_both(app):
    app.base()
    app.write("base2.py", app_base_two(app))
    app.plugin(
        "one", "from APP.base2 import Second\nclass One(Base, Second):\n    name='a'; kind='b'"
    )
    assert app.registry["a"] is app.load("base2").OTHER["b"]


def app_base_two(app):
    return (
        "from APP.base import *\nOTHER = LazyDiscoveryDict()\n"
        + app.statement.replace("Base(", "Second(")
        + "\n    __registry_key__ = 'kind'\n    __registry__ = OTHER"
    )


def test_a_third_party_class_waits_for_the_index_and_is_there(app, tmp_path):
    app.base().plugin("one", ("One", "name = 'one'"))
    hook = tmp_path / "site" / f"my_{app.name}_plugin"
    hook.mkdir()
    (hook / "__init__.py").write_text(
        "def register_plugins():\n    from . import microscopes\nregister_plugins()\n"
    )
    text = f"from {app.name}.base import Base\nclass Mine(Base):\n    name = 'mine'\n"
    (hook / "microscopes.py").write_text(text)
    __import__(hook.name)
    assert app.registry["mine"].__module__ == f"{hook.name}.microscopes"
    assert keys_of(app) == ["one", "mine"]


def test_the_host_comes_before_a_third_party(app, tmp_path):
    app.base().plugin("one", ("One", "name = 'k'"))
    other = tmp_path / "site" / f"other_{app.name}.py"
    other.write_text(f"from {app.name}.base import Base\nclass Theirs(Base):\n    name = 'k'\n")
    __import__(other.stem)
    assert app.registry["k"] is app.load("one").One
    assert "duplicate-key" in [problem.kind for problem in app.registry.problems]


def test_third_parties_that_claim_one_key_are_both_refused(app, tmp_path):
    app.base().plugin("one", ("One", "name = 'one'"))
    for number in (1, 2):
        other = tmp_path / "site" / f"other{number}_{app.name}.py"
        text = f"from {app.name}.base import Base\nclass Theirs(Base):\n    name = 'k'\n"
        other.write_text(text)
        __import__(other.stem)
    assert keys_of(app) == ["one"]
    with pytest.raises(DuplicateKeyError):
        app.registry["k"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("MicroscopeHandler", "microscope handler"),
        ("ZMQServer", "zmq server"),
        ("StorageBackendBase", "storage backend"),
        ("LibraryRegistryBase", "library registry"),
        ("BaseHTTPHandler", "http handler"),
        ("CX5Format", "cx5 format"),
        ("PluginMeta", "plugin"),
        ("Base", "base"),
        ("snake_case", "snake case"),
    ],
)
def test_a_registry_is_named_by_the_words_of_its_base(name, words):
    assert registry_name(name) == words


def test_scope_and_application_are_inferred(app):
    app.write("deep/inside/base.py", "").write("deep/inside/base.py", "")
    text = "import abc\nfrom plugindex import *\nclass Base:\n    __registry_key__ = 'k'\n"
    app.write("deep/inside/base.py", text).write("deep/__init__.py", text)
    inside = app.load("deep.inside.base").Base.__registry__.scope
    package = app.load("deep").Base.__registry__.scope
    assert (inside.package, inside.application) == (f"{app.name}.deep.inside", app.name)
    assert package.package == f"{app.name}.deep"


def test_a_base_in_a_top_level_module_covers_that_module_alone(app):
    text = "import abc\nfrom plugindex import *\nclass Base:\n    __registry_key__ = 'k'\n"
    module = app.folder / f"single_{app.name}.py"
    module.write_text(app._filled(text) + "class One(Base): k = 1\n")
    registry = __import__(module.stem).Base.__registry__
    assert (registry.scope.package, list(registry)) == (module.stem, [1])


def test_a_script_covers_itself(app):
    app.write("script.py", "")
    code = "import abc\nfrom plugindex import *\nclass Base:\n    __registry_key__ = 'k'\n"
    assert app.run(code + "class One(Base): k = 1\nprint(list(Base.__registry__))") == "[1]"


@pytest.mark.parametrize("attribute", ["_registry_config", "__registry_config__"])
def test_a_configuration_in_the_body_declares_a_registry(app, attribute):
    app.base(f"{attribute} = RegistryConfig(REG, 'kind', skip_if_no_key=True)")
    app.plugin("one", ("One", "kind = 'k'"))
    assert keys_of(app) == ["k"]


def test_a_configuration_in_the_statement_declares_a_registry(app):
    statement = app.statement.replace("):", ", registry_config=CONFIG):")
    text = "import abc\nfrom plugindex import *\nREG = LazyDiscoveryDict()\n"
    text += "CONFIG = RegistryConfig(REG, 'kind', registry_name='things')\n"
    app.write("base.py", text + statement + "\n    pass").plugin("one", ("One", "kind = 'k'"))
    assert (keys_of(app), app.registry.scope.name) == (["k"], "things")


def test_a_configured_package_is_the_one_searched(app):
    app.base("_registry_config = RegistryConfig(REG, 'kind', discovery_package='APP.plugins')")
    app.plugin("plugins.one", ("One", "kind = 'in'")).plugin("two", ("Two", "kind = 'out'"))
    assert keys_of(app) == ["in"]


def test_a_configuration_is_flat_unless_it_says_otherwise(app):
    app.base("_registry_config = RegistryConfig(REG, 'kind')")
    app.plugin("one", ("One", "kind = 1")).plugin("deep.two", ("Two", "kind = 2"))
    assert keys_of(app) == [1]


def test_a_discovery_function_takes_the_place_of_the_index(app):
    before = """
    def discover(path, prefix, base):
        import importlib
        importlib.import_module(prefix + "one")
    """
    app.base("_registry_config = RegistryConfig(REG, 'kind', discovery_function=discover)", before)
    app.plugin("one", ("One", "kind = 1")).plugin("two", ("Two", "kind = 2"))
    assert keys_of(app) == [1]


def test_a_plain_global_dict_of_the_module_becomes_the_registry(app):
    app.write(
        "base.py",
        "import abc\nfrom plugindex import *\nREG = {}\nclass Base:\n"
        "    _registry_config = RegistryConfig(REG, 'kind')",
    ).plugin("one", ("One", "kind = 1"))
    assert list(app.registry) == [1] and isinstance(app.registry, LazyDiscoveryDict)


def test_a_registry_serves_one_base(app):
    app.base()
    registry = app.registry
    with pytest.raises(TypeError, match="holds this registry"):

        class Other(metaclass=AutoRegisterMeta):
            __registry_key__ = "kind"
            __registry__ = registry


def test_a_registry_without_a_key_attribute_is_refused():
    with pytest.raises(TypeError, match="__registry_key__"):

        class Half(metaclass=AutoRegisterMeta):
            __registry__ = LazyDiscoveryDict()


def test_a_class_without_any_declaration_is_left_alone():
    class Plain(metaclass=AutoRegisterMeta):
        pass

    class Free(AutoRegister):
        pass

    assert not hasattr(Plain, "__registry__") and not hasattr(Free, "__registry__")


def test_class_keywords_reach_init_subclass(app):
    app.base("__registry_key__ = 'name'\ndef __init_subclass__(cls, size=0, **more):\n"
             "    super().__init_subclass__(**more)\n    cls.size = size")  # fmt: skip
    app.plugin("one", "class One(Base, size=3): name = 'k'")
    assert app.registry["k"].size == 3


def test_an_enum_is_a_plugin_through_the_mixin(simple_app):
    simple_app.write(
        "base.py",
        """
        import enum
        from plugindex import AutoRegister, LazyDiscoveryDict
        REG = LazyDiscoveryDict()
        class Base(AutoRegister, enum.Enum):
            __registry_key__ = "__kind__"
            __registry__ = REG
        """,
    )
    text = "from APP.base import Base\nclass Color(Base):\n    __kind__ = 'color'\n    RED = 1"
    simple_app.write("one.py", text)
    assert simple_app.registry["color"].RED.value == 1


def test_a_key_is_checked_for_nan_inside_tuples():
    class Base(metaclass=AutoRegisterMeta):
        __registry_key__ = "name"

    with pytest.raises(TypeError, match="NaN"):
        type(Base)("One", (Base,), {"name": (1, math.nan)})


def test_configurations_take_what_metaclass_registry_takes():
    config = RegistryConfig({}, "kind", None, False, None, True, "plugin", "pkg", False, None)
    assert (config.key_attribute, config.discovery_package) == ("kind", "pkg")


def test_declaring_in_a_module_that_is_not_imported_by_name(tmp_path):
    space = {"__name__": "made_up"}
    code = (
        "from plugindex import *\nclass Base(metaclass=AutoRegisterMeta):\n    __registry_key__='k'"
    )
    exec(code, space)
    assert space["Base"].__registry__.scope.package == "made_up"
    assert "made_up" not in sys.modules


def test_a_third_party_that_claims_a_key_twice_is_refused_at_the_statement(app, tmp_path):
    app.base()
    other = tmp_path / "site" / f"twice_{app.name}.py"
    text = f"from {app.name}.base import Base\nclass A(Base):\n    name = 'k'\n"
    other.write_text(text + "class B(Base):\n    name = 'k'\n")
    with pytest.raises(DuplicateKeyError):
        __import__(other.stem)


@pytest.mark.parametrize("attribute", ["3", "'not a name'", "''"])
def test_a_key_attribute_must_be_an_attribute_name(app, attribute):
    app.base(f"__registry_key__ = {attribute}")
    with pytest.raises(TypeError, match="for a key attribute"):
        app.load()


def test_a_refresh_runs_a_discovery_function_again(app):
    before = """
    def discover(path, prefix, base):
        import importlib, os
        for name in ("one", "two"):
            if os.path.exists(os.path.join(list(path)[0], name + ".py")):
                importlib.import_module(prefix + name)
    """
    app.base("_registry_config = RegistryConfig(REG, 'kind', discovery_function=discover)", before)
    app.plugin("one", ("One", "kind = 1"))
    assert keys_of(app) == [1]
    app.plugin("two", ("Two", "kind = 2"))
    assert app.registry.refresh().added == (2,)


def test_a_discovery_function_that_fails_is_told_with_its_cause(app):
    before = "def discover(path, prefix, base): raise OSError('no disk')"
    app.base("_registry_config = RegistryConfig(REG, 'kind', discovery_function=discover)", before)
    with pytest.raises(DiscoveryError, match="no disk"):
        keys_of(app)
