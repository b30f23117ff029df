"""Which landing tables are replaced partition by partition, and by which column and unit."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Unit = Literal["day", "month"]


@dataclass(frozen=True)
class PartitionedTable:
    """A landing table with one row per record of a file."""

    name: str
    moment: str
    unit: Unit = "day"

    @property
    def day(self) -> str:
        """DuckDB's SQL of the partition that a row lies in, as its first date."""
        return f"cast(date_trunc('{self.unit}', {self.moment}) as date)"

    def after(self, partition: date) -> date:
        """Return the first date of the next partition."""
        if self.unit == "day":
            return partition + timedelta(days=1)
        return (partition + timedelta(days=32)).replace(day=1)


PARTITIONED = {
    table.name: table
    for table in (
        PartitionedTable("landing.ga4_events", "table_date"),
        PartitionedTable("landing.capi_gtms", "logged_at"),
        PartitionedTable("landing.capi_request_response", "logged_at"),
        PartitionedTable("landing.capi_dataflow_dlq", "logged_at"),
        PartitionedTable("landing.capi_gateway_audit", "logged_at"),
        # Few rows, and files that hold years of them.
        PartitionedTable("landing.consent_log", "decided_at", unit="month"),
        PartitionedTable("landing.crm_orders", "ordered_at", unit="month"),
    )
}
