"""What the loads send to BigQuery is accepted by Google's analyzer, odd exports included."""

from datetime import date, datetime

import pytest

from matchback.core.redaction import redact
from matchback.loading.hand_over import SIDE_TABLES, side_tables_script, undated_rows
from matchback.sources.ga4.copy import fields_of
from matchback.sources.ga4.copy_sql import (
    Field,
    copy_statement,
    count_statement,
    quarantine_statement,
    redacted,
)
from matchback.sources.ga4.land import BOOKKEEPING
from matchback.warehouse.bigquery import in_bigquery, query_parameters
from tests.bigquery.googlesql import (
    PREFIX,
    PROJECT,
    GoogleSql,
    SqlRejectedError,
    type_text,
    with_declared_tables,
)
from tests.fixtures.tokens import TOKEN

EXPORT = f"{PROJECT}.analytics_1"
SHARDS = ("analytics_1", "events_*")
DAY, NOW = date(2026, 11, 9), datetime(2026, 11, 12)  # noqa: DTZ001 - as loads bind it
TEXTS = [
    'access_token="EAAnothing1234567890"&x=1',
    "authorization: 'Bearer abc.def' and 'quoted'",
    "https://a.example/?access_token%3Dabc123&x=1",
    "https://hooks.slack.com/services/T0/B0/secret",
    TOKEN,
    'plain "text" with x22 and \\x27',
]
SUFFIXES = ["20261109", "intraday_20261109"]


@pytest.fixture(scope="module")
def google() -> GoogleSql:
    analyzer = with_declared_tables()
    for side in SIDE_TABLES:
        schema, _, name = side.table.partition(".")
        staged = (f"{PREFIX}work", f"staged_{name}")
        analyzer.tables[staged] = analyzer.tables[f"{PREFIX}{schema}", name]
    return analyzer


def landing(google: GoogleSql) -> list[Field]:
    columns = google.tables[f"{PREFIX}landing", "ga4_events"]
    fields = fields_of([column.field for column in columns])
    return [field for field in fields if field.name not in BOOKKEEPING]


def copied(google: GoogleSql, found: list[Field]) -> dict[str, str]:
    """Analyse the copy of an export with these columns; return the types that it would write."""
    google.declare(
        SHARDS, {field.name: field.type_text for field in found} | {"_table_suffix": "string"}
    )
    statement = copy_statement(EXPORT, DAY, SUFFIXES, landing(google), found, "run")
    answer = google.analyze(_named(statement))
    google.analyze(_named(count_statement(EXPORT, SUFFIXES)))
    google.analyze(_named(QUARANTINED), query_parameters({"run_id": "run", "now": NOW}))
    return {column.name: type_text(column.type) for column in answer.columns}


QUARANTINED = in_bigquery(quarantine_statement(EXPORT, ["events_20261109"]), PREFIX)


def declared(google: GoogleSql) -> dict[str, str]:
    columns = google.tables[f"{PREFIX}landing", "ga4_events"]
    return {column.name: type_text(column.type) for column in columns}


def test_a_copy_writes_exactly_the_columns_of_landing(google: GoogleSql) -> None:
    written = copied(google, landing(google))

    assert list(written.items()) == list(declared(google).items())


def test_an_export_that_lacks_columns_or_fields_is_filled_with_nulls(google: GoogleSql) -> None:
    found = [
        Field(one.name, one.kind, one.is_list, one.fields[:-1] or one.fields)
        for one in landing(google)
        if one.name not in ("publisher", "session_traffic_source_last_click", "user_properties")
    ]

    assert copied(google, found) == declared(google)


def test_an_export_with_further_fields_and_other_types_is_cast(google: GoogleSql) -> None:
    found = []
    for one in landing(google):
        kind = "string" if one.name in ("batch_page_id", "event_bundle_sequence_id") else one.kind
        further = (Field("further", "string"),) if one.fields else ()
        found.append(Field(one.name, kind, one.is_list, (*one.fields, *further)))
    found.append(Field("brand_new", "struct", True, (Field("key", "string"),)))

    assert copied(google, found) == declared(google)


def test_a_copy_is_pruned_to_the_tables_of_its_date_and_reads_no_other_column(
    google: GoogleSql,
) -> None:
    found = [*landing(google), Field("brand_new", "string")]
    statement = copy_statement(EXPORT, DAY, SUFFIXES, landing(google), found, "run")

    assert "where _table_suffix in ('20261109', 'intraday_20261109')" in statement
    assert "brand_new" not in statement
    assert "event.*" not in statement


@pytest.mark.parametrize("text", TEXTS)
def test_a_copy_redacts_by_the_one_rule(google: GoogleSql, text: str) -> None:
    literal = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    _, rows = google.rows(f"select {redacted('held')} from (select {literal} as held)")

    assert rows == [(redact(text),)]


def test_the_side_tables_of_a_hand_over_are_accepted(google: GoogleSql) -> None:
    undated = undated_rows("landing.capi_gtms")
    google.tables[f"{PREFIX}work", "staged_capi_gtms"] = google.tables[
        f"{PREFIX}landing", "capi_gtms"
    ]
    side_tables = [*SIDE_TABLES, undated]
    columns = {
        side.table: [column.name for column in google.tables[_stored(side.table)]]
        for side in side_tables
    }

    script = in_bigquery(side_tables_script(side_tables, columns, "run"), PREFIX)
    statements = list(google.statements(script))
    for statement in statements:
        google.analyze(statement)

    assert len(statements) == 2 * len(side_tables) + 2
    assert "load_ledger" in statements[-2]
    with pytest.raises(SqlRejectedError):
        google.analyze(statements[-2].replace("digest", "digset"))


def _named(statement: str) -> str:
    """The analyzer's catalog cuts no name in backticks at its points, as BigQuery does."""
    return statement.replace(f"`{EXPORT}.events_*`", "`analytics_1`.`events_*`")


def _stored(table: str) -> tuple[str, str]:
    schema, _, name = table.partition(".")
    return f"{PREFIX}{schema}", name
