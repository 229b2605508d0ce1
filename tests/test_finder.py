"""The finder answers what a fresh process's import system would, without importing."""

from __future__ import annotations

import importlib.machinery
import json
import os
import py_compile
import subprocess
import sys
import sysconfig
import textwrap
import zipfile
from pathlib import Path

import pytest

from plugindex.finder import Finder

SRC = Path(__file__).parent.parent / "src"
EXTENSION = importlib.machinery.EXTENSION_SUFFIXES[0]


def grow(root: Path, *files: str) -> Path:
    """Make empty *files* below *root*."""
    for file in files:
        target = root / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("")
    return root


def names(finder: Finder, package: str, recursive: bool = True) -> list[str]:
    return [module.name for module in finder.modules(package, recursive)]


def run(code: str, *path: Path, cwd: Path | None = None, executable: str = sys.executable) -> str:
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(map(str, path)))
    done = subprocess.run(
        [executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=True,
    )
    return done.stdout


def test_a_module_and_a_package_are_found_by_dotted_name(tmp_path):
    finder = Finder([str(grow(tmp_path, "pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/m.py"))])
    assert finder.find("pkg.sub.m").path == str(tmp_path / "pkg/sub/m.py")
    assert finder.find("pkg.sub").locations == (str(tmp_path / "pkg/sub"),)
    assert finder.find("pkg.sub").is_package
    assert not finder.find("pkg.sub.m").is_package


@pytest.mark.parametrize(
    "name", ["nope", "pkg.nope", "pkg.m.x", "", ".", "a..b", ".pkg", "pkg.", "p/k", "\0"]
)
def test_a_name_that_no_module_has_is_not_found(tmp_path, name):
    assert Finder([str(grow(tmp_path, "pkg/__init__.py", "pkg/m.py"))]).find(name) is None


def test_nothing_is_imported_not_even_a_parent(tmp_path):
    grow(tmp_path, "parent_raises/m.py")
    (tmp_path / "parent_raises/__init__.py").write_text("raise SystemExit('ran')")
    assert Finder([str(tmp_path)]).find("parent_raises.m").kind == "source"
    assert "parent_raises" not in sys.modules


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["m.py", "m/__init__.py"], "m/__init__.py"),
        (["m.py", f"m{EXTENSION}"], f"m{EXTENSION}"),
        (["m.py", "m.pyc"], "m.py"),
        (["m/__init__.py", f"m/__init__{EXTENSION}"], f"m/__init__{EXTENSION}"),
        (["m/x.py", "m.py"], "m.py"),
    ],
)
def test_the_winner_among_rivals_in_one_folder_is_importlibs(tmp_path, files, expected):
    path = [str(grow(tmp_path, *files))]
    assert Finder(path).find("m").path == str(tmp_path / expected)
    assert importlib.machinery.PathFinder.find_spec("m", path).origin == str(tmp_path / expected)


def test_an_earlier_path_entry_wins_but_a_namespace_folder_does_not(tmp_path):
    grow(tmp_path, "a/m/x.py", "b/m.py", "c/m.py")
    finder = Finder([str(tmp_path / entry) for entry in "abc"])
    assert finder.find("m").path == str(tmp_path / "b/m.py")


def test_namespace_portions_are_collected_over_all_entries(tmp_path):
    grow(tmp_path, "a/ns/x.py", "b/ns/y.py")
    finder = Finder([str(tmp_path / "a"), str(tmp_path / "b")])
    assert finder.find("ns").locations == (str(tmp_path / "a/ns"), str(tmp_path / "b/ns"))
    assert names(finder, "ns") == ["ns", "ns.x", "ns.y"]


def test_nested_namespace_folders_count_only_below_a_namespace(tmp_path):
    grow(tmp_path, "ns/deep/er/m.py", "ns/reg/__init__.py", "ns/reg/data/m.py", "ns/empty/x.txt")
    assert names(Finder([str(tmp_path)]), "ns") == [
        "ns",
        "ns.deep",
        "ns.deep.er",
        "ns.deep.er.m",
        "ns.reg",
    ]


def test_a_regular_package_is_listed_with_everything_importable_in_it(tmp_path):
    grow(
        tmp_path,
        "p/__init__.py",
        "p/b.py",
        "p/_a.py",
        "p/s/__init__.py",
        "p/s/m.py",
        f"p/e{EXTENSION}",
    )
    assert names(Finder([str(tmp_path)]), "p") == ["p", "p._a", "p.b", "p.e", "p.s", "p.s.m"]
    assert names(Finder([str(tmp_path)]), "p", recursive=False) == [
        "p",
        "p._a",
        "p.b",
        "p.e",
        "p.s",
    ]
    assert Finder([str(tmp_path)]).submodules("p") == {"_a", "b", "e", "s"}


def test_what_is_no_plugin_module_is_left_out(tmp_path):
    grow(
        tmp_path,
        "p/__init__.py",
        "p/__main__.py",
        "p/no-name.py",
        "p/x.py/__init__.py",
        "p/data/m.py",
    )
    grow(tmp_path, "p/__pycache__/m.cpython-311.pyc", "p/notes.txt", "p/a.b.py")
    assert names(Finder([str(tmp_path)]), "p") == ["p"]
    assert Finder([str(tmp_path)]).find("p.x") is None


def test_a_plain_module_as_scope_is_that_module_alone(tmp_path):
    assert names(Finder([str(grow(tmp_path, "m.py"))]), "m") == ["m"]
    assert names(Finder([str(tmp_path)]), "nope") == []


def test_a_sourceless_file_is_bytecode(tmp_path):
    source = grow(tmp_path, "src.py") / "src.py"
    py_compile.compile(str(source), cfile=str(tmp_path / "m.pyc"))
    assert Finder([str(tmp_path)]).find("m").kind == "bytecode"


def test_builtin_frozen_and_frozen_with_a_file():
    finder = Finder()
    assert finder.find("sys").kind == "builtin"
    assert finder.find("_frozen_importlib").kind == "frozen"
    assert finder.find("abc").kind == "source"
    assert finder.find("importlib._bootstrap").kind == "source"


def test_a_file_can_not_shadow_a_frozen_or_builtin_module(tmp_path):
    finder = Finder([str(grow(tmp_path, "os.py", "sys.py")), *sys.path])
    assert finder.find("os").path == os.__file__
    assert finder.find("sys").kind == "builtin"


def test_os_path_is_the_platforms_path_module():
    assert Finder().find("os.path").path == os.path.__file__


def test_every_module_of_the_standard_library_is_where_import_finds_it():
    folder = sysconfig.get_path("stdlib")
    finder = Finder([folder, *sys.path])
    names = sys.stdlib_module_names - {"distutils"}  # setuptools puts its own in its place
    tops = [n for n in sorted(names) if finder.find(n) is not None]
    origins = {n: importlib.machinery.PathFinder.find_spec(n, list(finder.path)) for n in tops}
    there = {
        n: s.origin
        for n, s in origins.items()
        if s is not None and n not in sys.builtin_module_names
    }
    assert len(there) > 150
    assert {n: finder.find(n).path for n in there} == there


def test_every_module_below_a_package_is_what_pkgutil_walks():
    code = """
        import json, pkgutil, encodings, xml, email
        out = []
        for package in (encodings, xml, email):
            out += [m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
        print(json.dumps(sorted(out)))
    """
    ours = sorted(n for p in ("encodings", "xml", "email") for n in names(Finder(), p)[1:])
    assert ours == json.loads(run(code))


def test_an_archive_on_the_path_is_found_and_listed(tmp_path):
    archive = tmp_path / "lib.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for file in (
            "zp/__init__.py",
            "zp/m.py",
            "zp/sub/__init__.py",
            "zp/sub/n.py",
            "zp/data/x.txt",
        ):
            out.writestr(file, "")
    finder = Finder([str(archive)])
    assert names(finder, "zp") == ["zp", "zp.m", "zp.sub", "zp.sub.n"]
    found = finder.find("zp.sub.n")
    assert (found.kind, found.path) == ("loader", str(archive / "zp/sub/n.py"))
    assert found.loader.get_code("zp.sub.n") is not None
    assert "zp" not in sys.modules


def test_a_namespace_may_lie_in_an_archive(tmp_path):
    archive = tmp_path / "lib.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for file in ("zn/", "zn/m.py", "zn/deep/", "zn/deep/n.py"):
            out.writestr(file, "")
    assert names(Finder([str(archive)]), "zn") == ["zn", "zn.deep", "zn.deep.n", "zn.m"]


def test_an_archive_that_was_rewritten_is_read_again(tmp_path):
    archive = tmp_path / "lib.zip"
    for file in ("first.py", "second.py"):
        with zipfile.ZipFile(archive, "w") as out:
            out.writestr(file, "")
        assert Finder([str(archive)]).find(file[:-3]).kind == "loader"


def test_odd_path_entries_do_no_harm(tmp_path):
    grow(tmp_path, "m.py", "file.txt")
    odd = [str(tmp_path / "absent"), str(tmp_path / "file.txt"), "\0", "~", "x" * 5000]
    finder = Finder([*odd, None, b"x", str(tmp_path)])  # type: ignore[list-item]
    assert finder.find("m").kind == "source"


def test_the_empty_entry_is_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(grow(tmp_path, "m.py"))
    assert Finder([""]).find("m").path == str(tmp_path / "m.py")
    assert Finder(["."]).find("m").path == str(tmp_path / "m.py")


def test_a_folder_listed_twice_or_linked_gives_no_doubles(tmp_path):
    grow(tmp_path, "lib/ns/m.py")
    (tmp_path / "lib64").symlink_to("lib")
    finder = Finder([str(tmp_path / "lib"), str(tmp_path / "lib64"), str(tmp_path / "lib")])
    assert names(finder, "ns") == ["ns", "ns.m"]
    assert finder.find("ns").locations == (str(tmp_path / "lib/ns"),)


def test_link_loops_end(tmp_path):
    grow(tmp_path, "p/__init__.py", "p/a/__init__.py", "p/b/__init__.py", "p/b/m.py")
    (tmp_path / "p/self").symlink_to(".")
    (tmp_path / "p/a/to_b").symlink_to("../b")
    (tmp_path / "p/b/to_a").symlink_to("../a")
    expected = ["p", "p.a", "p.a.to_b", "p.a.to_b.m", "p.b", "p.b.m", "p.b.to_a"]
    assert names(Finder([str(tmp_path)]), "p") == expected


def test_a_broken_link_is_no_module(tmp_path):
    grow(tmp_path, "p/__init__.py")
    (tmp_path / "p/gone.py").symlink_to("nowhere")
    assert names(Finder([str(tmp_path)]), "p") == ["p"]


def test_a_folder_that_can_not_be_listed_is_a_problem_not_an_error(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    finder = Finder([str(tmp_path / "loop"), str(grow(tmp_path, "m.py"))])
    assert finder.find("m").kind == "source"
    assert [(p.kind, p.file) for p in finder.troubles] == [("unreadable", str(tmp_path / "loop"))]


def test_a_package_without_permission_is_a_problem():
    code = """
        import os, shutil, tempfile
        from plugindex.finder import Finder
        root = tempfile.mkdtemp()
        os.makedirs(root + "/p/s")
        for file in ("/p/__init__.py", "/p/s/__init__.py"):
            open(root + file, "w").close()
        os.chmod(root, 0o755)
        os.chmod(root + "/p/s", 0)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)  # root may list everything
        finder = Finder([root])
        names = [module.name for module in finder.modules("p")]
        print(names, [(p.kind, p.file == root + "/p/s") for p in finder.troubles])
        os.seteuid(user)
        os.chmod(root + "/p/s", 0o700)
        shutil.rmtree(root)
    """
    assert run(code, SRC) == "['p'] [('unreadable', True)]\n"


def test_consulted_names_every_folder_that_decided_an_answer(tmp_path):
    grow(tmp_path, "b/p/__init__.py")
    finder = Finder([str(tmp_path / "a"), str(tmp_path / "b")])
    finder.find("p.x")
    assert finder.consulted == {
        str(tmp_path / "a"): None,
        str(tmp_path / "b"): frozenset({"p"}),
        str(tmp_path / "b/p"): frozenset({"__init__.py"}),
    }


class RaisingFinder:
    """A meta path finder as a broken third party might install it."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        raise RuntimeError("broken")


def test_a_finder_that_raises_is_skipped_and_named_once(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [RaisingFinder, *sys.meta_path])
    finder = Finder([str(grow(tmp_path, "m.py"))])
    assert finder.find("nope_one") is None
    assert finder.find("nope_two") is None
    assert finder.find("m").kind == "source"
    assert [p.kind for p in finder.troubles] == ["crashed"]
    assert "RaisingFinder" in finder.troubles[0].message


def test_a_finder_on_the_meta_path_is_asked_after_the_path(tmp_path, monkeypatch):
    origin = str(grow(tmp_path, "hidden/elsewhere.py") / "hidden/elsewhere.py")

    class Mapping:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "elsewhere":
                return importlib.util.spec_from_file_location(name, origin)
            return None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Mapping])
    assert (Finder([]).find("elsewhere").kind, Finder([]).find("elsewhere").path) == (
        "source",
        origin,
    )


class Shelf:
    """A path entry importer of a third party: modules that lie nowhere."""

    @staticmethod
    def find_spec(name, target=None):
        known = name in ("shelf", "shelf.book")
        if not known:
            return None
        spec = importlib.machinery.ModuleSpec(name, Shelf, is_package=name == "shelf")
        spec.submodule_search_locations = ["shelf://"] if name == "shelf" else None
        return spec

    @staticmethod
    def iter_modules(prefix=""):
        yield prefix + "book", False


def test_any_path_hooks_importer_is_asked_and_listed(monkeypatch):
    def hook(entry):
        if entry != "shelf://":
            raise ImportError
        return Shelf

    monkeypatch.setattr(sys, "path_hooks", [*sys.path_hooks, hook])
    finder = Finder(["shelf://"])
    assert (finder.find("shelf").kind, finder.find("shelf").loader) == ("loader", Shelf)
    assert names(finder, "shelf") == ["shelf", "shelf.book"]
    assert (finder.find("nope"), finder.troubles) == (None, [])


SETUP = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "{name}"
version = "1"
[tool.setuptools]
{layout}
"""
LAYOUTS = {
    "flat": ('packages = ["demo", "demo.sub"]', ""),
    "src": ('package-dir = {"" = "src"}\npackages = ["demo", "demo.sub"]', "src"),
    "mapped": ('package-dir = {"demo" = "odd/place"}\npackages = ["demo", "demo.sub"]', None),
    "namespace": ('package-dir = {"" = "src"}\npackages = ["ns.demo", "ns.demo.sub"]', "src/ns"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_editable_install_is_found_and_listed(tmp_path, layout):
    pytest.importorskip("setuptools.command.bdist_wheel")
    lines, folder = LAYOUTS[layout]
    home = "odd/place" if folder is None else os.path.join(folder, "demo")
    project = grow(
        tmp_path / "project", *(f"{home}/{f}" for f in ("__init__.py", "m.py", "sub/__init__.py"))
    )
    (project / "pyproject.toml").write_text(SETUP.format(name=layout, layout=lines))
    target = install_editable(project, tmp_path)
    package = "ns.demo" if layout == "namespace" else "demo"
    code = f"""
        import site, sys, json
        site.addsitedir({str(target)!r})
        from plugindex.finder import Finder
        finder = Finder()
        out = [[m.name for m in finder.modules(p)] for p in ("ns", {package!r})]
        print(json.dumps(out), [p.message for p in finder.troubles], "demo" in sys.modules)
    """
    inside = [package, f"{package}.m", f"{package}.sub"]
    whole = ["ns", *inside] if layout == "namespace" else []
    out = run(code, SRC).strip()
    assert out == f"{json.dumps([whole, inside])} [] False"


def install_editable(project: Path, tmp_path: Path) -> Path:
    """Build the editable wheel of *project* with setuptools itself and unpack it."""
    target = tmp_path / "site"
    target.mkdir()
    code = f"""
        from setuptools import build_meta
        print(build_meta.build_editable({str(target)!r}))
    """
    wheel = run(code, cwd=project).split()[-1]
    with zipfile.ZipFile(target / wheel) as archive:
        archive.extractall(target)
    return target


def test_each_folder_is_listed_once_however_many_modules_it_holds(tmp_path):
    grow(tmp_path, "p/__init__.py", *(f"p/m{number}.py" for number in range(1000)))
    code = f"""
        import sys
        from plugindex.finder import Finder
        listed = []
        sys.addaudithook(lambda event, args: event == "os.scandir" and listed.append(args[0]))
        print(len(Finder([{str(tmp_path)!r}]).modules("p")), len(listed), len(set(listed)))
    """
    assert run(code, SRC).split() == ["1001", "2", "2"]


def test_a_finder_before_the_path_is_asked_first(tmp_path):
    grow(tmp_path, "path/shadowed.py", "other/shadowed.py", "path/plain.py")
    code = f"""
        import sys
        from importlib.machinery import PathFinder

        class Ahead:
            @staticmethod
            def find_spec(name, path=None, target=None):
                if name == "shadowed":
                    return PathFinder.find_spec(name, [{str(tmp_path / "other")!r}])

        sys.meta_path.insert(0, Ahead)
        from plugindex.finder import Finder
        found = [Finder().find(n).path for n in ("shadowed", "plain")]
        import shadowed, plain
        print(found == [shadowed.__file__, plain.__file__], shadowed.__file__)
    """
    assert run(code, SRC, tmp_path / "path") == f"True {tmp_path / 'other/shadowed.py'}\n"


def test_distutils_is_the_one_that_import_gives():
    code = """
        from plugindex.finder import Finder
        found = Finder().find("distutils.cmd")
        import distutils.cmd
        print(found.path == distutils.cmd.__file__)
    """
    assert run(code, SRC) == "True\n"
