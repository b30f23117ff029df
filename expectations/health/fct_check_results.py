"""Every judged figure held against the bounds of its check."""

from typing import TYPE_CHECKING

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds, read_thresholds
from matchback.warehouse.base import Warehouse

if TYPE_CHECKING:
    import pandas as pd

RELATION = "marts_next.fct_check_results"
NEEDS: frozenset[str] = frozenset()
NEEDS_ROWS = True
FINAL_ONLY = " on final dates"
# Grain: one judged row of the table; what has too few events or no input has no judgement.
QUERY = """
select
    check_id,
    value,
    is_final
from marts_next.fct_check_results
where status in ('pass', 'warn', 'fail')
order by check_id, event_date, dimension
"""


def read_frame(warehouse: Warehouse) -> "pd.DataFrame":
    """Return one column per check, and one more of its final dates where late data can heal it."""
    import pandas as pd

    judged = warehouse.frame(QUERY)
    values = {check_id: rows["value"] for check_id, rows in judged.groupby("check_id")}
    finals = {
        check_id + FINAL_ONLY: rows["value"]
        for check_id, rows in judged[judged["is_final"]].groupby("check_id")
    }
    columns = {
        name: (values | finals).get(name, pd.Series(dtype="float64")).reset_index(drop=True)
        for threshold in read_thresholds().values()
        for name in (threshold.check_id, threshold.check_id + FINAL_ONLY)
    }
    return pd.DataFrame(columns)


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure. What late data can heal is critical on final dates only."""
    return gx.ExpectationSuite(
        name=f"{RELATION} (health)",
        expectations=[
            rules.has_rows(),
            *(
                expectation
                for one in thresholds.values()
                for expectation in rules.tolerances(
                    one.check_id,
                    one,
                    critical_column=one.check_id + FINAL_ONLY if one.heals_late else None,
                )
            ),
        ],
    )
