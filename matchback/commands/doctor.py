"""matchback doctor: what a run needs, and what to fix."""

from dataclasses import asdict

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


@exits_with_code
def doctor(config: ConfigOption = DEFAULT_CONFIG, json_output: JsonOption = False) -> ExitCode:
    """Check config, sources, warehouse, Slack and versions; say what to fix."""
    from matchback.doctor import examine

    project = open_project(config).config
    diagnoses = list(examine(project))
    is_well = all(diagnosis.is_well for diagnosis in diagnoses)
    code = ExitCode.HEALTHY if is_well else ExitCode.RUN_INCOMPLETE
    if json_output:
        print_json(
            {
                "status": "well" if is_well else "unwell",
                "exit_code": int(code),
                "diagnoses": [asdict(diagnosis) for diagnosis in diagnoses],
            }
        )
        return code
    for diagnosis in diagnoses:
        say(f"{'ok ' if diagnosis.is_well else 'FIX'} {diagnosis.subject}: {diagnosis.sentence}")
    return code
