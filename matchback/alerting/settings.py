"""What alerting needs of matchback.yml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import SecretStr

from matchback.alerting.states import Policy, source_of
from matchback.config import REPORTS_FOLDER, AlertsConfig, Config
from matchback.quality.checks import check_named

DEFAULT_CHANNEL = "default"
DEFAULT_REPORT = f"{REPORTS_FOLDER}/index.html"


@dataclass(frozen=True)
class AlertSettings:
    """Where alerts go, who owns them and when; URL and token never show in a repr."""

    webhook_url: str | None = field(default=None, repr=False)
    bot_token: str | None = field(default=None, repr=False)
    bot_channel: str | None = None
    api_url: str = "https://slack.com/api/"
    owners: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    report: str = DEFAULT_REPORT
    no_run_after: timedelta = timedelta(hours=26)

    @property
    def has_channel(self) -> bool:
        """Say whether anything can be delivered at all."""
        return self.uses_bot or self.webhook_url is not None

    @property
    def uses_bot(self) -> bool:
        """Say whether messages go through the bot, in threads."""
        return self.bot_token is not None and self.bot_channel is not None

    def owner_of(self, check_id: str, surface: str, dimension: str) -> str:
        """Return who looks after a check: by check, surface, source, then the hop's owner."""
        names = (check_id, surface, source_of(dimension), check_named(check_id).owner_hop)
        return next((self.owners[name] for name in names if name in self.owners), "")

    def channel_of(self, check_id: str, surface: str, owner: str) -> str:
        """Return the Slack channel of a check; a webhook has one, the default."""
        if self.uses_bot:
            for channel, subjects in self.channels.items():
                if not {check_id, surface, owner}.isdisjoint(subjects):
                    return channel
        return DEFAULT_CHANNEL


def alert_settings(config: Config) -> AlertSettings:
    """Read the settings from a validated config.

    `channel_owners` maps a check, surface or source to its owner, or a `#channel` to the
    checks, surfaces or owners whose alerts it gets (with a bot token).
    """
    alerts = config.alerts
    owners, channels = _owners_and_channels(alerts)
    return AlertSettings(
        webhook_url=_revealed(alerts.slack_webhook_url),
        bot_token=_revealed(alerts.slack_bot_token),
        bot_channel=alerts.slack_channel,
        api_url=alerts.slack_api_url,
        owners={**config.flow_map.owners, **owners},
        channels=channels,
        policy=_policy(alerts),
        report=alerts.report_url or DEFAULT_REPORT,
        no_run_after=timedelta(hours=alerts.no_run_after_hours),
    )


def _policy(alerts: AlertsConfig) -> Policy:
    remind_after = timedelta(hours=alerts.remind_after_hours)
    return Policy(
        fire_after_runs=alerts.fire_after_runs,
        resolve_after_runs=alerts.resolve_after_runs,
        remind_after=remind_after or None,
        is_warn_bad=alerts.alert_on == "warn",
    )


def _owners_and_channels(
    alerts: AlertsConfig,
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    owners, channels = {}, {}
    for name, value in alerts.channel_owners.items():
        values = (value,) if isinstance(value, str) else tuple(value)
        if name.startswith("#"):
            channels[name] = values
        else:
            owners[name] = ", ".join(values)
    return owners, channels


def _revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None
