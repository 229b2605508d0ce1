"""The code object that importing a module would run, without running it.

What counts as a valid ``.pyc`` is told in PEP 3147 (names), PEP 552 (hashes) and
``importlib._bootstrap_external.SourceLoader.get_code``, whose answer this gives in fewer system
calls. Nothing is written: a module without a valid ``.pyc`` is compiled in memory.
"""

from __future__ import annotations

import _imp
import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER, cache_from_source
from marshal import loads

from plugindex import stamp
from plugindex.files import distrust, mend
from plugindex.records import ModuleFile, Problem, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import TypeAlias

    Input: TypeAlias = tuple[str, stamp.Stamp | None, str]
    Inputs: TypeAlias = tuple[Input, ...]

LARGEST_FILE = 64 * 2**20  # bytes; larger is no module that anybody wrote


class Reading(Record):
    """What was read for one module.

    *inputs* holds (path, stamp or None, content digest or "") of each file whose content decided
    the answer. *code* is None where there is none to read; *problem* then says why, unless the
    module is a kind that has no code (extension, builtin, namespace).
    """

    code: CodeType | None = None
    inputs: tuple[tuple[str, stamp.Stamp | None, str], ...] = ()
    problem: Problem | None = None
    stale: Problem | None = None


class Invalid(Exception):
    """A ``.pyc`` that import would not use."""


def load(file: ModuleFile) -> Reading:
    """Return the code object that importing *file* would execute."""
    if file.kind == "source":
        return _load_source(file)
    if file.kind == "bytecode":
        return _load_bytecode(file)
    if file.kind == "frozen":
        return _load_frozen(file)
    if file.kind == "loader":
        return _load_through_loader(file)
    if file.kind == "dropped":
        return _load_dropped(file)
    inputs = ((file.path, stamp.take(file.path), ""),) if file.path else ()
    return Reading(inputs=inputs)


def cache_path(source: str) -> str:
    """Return the path of *source*'s ``.pyc``, as import computes it, or "" where it has none."""
    tag = sys.implementation.cache_tag
    if tag is None:
        return ""
    if sys.pycache_prefix is not None or sys.flags.optimize:
        return cache_from_source(source)
    folder, _, name = source.rpartition(os.sep)
    stem = name.rpartition(".")[0]
    return f"{folder}{os.sep}__pycache__{os.sep}{stem}.{tag}.pyc"


def _load_source(file: ModuleFile) -> Reading:
    source = stamp.take(file.path)
    if source is None:
        return _failed(file, "unreadable", "the file is gone", ((file.path, None, ""),))
    cached = cache_path(file.path)
    found = stamp.read_stamped(cached, LARGEST_FILE) if cached else None
    if found is None:
        inputs: list[Input] = [(file.path, source, ""), (cached, None, "")]
        return _compile(file, inputs if cached else inputs[:1])
    data, taken = found
    compiled = (cached, taken, stamp.digest(data))
    try:
        text = check(data, file, source)
    except Invalid:
        return _compile(file, [(file.path, source, ""), compiled])
    content = "" if text is None else stamp.digest(text)
    reading = _unmarshal(file, data, ((file.path, source, content), compiled))
    stale = _stale(file, data, source, reading)
    return reading if stale is None else Reading(reading.code, reading.inputs, None, stale)


def check(data: bytes, file: ModuleFile, source: stamp.Stamp) -> bytes | None:
    """Accept a ``.pyc`` that import would use; return the source if its content decided that.

    Args:
        data: what the ``.pyc`` holds.
        file: the module.
        source: the stamp of its source.

    Raises:
        Invalid: import would compile the source instead.
    """
    flags = _header(data)
    if flags & 1:
        mode = _imp.check_hash_based_pycs
        if mode == "always" or (mode != "never" and flags & 2):
            text = stamp.read(file.path, LARGEST_FILE) or b""
            if _imp.source_hash(int.from_bytes(MAGIC_NUMBER, "little"), text) != data[8:16]:
                raise Invalid
            return text
        return None
    seconds = source[1] // 10**9 & 0xFFFFFFFF
    size = source[0] & 0xFFFFFFFF
    if data[8:16] != seconds.to_bytes(4, "little") + size.to_bytes(4, "little"):
        raise Invalid
    return None


def _header(data: bytes) -> int:
    flags = int.from_bytes(data[4:8], "little")
    if len(data) < 16 or data[:4] != MAGIC_NUMBER or flags & ~3:
        raise Invalid
    return flags


def _unmarshal(file: ModuleFile, data: bytes, inputs: Inputs) -> Reading:
    try:
        code = loads(memoryview(data)[16:])
    except (EOFError, ValueError, TypeError) as error:
        return _failed(file, "unreadable", f"its bytecode file is damaged ({error})", inputs)
    if not hasattr(code, "co_code"):
        return _failed(file, "unreadable", "its bytecode file holds no code", inputs)
    return Reading(code=code, inputs=inputs)


def _load_bytecode(file: ModuleFile) -> Reading:
    data = stamp.read(file.path, LARGEST_FILE)
    inputs = ((file.path, stamp.take(file.path), stamp.digest(data or b"")),)
    if data is None:
        return _failed(file, "unreadable", "the file can't be read", inputs)
    try:
        _header(data)
    except Invalid:
        return _failed(file, "unreadable", "its bytecode is of another interpreter", inputs)
    return _unmarshal(file, data, inputs)


def _load_frozen(file: ModuleFile) -> Reading:
    try:
        return Reading(code=_imp.get_frozen_object(file.name))
    except ImportError as error:
        return _failed(file, "unreadable", str(error), ())


def _load_through_loader(file: ModuleFile) -> Reading:
    taken = stamp.take(file.path) if file.path else None
    inputs = ((file.path, taken, ""),) if file.path else ()
    try:
        code = file.loader.get_code(file.name)
    except (ImportError, SyntaxError, OSError, EOFError, ValueError) as error:
        return _failed(file, "unreadable", f"its loader gives no code ({error})", inputs)
    return Reading(code=code, inputs=inputs)


def _load_dropped(file: ModuleFile) -> Reading:
    """Read a file of a plugin folder, if nobody else can have written it; no ``.pyc`` counts."""
    taken = stamp.take(file.path)
    why = distrust(file.path)
    inputs: Inputs
    if why:
        inputs = ((file.path, taken, stamp.OWN),)
        text, hint = f"not used: {why}", mend(file.path, why)
        return Reading(inputs=inputs, problem=Problem("ignored", file.name, text, hint, file.path))
    reading = _compile(file, [(file.path, taken, "")])
    inputs = tuple((path, one, stamp.OWN + content) for path, one, content in reading.inputs)
    return reading.replace(inputs=inputs)  # type: ignore[no-any-return]


def _compile(file: ModuleFile, inputs: list[Input]) -> Reading:
    text = stamp.read(file.path, LARGEST_FILE)
    if text is None:
        return _failed(file, "unreadable", "the file can't be read", tuple(inputs))
    inputs[0] = (file.path, inputs[0][1], stamp.digest(text))
    try:
        code = compile_quietly(text, file.path)
    except SyntaxError as error:
        return _failed(
            file, "syntax-error", error.msg or "invalid syntax", tuple(inputs), error.lineno or 0
        )
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes; too deep to compile
        return _failed(file, "syntax-error", str(error) or "too deeply nested", tuple(inputs))
    return Reading(code=code, inputs=tuple(inputs))


def compile_quietly(text: bytes, path: str) -> CodeType:
    """Compile source *text*; a warning is for whoever imports the module, not for a listing."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code: CodeType = compile(text, path, "exec", dont_inherit=True)
    return code


def _stale(file: ModuleFile, data: bytes, source: stamp.Stamp, reading: Reading) -> Problem | None:
    """Report a timestamp ``.pyc`` that hides an edit of the same size within the same second.

    The source is compiled for comparison only if it changed after its ``.pyc`` was written.
    """
    written = reading.inputs[1][1]
    if data[4] & 1 or reading.code is None or written is None or source[3] <= written[1]:
        return None
    text = stamp.read(file.path, LARGEST_FILE)
    try:
        same = text is not None and compile_quietly(text, file.path) == reading.code
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        same = False
    if same:
        return None
    return Problem(
        "stale-bytecode",
        file.name,
        "import runs an older version of this file: its .pyc has the same size and second",
        hint=f"touch {file.path}  (or delete {cache_path(file.path)})",
        file=file.path,
    )


def _failed(
    file: ModuleFile,
    kind: str,
    message: str,
    inputs: Inputs,
    line: int = 0,
) -> Reading:
    hint = "correct the file" if kind == "syntax-error" else "check that the file can be read"
    problem = Problem(kind, file.name, message, hint=hint, file=file.path, line=line)
    return Reading(inputs=inputs, problem=problem)
