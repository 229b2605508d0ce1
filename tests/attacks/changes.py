# ruff: noqa: E501 - a table of changes, one a line
"""Changes after which an index must not be believed: each writes a package, then changes it."""

from __future__ import annotations

import os
import py_compile
import shutil
import sys
import zipfile

from attacks.targets import BASE, FILES, UNDECIDED

IMAGE_NS = 315_532_800 * 10**9  # 1980-01-01, what image builders set


def plugin(name, key=None, base="target.base import Base"):
    """Return the text of a module with one plugin."""
    key = repr(name.lower()) if key is None else key
    return f"from {base}\nclass {name}(Base):\n    name = {key}\n"


SMALL = {"target/__init__.py": "", "target/base.py": BASE, "target/a.py": plugin("Alpha")}


def write(**files):
    """Return a change that writes files; ``__`` stands for a slash, the suffix is ``.py``."""

    def change(target):
        target.write({name.replace("__", "/") + ".py": text for name, text in files.items()})

    return change


def remove(*names):
    """Return a change that removes files or folders."""
    return lambda target: target.write(dict.fromkeys(names))


def moved(old, new):
    """Return a change that renames a file or folder."""
    return lambda target: (target.site / old).rename(target.site / new)


def same_stat(name, old, new):
    """Return a change that keeps a file's size and times, as far as a program can."""

    def change(target):
        file = target.site / name
        status, text = file.stat(), file.read_text()
        assert len(old) == len(new) and old in text
        file.write_text(text.replace(old, new))
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        shutil.rmtree(file.parent / "__pycache__", ignore_errors=True)

    return change


def swapped(name, text):
    """Return a change that puts another file in the place of one, with its times."""

    def change(target):
        file = target.site / name
        status = file.stat()
        other = file.with_name("other.tmp")
        other.write_text(text)
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        other.replace(file)
        shutil.rmtree(file.parent / "__pycache__", ignore_errors=True)

    return change


def variable(name, value):
    """Return a change of the environment; None removes the variable."""

    def change(target):
        target.variables[name] = value

    return change


def on_path(files, first=True):
    """Return a change that adds a folder with packages to the path."""

    def change(target):
        target.beside("more", files)
        place = 0 if first else len(target.path)
        target.path.insert(place, str(target.folder / "more"))

    return change


def beside(files, folder="lib"):
    """Return a change that writes files into another folder of the path."""
    return lambda target: target.beside(folder, files)


def switched(name):
    """Return a change that lets a link lead to another folder."""

    def change(target):
        link = target.site / name
        link.unlink()
        link.symlink_to(target.folder / "second", target_is_directory=True)

    return change


def linked(target):
    """Make a package inside that is a link to one of two folders."""
    target.beside("first", {"__init__.py": "", "m.py": plugin("First")})
    target.beside("second", {"__init__.py": "", "m.py": plugin("Other")})
    (target.site / "target/link").symlink_to(target.folder / "first", target_is_directory=True)


def image(target):
    """Give every file the time that image builders give."""
    for root, _, files in os.walk(target.site):
        for name in [*files, "."]:
            os.utime(os.path.join(root, name), ns=(IMAGE_NS, IMAGE_NS))


def image_after(change):
    """Return a change after which all times are those of an image again."""

    def both(target):
        change(target)
        for cached in target.site.rglob("__pycache__"):
            shutil.rmtree(cached)
        image(target)

    return both


def checkout(target):
    """Switch a checkout to another branch, and give every file one time."""
    target.write({
        "target/a.py": plugin("Alphb"),
        "target/b.py": plugin("Beta"),
        "target/base.py": BASE.replace('"name"', '"mark"'),
    })  # fmt: skip
    image_after(lambda _: None)(target)


def sourceless(text, name="target/a"):
    """Return a change that leaves only the bytecode of a module, made from *text*."""

    def change(target):
        source = target.site / f"{name}.py"
        source.write_text(text)
        py_compile.compile(str(source), cfile=str(source.with_suffix(".pyc")), doraise=True)
        source.unlink()
        shutil.rmtree(source.parent / "__pycache__", ignore_errors=True)

    return change


def pyc(mode, text):
    """Return a change that caches bytecode of *text* under a source that says another thing."""

    def change(target):
        source = target.site / "target/a.py"
        kept = source.read_text()
        source.write_text(text)
        py_compile.compile(str(source), doraise=True, invalidation_mode=mode)
        source.write_text(kept)

    return change


def stale_pyc(target):
    """Let the bytecode hide an edit of the same size in the same second: import runs the old."""
    source = target.site / "target/a.py"
    os.utime(source, (10**9, 10**9))
    py_compile.compile(str(source), doraise=True)
    source.write_text(source.read_text().replace("alpha", "alphb"))
    os.utime(source, (10**9, 10**9))


def zipped(files):
    """Return a change that puts the package into an archive on the path."""

    def change(target):
        archive = target.folder / "lib.zip"
        with zipfile.ZipFile(archive, "w") as file:
            for name, text in files.items():
                file.writestr(name, text)
        if str(archive) not in target.path:
            shutil.rmtree(target.site / "target", ignore_errors=True)
            target.path.append(str(archive))

    return change


def editable(files):
    """Return a change that installs the package editable, as setuptools maps it, from a folder."""

    def change(target):
        number = len([*target.folder.glob("checkout*")])
        target.beside(f"checkout{number}", files)
        shutil.rmtree(target.site / "target", ignore_errors=True)
        target.mapping = {"target": str(target.folder / f"checkout{number}" / "target")}

    return change


def entry_points(*packages):
    """Return a change that lets an installed distribution offer packages."""
    lines = "".join(f"p{number} = {name}\n" for number, name in enumerate(packages))

    def change(target):
        target.write({"kit-1.dist-info/entry_points.txt": f"[target.plugins]\n{lines}"})
        target.offered = packages

    return change


def dropped(folder="data/target/plugins", **files):
    """Return a change of the files in a plugin folder; None removes one."""

    def change(target):
        target.beside(folder, {f"{name}.py": text for name, text in files.items()})
        place = target.folder / folder
        for path in (place, *place.iterdir()):
            path.chmod(0o755)
        target.dropped = [f"plugindex.dropped.target.{one.stem}" for one in place.glob("*.py")]

    return change


def clock(seconds):
    """Return a change of the clock that the process sees."""

    def change(target):
        target.clock = seconds

    return change


OFFERED = {"kit/__init__.py": "", "kit/p.py": plugin("Kit"), "kit-1.dist-info/METADATA": ""}
GUARDED = {
    "target/b.py": "try:\n    import dep\nexcept ImportError:\n    dep = None\n"
    + plugin("Beta")
    + "if dep is None:\n    class Without(Base):\n        name = 'without'\n"
}
NEEDY = {"target/b.py": "import dep\n" + plugin("Beta")}
DYNAMIC = {
    "target/b.py": "import importlib\n"
    + plugin("Beta")
    + "try:\n    importlib.import_module('d' + 'ep')\nexcept ImportError:\n    pass\n"
    "else:\n    class With(Base):\n        name = 'with'\n"
}
READS_FILE = {
    "target/names.txt": "x y",
    "target/b.py": "import os\nfrom target.base import Base\n"
    "for one in open(os.path.join(os.path.dirname(__file__), 'names.txt')).read().split():\n"
    "    globals()[one] = type(Base)(one, (Base,), {'name': one, '__module__': __name__})\n",
}
READS_FOLDER = {
    "target/data/x.txt": "",
    "target/b.py": "import os\nfrom target.base import Base\n"
    "for one in os.listdir(os.path.join(os.path.dirname(__file__), 'data')):\n"
    "    globals()[one] = type(Base)(one, (Base,), {'name': one, '__module__': __name__})\n",
}
LISTS_THE_PATH = {
    "target/b.py": "import os\nfrom target.base import Base\n"
    "for one in os.listdir(os.path.dirname(os.path.dirname(__file__))):\n"
    "    if one.endswith('.kind'):\n"
    "        class Kind(Base):\n            name = one\n",
}
FINDS_ON_THE_PATH = {
    "target/b.py": "import os, pkgutil\nfrom target.base import Base\n"
    "for one in pkgutil.iter_modules([os.path.dirname(os.path.dirname(__file__))]):\n"
    "    if one.name.startswith('kind_'):\n"
    "        class Kind(Base):\n            name = one.name\n",
}
READS_VARIABLE = {
    "target/b.py": "import os\n"
    + plugin("Beta", "os.environ.get('TARGET_KEY', 'none')")
    + "if 'TARGET_MORE' in os.environ:\n    class More(Base):\n        name = 'more'\n"
    "if os.getenv('TARGET_LESS') != '1':\n    class Less(Base):\n        name = 'less'\n"
}
COMPUTES = {
    "lib:dep.py": "NAMES = ['x']\n",
    "target/b.py": "import dep\nfrom target.base import Base\nfor one in dep.NAMES:\n"
    "    globals()[one] = type(Base)(one, (Base,), {'name': one, '__module__': __name__})\n",
}
CONSTANT = {
    "lib:dep.py": "KEY = 'one'\n",
    "target/b.py": "import dep\n" + plugin("Beta", "dep.KEY"),
}
MIXIN = {
    "lib:dep.py": "class Mixin:\n    name = 'mixed'\n",
    "target/b.py": "import dep\nfrom target.base import Base\nclass B(dep.Mixin, Base):\n    pass\n",
}
# Each is (files beyond SMALL, what is done before the index is made, the change).
NOTHING = lambda target: None  # noqa: E731 - a name for nothing to do
CHANGES = {
    "a new module": ({}, NOTHING, write(target__b=plugin("Beta"))),
    "a new private module": ({}, NOTHING, write(target___b=plugin("Beta"))),
    "a new package": ({}, NOTHING, write(target__b____init__=plugin("Beta"))),
    "a module gone": ({}, NOTHING, remove("target/a.py")),
    "a module renamed": ({}, NOTHING, moved("target/a.py", "target/z.py")),
    "an edit": ({}, NOTHING, write(target__a=plugin("Alphabet"))),
    "an edit of the same size": ({}, NOTHING, write(target__a=plugin("Alphb"))),
    "an edit of size and times kept": ({}, NOTHING, same_stat("target/a.py", "alpha", "alphb")),
    "another file with size and times": ({}, NOTHING, swapped("target/a.py", plugin("Alphb"))),
    "a syntax error": ({}, NOTHING, write(target__a="class (\n")),
    "an __init__ that binds more": ({}, NOTHING, write(target____init__=plugin("Init"))),
    "the base changes its key": ({}, NOTHING, same_stat("target/base.py", '"name"', '"nome"')),
    "a base class turns abstract": (
        {"target/b.py": "import target.a\nclass B(target.a.Alpha):\n    name = 'b'\n"},
        NOTHING,
        write(
            target__a="import abc\n"
            + plugin("Alpha")
            + "    @abc.abstractmethod\n    def f(self): ...\n"
        ),
    ),
    "a module becomes a package": (
        {},
        NOTHING,
        lambda t: t.write({"target/a.py": None, "target/a/__init__.py": plugin("Pack")}),
    ),
    "a package beside a module": ({}, NOTHING, write(target__a____init__=plugin("Pack"))),
    "a link leads elsewhere": ({}, linked, switched("target/link")),
    "a constant outside the package": (CONSTANT, NOTHING, beside({"dep.py": "KEY = 'two'\n"})),
    "a mixin outside the package": (
        MIXIN,
        NOTHING,
        beside({"dep.py": "class Mixin:\n    name = 'other'\n"}),
    ),
    "what an undecided module imports": (COMPUTES, NOTHING, beside({"dep.py": "NAMES = 'xy'\n"})),
    "a dependency appears": (NEEDY, NOTHING, beside({"dep.py": ""})),
    "a dependency goes": (NEEDY | {"lib:dep.py": ""}, NOTHING, beside({"dep.py": None})),
    "a guarded dependency appears": (GUARDED, NOTHING, beside({"dep.py": ""})),
    "a guarded dependency goes": (GUARDED | {"lib:dep.py": ""}, NOTHING, beside({"dep.py": None})),
    "a dependency as a package": (NEEDY, NOTHING, beside({"dep/__init__.py": ""})),
    "a dependency as a namespace": (NEEDY, NOTHING, beside({"dep/x.txt": ""})),
    "a computed import appears": (DYNAMIC, NOTHING, beside({"dep.py": ""})),
    "a computed import goes": (DYNAMIC | {"lib:dep.py": ""}, NOTHING, beside({"dep.py": None})),
    "a file that a module reads": (
        READS_FILE,
        NOTHING,
        lambda t: t.write({"target/names.txt": "x"}),
    ),
    "a folder that a module lists": (
        READS_FOLDER,
        NOTHING,
        lambda t: t.write({"target/data/y": ""}),
    ),
    "a folder of the path that a module lists": (
        LISTS_THE_PATH,
        NOTHING,
        lambda t: t.write({"x.kind": ""}),
    ),
    "a folder of the path in which a module finds others": (
        FINDS_ON_THE_PATH,
        NOTHING,
        lambda t: t.write({"kind_x.py": ""}),
    ),
    "a file beside the packages": (
        DYNAMIC,
        NOTHING,
        lambda t: t.write({"results.csv": "", "unasked.py": ""}),
    ),
    "a variable that gives a key": (READS_VARIABLE, NOTHING, variable("TARGET_KEY", "set")),
    "a variable that is asked for": (READS_VARIABLE, NOTHING, variable("TARGET_MORE", "")),
    "a variable read by getenv": (READS_VARIABLE, NOTHING, variable("TARGET_LESS", "1")),
    "a package of the name before it": (
        {},
        NOTHING,
        on_path(SMALL | {"target/a.py": plugin("New")}),
    ),
    "a package of the name behind it": (
        {},
        NOTHING,
        on_path(SMALL | {"target/a.py": plugin("New")}, False),
    ),
    "one of the name comes into an earlier folder": (
        {},
        lambda t: t.path.insert(0, str(t.folder / "early")),
        beside(SMALL | {"target/a.py": plugin("New")}, "early"),
    ),
    "a standard module is shadowed": (
        {"target/b.py": "import wave\n" + plugin("Beta", "wave.KEY")},
        NOTHING,
        lambda t: t.write({"wave.py": "KEY = 'shadow'\n"}),
    ),
    "an image, then an edit": ({}, image, image_after(write(target__a=plugin("Alphb")))),
    "an image, then a new module": ({}, image, image_after(write(target__b=plugin("Beta")))),
    "a checkout of another branch": ({}, image, checkout),
    "bytecode alone": ({}, NOTHING, sourceless(plugin("Only"))),
    "bytecode alone changes": ({}, sourceless(plugin("Only")), sourceless(plugin("Onlx"))),
    "unchecked bytecode": (
        {},
        NOTHING,
        pyc(py_compile.PycInvalidationMode.UNCHECKED_HASH, plugin("Hid")),
    ),
    "unchecked bytecode goes": (
        {},
        pyc(py_compile.PycInvalidationMode.UNCHECKED_HASH, plugin("Hid")),
        lambda t: shutil.rmtree(t.site / "target/__pycache__"),
    ),
    "checked bytecode": (
        {},
        NOTHING,
        pyc(py_compile.PycInvalidationMode.CHECKED_HASH, plugin("Hid")),
    ),
    "bytecode hides an edit": ({}, NOTHING, stale_pyc),
    "bytecode no longer hides an edit": (
        {},
        stale_pyc,
        lambda t: shutil.rmtree(t.site / "target/__pycache__"),
    ),
    "an archive changes": (
        {},
        zipped(SMALL),
        zipped(SMALL | {"target/b.py": plugin("Beta")}),
    ),
    "a module in an archive changes": (
        {},
        zipped(SMALL),
        zipped(SMALL | {"target/a.py": plugin("Alphb")}),
    ),
    "an editable install of another checkout": (
        {},
        editable(SMALL),
        editable(SMALL | {"target/a.py": plugin("New")}),
    ),
    "an installed distribution offers plugins": (OFFERED, NOTHING, entry_points("kit")),
    "it offers another package": (
        OFFERED | {"kin/__init__.py": plugin("Kin")},
        entry_points("kit"),
        entry_points("kin"),
    ),
    "it offers none any more": (
        OFFERED,
        entry_points("kit"),
        lambda t: (remove("kit-1.dist-info")(t), setattr(t, "offered", ())),
    ),
    "a file is dropped into the plugin folder": ({}, NOTHING, dropped(yak=plugin("Yak"))),
    "one more is dropped": ({}, dropped(yak=plugin("Yak")), dropped(emu=plugin("Emu"))),
    "a dropped file changes": ({}, dropped(yak=plugin("Yak")), dropped(yak=plugin("Yam"))),
    "a dropped file turns undecided": (
        {},
        dropped(yak=plugin("Yak")),
        dropped(yak=plugin("Yak", "'-'.join('ab')")),
    ),
    "a dropped file goes": ({}, dropped(yak=plugin("Yak"), a=plugin("A")), dropped(yak=None)),
    "the plugin folder is another": (
        {},
        dropped(yak=plugin("Yak")),
        lambda t: (
            dropped("more", emu=plugin("Emu"))(t),
            variable("TARGET_PLUGIN_DIR", str(t.folder / "more"))(t),
        ),
    ),
    "the clock moved back, and an edit": (
        {},
        NOTHING,
        lambda t: (clock(-10 * 86400)(t), write(target__a=plugin("Alphb"))(t)),
    ),
    "the clock moved ahead before": (
        {},
        clock(+86400),
        lambda t: (clock(0)(t), write(target__a=plugin("Alphb"))(t)),
    ),
    "a new suffix before .py": (
        {},
        NOTHING,
        lambda t: t.write({"target/a" + _extension(): b"\x7fELF nothing"}),
    ),
    "nothing": (FILES | UNDECIDED, NOTHING, NOTHING),
}


def _extension():
    import _imp

    return _imp.extension_suffixes()[0] if sys.platform else ""
