"""What every command shares: options, opening the project, printing one JSON object, exit codes."""

import sys
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec

import orjson
import typer

from matchback.core.errors import ConfigError, ExitCode, MatchbackError
from matchback.core.printable import printable
from matchback.core.settings import parse_as_of
from matchback.project import DEFAULT_CONFIG as DEFAULT_CONFIG
from matchback.project import Project

Arguments = ParamSpec("Arguments")

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The matchback.yml to use.", show_default=True)
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one machine-readable object on stdout.")
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", envvar="MATCHBACK_AS_OF", help="Pretend that it is this time (ISO)."),
]

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what it would do, and change nothing.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]

has_printed = False


def moment_of(as_of: str | None) -> datetime | None:
    """Read the time of --as-of; without an offset it is UTC."""
    return None if as_of is None else parse_as_of(as_of)


def open_project(config: Path, as_of: str | None = None) -> Project:
    """Read the config of --config, as it is looked at at the time of --as-of."""
    return Project.open(config, moment_of(as_of))


def is_agreed(question: str, *, yes: bool, is_pretended: bool) -> bool:
    """Say whether what cannot be undone may be done: by --yes, or by an answer on a terminal.

    ConfigError where nobody can be asked, and for a pretended time, which is never asked about.
    """
    if yes:
        return True
    if is_pretended:
        raise ConfigError(
            "Nothing was changed: the time is pretended (--as-of or MATCHBACK_AS_OF), and what is "
            "deleted stays deleted. Add --yes to do it, or --dry-run to look."
        )
    if not sys.stdin.isatty():
        raise ConfigError(
            "Nothing was changed: this cannot be undone and nobody can be asked here. Add --yes to "
            "do it, or --dry-run to look."
        )
    return typer.confirm(question, default=False, err=True)


def print_json(document: object) -> None:
    """Write one JSON object and a line end to stdout."""
    global has_printed
    has_printed = True
    sys.stdout.write(orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS).decode())
    sys.stdout.write("\n")
    sys.stdout.flush()


def say(sentence: str) -> None:
    """Write a sentence for people to stderr."""
    typer.echo(printable(sentence), err=True)


def exits_with_code(command: Callable[Arguments, int | None]) -> Callable[Arguments, None]:
    """Turn a command's return value or MatchbackError into the exit code; never a traceback."""

    @wraps(command)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except MatchbackError as error:
            if kwargs.get("json_output"):
                print_json(
                    {"status": "error", "exit_code": int(error.exit_code), "error": str(error)}
                )
            say(str(error))
            code = error.exit_code
        raise typer.Exit(int(code or ExitCode.HEALTHY))

    return run
