"""matchback.yml as a whole; its folder is the root of every relative path."""

import builtins  # the key `property` hides the decorator inside Config
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, model_validator

from matchback.config.sections import (
    AlertsConfig,
    BigQueryWarehouseConfig,
    DuckDBWarehouseConfig,
    FlowMapConfig,
    Ga4FilesConfig,
    IdentityConfig,
    PrivacyConfig,
    PropertyConfig,
    RetentionConfig,
    ScheduleConfig,
    Section,
    SourcesConfig,
    StackConfig,
    TaxonomyConfig,
)
from matchback.core.errors import ConfigError

STATE_FOLDER = ".matchback"
REPORTS_FOLDER = "reports"


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
    def suppression_key_file(self) -> Path:
        """The key of the suppression list, used where the environment gives none."""
        return self.state_folder / "suppression.key"

    @builtins.property
    def reports_folder(self) -> Path:
        """What runs leave behind for people."""
        return self.root / REPORTS_FOLDER

    def placed_in(self, root: Path) -> Self:
        """Make a folder the root; ConfigError when a configured path leaves it."""
        self._root = root
        for where, pattern, allow_outside in self.source_paths():
            self._refuse_to_leave(pattern, where, allow_outside)
        return self

    def find_files(self, pattern: str, *, where: str, allow_outside: bool = False) -> list[Path]:
        """Return the files that a configured path names, sorted; a glob or one file.

        ConfigError when a relative path leaves the config's folder, by `..` or by a link.
        """
        if Path(pattern).is_absolute():
            anchor = Path(pattern).anchor
            return _glob(Path(anchor), str(PurePosixPath(pattern).relative_to(anchor)))
        self._refuse_to_leave(pattern, where, allow_outside)
        files = _glob(self.root, pattern)
        home = self.root.resolve()
        if not (allow_outside or self.allow_outside) and any(
            not path.resolve().is_relative_to(home) for path in files
        ):
            raise _outside(where)
        return files

    def _refuse_to_leave(self, pattern: str, where: str, allow_outside: bool) -> None:
        if allow_outside or self.allow_outside or Path(pattern).is_absolute():
            return
        if ".." in PurePosixPath(pattern).parts:
            raise _outside(where)

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
