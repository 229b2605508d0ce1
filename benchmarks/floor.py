"""What a cold listing can't do without, with no library: the children import it before the clock.

List the folders of a package, ``stat`` every source, read every ``.pyc`` and unmarshal its code.
"""

import gc
import marshal
import os
import sys

_HEADER = 16
_TAG = f".{sys.implementation.cache_tag}.pyc"


def cold_floor(package):
    """Return how many files were unmarshalled below the folder *package*."""
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
