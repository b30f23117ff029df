"""matchback replay: re-load rows from quarantine after a fix."""

from dataclasses import asdict
from typing import cast

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
from matchback.core.errors import ConfigError, ExitCode
from matchback.core.settings import Settings


@exits_with_code
def replay(
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    json_output: JsonOption = False,
) -> ExitCode:
    """Bring back what can be read now; what cannot stays in quarantine."""
    from matchback.flows.reconcile import new_run_id
    from matchback.flows.replay import replay as replay_quarantine
    from matchback.opening import open_for_change
    from matchback.warehouse.duckdb import DuckDBWarehouse

    project = load_config(config, Settings.from_environment().environment)
    clock = Clock(parse_as_of(as_of))
    if project.warehouse.engine != "duckdb":
        raise ConfigError(
            "replay loads quarantined rows into DuckDB only; on BigQuery correct the file, "
            "the next run reads it again."
        )
    with open_for_change(project, "replay") as warehouse:
        summary = replay_quarantine(
            project, cast(DuckDBWarehouse, warehouse), new_run_id(clock), clock
        )
    if json_output:
        print_json({"status": "healthy", "exit_code": 0, **asdict(summary)})
    say(
        f"{summary.rows_replayed} rows replayed, {summary.files_reloaded} files read again, "
        f"{summary.rows_left} rows still in quarantine; run `matchback run` to publish."
    )
    return ExitCode.HEALTHY
