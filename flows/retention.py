"""Retention: anonymise what is older than the policy."""

from datetime import datetime
from pathlib import Path

from prefect import flow

from matchback.opening import open_for_change
from matchback.prefect_api import one_scheduled_run_at_a_time
from matchback.privacy.retention import retention as apply_retention
from matchback.project import DEFAULT_CONFIG, Project
from matchback.runs.result import told_in_our_words


@flow(name="retention", persist_result=False)
def retention(config_path: Path = DEFAULT_CONFIG, as_of: datetime | None = None) -> dict[str, int]:
    """Anonymise or delete what is older than the policy; returns rows touched per table."""
    project = Project.open(config_path, as_of)
    with (
        told_in_our_words("retention"),
        one_scheduled_run_at_a_time(project.warehouse_name),
        open_for_change(project.config, "retention") as warehouse,
    ):
        return apply_retention(warehouse, project.config, project.clock)
