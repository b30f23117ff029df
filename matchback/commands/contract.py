"""matchback contract: how the sources differ from their contract, and accepting it."""

from collections.abc import Sequence
from typing import Annotated

import typer

from matchback.commands.common import (
    DEFAULT_CONFIG,
    AsOfOption,
    ConfigOption,
    JsonOption,
    exits_with_code,
    open_project,
    print_json,
    say,
)
from matchback.core.errors import ExitCode
from matchback.opening import open_existing_warehouse, open_for_change
from matchback.quality.contracts import Difference
from matchback.quality.schema_contract import accept_differences, open_differences

ByOption = Annotated[str, typer.Option("--by", help="Who accepts the differences.")]
WhyOption = Annotated[str, typer.Option("--why", help="Why they are right.")]

contract = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show schema drift, or accept it.",
)


@contract.command()
@exits_with_code
def diff(config: ConfigOption = DEFAULT_CONFIG, json_output: JsonOption = False) -> ExitCode:
    """Show how each source differs from its newest contract, as the last run saw it."""
    project = open_project(config).config
    with open_existing_warehouse(project, read_only=True) as warehouse:
        differences = open_differences(warehouse)
    if json_output:
        print_json(
            {
                "status": "ok",
                "exit_code": int(ExitCode.HEALTHY),
                "differences": [one.as_json() for one in differences],
            }
        )
    else:
        _print_differences(differences)
    return ExitCode.HEALTHY


@contract.command()
@exits_with_code
def accept(
    by: ByOption,
    why: WhyOption,
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    json_output: JsonOption = False,
) -> ExitCode:
    """Make the differences that last the rule, as a new version per source."""
    project = open_project(config, as_of)
    with open_for_change(project.config, "contract accept") as warehouse:
        versions = accept_differences(
            warehouse, project.config, by=by, why=why, clock=project.clock
        )
    if json_output:
        print_json(
            {
                "status": "ok",
                "exit_code": int(ExitCode.HEALTHY),
                "versions": [{"source": one.source, "version": one.version} for one in versions],
            }
        )
    for one in versions:
        say(f"{one.source}: version {one.version} accepted; it holds from the next run on.")
    if not versions:
        say("Nothing to accept: no difference lasts.")
    return ExitCode.HEALTHY


def _print_differences(differences: Sequence[Difference]) -> None:
    if not differences:
        say("No difference from the contract.")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("since", "source", "event", "path", "change", "expected", "observed", "state")
    for one in differences:
        state = "lasting" if one.is_lasting else f"healed after {one.last_date}"
        table.add_row(
            str(one.first_date),
            one.source,
            one.event_name,
            one.path,
            one.change if one.is_breaking else f"{one.change} (not breaking)",
            one.expected,
            one.observed,
            state if one.release is None else f"{state}, {one.release}",
        )
    Console().print(table)
