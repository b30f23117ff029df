"""matchback alerts: the open incidents, and the outbox."""

import getpass
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from matchback.alerting import alert_settings, incidents
from matchback.alerting.incidents import Snooze
from matchback.alerting.states import Incident
from matchback.commands.common import (
    DEFAULT_CONFIG,
    AsOfOption,
    ConfigOption,
    JsonOption,
    exits_with_code,
    moment_of,
    open_project,
    print_json,
    say,
)
from matchback.core.errors import ConfigError, ExitCode
from matchback.core.settings import parse_as_of
from matchback.opening import open_for_change
from matchback.runs.result import outcome_of

alerts = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List, acknowledge or snooze open incidents; drain the outbox.",
)

NameArgument = Annotated[
    str, typer.Argument(metavar="INCIDENT", help="An incident id (or its start), or a check id.")
]
ByOption = Annotated[str | None, typer.Option("--by", help="Who; default: the user's login.")]


@alerts.command(name="list")
@exits_with_code
def list_incidents(
    config: ConfigOption = DEFAULT_CONFIG,
    include_resolved: Annotated[
        bool, typer.Option("--all", help="Show the resolved ones too.")
    ] = False,
    as_of: AsOfOption = None,
    json_output: JsonOption = False,
) -> None:
    """Show the open incidents, worst first."""
    project = open_project(config, as_of)
    settings = alert_settings(project.config)
    with open_for_change(project.config, "alerts-list") as warehouse:
        rows = incidents.list_incidents(
            warehouse, settings, project.clock.now, with_resolved=include_resolved
        )
    if json_output:
        print_json({"status": "ok", "exit_code": 0, "incidents": [row.as_json() for row in rows]})
        return
    for row in rows:
        typer.echo(_line(row))
    if not rows:
        say("No open incident.")


@alerts.command()
@exits_with_code
def ack(
    incident: NameArgument,
    by: ByOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    json_output: JsonOption = False,
) -> None:
    """Stop the reminders: somebody is on it."""
    project = open_project(config, as_of)
    with open_for_change(project.config, "alerts-ack") as warehouse:
        changed = incidents.acknowledge(
            warehouse, incident, by or getpass.getuser(), project.clock.now
        )
    _report(changed, "acknowledged", json_output)


@alerts.command()
@exits_with_code
def snooze(
    incident: NameArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why it may be silent.")],
    hours: Annotated[float | None, typer.Option("--hours", min=0, help="For how long.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Until when (ISO time).")] = None,
    by: ByOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    json_output: JsonOption = False,
) -> None:
    """Keep an incident silent until an end."""
    project = open_project(config, as_of)
    if (hours is None) == (until is None):
        raise ConfigError("Give the snooze one end: either --hours or --until.")
    try:
        end = parse_as_of(until) if until else project.clock.now + timedelta(hours=hours or 0)
    except (ConfigError, OverflowError):
        raise ConfigError(
            "The end of the snooze is no time; write --until like 2026-11-22T12:00:00Z."
        ) from None
    silence = Snooze(end, reason, by or getpass.getuser())
    with open_for_change(project.config, "alerts-snooze") as warehouse:
        changed = incidents.snooze(warehouse, incident, silence, project.clock.now)
    _report(changed, f"snoozed until {end:%Y-%m-%d %H:%M} UTC", json_output)


@alerts.command()
@exits_with_code
def drain(
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    json_output: JsonOption = False,
) -> ExitCode:
    """Deliver what is still in the outbox."""
    from matchback.flows.drain import drain as drain_outbox
    from matchback.prefect_api import followed

    summary = outcome_of(followed(drain_outbox), config, moment_of(as_of))
    code = ExitCode.HEALTHY if summary.is_complete else ExitCode.ALERT_UNDELIVERED
    if json_output:
        status = "ok" if summary.is_complete else "undelivered"
        print_json({"status": status, "exit_code": int(code), **asdict(summary)})
    elif summary.is_complete:
        say(f"Delivered {summary.delivered} notice(s); the outbox is empty.")
    else:
        say(f"{summary.undelivered} notice(s) stay in the outbox: {summary.reason}.")
    return code


def _report(changed: Sequence[Incident], done: str, json_output: bool) -> None:
    if json_output:
        ids = [incident.incident_id for incident in changed]
        print_json({"status": "ok", "exit_code": 0, "done": done, "incidents": ids})
        return
    for incident in changed:
        say(f"{incident.incident_id} {incident.key.check_id} {done}.")


def _line(row: incidents.ListedIncident) -> str:
    incident = row.incident
    facts = [
        incident.incident_id,
        f"{incident.severity:<8}",
        f"{row.state:<12}",
        incident.check_id
        if incident.dimension == "all"
        else f"{incident.check_id} ({incident.dimension})",
        f"since {incident.opened_at:%Y-%m-%d %H:%M} UTC",
        incident.evidence,
        f"{incident.money_at_risk} at risk" if incident.money_at_risk else "",
        row.owner,
        "not delivered yet" if row.is_waiting else "",
    ]
    return "  ".join(fact for fact in facts if fact)
