"""The doctor finds the first broken link, and how to mend it, without importing anything."""

from __future__ import annotations

import sys

import pytest

pytest_plugins = ["command"]

ODD = {
    "zoo/half.py": """
        from abc import abstractmethod
        from zoo import Animal

        class Half(Animal):
            name = "half"

            @abstractmethod
            def eat(self): ...

            @abstractmethod
            def drink(self): ...
    """,
    "zoo/nameless.py": """
        from zoo import Animal

        class Nameless(Animal):
            pass
    """,
    "zoo/asked.py": """
        from zoo import Animal

        class Asked(Animal):
            @classmethod
            def name(cls):
                return "asked"
    """,
    "zoo/stranger.py": """
        class Stranger:
            name = "stranger"
    """,
    "zoo/never.py": """
        import sys
        from zoo import Animal

        if sys.platform == "amiga":
            class Never(Animal):
                name = "never"
    """,
    "zoo/seldom.py": """
        from zoo import Animal

        try:
            import night_vision
        except ImportError:
            pass
        else:
            class Seldom(Animal):
                name = "seldom"
    """,
    "zoo/typo.py": """
        from zoo import Animal
        from zoo.catt import Cat

        class Typo(Animal):
            name = "typo"
    """,
    "zoo/child.py": """
        from zoo.cat import Cat

        class Kitten(Cat):
            pass
    """,
    "zoo/broken.py": """
        from zoo import Animal

        class Auk(Animal)
            name = "auk"
    """,
    "zoo/pond/newt.py": """
        from zoo import Animal

        class Newt(Animal):
            name = "newt"
    """,
    "kats/__init__.py": """
        from zoo import Animal

        class Kat(Animal):
            name = "cat"
    """,
    "kats-1.dist-info/METADATA": """
        Metadata-Version: 2.1
        Name: kats
        Version: 1
    """,
    "kats-1.dist-info/entry_points.txt": """
        [zoo.plugins]
        kats = kats
    """,
    "zoo/gnu.py": """
        from zoo import Animal

        class Gnu(Animal):
            name = "gnu"
    """,
    "zoo/ox.py": """
        from zoo import Animal

        class Ox(Animal):
            name = "gnu"
            __replaces__ = "zoo.gnu:Gnu"
    """,
    "zoo/twin.py": """
        from zoo import Animal

        class Twin(Animal):
            name = "dodo"
    """,
}

STEPS = (
    "base", "package", "file", "syntax", "imports", "abstract methods", "key", "duplicate",
    "filter", "shipped", "cache",
)  # fmt: skip


def diagnosis(zoo, *subject, code=1):
    """Return what the doctor says of the animals."""
    (found,) = zoo.json("doctor", "zoo:ANIMALS", *subject, code=code)["registries"]
    return found


def test_a_sound_plugin_has_no_broken_link(zoo):
    found = diagnosis(zoo, "cat", code=0)
    assert tuple(step["name"] for step in found["steps"]) == STEPS
    assert {step["verdict"] for step in found["steps"]} == {"ok"}
    assert (found["name"], found["subject"], found["broken"]) == ("animal", "cat", None)


@pytest.mark.parametrize(
    ("subject", "link", "told", "fix"),
    [
        ("owl", "imports", "night_vision is not installed", "pip install 'zoo-kit[night]'"),
        ("typo", "imports", "zoo.catt", "mend the import in zoo.typo"),
        ("half", "abstract methods", "drink, eat", "define drink, eat in Half"),
        ("Half", "abstract methods", "drink, eat", "define drink, eat in Half"),
        ("Nameless", "key", "it sets no name", "set name in the body of Nameless"),
        ("zoo.nameless:Nameless", "key", "it sets no name", "set name in the body"),
        ("Kitten", "key", "inherits", "name"),
        ("Asked", "key", "its name is no key: it is a method", "to a literal"),
        ("stranger", "base", "doesn't derive from zoo:Animal", "let it derive from"),
        ("Animal", "base", "is the base itself", "name one of its subclasses"),
        ("seldom", "file", "under a condition", "take the class out"),
        ("never", "file", "never.py mentions it", "look at the conditions around it"),
        ("Never", "file", "never.py mentions it", "look at the conditions around it"),
        ("auk", "syntax", "broken.py, line 3", "correct the file"),
        ("newt", "file", "has no __init__.py", "put an __init__.py into"),
        ("zoo.pond.newt:Newt", "file", "has no __init__.py", "put an __init__.py into"),
        ("AUK_", "syntax", "broken.py, line 3", "correct the file"),
        ("Kat", "duplicate", "'cat' is the key of zoo.cat:Cat, which comes first", "__replaces__"),
        ("Gnu", "duplicate", "is the key of zoo.ox:Ox, which replaces it", "another key"),
        ("dodo", "duplicate", "is claimed by zoo.twin:Twin too", "__replaces__"),
        ("catt", "key", "no key and no class in zoo", "did you mean cat"),
    ],
)
def test_the_first_broken_link_is_named_with_its_fix(zoo, subject, link, told, fix):
    found = diagnosis(zoo.write(ODD), subject)
    broken = next(step for step in found["steps"] if step["verdict"] == "broken")
    assert (found["broken"], broken["name"]) == (link, link)
    assert told in broken["text"]
    assert fix in found["fix"]


def test_a_whole_registry_is_examined(zoo):
    found = diagnosis(zoo, code=0)
    verdicts = {step["name"]: step["verdict"] for step in found["steps"]}
    assert verdicts.pop("imports") == "note"
    assert set(verdicts.values()) == {"ok"}


def test_a_whole_registry_with_faults_names_the_first(zoo):
    found = diagnosis(zoo.write(ODD))
    verdicts = {step["name"]: step["verdict"] for step in found["steps"]}
    assert found["broken"] == "syntax"
    assert verdicts["duplicate"] == "broken"
    assert verdicts["abstract methods"] == "note"


def test_a_failure_that_the_index_remembers_is_named(zoo):
    code = "import zoo\ntry:\n    zoo.ANIMALS['dodo']\nexcept Exception: pass"
    zoo.environment["PYTHONDONTWRITEBYTECODE"] = "1"
    zoo.run([sys.executable, "-c", code])
    found = diagnosis(zoo, "dodo")
    assert found["broken"] == "imports"
    assert "extinct" in next(s["text"] for s in found["steps"] if s["name"] == "imports")


def test_the_walk_is_printed_for_people(zoo):
    done = zoo("doctor", "zoo", "owl")
    assert done.returncode == 1
    assert "first broken link: imports: night_vision is not installed" in done.stdout
    assert "fix:     pip install 'zoo-kit[night]'" in done.stdout


def test_of_several_registries_those_are_shown_that_the_class_belongs_to(zoo):
    zoo.write({
        "zoo/plants.py": """
            from plugindex import AutoRegisterMeta

            class Plant(metaclass=AutoRegisterMeta):
                __registry_key__ = "name"
        """
    })  # fmt: skip
    found = zoo.json("doctor", "zoo", "cat")["registries"]
    assert [one["name"] for one in found] == ["animal"]


def test_a_foreign_hierarchy_is_examined(plugindex):
    arguments = ["--package", "json", "--base", "builtins:ValueError"]
    for subject in ((), ("JSONDecodeError",)):
        (found,) = plugindex.json("doctor", *arguments, *subject)["registries"]
        assert found["broken"] is None


def test_a_base_that_is_no_class_is_the_broken_link(plugindex):
    arguments = ["--package", "json", "--base", "json:dumps"]
    (found,) = plugindex.json("doctor", *arguments, code=1)["registries"]
    assert found["broken"] == "base"


def test_a_target_that_is_not_there_is_refused(zoo):
    assert "there is no module zu" in zoo.refused("doctor", "zu", "cat")


@pytest.mark.parametrize("trouble", ["a file", "open to others"])
def test_an_index_that_can_not_be_stored_is_told_with_the_reason(zoo, trouble, tmp_path):
    folder = tmp_path / "kept"
    if trouble == "a file":
        folder.write_text("")
    else:
        folder.mkdir()
        folder.chmod(0o777)
    zoo.environment["ZOO_CACHE_DIR"] = str(folder)
    step = diagnosis(zoo, code=0)["steps"][-1]
    assert (step["name"], step["verdict"]) == ("cache", "note")
    assert "can't be stored" in step["text"] and str(folder) in step["text"]
    assert "ZOO_CACHE_DIR" in step["fix"]
