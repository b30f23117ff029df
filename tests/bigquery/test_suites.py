"""The frames of the suites are read with the same words on both engines."""

from importlib import import_module

import pytest

from matchback.build.publish import CANDIDATES, PUBLISHED
from matchback.core.resources import SQL_DIRECTORY
from matchback.expectations.suites import MODULES
from tests.bigquery.googlesql import GoogleSql, SqlRejectedError

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
def unprefixed() -> GoogleSql:
    """Google's analyzer with every table of sql/ddl/bigquery under its plain name."""
    google = GoogleSql()
    statements = [
        path.read_text(encoding="utf-8")
        for path in (SQL_DIRECTORY / "ddl" / "bigquery").glob("*/*.sql")
    ]
    for statement in [*statements, *INTERMEDIATE]:
        made = google.analyze(statement)
        google.tables[made.creates[-2:]] = made.columns
    for (dataset, table), columns in list(google.tables.items()):
        if dataset == PUBLISHED:
            google.tables[CANDIDATES, table] = columns
    return google


@pytest.mark.parametrize("path", MODULES)
def test_a_suite_reads_its_frame_in_googlesql(unprefixed, path):
    query = import_module(f"matchback.expectations.{path}").QUERY
    for placeholder, text in STAND_INS.items():
        query = query.replace(placeholder, text)

    assert unprefixed.analyze(query).columns


def test_a_column_that_is_not_there_would_be_noticed(unprefixed):
    with pytest.raises(SqlRejectedError):
        unprefixed.analyze("select absent from marts_next.fct_findings")
