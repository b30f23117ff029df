"""Drain: deliver the alerts that no run could deliver so far."""

from datetime import datetime
from pathlib import Path

from prefect import flow

from matchback.alerting import DeliverySummary, alert_settings, drain_outbox
from matchback.opening import has_warehouse, open_for_change
from matchback.prefect_api import one_scheduled_run_at_a_time
from matchback.project import DEFAULT_CONFIG, Project
from matchback.runs.result import AlertUndeliveredError, told_in_our_words


@flow(name="drain", persist_result=False)
def drain(config_path: Path = DEFAULT_CONFIG, as_of: datetime | None = None) -> DeliverySummary:
    """Send what is pending; what cannot be sent stays."""
    project = Project.open(config_path, as_of)
    if not has_warehouse(project.config):
        return DeliverySummary()
    with (
        told_in_our_words("drain"),
        one_scheduled_run_at_a_time(project.warehouse_name),
        open_for_change(project.config, "drain-outbox") as warehouse,
    ):
        delivery = drain_outbox(warehouse, alert_settings(project.config), project.clock)
    if not delivery.is_complete:
        raise AlertUndeliveredError(delivery)
    return delivery
