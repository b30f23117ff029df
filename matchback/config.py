"""matchback.yml: what it may say, validated; its folder is the root of every relative path."""

import builtins  # the key `property` hides the decorator inside Config
import difflib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    PrivateAttr,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import core_schema

from matchback.core.errors import ConfigError
from matchback.core.offered import consent_formats, crm_presets, log_formats

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|TB|KIB|MIB|GIB|TIB)?", re.IGNORECASE)
UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12} | {
    "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40
}  # fmt: skip
STATE_FOLDER = ".matchback"
REPORTS_FOLDER = "reports"


def _check_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(
            f"'{name}' is not a time zone; use an IANA name like Europe/Berlin"
        ) from None
    return name


def _check_size(text: str) -> str:
    if not SIZE.fullmatch(text.strip()):
        raise ValueError("is not a size; write it like 4GB")
    return text.strip()


def _check_cron(text: str) -> str:
    if len(text.split()) != 5:
        raise ValueError("is not a cron line of five fields, like 0 7 * * *")
    return text


def _check_http_url(secret: SecretStr) -> SecretStr:
    if not re.match(r"https?://[^\s/]+", secret.get_secret_value()):
        raise ValueError("is not an http(s) URL")
    return secret


def _check_inside(path: str) -> str:
    if "\0" in path:
        raise ValueError("holds a NUL character")
    return path


def _as_list(value: object) -> object:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


def _one_of(names: list[str]) -> GetPydanticSchema:
    return GetPydanticSchema(lambda _type, _handler: core_schema.literal_schema(names))


Timezone = Annotated[str, AfterValidator(_check_timezone)]
Size = Annotated[str, AfterValidator(_check_size)]
Cron = Annotated[str, AfterValidator(_check_cron)]
Secret = Annotated[SecretStr | None, BeforeValidator(_empty_is_none)]
SecretUrl = Annotated[SecretStr, AfterValidator(_check_http_url)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
TableName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,2}$")]
PathPattern = Annotated[str, Field(min_length=1), AfterValidator(_check_inside)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
LogFormatName = Annotated[str, _one_of(log_formats())]
CrmPresetName = Annotated[str, _one_of(crm_presets())]
ConsentFormatName = Annotated[str, _one_of(consent_formats())]


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

    def mapped(self) -> dict[str, str]:
        """Return the columns that are named."""
        return {name: header for name, header in self if header is not None}


class CrmConfig(Section):
    """Orders: files by `path`; `url` (SQLAlchemy) with table or query; or a BigQuery `table`."""

    path: PathPattern | None = None
    url: Secret = None
    table: TableName | None = None
    query: str | None = None
    preset: CrmPresetName | None = None
    timezone: Timezone | None = None
    columns: CrmColumns = CrmColumns()
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

    slack_webhook_url: Annotated[SecretUrl | None, BeforeValidator(_empty_is_none)] = None
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
    """The key of the suppression list; without one a key file is made beside the config."""

    hmac_key: Secret = None


class ScheduleConfig(Section):
    """Cron lines of the served flows, in the property's zone unless told otherwise."""

    cron: Cron = "0 7 * * *"
    retention_cron: Cron = "30 3 * * *"
    outbox_cron: Cron = "*/15 * * * *"
    timezone: Timezone | None = None


class Config(Section):
    """matchback.yml."""

    property: PropertyConfig = PropertyConfig()
    warehouse: Annotated[
        DuckDBWarehouseConfig | BigQueryWarehouseConfig, Field(discriminator="engine")
    ] = DuckDBWarehouseConfig()
    sources: SourcesConfig
    stack: StackConfig = StackConfig()
    flow_map: FlowMapConfig = FlowMapConfig()
    identity: IdentityConfig = IdentityConfig()
    taxonomy: TaxonomyConfig = TaxonomyConfig()
    alerts: AlertsConfig = AlertsConfig()
    retention: RetentionConfig = RetentionConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    lookback_days: int = Field(default=3, ge=0, le=60)
    min_n: int = Field(default=20, ge=1)
    allow_outside: bool = False

    _root: Path = PrivateAttr(default=Path())

    @model_validator(mode="before")
    @classmethod
    def _duckdb_unless_said(cls, values: object) -> object:
        if isinstance(values, dict) and isinstance(values.get("warehouse"), dict):
            return {**values, "warehouse": {"engine": "duckdb", **values["warehouse"]}}
        return values

    @builtins.property
    def root(self) -> Path:
        """The folder of the file; relative paths start here."""
        return self._root

    @builtins.property
    def zone(self) -> ZoneInfo:
        """The property's time zone."""
        return ZoneInfo(self.property.timezone)

    @builtins.property
    def crm_zone(self) -> ZoneInfo:
        """The zone of CRM times without an offset: the CRM's, else the property's."""
        crm = self.sources.crm
        return ZoneInfo(crm.timezone) if crm and crm.timezone else self.zone

    @builtins.property
    def warehouse_path(self) -> Path:
        """The DuckDB file; on BigQuery the local file that parses what is handed over."""
        if isinstance(self.warehouse, DuckDBWarehouseConfig):
            return self.root / self.warehouse.path
        return self.state_folder / "staging.duckdb"

    @builtins.property
    def state_folder(self) -> Path:
        """What runs leave behind for machines (dbt target, logs, Data Docs)."""
        return self.root / STATE_FOLDER

    @builtins.property
    def reports_folder(self) -> Path:
        """What runs leave behind for people."""
        return self.root / REPORTS_FOLDER

    def find_files(self, pattern: str, *, where: str, allow_outside: bool = False) -> list[Path]:
        """Return the files that a configured path names, sorted; a glob or one file.

        ConfigError when a relative path leaves the config's folder, by `..` or by a link.
        """
        if Path(pattern).is_absolute():
            anchor = Path(pattern).anchor
            return _glob(Path(anchor), str(PurePosixPath(pattern).relative_to(anchor)))
        may_leave = allow_outside or self.allow_outside
        if not may_leave and ".." in PurePosixPath(pattern).parts:
            raise _outside(where)
        files = _glob(self.root, pattern)
        if not may_leave:
            home = self.root.resolve()
            if any(not path.resolve().is_relative_to(home) for path in files):
                raise _outside(where)
        return files

    def source_paths(self) -> Iterator[tuple[str, str, bool]]:
        """Yield (key, path, allow_outside) of every configured file source."""
        sources = self.sources
        if isinstance(sources.ga4, Ga4FilesConfig):
            yield "sources.ga4.path", sources.ga4.path, sources.ga4.allow_outside
        for index, log in enumerate(sources.capi):
            if log.path:
                yield f"sources.capi[{index}].path", log.path, log.allow_outside
        for name, source in (("crm", sources.crm), ("consent", sources.consent)):
            if source is not None and source.path:
                yield f"sources.{name}.path", source.path, source.allow_outside
        if self.flow_map.releases:
            yield "flow_map.releases", self.flow_map.releases, False


class _StrictLoader(yaml.SafeLoader):
    """YAML without silent surprises: a key given twice is refused."""


def _mapping_without_repeats(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise yaml.MarkedYAMLError(
                problem=f"the key '{key}' is given twice", problem_mark=node.start_mark
            )
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats
)


def load_config(path: Path, environment: Mapping[str, str]) -> Config:
    """Read and validate one config file; ConfigError says what is wrong, where, in a sentence."""
    text = _read_text(path)
    try:
        # _StrictLoader is a SafeLoader: it builds plain values only.
        raw = yaml.load(text, Loader=_StrictLoader)  # nosec B506
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{path} is not valid YAML{line}: {error.problem}.") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise ConfigError(f"{path} is not valid YAML; check its characters.") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{path} is empty or no mapping; it needs at least the key 'sources'.")
    filled = _substitute(raw, environment, path, "")
    try:
        config = Config.model_validate(filled)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_sentence(error)}.") from None
    config._root = path.resolve().parent
    for where, pattern, allow_outside in config.source_paths():
        if not (allow_outside or config.allow_outside or Path(pattern).is_absolute()) and (
            ".." in PurePosixPath(pattern).parts
        ):
            raise _outside(where)
    return config


def parse_size(text: str) -> int:
    """Return the bytes of a size like 20GB; a bare number is bytes."""
    match = SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a size")
    return int(float(match[1]) * UNITS[(match[2] or "B").upper()])


def json_schema_text() -> str:
    """Return the published JSON Schema of matchback.yml."""
    schema = Config.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "matchback.yml"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"There is no config file {path}; create it or name another with --config."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"The config file {path} is no UTF-8 text; save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(
            f"The config file {path} cannot be read ({error.strerror}); name a readable file "
            "with --config."
        ) from None


def _substitute(value: Any, environment: Mapping[str, str], path: Path, where: str) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {
            key: _substitute(item, environment, path, f"{where}.{key}" if where else str(key))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            _substitute(item, environment, path, f"{where}[{index}]")
            for index, item in enumerate(value)
        ]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        found = environment.get(match[1], match[2])
        if found is None:
            raise ConfigError(
                f"{path}: {where} uses ${{{match[1]}}}, but the environment variable "
                f"{match[1]} is not set; set it or remove the key."
            )
        return found

    return VARIABLE.sub(fill, value)


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = _where(first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        message = "is required and missing"
    elif first["type"] == "string_pattern_mismatch":
        message = f"holds a character that is not allowed here ({message[0].lower()}{message[1:]})"
    more = len(error.errors()) - 1
    return f"{where or 'top level'}: {message}" + (f" (and {more} more)" if more else "")


def _where(location: tuple[int | str, ...]) -> str:
    """Spell a pydantic location as the user would; union tags are no keys."""
    text = ""
    for index, part in enumerate(location):
        if isinstance(part, int):
            text += f"[{part}]"
        elif index and part in {"files", "bigquery", "duckdb"} and index < 3:
            continue
        else:
            text += f".{part}" if text else part
    return text


def _hint(key: str, allowed: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(key, list(allowed), n=1, cutoff=0.4)
    return f"; did you mean '{near[0]}'?" if near else f"; known keys: {', '.join(allowed)}"


def _glob(folder: Path, pattern: str) -> list[Path]:
    if any(character in pattern for character in "*?["):
        return sorted(path for path in folder.glob(pattern) if path.is_file())
    path = folder / pattern
    return [path] if path.is_file() else []


def _outside(where: str) -> ConfigError:
    return ConfigError(
        f"{where} leaves the folder of the config file; keep the data beside it, "
        "give an absolute path, or set allow_outside: true."
    )


if __name__ == "__main__":
    Path(__file__).resolve().parent.parent.joinpath("docs", "matchback.schema.json").write_text(
        json_schema_text(), encoding="utf-8"
    )
