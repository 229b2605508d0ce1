"""What the command line prints: JSON, plain tables, or tables of rich where it is installed."""

from __future__ import annotations

import sys

from plugindex.codec import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Row = Sequence[str]

STYLES = {
    "available": "green", "ok": "green", "sound": "green", "unavailable": "yellow",
    "note": "yellow", "broken": "bold red", "missing": "bold red", "extra": "bold red",
    "skipped": "dim", "failed": "bold red",
}  # fmt: skip
_BARS = ("\u2588", "\u2591")  # a full block, a light one: a part, and the rest
_PLAIN_BARS = ("#", "-")


def prepare() -> None:
    """Let no character of foreign code stop the output of a terminal with a small alphabet."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(text: str = "") -> None:
    """Print one line, or several."""
    print(clean(text))


def tell(text: str) -> None:
    """Print to standard error."""
    print(clean(text), file=sys.stderr)


def clean(text: str) -> str:
    """Return *text* without what a terminal obeys: foreign code may say anything."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)


def document(value: object) -> None:
    """Print *value* as one line of JSON."""
    print(encode(value))


def plain(value: Any) -> Any:
    """Return *value* as JSON shows it: text, finite numbers, None as they are, else its repr."""
    kept = value is None or type(value) in (str, int, float)
    return value if kept and value not in _INFINITE else repr(value)


_INFINITE = (float("inf"), float("-inf"))


def shown(value: object) -> str:
    """Return *value* as one line of a table: a text as it is if it can be printed."""
    text = value if type(value) is str else repr(value)
    return text if text.isprintable() and text else repr(text)


def table(title: str, names: Row, rows: Sequence[Row]) -> None:
    """Print a table; with colours where a person looks and rich is installed."""
    rows = [[clean(cell).replace("\n", " ") for cell in row] for row in rows]
    rich = _rich() if rows else None
    if rich is not None:
        rich(title, names, rows)
        return
    print(title)
    if not rows:
        return
    lines = [names, *rows] if any(names) else rows
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  " + "  ".join(cells).rstrip())


def progress(text: str) -> None:
    """Show a person who waits what is being done; the next text takes its place, none wipes it."""
    if sys.stderr is not None and sys.stderr.isatty():
        print(f"\r\x1b[K{clean(text)[:79]}", end="", file=sys.stderr, flush=True)


def bar(part: float, whole: float, largest: float, width: int = 20) -> str:
    """Return *whole* as a bar, *largest* being *width* long, that begins with *part* of it."""
    length = max(1, round(width * whole / largest)) if whole > 0 else 0
    first = round(length * part / whole) if whole > 0 else 0
    full, light = bars()
    return full * first + light * (length - first)


def bars() -> tuple[str, str]:
    """Return the two characters of a bar that standard output can print."""
    try:
        "".join(_BARS).encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return _PLAIN_BARS
    return _BARS


def _rich() -> Any:
    """Return what prints a table by rich, None where it is not to be used."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    try:
        import rich.box  # noqa: F401
    except ImportError:
        return None
    return _rich_table


def _rich_table(title: str, names: Row, rows: Sequence[Row]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Text, not str: what foreign code calls itself must not be taken for markup.
    made = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD, show_header=any(names))
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        made.add_column(name, overflow="fold", no_wrap=any(map(_is_bar, column)))
    for row in rows:
        made.add_row(*(_styled(Text(cell, STYLES.get(cell, ""))) for cell in row))
    Console().print(made)


def _is_bar(cell: str) -> bool:
    return bool(cell) and not cell.strip("".join(_BARS))


def _styled(cell: Any) -> Any:
    """Colour the two parts of a bar."""
    if _is_bar(cell.plain):
        first = cell.plain.count(_BARS[0])
        cell.stylize("cyan", 0, first)
        cell.stylize("yellow", first)
    return cell
