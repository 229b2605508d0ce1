"""``openhcs inspect``: tell what is on a plate."""

from __future__ import annotations

from openhcs.core.command_line import tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import Any

    from openhcs.microscopes.plate import Plate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to *parser*."""
    parser.add_argument("plate", metavar="PLATE", help="the plate's folder")
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")
    parser.add_argument(
        "--microscope", default="auto", metavar="KEY", help="take this handler, don't detect"
    )


def run(options: argparse.Namespace) -> int:
    """Print what is on the plate."""
    plate = inspect_plate(options.plate, options.microscope)
    if options.json:
        import json

        tell(json.dumps(plate.summary()))
    else:
        tell("\n".join(summary_lines(plate.summary())))
    return 0


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


def summary_lines(summary: Mapping[str, Any]) -> list[str]:
    """Return the summary of a plate as lines for people."""
    ignored, told = summary["ignored"], {k: v for k, v in summary.items() if k != "ignored"}
    lines = [f"{label.replace('_', ' ')}:".ljust(18) + _text(v) for label, v in told.items()]
    lines.append("ignored:".ljust(18) + str(len(ignored)))
    return lines + [f"  {left_out['file']}: {left_out['reason']}" for left_out in ignored]


def _text(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, dict):
        return ", ".join(k if name is None else f"{k} ({name})" for k, name in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
