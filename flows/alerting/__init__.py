"""Alerts: incidents from check results, an outbox, and its delivery to Slack."""

from flows.alerting.outbox import DeliverySummary, drain_outbox
from flows.alerting.plan import AlertSummary, plan_alerts, plan_incomplete
from flows.alerting.settings import AlertSettings, alert_settings

__all__ = [
    "AlertSettings",
    "AlertSummary",
    "DeliverySummary",
    "alert_settings",
    "drain_outbox",
    "plan_alerts",
    "plan_incomplete",
]
