"""The command lines of the benchmarks, and what they check before anything is measured."""

from __future__ import annotations

import argparse

import page


def parser(about: str, marks: str | None, rounds: int = 7) -> argparse.ArgumentParser:
    """Return a parser of the options that benchmarks share.

    Args:
        about: the docstring of the benchmark.
        marks: what the place in a page is called that its output goes to; None for one that
            prints and no more.
        rounds: how many by default.
    """
    made = argparse.ArgumentParser(description=about.splitlines()[0])
    made.add_argument(
        "--rounds", type=positive, default=rounds, help=f"median of that many ({rounds})"
    )
    if marks is None:
        return made
    made.add_argument("--json", metavar="FILE", help="write every sample to FILE")
    made.add_argument(
        "--page",
        metavar="FILE",
        type=lambda path: page.place(path, marks),
        help="put what is printed between its marks",
    )
    return made


def positive(text: str) -> int:
    """Return the number that *text* is."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def numbers(text: str) -> list[int]:
    """Return the numbers that *text* lists."""
    return sorted({positive(part) for part in text.split(",")})


def share(text: str) -> float:
    """Return the share above 0 that *text* is."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no share above 0")
    return value


class OneOf:
    """Take some of *names*, parted by commas."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def __call__(self, text: str) -> list[str]:
        """Return the names in *text*."""
        asked = text.split(",")
        unknown = [name for name in asked if name not in self.names]
        if unknown:
            told = f"{', '.join(unknown)}: no such name; there are {', '.join(self.names)}"
            raise argparse.ArgumentTypeError(told)
        return [name for name in self.names if name in asked]
