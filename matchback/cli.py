"""The `matchback` console script: names the commands, loads each only when it is called."""

import importlib
import logging
import os
import sys
from dataclasses import dataclass
from typing import Any

import typer

from matchback.core.printable import printable
from matchback.core.settings import turn_telemetry_off

turn_telemetry_off()
# Pydantic else reads the metadata of every installed package to look for plugins.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


USAGE_ERROR = 2


@dataclass(frozen=True)
class Command:
    """A command by its console name: the module and object that implement it, and its help line."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "run": Command("run", "run", "Load, build, check, alert and report for a day or a window."),
    "simulate": Command("simulate", "simulate", "Write a realistic, labelled world."),
    "explain": Command("explain", "explain", "The passport of one event, order or journey."),
    "access": Command("access", "access", "Everything held and sent about one person."),
    "erase": Command("erase", "erase", "Delete one person everywhere and keep the proof."),
    "retention": Command("retention", "retention", "Anonymise what is older than the policy."),
    "replay": Command("replay", "replay", "Re-load rows from quarantine after a fix."),
    "contract": Command("contract", "contract", "Show schema drift, or accept it."),
    "alerts": Command("alerts", "alerts", "List, acknowledge or snooze open incidents."),
    "scan": Command("scan", "scan", "Find personal data in any text, JSONL, CSV or HAR."),
    "hash": Command("hash", "hash_value", "Explain the accepted hashes of a value."),
    "watch": Command("watch", "watch", "Alert when no run has succeeded in time."),
    "serve": Command("serve", "serve", "Register and run the schedules with Prefect."),
    "doctor": Command("doctor", "doctor", "Check the setup and say what to fix."),
}


class LazyGroup(typer.core.TyperGroup):
    """Import a command's module when it is called, so that --help and short commands stay fast."""

    # The types of Typer's own click are private.
    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        command = COMMANDS.get(cmd_name)
        if command is None:
            return None
        module = importlib.import_module(f"matchback.commands.{command.module}")
        implementation = getattr(module, command.attribute)
        if isinstance(implementation, typer.Typer):
            return typer.main.get_command(implementation)
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(name=cmd_name, help=command.summary)(implementation)
        return typer.main.get_command(single)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in COMMANDS.items()])


app = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def matchback() -> None:
    """Daily reconciliation and data quality for server-side tracking."""


def main() -> None:
    """Run the console script; usage errors exit with 2, told as one object where --json asks."""
    _log_to_terminal()
    try:
        sys.exit(app())
    except SystemExit as stop:
        if stop.code == USAGE_ERROR and "--json" in sys.argv:
            _print_usage_error()
        raise


class _PrintableFormatter(logging.Formatter):
    """Names of files come from outside, and stand in log lines."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


def _log_to_terminal() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_PrintableFormatter())
    logging.basicConfig(handlers=[handler])


def _print_usage_error() -> None:
    """Print the object that a command which never began could not print itself."""
    from matchback.commands import common

    if not common.has_printed:
        common.print_json(
            {
                "status": "error",
                "exit_code": USAGE_ERROR,
                "error": "The command line cannot be used as given; stderr says why.",
            }
        )
