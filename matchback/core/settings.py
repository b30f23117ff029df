"""The only reader of the process environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from matchback.core.errors import ConfigError

DEFAULT_CONFIG_NAME = "matchback.yml"
SUPPRESSION_KEY = "MATCHBACK_SUPPRESSION_KEY"
TELEMETRY_OFF = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}


@dataclass(frozen=True)
class Settings:
    """What the environment says; `environment` is for `${VAR}` and child processes."""

    config_path: Path
    as_of: datetime | None
    is_ci: bool
    has_prefect_server: bool
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment once; ConfigError when MATCHBACK_AS_OF is no timestamp."""
        values = dict(os.environ if environment is None else environment)
        as_of = values.get("MATCHBACK_AS_OF")
        return cls(
            config_path=Path(values.get("MATCHBACK_CONFIG") or DEFAULT_CONFIG_NAME),
            as_of=parse_as_of(as_of, "MATCHBACK_AS_OF") if as_of else None,
            is_ci=bool(values.get("CI")),
            has_prefect_server=bool(values.get("PREFECT_API_URL")),
            environment=values,
        )

    def child_environment(self) -> dict[str, str]:
        """Return the environment of a child process, telemetry off."""
        return {**TELEMETRY_OFF, **self.environment}


def turn_telemetry_off() -> None:
    """Keep the libraries of this process from calling home, unless the user chose otherwise."""
    for name, value in TELEMETRY_OFF.items():
        os.environ.setdefault(name, value)


def keep_files_private() -> None:
    """Let only this user read what the process makes: it holds rows about persons."""
    os.umask(0o077)


def limit_memory_of_dbt(limit: str | None) -> None:
    """Set what dbt's profile tells DuckDB of memory; None leaves the engine its own limit."""
    settings = json.loads(os.environ.get("MATCHBACK_DUCKDB_SETTINGS") or "{}")
    settings.pop("memory_limit", None)
    given = {"memory_limit": limit} if limit else {}
    os.environ["MATCHBACK_DUCKDB_SETTINGS"] = json.dumps({**settings, **given})


def bigquery_emulator() -> str | None:
    """Return the emulator that Google's client sends its requests to, if one is named."""
    return os.environ.get("BIGQUERY_EMULATOR_HOST") or None


def bigquery_storage_emulator() -> str | None:
    """Return host and port of an emulator's Storage Read API, if one is named."""
    return os.environ.get("BIGQUERY_STORAGE_EMULATOR_HOST") or None


def parse_as_of(text: str, where: str = "--as-of") -> datetime:
    """Return a UTC timestamp; one without an offset is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(
            f"{where} is not a timestamp; write it like 2026-11-22T12:00:00Z."
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
