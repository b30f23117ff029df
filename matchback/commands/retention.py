"""matchback retention: anonymise what is older than the policy."""

from matchback.commands.common import (
    DEFAULT_CONFIG,
    AsOfOption,
    ConfigOption,
    DryRunOption,
    JsonOption,
    YesOption,
    exits_with_code,
    is_agreed,
    moment_of,
    open_project,
    print_json,
    say,
)
from matchback.core.errors import ExitCode
from matchback.opening import open_existing_warehouse


@exits_with_code
def retention(
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json_output: JsonOption = False,
) -> ExitCode:
    """Anonymise or delete what is older than the policy; aggregates stay."""
    from matchback.flows.retention import retention as retention_flow
    from matchback.prefect_api import followed
    from matchback.privacy.retention import overdue

    if dry_run or not yes:
        project = open_project(config, as_of)
        with open_existing_warehouse(project.config, read_only=True) as warehouse:
            rows = overdue(warehouse, project.config, project.clock)
        if json_output and dry_run:
            print_json({"status": "preview", "exit_code": 0, "rows": rows})
        for name, count in rows.items():
            if count:
                say(f"{name}: {count} rows are older than the policy")
        if dry_run:
            return ExitCode.HEALTHY
    question = "Delete or anonymise these rows for good?"
    if not is_agreed(question, yes=yes, is_pretended=as_of is not None):
        say("Nothing was changed.")
        return ExitCode.HEALTHY
    touched = followed(retention_flow)(config, moment_of(as_of))
    if json_output:
        print_json({"status": "done", "exit_code": 0, "rows": touched})
        return ExitCode.HEALTHY
    for name, count in touched.items():
        if count:
            say(f"{name}: {count} rows")
    say("Nothing else is older than the policy.")
    return ExitCode.HEALTHY
