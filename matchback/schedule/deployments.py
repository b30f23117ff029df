"""Prefect's view of the schedules: real Flow objects whose only parameter is the config's path."""

from pathlib import Path
from typing import Any

import prefect
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.schedules import Cron
from prefect.states import Completed, Failed
from prefect.types.entrypoint import EntrypointType

from matchback.config import Config, load_config
from matchback.core.errors import ExitCode
from matchback.core.settings import Settings
from matchback.orchestration import one_run_at_a_time
from matchback.schedule.serve import planned_jobs, run_command

MEANING = {
    ExitCode.HEALTHY: "healthy",
    ExitCode.CHECK_FAILED: "a check failed; results are published and alerted",
    ExitCode.BAD_USAGE: "bad usage or config",
    ExitCode.RUN_INCOMPLETE: "the run could not complete",
    ExitCode.ALERT_UNDELIVERED: "an alert could not be delivered; it stays in the outbox",
}
DONE = {ExitCode.HEALTHY, ExitCode.CHECK_FAILED}


@prefect.flow(name="daily-reconciliation", persist_result=False)
def daily_reconciliation(config_path: str = "matchback.yml") -> object:
    """Run yesterday and its lookback."""
    return _perform(daily_reconciliation.fn.__name__, config_path)


@prefect.flow(name="retention", persist_result=False)
def retention(config_path: str = "matchback.yml") -> object:
    """Anonymise what is older than the policy."""
    return _perform(retention.fn.__name__, config_path)


@prefect.flow(name="drain-outbox-schedule", persist_result=False)
def drain_outbox(config_path: str = "matchback.yml") -> object:
    """Deliver what is still in the outbox."""
    return _perform(drain_outbox.fn.__name__, config_path)


def deployments(config: Config, config_path: Path) -> list[Any]:
    """Return the deployments that `matchback serve` registers."""
    flows = {flow.fn.__name__: flow for flow in (daily_reconciliation, retention, drain_outbox)}
    one = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    return [
        flows[job.flow_name].to_deployment(
            name=warehouse_name(config),
            schedule=Cron(job.cron, timezone=job.timezone),
            parameters={"config_path": str(config_path.resolve())},
            concurrency_limit=one,
            tags=["matchback"],
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for job in planned_jobs(config)
    ]


def warehouse_name(config: Config) -> str:
    """Name the warehouse whose runs must not overlap."""
    warehouse = config.warehouse
    if warehouse.engine == "bigquery":
        return f"{warehouse.project}-{warehouse.dataset}"
    return f"{config.root.name}-{config.warehouse_path.stem}"


def _perform(flow_name: str, config_path: str) -> object:
    """Run the job's command in the warehouse's one slot; its exit code becomes the state."""
    config = load_config(Path(config_path), Settings.from_environment().environment)
    job = next(job for job in planned_jobs(config) if job.flow_name == flow_name)
    with one_run_at_a_time(warehouse_name(config)):
        code = run_command(job.command, Path(config_path))
    meaning = MEANING.get(code, f"exit code {code}")
    return Completed(message=meaning) if code in DONE else Failed(message=meaning)
