"""The sections of matchback.yml: what each may say, and what it says by default."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from matchback.config.values import (
    ConsentFormatName,
    Country,
    CrmPresetName,
    Cron,
    Currency,
    DateFormat,
    Encoding,
    Identifier,
    LogFormatName,
    PathPattern,
    Secret,
    SecretUrl,
    Size,
    TableName,
    Timezone,
    empty_is_none,
    parse_size,
)


def _as_list(value: object) -> object:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


class Section(BaseModel):
    """A part of the file: frozen, and an unknown key is refused with the nearest right one."""

    model_config = ConfigDict(
        frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True, extra="forbid"
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, values: object) -> object:
        if isinstance(values, dict):
            for key in values:
                if key not in cls.model_fields:
                    raise ValueError(f"unknown key '{key}'{_hint(str(key), cls.model_fields)}")
        return values

    def _exactly_one(self, first: str, second: str) -> Self:
        if (getattr(self, first) is None) == (getattr(self, second) is None):
            raise ValueError(f"give exactly one of {first} and {second}")
        return self


class PropertyConfig(Section):
    """The GA4 property: its reporting zone, home country and currency."""

    timezone: Timezone = "UTC"
    default_country: Country = "US"
    currency: Currency = "USD"


class DuckDBWarehouseConfig(Section):
    """The embedded warehouse; `path` is relative to the config's folder."""

    engine: Literal["duckdb"] = "duckdb"
    path: str = "warehouse.duckdb"
    memory_limit: Size | None = None
    threads: int | None = Field(default=None, ge=1)


class BigQueryWarehouseConfig(Section):
    """The distributed warehouse."""

    engine: Literal["bigquery"]
    project: Identifier
    dataset: Identifier = "matchback"
    location: Identifier = "EU"
    maximum_bytes_billed: Size = "20GB"
    price_per_tib: float = Field(default=6.25, ge=0)
    memory_limit: Size | None = None
    labels: dict[Identifier, Identifier] = {}
    policy_tags: dict[Identifier, str] = {}

    @property
    def maximum_bytes(self) -> int:
        """The cap in bytes."""
        return parse_size(self.maximum_bytes_billed)

    @property
    def dataset_prefix(self) -> str:
        """What the name of every dataset begins with; the schema follows."""
        return f"{self.dataset}_"


class FileSource(Section):
    """A source of files; `path` is a glob relative to the config's folder, or absolute."""

    path: PathPattern
    allow_outside: bool = False


class Ga4FilesConfig(FileSource):
    """Exported shards as files."""

    kind: Literal["files"] = "files"
    event_id_params: list[str] = Field(default=["event_id", "x-fb-event_id"], min_length=1)


class Ga4BigQueryConfig(Section):
    """The export's own BigQuery dataset."""

    kind: Literal["bigquery"]
    project: Identifier
    dataset: Identifier
    event_id_params: list[str] = Field(default=["event_id", "x-fb-event_id"], min_length=1)


class CapiConfig(Section):
    """One delivery log: files by `path`, or a BigQuery `table`."""

    format: LogFormatName
    path: PathPattern | None = None
    table: TableName | None = None
    dataset_id: Identifier | None = None
    allow_outside: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        return self._exactly_one("path", "table")


class CrmColumns(Section):
    """Canonical order column -> header in the export."""

    order_id: str | None = None
    customer_id: str | None = None
    ordered_at: str | None = None
    status: str | None = None
    value: str | None = None
    currency: str | None = None
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    birth_date: str | None = None
    gender: str | None = None
    event_id: str | None = None
    user_pseudo_id: str | None = None
    gclid: str | None = None
    fbclid: str | None = None
    channel: str | None = None
    is_test: str | None = None
    updated_at: str | None = None

    def mapped(self) -> dict[str, str]:
        """Return the columns that are named."""
        return {name: header for name, header in self if header is not None}


class CrmStatuses(Section):
    """What a status of the CRM means, against the preset and the usual words."""

    valid: list[str] = Field(default=[], description="Statuses of orders that count.")
    refund: list[str] = Field(
        default=[], description="Statuses of rows that give money back and are no orders."
    )
    invalid: list[str] = Field(default=[], description="Statuses of orders that do not count.")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [name.strip().casefold() for name in (*self.valid, *self.refund, *self.invalid)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"'{twice}' is given twice; a status means one thing")
        return self


class CrmConfig(Section):
    """Orders: files by `path`; `url` (SQLAlchemy) with table or query; or a BigQuery `table`."""

    path: PathPattern | None = None
    url: Secret = None
    table: TableName | None = None
    query: str | None = None
    preset: CrmPresetName | None = None
    timezone: Timezone | None = None
    columns: CrmColumns = CrmColumns()
    date_format: DateFormat | None = Field(
        default=None,
        description="How dates are written: dmy, mdy, ymd or a strptime pattern; without it each "
        "column proves its order.",
    )
    encoding: Encoding | None = Field(
        default=None, description="The files' encoding; without it their bytes tell."
    )
    free_text: list[str] = Field(
        default=[], description="Headers of text columns to keep and to scan for personal data."
    )
    statuses: CrmStatuses = CrmStatuses()
    allow_outside: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.url is not None:
            self._exactly_one("table", "query")
            if self.path is not None:
                raise ValueError("give either path or url, not both")
            return self
        if self.query is not None:
            raise ValueError("query needs a url")
        return self._exactly_one("path", "table")

    @model_validator(mode="after")
    def _orders_can_be_told_apart(self) -> Self:
        mapped = self.columns.mapped()
        if mapped and self.preset is None:
            for column in ("order_id", "ordered_at"):
                if column not in mapped:
                    raise ValueError(f"columns must map {column}")
        return self


class ConsentConfig(Section):
    """The consent log: files by `path`, or a BigQuery `table`."""

    format: ConsentFormatName = "matchback"
    path: PathPattern | None = None
    table: TableName | None = None
    allow_outside: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        return self._exactly_one("path", "table")


class MetaQualityConfig(Section):
    """Meta's Dataset Quality API."""

    dataset_ids: list[Identifier] = Field(min_length=1)
    access_token: SecretStr
    api_url: str = "https://graph.facebook.com"
    api_version: Identifier | str = "v25.0"


class SourcesConfig(Section):
    """Each source may be absent; its checks are then unknown."""

    ga4: Annotated[Ga4FilesConfig | Ga4BigQueryConfig, Field(discriminator="kind")] | None = None
    capi: Annotated[list[CapiConfig], BeforeValidator(_as_list)] = []
    crm: CrmConfig | None = None
    consent: ConsentConfig | None = None
    meta_quality: MetaQualityConfig | None = None

    @model_validator(mode="before")
    @classmethod
    def _ga4_is_files_unless_said(cls, values: object) -> object:
        if isinstance(values, dict) and isinstance(values.get("ga4"), dict):
            return {**values, "ga4": {"kind": "files", **values["ga4"]}}
        return values

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if not (self.ga4 or self.capi or self.crm or self.consent):
            raise ValueError("no source is configured; give ga4, capi, crm or consent a path")
        return self


class StackConfig(Section):
    """Facts that the owner declares; the audit holds them against the data."""

    sgtm_custom_domain: str | bool | None = None
    ga4_via_sgtm: str | bool | None = None
    capi_integration: str | bool | None = None
    hash_convention: str | bool | None = None


class FlowMapConfig(Section):
    """Owners per hop, and a CSV of release markers (date, component, name)."""

    owners: dict[str, str] = {}
    releases: PathPattern | None = None


class IdentityConfig(Section):
    """Which identifier names a journey first; shared identifiers do not merge journeys."""

    precedence: list[Literal["customer_id", "hashed_email", "click_id", "client_id"]] = Field(
        default=["customer_id", "hashed_email", "click_id", "client_id"], min_length=1
    )
    max_journeys: int = Field(default=20, ge=1)


class EventMapping(Section):
    """What one GA4 or custom event name means."""

    canonical_event: str | None = None
    meta_event: str | None = None
    is_conversion: bool = False

    @property
    def names(self) -> dict[str, str]:
        """Return the name of the event at each destination that the user gave one for."""
        return {"meta_capi": self.meta_event} if self.meta_event else {}


def _meta_name_alone(value: object) -> object:
    return {"meta_event": value} if isinstance(value, str) else value


class TaxonomyConfig(Section):
    """Names beyond the shipped taxonomy: GA4 or custom event name -> meaning."""

    custom_prefix: str | None = None
    schema_version_param: str | None = None
    events: dict[str, Annotated[EventMapping, BeforeValidator(_meta_name_alone)]] = {}
    parameters: list[str] = []


class AlertsConfig(Section):
    """Where alerts go; 0 hours switches reminders off; a warn opens incidents only on request."""

    slack_webhook_url: Annotated[SecretUrl | None, BeforeValidator(empty_is_none)] = None
    slack_bot_token: Secret = None
    slack_channel: str | None = None
    slack_api_url: str = "https://slack.com/api/"
    channel_owners: dict[str, str | list[str]] = {}
    alert_on: Literal["fail", "warn"] = "fail"
    remind_after_hours: float = Field(default=24, ge=0)
    fire_after_runs: int = Field(default=1, ge=1)
    resolve_after_runs: int = Field(default=1, ge=1)
    no_run_after_hours: float = Field(default=26, gt=0)
    report_url: str | None = None


class RetentionConfig(Section):
    """How long rows that point at a person are kept; aggregates stay longer."""

    delivery_log_days: int = Field(default=90, ge=1)
    aggregates_years: int = Field(default=3, ge=1)
    quarantine_days: int = Field(default=90, ge=1)
    erasure_due_days: int = Field(default=30, ge=1)


class PrivacyConfig(Section):
    """The key of the suppression list; MATCHBACK_SUPPRESSION_KEY wins, else a key file is made."""

    hmac_key: Secret = None


class ScheduleConfig(Section):
    """Cron lines of the served flows, in the property's zone unless told otherwise."""

    cron: Cron = "0 7 * * *"
    retention_cron: Cron = "30 3 * * *"
    outbox_cron: Cron = "*/15 * * * *"
    timezone: Timezone | None = None


def _hint(key: str, allowed: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(key, list(allowed), n=1, cutoff=0.4)
    return f"; did you mean '{near[0]}'?" if near else f"; known keys: {', '.join(allowed)}"
