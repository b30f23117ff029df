"""Drain the outbox: deliver the alerts that no run could deliver so far."""

from matchback.alerting import DeliverySummary, alert_settings, drain_outbox
from matchback.config import Config
from matchback.core.clock import Clock
from matchback.opening import has_warehouse, open_for_change
from matchback.orchestration import flow


@flow(name="drain-outbox")
def drain(config: Config, clock: Clock) -> DeliverySummary:
    """Send what is pending; what cannot be sent stays."""
    if not has_warehouse(config):
        return DeliverySummary()
    with open_for_change(config, "drain-outbox") as warehouse:
        return drain_outbox(warehouse, alert_settings(config), clock)
