"""Every statement for BigQuery is accepted by Google's own analyzer, with the types it promises."""

import pytest

from matchback.build.publish import published_columns
from matchback.core.resources import PACKAGE_ROOT
from matchback.sources.catalog import TABLES
from matchback.warehouse.bigquery import in_bigquery
from matchback.warehouse.tables import tables_on
from tests.bigquery.conftest import Conversation
from tests.bigquery.googlesql import PREFIX, GoogleSql, SqlRejectedError

FIRST_RUN, SECOND_RUN = 1, 2
MODEL_OF_LANDING_ROWS = "stg_capi__request_response"
HISTORY_MODELS = (
    "int_click_landings",
    "int_purchase_rows",
    "int_schema_profile",
    "int_source_volumes",
)


def test_every_statement_of_two_runs_is_accepted(two_days: Conversation) -> None:
    rejected = {item["node"]: item["error"] for item in two_days.statements if item["error"]}

    assert rejected == {}
    assert two_days.code == 0, two_days.output
    assert len(two_days.statements) > 200


@pytest.mark.parametrize("run", [FIRST_RUN, SECOND_RUN])
def test_no_model_is_left_out(two_days: Conversation, run: int) -> None:
    built = {
        item["node"]
        for item in two_days.statements
        if item["invocation"] == run
        and item["kind"] in {"CREATE_TABLE_AS_SELECT", "CREATE_VIEW", "MERGE"}
    }

    assert built == set(two_days.nodes("model"))


def test_a_published_table_has_the_columns_and_types_that_its_ddl_declares(
    two_days: Conversation,
) -> None:
    for table, names in published_columns().items():
        declared = two_days.columns[f"{PREFIX}marts.{table}"]
        built = two_days.columns[f"{PREFIX}marts_next.{table}"]

        assert {name: built.get(name) for name in names} == declared, table


@pytest.mark.parametrize("model", HISTORY_MODELS)
def test_a_model_with_history_replaces_its_dates_and_adds_rows(
    two_days: Conversation, model: str
) -> None:
    [merge] = [item["sql"] for item in two_days.of(model, SECOND_RUN) if item["kind"] == "MERGE"]

    replaced = merge.partition("when not matched by source")[2].partition("then delete")[0]
    assert "event_date" in replaced
    assert "when not matched then insert" in merge


def test_every_model_that_names_a_partition_is_created_with_it(two_days: Conversation) -> None:
    for unique_id in two_days.nodes("model"):
        settings = two_days.manifest["nodes"][unique_id]["config"]
        if not settings.get("partition_by"):
            continue
        [create] = [
            item["sql"]
            for item in two_days.of(unique_id.split(".")[-1], FIRST_RUN)
            if item["kind"].startswith("CREATE")
        ]

        assert "partition by event_date" in create, unique_id
        assert "cluster by " + ", ".join(settings["cluster_by"]) in create, unique_id


def test_every_query_of_dbt_is_capped(two_days: Conversation) -> None:
    of_dbt = [item for item in two_days.statements if item["invocation"] >= 0]

    assert of_dbt
    assert all(item["config"]["query"]["maximumBytesBilled"] for item in of_dbt)


def test_the_statement_of_every_declared_table_is_accepted(analyzer: GoogleSql) -> None:
    declared = tables_on("bigquery", TABLES)

    assert len(declared) >= 35
    for table in declared:
        analyzer.analyze(in_bigquery(table.create_statement("bigquery"), PREFIX))


def test_every_query_of_the_report_is_accepted(after_two_days: GoogleSql) -> None:
    queries = sorted((PACKAGE_ROOT / "reporting" / "sql").glob("*.sql"))

    assert len(queries) >= 30
    for path in queries:
        after_two_days.analyze(in_bigquery(path.read_text("utf-8"), PREFIX), has_untyped=True)


@pytest.mark.parametrize(
    ("flawed", "complaint"),
    [
        ("epoch_us(exchanges.logged_at)", "Function not found: epoch_us"),
        ("list_filter([exchanges.logged_at], moment -> true)", "Function not found: list_filter"),
        ("exchanges.logged_at::varchar", "Syntax error"),
        ("max(exchanges.logged_at) filter (where true)", "Syntax error|FILTER"),
        ("exchanges.logged_ta", "Name logged_ta not found"),
        ("exchanges.logged_at.day", "Cannot access field day"),
        ("exchanges.logged_at + 1.5", "No matching signature for operator"),
    ],
)
def test_a_broken_model_is_rejected(
    two_days: Conversation, analyzer: GoogleSql, flawed: str, complaint: str
) -> None:
    [sql] = [item["sql"] for item in two_days.of(MODEL_OF_LANDING_ROWS, FIRST_RUN)]
    analyzer.analyze(sql)
    broken = sql.replace("exchanges.logged_at", flawed, 1)

    assert broken != sql
    with pytest.raises(SqlRejectedError, match=complaint):
        analyzer.analyze(broken)


def test_a_wrong_nested_field_is_rejected(analyzer: GoogleSql) -> None:
    query = f"select {{}} from {PREFIX}landing.ga4_events"
    analyzer.analyze(query.format("device.web_info.browser"))

    with pytest.raises(SqlRejectedError, match="Field name browsr"):
        analyzer.analyze(query.format("device.web_info.browsr"))


def test_a_date_is_not_compared_with_a_number(analyzer: GoogleSql) -> None:
    with pytest.raises(SqlRejectedError, match="No matching signature"):
        analyzer.analyze(f"select table_date = 20261114 from {PREFIX}landing.ga4_events")
