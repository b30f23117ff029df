"""The counts of the suites are written in the same words for both engines."""

import pytest

from matchback.build.publish import CANDIDATES, PUBLISHED
from matchback.expectations.suites import all_suites
from matchback.expectations.thresholds import read_thresholds
from matchback.sources.catalog import TABLES
from matchback.warehouse.tables import tables_on
from tests.bigquery.googlesql import GoogleSql, SqlRejectedError

BUILT = (
    "create table work.int_client_events (event_date date, client_event_key string)",
    "create table work.int_server_events_dated (server_event_key string, "
    "client_event_key string, server_canonical_event string)",
    "create table work.int_orders_latest (order_key string, event_date date)",
    "create table work.int_order_matches (dataset_id string, order_key string, side_key string)",
    "create table work.int_reconciled_sides (dataset_id string, client_event_key string, "
    "server_event_key string, event_date date)",
    "create table work.int_reconciled_events (dataset_id string, client_event_key string, "
    "server_event_key string, crm_order_key string, status string, in_client bool, "
    "in_server bool, in_crm bool)",
    "create table reference.checks (check_id string)",
)
STAND_INS = {"$first_date": "date '2026-11-14'", "$last_date": "date '2026-11-14'"}


@pytest.fixture(scope="module")
def unprefixed() -> GoogleSql:
    """Google's analyzer with every table outside dbt under its plain name."""
    google = GoogleSql()
    statements = [table.create_statement("bigquery") for table in tables_on("bigquery", TABLES)]
    for statement in [*statements, *BUILT]:
        made = google.analyze(statement)
        google.tables[made.creates[-2:]] = made.columns
    for (dataset, table), columns in list(google.tables.items()):
        if dataset == PUBLISHED:
            google.tables[CANDIDATES, table] = columns
    return google


@pytest.mark.parametrize("suite", all_suites(read_thresholds()), ids=lambda suite: suite.name)
def test_a_suite_counts_in_googlesql(unprefixed, suite):
    query = suite.query
    for placeholder, text in STAND_INS.items():
        query = query.replace(placeholder, text)

    columns = unprefixed.analyze(query).columns

    assert [column.name for column in columns] == ["promise", "broken_count", "population"]


def test_a_column_that_is_not_there_would_be_noticed(unprefixed):
    with pytest.raises(SqlRejectedError):
        unprefixed.analyze("select absent from marts_next.fct_findings")
