"""Personal columns on BigQuery: tagged, expiring, and left alone when they already are."""

from typing import Any

from google.cloud import bigquery

from matchback.core.resources import SQL_DIRECTORY
from matchback.privacy.registry import TABLES
from matchback.warehouse.column_security import guard_personal_tables

TAG = "projects/p/locations/eu/taxonomies/1/policyTags/2"


class Catalog:
    """Tables as sql/ddl declares them, in memory."""

    def __init__(self) -> None:
        self.tables: dict[str, bigquery.Table] = {}
        self.updates: list[tuple[str, list[str]]] = []

    def get_table(self, name: str) -> bigquery.Table:
        return self.tables.setdefault(name, declared(name))

    def update_table(self, table: bigquery.Table, fields: list[str]) -> Any:
        self.updates.append((table.table_id, fields))
        self.tables[str(table.reference)] = table
        return table


def declared(name: str) -> bigquery.Table:
    project, dataset, table_name = name.split(".")
    schema = dataset.removeprefix("matchback_")
    text = (SQL_DIRECTORY / "ddl" / "bigquery" / schema / f"{table_name}.sql").read_text("utf-8")
    fields = []
    for line in text.splitlines():
        if line.startswith("    "):
            column, kind = line.strip().rstrip(",").split(" ", 1)
            mode = "REPEATED" if kind.startswith("array") else "NULLABLE"
            simple = {"int64": "INTEGER", "bool": "BOOLEAN"}.get(kind, "STRING")
            fields.append(bigquery.SchemaField(column, simple, mode=mode))
    table = bigquery.Table(f"{project}.{dataset}.{table_name}", schema=fields)
    if "partition by" in text:
        table.time_partitioning = bigquery.TimePartitioning(field="event_date")
    return table


def guard(catalog: Catalog, tags: dict[str, str]) -> list[str]:
    return guard_personal_tables(catalog, "p.matchback_", tags, 90)


def test_every_personal_column_of_every_registered_table_gets_the_tag() -> None:
    catalog = Catalog()

    guard(catalog, {"personal": TAG})

    untagged = []
    for registered in TABLES:
        if registered.name.startswith("work."):
            continue
        table = catalog.get_table(f"p.matchback_{registered.name}")
        tags = {field.name: field.policy_tags for field in table.schema}
        for column in (*registered.columns, *registered.texts, *registered.nodes):
            if not tags[column] or tags[column].names != (TAG,):
                untagged.append(f"{registered.name}.{column}")
        assert any(value is None for value in tags.values())
    assert untagged == []


def test_raw_delivery_logs_expire_with_the_policy_and_published_rows_do_not() -> None:
    catalog = Catalog()

    guard(catalog, {})

    raw = catalog.get_table("p.matchback_landing.capi_gtms")
    published = catalog.get_table("p.matchback_marts.fct_deliveries")
    assert raw.time_partitioning.expiration_ms == 90 * 86_400_000
    assert published.time_partitioning.expiration_ms is None


def test_a_guarded_table_is_left_alone() -> None:
    catalog = Catalog()
    guard(catalog, {"personal": TAG})
    catalog.updates.clear()

    assert guard(catalog, {"personal": TAG}) == []
    assert catalog.updates == []
