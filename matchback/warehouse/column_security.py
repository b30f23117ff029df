"""BigQuery guards of personal columns: policy tags, which masking hangs on, and expiration."""

from collections.abc import Iterable
from datetime import timedelta

from google.cloud import bigquery

from matchback.warehouse.tables import Table

PERSONAL = "personal"
TAGGED_TYPES = {"STRING", "JSON"}


def tagged_schema(
    schema: list[bigquery.SchemaField], table: Table, tag: str
) -> list[bigquery.SchemaField]:
    """Return a table's schema with the policy tag on its personal columns, the rest as it is.

    Only leaf columns can carry a tag; lists and records of a raw row are guarded by their dataset.
    """
    personal = {column.name for column in table.columns if column.personal}
    return [
        _with_tag(field, tag)
        if field.name in personal and field.field_type in TAGGED_TYPES
        else field
        for field in schema
    ]


def guard_personal_tables(
    client: bigquery.Client,
    tables: Iterable[Table],
    dataset_prefix: str,
    policy_tags: dict[str, str],
    keep_days: int,
) -> list[str]:
    """Tag the personal columns and let old partitions expire; returns the tables that changed.

    Masking itself is a data policy on the tag, granted outside matchback. Aggregates never expire.
    """
    tag = policy_tags.get(PERSONAL)
    changed = []
    for declared in tables:
        if not declared.is_personal:
            continue
        table = client.get_table(f"{dataset_prefix}{declared.name}")
        fields = []
        if tag:
            schema = tagged_schema(list(table.schema), declared, tag)
            if schema != list(table.schema):
                table.schema = schema
                fields.append("schema")
        if _expires(declared) and table.time_partitioning:
            limit = int(timedelta(days=keep_days).total_seconds() * 1000)
            if table.time_partitioning.expiration_ms != limit:
                partitioning = bigquery.TimePartitioning.from_api_repr(
                    {**table.time_partitioning.to_api_repr(), "expirationMs": str(limit)}
                )
                table.time_partitioning = partitioning
                fields.append("time_partitioning")
        if fields:
            client.update_table(table, fields)
            changed.append(declared.name)
    return changed


def _expires(table: Table) -> bool:
    """Raw delivery logs are deleted at the end of the policy; published rows are anonymised."""
    return table.retention == "delivery_log" and table.erasure == "delete"


def _with_tag(field: bigquery.SchemaField, tag: str) -> bigquery.SchemaField:
    return bigquery.SchemaField.from_api_repr(
        {**field.to_api_repr(), "policyTags": {"names": [tag]}}
    )
