"""matchback erase: delete one person everywhere and keep the proof."""

from dataclasses import asdict

from matchback.commands.common import (
    DEFAULT_CONFIG,
    AsOfOption,
    ConfigOption,
    JsonOption,
    exits_with_code,
    parse_as_of,
    print_json,
    say,
)
from matchback.commands.person import PersonArgument, read_person
from matchback.config import Config, load_config
from matchback.core.clock import Clock
from matchback.core.errors import ExitCode
from matchback.core.settings import Settings
from matchback.opening import open_existing_warehouse, sole_writer
from matchback.warehouse.base import Warehouse, first


@exits_with_code
def erase(
    person: PersonArgument = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    json_output: JsonOption = False,
) -> ExitCode:
    """Erase a person from every table and page; print the proof and the platforms to tell."""
    from matchback.privacy.erase import erase as remove

    project = load_config(config, Settings.from_environment().environment)
    clock = Clock(parse_as_of(as_of))
    subject = read_person(person)
    with (
        sole_writer(project, "erase"),
        open_existing_warehouse(project) as warehouse,
    ):
        warehouse.apply_ddl()
        erasure = remove(warehouse, project, subject, clock)
        _rewrite_pages(warehouse, project, clock)
    if json_output:
        print_json(asdict(erasure))
        return ExitCode.HEALTHY
    for name, count in erasure.rows_before.items():
        if count:
            say(f"{name}: {count} rows, now 0")
    say(f"Request {erasure.request_id}, proof {erasure.proof_hash}")
    for platform in erasure.platforms:
        say(f"Tell {platform}")
    return ExitCode.HEALTHY


def _rewrite_pages(warehouse: Warehouse, project: Config, clock: Clock) -> None:
    """The pages name events and orders; write those of the last run anew without the person."""
    from matchback.reporting.report import write_report

    last = first(warehouse.rows("select max(run_id) as run_id from marts.fct_check_results"))
    if last and last["run_id"] and project.reports_folder.exists():
        write_report(warehouse, project, last["run_id"], clock, project.reports_folder)
