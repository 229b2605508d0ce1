"""What a listing can't do without, with no library: the children import it before the clock."""

import gc
import marshal
import os
import sys

_HEADER = 16
_TAG = f".{sys.implementation.cache_tag}.pyc"
_NEEDED = ('"items"', '"files"', '"folders"')


def warm_floor(folder, index):
    """List the folders, stat the files, and decode what tells the keys from the file *index*.

    Sections of it that a listing doesn't need are left alone: it would be no feat to beat the
    decoding of everything.
    """
    for place in (folder, f"{folder}/__pycache__"):
        with os.scandir(place) as entries:
            paths = [entry.path for entry in entries]
        for path in paths:
            os.stat(path)
    scan, found = _scanner(), {}
    with open(index, encoding="ascii") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name in _NEEDED:
                found[name] = scan(value, 0)[0]
            elif name == '"records"':
                break
    return found


def _scanner():
    """Return the standard library's C scanner for JSON, without the package around it."""
    from _json import make_scanner

    class Context:
        strict = True
        object_hook = object_pairs_hook = None
        parse_float, parse_int, parse_constant = float, int, str

    return make_scanner(Context)


def cold_floor(package):
    """List the folders, stat every source, read every ``.pyc`` and unmarshal its code.

    Returns how many were unmarshalled below the folder *package*.
    """
    # What is read stays until the process ends, so looking for garbage would be no part of it.
    gc.disable()
    count, folders = 0, [package]
    while folders:
        folder = folders.pop()
        with os.scandir(folder) as entries:
            listed = [(entry.name, entry.is_dir()) for entry in entries]
        for name, is_folder in listed:
            if is_folder:
                if name != "__pycache__":
                    folders.append(f"{folder}/{name}")
            elif name.endswith(".py"):
                count += _read(folder, name)
    return count


def _read(folder, name):
    os.stat(f"{folder}/{name}")
    try:
        with open(f"{folder}/__pycache__/{name[:-3]}{_TAG}", "rb", buffering=0) as file:
            data = file.read()
    except FileNotFoundError:  # what Python can't compile has none
        return 0
    marshal.loads(memoryview(data)[_HEADER:])
    return 1
