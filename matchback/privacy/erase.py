"""Erasing a person: every table and file, a proof, and a list that keeps the person away."""

from dataclasses import dataclass

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.errors import IntegrityError
from matchback.privacy.digests import KeyedDigests
from matchback.privacy.person import references_of
from matchback.privacy.proof import in_utc, prove
from matchback.privacy.registry import DERIVED_SCHEMAS, KEPT_MODELS, PERSONAL_TABLES
from matchback.privacy.search import References, bindings, condition, row_tokens
from matchback.sources.catalog import BY_NAME, RECORDS
from matchback.sources.kit.tables import PII_HITS
from matchback.warehouse.base import RowCount, Warehouse, fetch, in_batches, tables_of
from matchback.warehouse.dialects import Dialect, dialect_of
from matchback.warehouse.tables import Column, Table

TOKENS_PER_INSERT = 500
PLATFORMS_TO_TELL = {
    "meta_capi": "Meta: delete the person from custom audiences; matched events expire there.",
    "google_ads": "Google Ads: remove the person from customer match lists.",
    "tiktok": "TikTok: remove the person from custom audiences.",
    "ga4": "Google Analytics: user deletion by user id or client id.",
}


@dataclass(frozen=True)
class Erasure:
    """The proof of an erasure: rows per table before and after, chained to the proof before it."""

    request_id: str
    rows_before: dict[str, int]
    rows_after: dict[str, int]
    proof_hash: str
    platforms: list[str]


@dataclass(frozen=True)
class _Token:
    token: str


@dataclass(frozen=True)
class _Destination:
    destination: str


def erase(warehouse: Warehouse, config: Config, person: str, clock: Clock) -> Erasure:
    """Erase a person in one transaction; UnknownPersonError, or IntegrityError if a row is left."""
    references = references_of(warehouse, person, config.property.default_country)
    digests = KeyedDigests.of(warehouse, config)
    before = count_rows(warehouse, references)
    platforms = _platforms(warehouse, references)
    _empty_derived(warehouse)
    with warehouse.transaction():
        for table in _present(warehouse):
            _remove(warehouse, table, references)
        _forget_hits(warehouse)
        after = count_rows(warehouse, references)
        if any(after.values()):
            left = ", ".join(name for name, count in after.items() if count)
            raise IntegrityError(f"Rows of the person are left in {left}; nothing was erased.")
        proof = prove(warehouse, digests, person, before, after, config, clock)
        _suppress(warehouse, digests, references, proof.request_id, clock)
    return Erasure(proof.request_id, before, after, proof.proof_hash, platforms)


def count_rows(warehouse: Warehouse, references: References) -> dict[str, int]:
    """Return how many rows of each table with references to persons point at this one."""
    dialect = dialect_of(warehouse)
    counts = {}
    for table in _present(warehouse):
        query = f"select count(*) as row_count from {table.name} where {condition(table, dialect)}"
        [counted] = fetch(warehouse, RowCount, query, bindings(table, references))
        counts[table.name] = counted.row_count
    return counts


def suppress_loaded(warehouse: Warehouse, config: Config, run_id: str) -> int:
    """Delete rows that this run loaded about erased persons; returns references matched."""
    if not warehouse.rows("select 1 as one from ops.suppressions limit 1"):
        return 0
    digests = KeyedDigests.of(warehouse, config)
    dialect = dialect_of(warehouse)
    digest_sql, pads = digests.in_sql("token", dialect)
    found: set[str] = set()
    for table in RECORDS:
        loaded = f"run_id = $run_id and {table.on_every_date}"
        tokens = dialect.each(row_tokens(table, dialect), "token", table.name, loaded)
        rows = fetch(
            warehouse,
            _Token,
            f"select distinct token from {tokens} "
            f"where {digest_sql} in (select digest from ops.suppressions)",
            {"run_id": run_id, **pads},
        )
        found |= {row.token for row in rows}
    if found:
        references = References(values=frozenset(found))
        with warehouse.transaction():
            for table in RECORDS:
                _remove(warehouse, table, references)
    return len(found)


def _remove(warehouse: Warehouse, table: Table, references: References) -> None:
    dialect = dialect_of(warehouse)
    where, values = condition(table, dialect), bindings(table, references)
    if table.erasure == "delete":
        warehouse.delete_rows(table.name, where, values)
        return
    blanks = ", ".join(
        f"{column.name} = {_blank(column, dialect)}" for column in table.columns if column.blank
    )
    warehouse.execute(f"update {table.name} set {blanks} where {where}", values)


def _blank(column: Column, dialect: Dialect) -> str:
    return f"'erased|' || {dialect.new_id}" if column.blank == "new_id" else "null"


def _forget_hits(warehouse: Warehouse) -> None:
    """Drop scan hits whose row is gone."""
    hits = PII_HITS.short_name
    for table in RECORDS:
        warehouse.execute(
            f"delete from {PII_HITS.name} where table_name = ? "
            f"and not exists (select 1 from {table.name} as held "
            f"where held.file_name = {hits}.file_name and held.row_number = {hits}.row_number "
            f"and {table.on_every_date})",
            [table.short_name],
        )


def _empty_derived(warehouse: Warehouse) -> None:
    """Empty what every run rebuilds; outside the transaction, whose tables BigQuery counts."""
    kept = {table.name for table in KEPT_MODELS}
    for schema in DERIVED_SCHEMAS:
        for name in sorted(tables_of(warehouse, schema) - kept):
            if not name.startswith("work.int_schema_"):
                warehouse.execute(f"delete from {name} where true")


def _present(warehouse: Warehouse) -> list[Table]:
    """Return those tables that are there; before the first build some are not."""
    schemas = {table.schema for table in PERSONAL_TABLES}
    made = set().union(*(tables_of(warehouse, schema) for schema in schemas))
    return [table for table in PERSONAL_TABLES if table.name in made]


def _platforms(warehouse: Warehouse, references: References) -> list[str]:
    table = BY_NAME["marts.fct_deliveries"]
    where = condition(table, dialect_of(warehouse))
    rows = fetch(
        warehouse,
        _Destination,
        f"select distinct destination from {table.name} where {where} "
        "and outcome in ('accepted', 'unknown') order by destination",
        bindings(table, references),
    )
    return [
        PLATFORMS_TO_TELL.get(row.destination, f"{row.destination}: delete the person there.")
        for row in rows
    ]


def _suppress(
    warehouse: Warehouse,
    digests: KeyedDigests,
    references: References,
    request_id: str,
    clock: Clock,
) -> None:
    at = in_utc(clock.now)
    for batch in in_batches(sorted(references.tokens), TOKENS_PER_INSERT):
        warehouse.execute(
            "insert into ops.suppressions (digest, request_id, suppressed_at) values "
            + ", ".join(["(?, ?, ?)"] * len(batch)),
            [value for token in batch for value in (digests.digest(token), request_id, at)],
        )
