"""The flows of the schedules as Prefect deploys them; all it stores is the path of the config."""

from pathlib import Path
from typing import cast

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from matchback.flows.drain import drain
from matchback.flows.reconcile import reconcile
from matchback.flows.retention import retention
from matchback.project import Project
from matchback.schedule.jobs import planned_jobs

FLOWS = {flow.name: flow for flow in (reconcile, retention, drain)}


def deployments(project: Project, config_path: Path) -> list[RunnerDeployment]:
    """Return the deployments that `matchback serve` registers; Prefect cancels a second run."""
    one = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    made = [
        FLOWS[job.flow_name].to_deployment(
            name=project.warehouse_name,
            schedule=Cron(job.cron, timezone=job.timezone),
            parameters={"config_path": str(config_path.resolve())},
            concurrency_limit=one,
            tags=["matchback"],
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for job in planned_jobs(project.config)
    ]
    return cast(list[RunnerDeployment], made)
