"""matchback retention: anonymise what is older than the policy."""

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
from matchback.config import load_config
from matchback.core.clock import Clock
from matchback.core.errors import ExitCode
from matchback.core.settings import Settings
from matchback.opening import open_existing_warehouse, sole_writer


@exits_with_code
def retention(
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    json_output: JsonOption = False,
) -> ExitCode:
    """Anonymise or delete what is older than the policy; aggregates stay."""
    from matchback.privacy.retention import retention as age_out

    project = load_config(config, Settings.from_environment().environment)
    with (
        sole_writer(project, "retention"),
        open_existing_warehouse(project) as warehouse,
    ):
        warehouse.apply_ddl()
        touched = age_out(warehouse, project, Clock(parse_as_of(as_of)))
    if json_output:
        print_json({"status": "done", "exit_code": 0, "rows": touched})
        return ExitCode.HEALTHY
    for name, count in touched.items():
        if count:
            say(f"{name}: {count} rows")
    say("Nothing else is older than the policy.")
    return ExitCode.HEALTHY
