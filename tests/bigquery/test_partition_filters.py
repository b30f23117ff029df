"""No statement reads a guarded table without saying which dates."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from matchback.core.resources import PACKAGE_ROOT
from matchback.sources.catalog import on_every_date
from matchback.warehouse.bigquery import in_bigquery
from tests.bigquery.conftest import Conversation
from tests.bigquery.googlesql import PREFIX, GoogleSql
from tests.bigquery.partition_filters import PARTITIONS, unfiltered


def test_every_statement_of_dbt_says_which_dates(
    two_days: Conversation, after_two_days: GoogleSql
) -> None:
    looked_at, bare = set(), {}
    different = {item["sql"]: item for item in two_days.statements}
    for item in different.values():
        if not _reads_a_guarded_table(item["sql"]) or item["kind"] == "CREATE_TABLE":
            continue
        found = unfiltered(after_two_days.analyze(item["sql"]).resolved, PARTITIONS)
        looked_at.add(item["node"])
        if found:
            bare[item["node"]] = found

    assert looked_at == _readers_of_guarded_tables(two_days.manifest)
    assert bare == {}


def test_every_query_of_the_report_says_which_dates(after_two_days: GoogleSql) -> None:
    bare = {}
    for path in sorted((PACKAGE_ROOT / "reporting" / "sql").glob("*.sql")):
        sql = in_bigquery(path.read_text(encoding="utf-8"), PREFIX)
        found = unfiltered(after_two_days.analyze(sql, has_untyped=True).resolved, PARTITIONS)
        if found:
            bare[path.stem] = found

    assert bare == {}


@pytest.mark.parametrize(
    "condition",
    [
        "user_id = 'a'",
        "table_date >= date '2026-01-01' or user_id = 'a'",
        "extract(year from table_date) = 2026",
        "table_date = parse_date('%Y%m%d', event_date)",
    ],
)
def test_a_filter_that_skips_no_partition_is_none(analyzer: GoogleSql, condition: str) -> None:
    query = f"select 1 as one from {PREFIX}landing.ga4_events where {condition}"

    assert unfiltered(analyzer.analyze(query).resolved, PARTITIONS)


@pytest.mark.parametrize(
    "condition",
    [
        on_every_date("landing.ga4_events"),
        "table_date between date '2026-01-01' and date '2026-01-02' and user_id = 'a'",
        "table_date in (date '2026-01-01', date '2026-01-02')",
    ],
)
def test_a_filter_on_the_partition_column_counts(analyzer: GoogleSql, condition: str) -> None:
    query = f"select 1 as one from {PREFIX}landing.ga4_events where {condition}"

    assert not unfiltered(analyzer.analyze(query).resolved, PARTITIONS)


def _readers_of_guarded_tables(manifest: Mapping[str, Any]) -> set[str]:
    guarded = {
        name
        for name, source in manifest["sources"].items()
        if f"{source['schema']}.{source['identifier']}" in PARTITIONS
    }
    return {
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and guarded & set(node["depends_on"]["nodes"])
    }


def _reads_a_guarded_table(sql: str) -> bool:
    names = "|".join(name.replace(".", r"`?\.`?") for name in PARTITIONS)
    return re.search(rf"\b({names})\b", sql) is not None
