"""The frames of the suites are read with the same words on both engines."""

from importlib import import_module

import pytest

from matchback.build.publish import CANDIDATES, PUBLISHED
from matchback.expectations.suites import MODULES
from matchback.sources.catalog import TABLES
from matchback.warehouse.tables import tables_on

googlesql = pytest.importorskip("tests.bigquery.googlesql", reason="needs Google's SQL analyzer")

INTERMEDIATE = (
    "create table work.int_client_events (event_date date, client_event_key string)",
    "create table work.int_reconciled_events (dataset_id string)",
)
STAND_INS = {
    "$first_date": "date '2026-11-14'",
    "$last_date": "date '2026-11-14'",
    "{schema}": CANDIDATES,
    "{table}": "fct_findings",
}


@pytest.fixture(scope="module")
def analyzer():
    google = googlesql.GoogleSql()
    statements = [table.create_statement("bigquery") for table in tables_on("bigquery", TABLES)]
    for statement in [*statements, *INTERMEDIATE]:
        made = google.analyze(statement)
        google.tables[made.creates[-2:]] = made.columns
    for (dataset, table), columns in list(google.tables.items()):
        if dataset == PUBLISHED:
            google.tables[CANDIDATES, table] = columns
    return google


@pytest.mark.parametrize("path", MODULES)
def test_a_suite_reads_its_frame_in_googlesql(analyzer, path):
    query = import_module(f"matchback.expectations.{path}").QUERY
    for placeholder, text in STAND_INS.items():
        query = query.replace(placeholder, text)

    assert analyzer.analyze(query).columns


def test_a_column_that_is_not_there_would_be_noticed(analyzer):
    with pytest.raises(googlesql.SqlRejectedError):
        analyzer.analyze("select absent from marts_next.fct_findings")
