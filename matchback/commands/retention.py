"""matchback retention: anonymise what is older than the policy."""

from matchback.commands.common import (
    DEFAULT_CONFIG,
    AsOfOption,
    ConfigOption,
    JsonOption,
    exits_with_code,
    moment_of,
    print_json,
    say,
)
from matchback.core.errors import ExitCode


@exits_with_code
def retention(
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    json_output: JsonOption = False,
) -> ExitCode:
    """Anonymise or delete what is older than the policy; aggregates stay."""
    from matchback.flows.retention import retention as retention_flow
    from matchback.prefect_api import followed

    touched = followed(retention_flow)(config, moment_of(as_of))
    if json_output:
        print_json({"status": "done", "exit_code": 0, "rows": touched})
        return ExitCode.HEALTHY
    for name, count in touched.items():
        if count:
            say(f"{name}: {count} rows")
    say("Nothing else is older than the policy.")
    return ExitCode.HEALTHY
