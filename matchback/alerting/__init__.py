"""Alerts: incidents from check results, an outbox, and its delivery to Slack."""

from matchback.alerting.outbox import DeliverySummary, drain_outbox
from matchback.alerting.plan import AlertSummary, plan_alerts, plan_incomplete
from matchback.alerting.settings import AlertSettings, alert_settings

__all__ = [
    "AlertSettings",
    "AlertSummary",
    "DeliverySummary",
    "alert_settings",
    "drain_outbox",
    "plan_alerts",
    "plan_incomplete",
]
