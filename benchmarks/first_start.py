"""Print what a first start costs without a cache folder, with and without a shipped index.

``python benchmarks/first_start.py [COUNT]`` makes a package of COUNT plugins (1,000 by default),
installed as pip installs one, and lists it in fresh processes. Counts hold on any machine; the
processor time, the least of several processes, is less exact on a busy one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import trees
from plugindex import shipping

RUNS = 5
SETTLED_S = 2.5  # a stamp is trusted when it is two seconds old
CHILD = """
import json, os, sys, time
counts = {"stat": 0, "opened": 0, "unmarshalled": 0, "compiled": 0}
EVENTS = {"open": "opened", "marshal.loads": "unmarshalled", "compile": "compiled"}
def count(name, real):
    def counted(*arguments, **named):
        counts[name] += 1
        return real(*arguments, **named)
    return counted
from PACKAGE.base import Base
import plugindex.build, plugindex.resolver, plugindex.sandbox, zipimport, zlib, logging
from plugindex.portable import restored
if COUNTING:
    os.stat = count("stat", os.stat)
    sys.addaudithook(lambda event, _: counts.__setitem__(
        EVENTS.get(event, event), counts.get(EVENTS.get(event, event), 0) + 1))
registry = Base.__registry__
begun = time.process_time()
keys = list(registry)
spent = time.process_time() - begun
told = {name: counts[name] for name in ("stat", "opened", "unmarshalled", "compiled")}
print(json.dumps({"keys": len(keys), "read": registry.stats.read, "ms": 1000 * spent, **told}))
"""


def install(folder: Path, count: int, ships: bool) -> str:
    """Write the package as an installer does, with its byte code; return its name."""
    trees.generate(folder, "plugindex", "light", count)
    name = trees.package_name("light", count)
    if ships:
        made = shipping.make(name, str(folder), "plugs")
        Path(made.path).write_bytes(made.data)
    info = folder / "plugs-1.0.dist-info"
    info.mkdir()
    files = (one for one in sorted((folder / name).rglob("*")) if one.is_file())
    (info / "RECORD").write_text("".join(f"{f.relative_to(folder).as_posix()},,\n" for f in files))
    return name


def listed(folder: Path, name: str, home: str, counting: bool) -> dict[str, float]:
    """Return what a fresh process tells."""
    code = CHILD.replace("PACKAGE", name).replace("COUNTING", str(counting))
    variables = {"HOME": home, "XDG_DATA_HOME": home, "PYTHONPATH": str(folder)}
    environment = {**os.environ, **variables, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def row(folder: Path, name: str, home: str = "") -> dict[str, float]:
    """Return the counts of one process and the least time of several."""
    counts = listed(folder, name, home, counting=True)
    counts["ms"] = min(listed(folder, name, home, counting=False)["ms"] for _ in range(RUNS))
    return counts


def settled(folder: Path, name: str, home: str) -> dict[str, float]:
    """Return the row of a warm start, once its stamps can be trusted."""
    for _ in range(2):
        time.sleep(SETTLED_S)
        listed(folder, name, home, counting=False)
    return row(folder, name, home)


def unpacked(folder: Path, name: str, home: str = "") -> dict[str, float]:
    """Return the row of the first start after an image was unpacked: every file is a new one."""
    counts = _first(folder, name, home, counting=True)
    counts["ms"] = min(_first(folder, name, home, counting=False)["ms"] for _ in range(RUNS))
    return counts


def _first(folder: Path, name: str, home: str, counting: bool) -> dict[str, float]:
    image = folder.with_name(folder.name + "-image")
    shutil.copytree(folder, image)
    shutil.rmtree(folder)
    shutil.copytree(image, folder)
    told = listed(folder, name, home, counting)
    shutil.rmtree(folder)
    image.rename(folder)
    return told


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as plain, tempfile.TemporaryDirectory() as ships:
        name = install(Path(plain), count, ships=False)
        install(Path(ships), count, ships=True)
        home = str(Path(plain) / "home")
        rows = {"reading": row(Path(plain), name)}
        rows["shipped"] = row(Path(ships), name)
        rows["shipped, new container"] = unpacked(Path(ships), name)
        trees.drop_bytecode(Path(ships, name))
        rows["shipped, no .pyc"] = row(Path(ships), name)
        rows["warm"] = settled(Path(plain), name, home)
        rows["warm, new container"] = unpacked(Path(plain), name, home)
    columns = ("keys", "read", "stat", "opened", "unmarshalled", "compiled", "ms")
    print(f"{'':24}" + "".join(f"{column:>13}" for column in columns))
    for title, told in rows.items():
        print(f"{title:24}" + "".join(f"{told[column]:>13.0f}" for column in columns))


if __name__ == "__main__":
    main()
