"""The command line: ``openhcs inspect PLATE`` and ``openhcs demo``."""

from __future__ import annotations

import argparse
import io
import os
import sys

from openhcs.errors import OpenHCSError
from plugindex import RegistryError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

    from openhcs.microscopes.plate import Plate

MISUSE = 2


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(MISUSE, f"openhcs: {message}\n  fix:   see {self.prog} --help\n")


def _arguments() -> argparse.ArgumentParser:
    parser = _Parser(prog="openhcs", description="Look at high-content screening plates.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    inspect = commands.add_parser("inspect", help="tell what is on a plate")
    inspect.add_argument("plate", metavar="PLATE", help="the plate's folder")
    inspect.add_argument("--json", action="store_true", help="print JSON, for scripts")
    inspect.add_argument(
        "--microscope", default="auto", metavar="KEY", help="take this handler, don't detect"
    )
    inspect.set_defaults(run=_inspect)
    demo = commands.add_parser(
        "demo", help="write a small plate and read it through the registries"
    )
    demo.add_argument("folder", nargs="?", metavar="FOLDER", help="where to; kept only if given")
    demo.set_defaults(run=_demo)
    return parser


def _inspect(options: argparse.Namespace) -> None:
    plate = inspect_plate(options.plate, options.microscope)
    if options.json:
        import json

        print(json.dumps(plate.summary()))
    else:
        print("\n".join(_lines(plate.summary())))


def _demo(options: argparse.Namespace) -> None:
    from openhcs.demo import run_demo

    run_demo(options.folder)


def inspect_plate(folder: str, microscope: str = "auto") -> Plate:
    """Return what is on the plate in *folder*, after checking that its images are whole.

    Args:
        folder: the plate.
        microscope: the key of its handler, or "auto".

    Raises:
        OpenHCSError: when the folder is no plate, or is damaged.
    """
    from openhcs.io.tiff_header import check_tiff
    from openhcs.microscopes import create_microscope_handler
    from openhcs.microscopes.detection import checked_folder

    folder_path = checked_folder(folder)
    plate = create_microscope_handler(microscope, folder_path).read_plate(folder_path)
    for image in plate.image_paths():
        if image.is_file():  # the images of a store are no files
            check_tiff(image)
    return plate


def _lines(summary: dict[str, Any]) -> list[str]:
    """Return the summary as lines for people."""
    ignored = summary.pop("ignored")
    lines = [f"{label.replace('_', ' ')}:".ljust(18) + _text(v) for label, v in summary.items()]
    lines.append("ignored:".ljust(18) + str(len(ignored)))
    return lines + [f"  {left_out['file']}: {left_out['reason']}" for left_out in ignored]


def _text(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, dict):
        return ", ".join(k if name is None else f"{k} ({name})" for k, name in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 sound, 2 bad input."""
    options = _arguments().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A file name may hold bytes that no encoding prints.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OpenHCSError, RegistryError) as error:
        return _refused(str(error))
    except OSError as error:
        return _refused(f"{error}\n  fix:   check the path and its permissions")
    return 0


def _refused(why: str) -> int:
    print(f"openhcs: {why}", file=sys.stderr)
    return MISUSE


if __name__ == "__main__":
    sys.exit(main())
