"""The counts of the suites are written in the same words for both engines."""

import pytest

from matchback.checks import all_checks
from matchback.expectations.suites import Suite, all_suites
from matchback.warehouse.bigquery import in_bigquery
from tests.bigquery.googlesql import PREFIX, GoogleSql, SqlRejectedError

STAND_INS = {"$first_date": "date '2026-11-14'", "$last_date": "date '2026-11-14'"}


@pytest.mark.parametrize("suite", all_suites(all_checks()), ids=lambda suite: suite.name)
def test_a_suite_counts_in_googlesql(after_two_days: GoogleSql, suite: Suite) -> None:
    query = suite.query
    for placeholder, text in STAND_INS.items():
        query = query.replace(placeholder, text)

    columns = after_two_days.analyze(in_bigquery(query, PREFIX)).columns

    assert [column.name for column in columns] == ["promise", "broken_count", "population"]


def test_a_column_that_is_not_there_would_be_noticed(after_two_days: GoogleSql) -> None:
    with pytest.raises(SqlRejectedError):
        after_two_days.analyze(f"select absent from {PREFIX}marts_next.fct_findings")
