"""matchback.yml: what it may say, how it is read, validated and published as a schema."""

from matchback.config.document import REPORTS_FOLDER, STATE_FOLDER, Config
from matchback.config.loading import load_config
from matchback.config.sections import (
    AlertsConfig,
    BigQueryWarehouseConfig,
    CapiConfig,
    ConsentConfig,
    CrmColumns,
    CrmConfig,
    DuckDBWarehouseConfig,
    Ga4BigQueryConfig,
    Ga4FilesConfig,
    MetaQualityConfig,
)
from matchback.config.values import parse_size

__all__ = [
    "REPORTS_FOLDER",
    "STATE_FOLDER",
    "AlertsConfig",
    "BigQueryWarehouseConfig",
    "CapiConfig",
    "Config",
    "ConsentConfig",
    "CrmColumns",
    "CrmConfig",
    "DuckDBWarehouseConfig",
    "Ga4BigQueryConfig",
    "Ga4FilesConfig",
    "MetaQualityConfig",
    "load_config",
    "parse_size",
]
