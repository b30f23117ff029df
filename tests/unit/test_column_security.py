"""Personal columns on BigQuery: tagged, expiring, and left alone when they already are."""

from typing import Any

from google.cloud import bigquery

from matchback.sources.catalog import BY_NAME, TABLES
from matchback.warehouse.column_security import guard_personal_tables

TAG = "projects/p/locations/eu/taxonomies/1/policyTags/2"


class Catalog:
    """The declared tables, in memory."""

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
    declaration = BY_NAME[f"{dataset.removeprefix('matchback_')}.{table_name}"]
    fields = [
        bigquery.SchemaField(
            column,
            {"integer": "INTEGER", "boolean": "BOOLEAN"}.get(kind.name, "STRING"),
            mode="REPEATED" if kind.is_list else "NULLABLE",
        )
        for column, kind in declaration.types.items()
    ]
    table = bigquery.Table(f"{project}.{dataset}.{table_name}", schema=fields)
    if declaration.partition:
        table.time_partitioning = bigquery.TimePartitioning(field="event_date")
    return table


def guard(catalog: Catalog, tags: dict[str, str]) -> list[str]:
    return guard_personal_tables(catalog, TABLES, "p.matchback_", tags, 90)


def test_every_personal_column_of_every_declared_table_gets_the_tag() -> None:
    catalog = Catalog()

    guard(catalog, {"personal": TAG})

    untagged = []
    personal = [declared for declared in TABLES if declared.is_personal]
    for declared in personal:
        table = catalog.get_table(f"p.matchback_{declared.name}")
        tags = {field.name: field.policy_tags for field in table.schema}
        for column in declared.columns:
            if column.personal and (not tags[column.name] or tags[column.name].names != (TAG,)):
                untagged.append(f"{declared.name}.{column.name}")
        assert any(value is None for value in tags.values())
    assert len(personal) > 10
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
