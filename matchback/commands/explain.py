"""matchback explain: the passport of one event id, order id or canonical id."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matchback.commands.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    exits_with_code,
    open_project,
    print_json,
    say,
)
from matchback.core.errors import ExitCode
from matchback.core.printable import printable
from matchback.opening import open_existing_warehouse
from matchback.reporting.passport import (
    EventPassport,
    Hop,
    Passport,
    find_passport,
    passport_document,
)

if TYPE_CHECKING:
    from rich.console import Console

IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="An event id, an order id, or a canonical id.")
]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", help="Write the passport as a page to this file.")
]


@exits_with_code
def explain(
    identifier: IdArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    html: HtmlOption = None,
    json_output: JsonOption = False,
) -> ExitCode:
    """Show every hop of one event or order; exit 2 when nothing has this id."""
    project = open_project(config).config
    with open_existing_warehouse(project, read_only=True) as warehouse:
        passport = find_passport(warehouse, identifier)
    if html is not None:
        _write_page(passport, html)
        say(f"Wrote {html}.")
    if json_output:
        print_json(passport_document(passport))
    elif html is None:
        _print_passport(passport)
    return ExitCode.HEALTHY


def _write_page(passport: Passport, path: Path) -> None:
    from matchback.reporting.pages import asset, render

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        render("passport.html.j2", passport=passport, style=asset("style.css")), encoding="utf-8"
    )


def _print_passport(passport: Passport) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for event in passport.events:
        _print_event(console, event)
    console.print("To see the rows:", style="bold")
    for statement in passport.statements:
        console.print(printable(f"  {statement}"), style="dim", markup=False)


def _print_event(console: "Console", event: EventPassport) -> None:
    from rich.text import Text

    provisional = "" if event.is_final else ", provisional"
    heading = Text.assemble(
        (event.verdict, "bold"),
        printable(
            f"  {event.canonical_event} of {event.event_date}, dataset {event.dataset_id}"
            f"{provisional}"
        ),
    )
    console.print(heading)
    console.print(Text(printable(f"{event.meaning} {event.match}")))
    if event.reasons:
        console.print(Text("Reasons: " + ", ".join(event.reasons).replace("_", " ")))
    console.print()
    for hop in event.hops:
        _print_hop(console, hop)
    for finding in event.findings:
        defect = f" ({finding.defect})" if finding.defect else ""
        told = printable(f"! {finding.title}{defect}, check {finding.check_id}")
        console.print(Text(told, "yellow"))
    if event.findings:
        console.print()


def _print_hop(console: "Console", hop: Hop) -> None:
    from rich.text import Text

    when = f"{hop.at:%Y-%m-%d %H:%M:%S} UTC" if hop.at else "not seen"
    mark, style = ("●", "bold") if hop.is_seen else ("○", "dim")
    console.print(Text.assemble((f"{mark} {hop.station}", style), (f"  {when}", "dim")))
    console.print(Text(printable(f"  {hop.summary}")))
    width = max((len(name) for name, _ in hop.facts), default=0)
    for name, value in hop.facts:
        console.print(Text.assemble((f"    {name:<{width}}  ", "dim"), printable(value)))
    console.print()
