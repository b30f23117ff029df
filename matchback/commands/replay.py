"""matchback replay: re-load rows from quarantine after a fix."""

from dataclasses import asdict

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
def replay(
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    json_output: JsonOption = False,
) -> ExitCode:
    """Bring back what can be read now; what cannot stays in quarantine."""
    from matchback.flows.replay import replay as replay_flow
    from matchback.prefect_api import followed

    summary = followed(replay_flow)(config, moment_of(as_of))
    if json_output:
        print_json({"status": "healthy", "exit_code": 0, **asdict(summary)})
    say(
        f"{summary.rows_replayed} rows replayed, {summary.files_reloaded} files read again, "
        f"{summary.rows_left} rows still in quarantine; run `matchback run` to publish."
    )
    return ExitCode.HEALTHY
