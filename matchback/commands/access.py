"""matchback access: everything held and sent about one person."""

from typing import Any

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
from matchback.commands.person import PersonArgument, read_person, tell_of_search
from matchback.core.errors import ExitCode
from matchback.opening import open_existing_warehouse


@exits_with_code
def access(
    person: PersonArgument = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    json_output: JsonOption = False,
) -> ExitCode:
    """Show everything held and everything sent, by destination and time, with its basis."""
    from matchback.privacy.access import access as collect

    project = open_project(config, as_of).config
    with open_existing_warehouse(project, read_only=True) as warehouse:
        found = collect(warehouse, project, read_person(person))
    report = found.as_json()
    tell_of_search(found.shared, found.notes)
    if json_output:
        print_json(report)
    else:
        _show(report)
    return ExitCode.HEALTHY


def _show(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not report["held"]:
        say("Nothing found.")
        return
    console = Console()
    held = Table(title="Held", show_header=True)
    held.add_column("table")
    held.add_column("rows", justify="right")
    for name, count in report["held"].items():
        held.add_row(name, str(count))
    console.print(held)
    sent = Table(title="Sent, by destination and time")
    for heading in ("at (UTC)", "destination", "event", "outcome", "policy", "basis", "fields"):
        sent.add_column(heading)
    for row in sorted(report["sent"], key=lambda row: (row["destination"], row["delivered_at"])):
        sent.add_row(
            f"{row['delivered_at']:%Y-%m-%d %H:%M:%S}",
            row["destination"],
            row["canonical_event"] or "",
            row["outcome"],
            row["policy_decision"] + (f" ({row['policy_reason']})" if row["policy_reason"] else ""),
            row["consent_basis"] or row["consent_evidence"] or "",
            ", ".join(row["fields_sent"] or []),
        )
    console.print(sent)
