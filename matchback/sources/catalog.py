"""Every table outside dbt: what the sources declare beside their readers, and sql/tables."""

from matchback.sources.consent.tables import TABLES as CONSENT
from matchback.sources.crm.tables import TABLES as CRM
from matchback.sources.ga4.tables import TABLES as GA4
from matchback.sources.kit.tables import TABLES as BESIDE_RECORDS
from matchback.sources.logs.log_format import landing_tables
from matchback.sources.meta_quality.tables import TABLES as META_QUALITY
from matchback.warehouse.table_files import read_tables
from matchback.warehouse.tables import Table

TABLES: tuple[Table, ...] = (
    *GA4,
    *landing_tables(),
    *CRM,
    *CONSENT,
    *BESIDE_RECORDS,
    *META_QUALITY,
    *read_tables("marts"),
    *read_tables("ops"),
)
BY_NAME = {table.name: table for table in TABLES}
RECORDS = tuple(table for table in TABLES if table.source)
# What a load replaces partition by partition, where the engine has partitions.
PARTITIONED = {table.name: table for table in RECORDS if table.partition}


def on_every_date(name: str) -> str:
    """Return the condition that every row of a table satisfies; of no other table any is asked."""
    table = BY_NAME.get(name)
    return table.on_every_date if table else "true"
