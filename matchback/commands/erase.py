"""matchback erase: delete one person everywhere and keep the proof."""

from dataclasses import asdict

from matchback.commands.common import (
    DEFAULT_CONFIG,
    AsOfOption,
    ConfigOption,
    DryRunOption,
    JsonOption,
    YesOption,
    exits_with_code,
    is_agreed,
    open_project,
    print_json,
    say,
)
from matchback.commands.person import PersonArgument, read_person, tell_of_search
from matchback.core.errors import ExitCode
from matchback.opening import open_existing_warehouse


@exits_with_code
def erase(
    person: PersonArgument = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json_output: JsonOption = False,
) -> ExitCode:
    """Erase a person from every table and page; print the proof and the platforms to tell."""
    from pydantic import SecretStr

    from matchback.flows.erase import erase as erase_flow
    from matchback.prefect_api import followed
    from matchback.privacy.erase import preview_erasure

    project = open_project(config, as_of)
    subject = SecretStr(read_person(person))
    with open_existing_warehouse(project.config, read_only=True) as warehouse:
        preview = preview_erasure(warehouse, project.config, subject.get_secret_value())
    tell_of_search(preview.shared, preview.notes)
    if dry_run or not preview.has_found:
        if json_output:
            state = "preview" if dry_run else "nothing_found"
            print_json({"status": state, "exit_code": 0, **asdict(preview)})
        _tell(preview.rows_before, "would be erased")
        return ExitCode.HEALTHY
    if not yes:
        _tell(preview.rows_before, "to be erased")
    if not is_agreed("Erase these rows for good?", yes=yes, is_pretended=as_of is not None):
        say("Nothing was erased.")
        return ExitCode.HEALTHY
    erasure = followed(erase_flow)(subject, config, project.clock.now)
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


def _tell(rows: dict[str, int], what: str) -> None:
    for name, count in rows.items():
        if count:
            say(f"{name}: {count} rows {what}")
    if not any(rows.values()):
        say("Nothing found.")
