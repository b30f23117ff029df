"""Every column of the public contract is in the candidate tables."""

from typing import TYPE_CHECKING

import great_expectations as gx

from matchback.build.publish import CANDIDATES, published_columns
from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds
from matchback.warehouse.base import Warehouse

if TYPE_CHECKING:
    import pandas as pd

RELATION = CANDIDATES
NEEDS: frozenset[str] = frozenset()
NEEDS_ROWS = True
# Grain: one row per candidate table and column.
QUERY = "select * from {schema}.{table} where false"


def read_frame(warehouse: Warehouse) -> "pd.DataFrame":
    """Return the columns as they are; an engine error when a table is not there."""
    import pandas as pd

    found = [
        f"{table}.{column}"
        for table in published_columns()
        for column in warehouse.frame(QUERY.format(schema=CANDIDATES, table=table)).columns
    ]
    return pd.DataFrame({"table_column": found})


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    promised = [
        f"{table}.{column}" for table, columns in published_columns().items() for column in columns
    ]
    return gx.ExpectationSuite(
        name=f"{RELATION} (columns)",
        expectations=[
            rules.has_rows(),
            rules.holds_all("table_column", promised),
        ],
    )
