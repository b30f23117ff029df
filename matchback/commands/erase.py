"""matchback erase: delete one person everywhere and keep the proof."""

from dataclasses import asdict

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
from matchback.commands.person import PersonArgument, read_person
from matchback.core.errors import ExitCode


@exits_with_code
def erase(
    person: PersonArgument = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    json_output: JsonOption = False,
) -> ExitCode:
    """Erase a person from every table and page; print the proof and the platforms to tell."""
    from pydantic import SecretStr

    from matchback.flows.erase import erase as erase_flow
    from matchback.prefect_api import followed

    project = open_project(config, as_of)
    subject = SecretStr(read_person(person))
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
