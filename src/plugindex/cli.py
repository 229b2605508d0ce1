"""The command line: what is asked, who answers, and the exit code."""

from __future__ import annotations

import sys
from argparse import Action, ArgumentParser, ArgumentTypeError

from plugindex import output
from plugindex.errors import DuplicateKeyError, RegistryError, message
from plugindex.targets import Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace, _SubParsersAction
    from collections.abc import Sequence
    from typing import Any, NoReturn

SOUND, FINDINGS, MISUSE = 0, 1, 2

_SUMMARY = (
    "Know every plugin by reading code; nothing of TARGET is imported, but in child interpreters."
)
_TARGET = "module:ATTRIBUTE (a registry or a base class), or a package: all registries in it"
_EXITS = "Exit codes: 0 sound, 1 findings, 2 misuse."


class Parser(ArgumentParser):
    """An argument parser that reports misuse as everything else here does."""

    def error(self, message_: str) -> NoReturn:
        """Print what is wrong and how to see what is right, and exit with 2."""
        text = message(message_, [("next", f"{self.prog} --help")])
        output.tell(f"plugindex: {text}")
        sys.exit(MISUSE)


class Version(Action):
    """An option that prints which engine this is, and ends."""

    def __call__(self, parser: ArgumentParser, *_: Any) -> NoReturn:
        """Look the version up, print it, and exit with 0."""
        from plugindex.distributions import installed_version

        output.say(f"plugindex {installed_version('plugindex') or '(not installed)'}")
        parser.exit()


def run(arguments: Sequence[str], started: float) -> int:
    """Run one command.

    Args:
        arguments: the command line without the program's name.
        started: when the program started, as ``time.perf_counter`` gives it.

    Returns:
        0 sound, 1 findings, 2 misuse.
    """
    output.prepare()
    options = _parsed(_parser(), arguments)
    _settle_key(options)
    answer = getattr(__import__(f"plugindex.{options.module}", fromlist=["run"]), "run")  # noqa: B009
    try:
        return int(answer(options, started))
    except DuplicateKeyError as error:
        output.tell(f"plugindex: {error}")
        return FINDINGS
    except RegistryError as error:
        output.tell(f"plugindex: {error}")
        return MISUSE


def _parsed(parser: Parser, arguments: Sequence[str]) -> Namespace:
    """Parse; argparse itself takes no further KEY once an option stood behind the first ones."""
    options, rest = parser.parse_known_args(arguments)
    if any(one.startswith("-") for one in rest) or not hasattr(options, "plugins"):
        return parser.parse_args(arguments)  # which refuses what is left
    options.plugins += rest
    return options


def target_of(options: Namespace) -> Target:
    """Return what the options name."""
    return Target(options.target or "", options.package or "", options.base or "", options.key)


def _parser() -> Parser:
    parser = Parser("plugindex", description=_SUMMARY, epilog=_EXITS, allow_abbrev=False)
    parser.add_argument("--version", nargs=0, action=Version, help="print the version and end")
    verbs = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    _verb(verbs, "list", "cli_list", "list the plugins of every registry in TARGET")
    showing = _verb(verbs, "show", "cli_show", "show all that is known of one plugin")
    showing.add_argument("plugin", nargs="?", metavar="KEY", help="its key, or its class")
    doctor = _verb(verbs, "doctor", "doctor", "find out why a plugin isn't there")
    doctor.add_argument("plugin", nargs="?", metavar="KEY", help="its key, or its class")
    _verb(verbs, "verify", "verify", "compare reading with importing, in a child interpreter")
    _profile_verb(verbs)
    _cache_verb(verbs)
    _ship_verb(verbs, "build", True, "write the index that a package ships in its wheel")
    _ship_verb(verbs, "check", False, "tell whether the index that a package ships is up to date")
    return parser


def _verb(verbs: _SubParsersAction[Parser], name: str, module: str, text: str) -> Parser:
    parser = verbs.add_parser(name, help=text, description=text, epilog=_EXITS, allow_abbrev=False)
    parser.set_defaults(module=module, parser=parser)
    if module not in ("cli_cache", "cli_ship"):
        _target(parser, _TARGET)
    if module in ("cli_list", "cli_profile", "cli_show"):
        text = "neither use nor write the index on disk"
        parser.add_argument("--no-cache", dest="cache", action="store_false", help=text)
    return parser


def _target(parser: Parser, text: str) -> None:
    parser.add_argument("target", nargs="?", metavar="TARGET", help=text)
    foreign = parser.add_argument_group("a hierarchy that knows nothing of plugindex, for TARGET")
    foreign.add_argument("--package", metavar="PACKAGE", help="the package whose classes count")
    foreign.add_argument("--base", metavar="MODULE:CLASS", help="their base class")
    foreign.add_argument("--key", metavar="ATTRIBUTE", help="what names a class, in its own body")
    parser.add_argument("--json", action="store_true", help="print one line of JSON, for scripts")


def _profile_verb(verbs: _SubParsersAction[Parser]) -> None:
    parser = _verb(verbs, "profile", "cli_profile", "measure what importing each plugin costs")
    parser.add_argument("plugins", nargs="*", metavar="KEY", help="these alone; key or class")
    for name, kind, default, text in _BOUNDS:
        shown = "" if default is None else f" (default {default})"
        parser.add_argument(name, type=kind, default=default, metavar="N", help=text + shown)
    parser.add_argument("--html", metavar="FILE", help="write a page to FILE, which is not there")
    parser.add_argument("--overwrite", action="store_true", help="let --html replace a file")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _COUNT_MAX:
        raise ArgumentTypeError(f"{text!r} is no whole number from 1 to {_COUNT_MAX}")
    return int(text)


def _amount(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= _COUNT_MAX:
        raise ArgumentTypeError(f"{text!r} is no number above 0, up to {_COUNT_MAX}")
    return number


_COUNT_MAX = 1_000_000
_BOUNDS = (
    ("--runs", _count, 3, "interpreters for each plugin, of which the median one counts"),
    ("--limit", _count, 100, "plugins of each registry that are measured"),
    ("--timeout", _amount, 60.0, "seconds that one import may take"),
    ("--budget", _amount, None, "milliseconds; a plugin that costs more is a finding"),
)


def _cache_verb(verbs: _SubParsersAction[Parser]) -> None:
    parser = _verb(verbs, "cache", "cli_cache", "say where the cache is, what is in it; remove it")
    parser.add_argument("action", choices=("path", "info", "clear"))
    _target(parser, "an application (all its caches), module:ATTRIBUTE, or a package with a dot")


def _ship_verb(verbs: _SubParsersAction[Parser], name: str, writes: bool, text: str) -> None:
    parser = _verb(verbs, name, "cli_ship", text)
    parser.set_defaults(writes=writes, package=None)
    parser.add_argument("target", metavar="PACKAGE", help="the dotted name of the package")
    where = "the folder that PACKAGE is imported from (default: ., src, or where import finds it)"
    parser.add_argument("--root", metavar="FOLDER", help=where)
    whose = "its distribution (default: as the nearest pyproject.toml says)"
    parser.add_argument("--distribution", metavar="NAME", help=whose)
    host = "an application that it has plugins for; may be given several times"
    parser.add_argument("--host", metavar="PACKAGE", action="append", default=[], help=host)
    place = "the index file (default: in the package's own folder)"
    parser.add_argument("--output", metavar="FILE", help=place)
    parser.add_argument("--json", action="store_true", help="print one line of JSON, for scripts")


def _settle_key(options: Namespace) -> None:
    """Take the one word beside a foreign hierarchy for the key: the hierarchy is the target."""
    if hasattr(options, "plugin") and options.package and options.plugin is None:
        options.target, options.plugin = None, options.target
    if hasattr(options, "plugins") and options.package and options.target:
        options.target, options.plugins = None, [options.target, *options.plugins]
    if options.module == "cli_show" and options.plugin is None:
        options.parser.error("the key of a plugin is needed")
