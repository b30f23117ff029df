"""Erasing a person: every table and file, a proof, and a list that keeps the person away."""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.errors import IntegrityError
from matchback.privacy.digests import KeyedDigests
from matchback.privacy.person import references_of
from matchback.privacy.registry import (
    DERIVED_SCHEMAS,
    HITS,
    KEPT_HISTORY,
    KEYS,
    RAW,
    TABLES,
    PersonalTable,
)
from matchback.privacy.search import References, bindings, condition, row_tokens
from matchback.warehouse.base import Warehouse, first, in_batches, tables_of
from matchback.warehouse.dialects import Dialect, dialect_of
from matchback.warehouse.guarded_tables import on_every_date

POLICY_VERSION = 1
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
        proof = _prove(warehouse, digests, person, before, after, config, clock)
        _suppress(warehouse, digests, references, proof.request_id, clock)
    return Erasure(proof.request_id, before, after, proof.proof_hash, platforms)


def count_rows(warehouse: Warehouse, references: References) -> dict[str, int]:
    """Return how many rows of each registered table point at a person."""
    dialect = dialect_of(warehouse)
    counts = {}
    for table in _present(warehouse):
        [row] = warehouse.rows(
            f"select count(*) as row_count from {table.name} where {condition(table, dialect)}",
            bindings(table, references),
        )
        counts[table.name] = row["row_count"]
    return counts


def suppress_loaded(warehouse: Warehouse, config: Config, run_id: str) -> int:
    """Delete rows that this run loaded about erased persons; returns references matched."""
    if not warehouse.rows("select 1 as one from ops.suppressions limit 1"):
        return 0
    digests = KeyedDigests.of(warehouse, config)
    dialect = dialect_of(warehouse)
    digest_sql, pads = digests.in_sql("token", dialect)
    found: set[str] = set()
    for table in RAW:
        loaded = f"run_id = $run_id and {on_every_date(table.name)}"
        tokens = dialect.each(row_tokens(table, dialect), "token", table.name, loaded)
        rows = warehouse.rows(
            f"select distinct token from {tokens} "
            f"where {digest_sql} in (select digest from ops.suppressions)",
            {"run_id": run_id, **pads},
        )
        found |= {row["token"] for row in rows}
    if found:
        references = References(values=frozenset(found))
        with warehouse.transaction():
            for table in RAW:
                _remove(warehouse, table, references)
    return len(found)


def _remove(warehouse: Warehouse, table: PersonalTable, references: References) -> None:
    dialect = dialect_of(warehouse)
    where, values = condition(table, dialect), bindings(table, references)
    if table.action == "delete":
        warehouse.delete_rows(table.name, where, values)
        return
    blanks = ", ".join(f"{column} = {_blank(column, dialect)}" for column in table.blanked)
    warehouse.execute(f"update {table.name} set {blanks} where {where}", values)


def _blank(column: str, dialect: Dialect) -> str:
    """A key column must stay unique; everything else is null."""
    return f"'erased|' || {dialect.new_id}" if column in KEYS else "null"


def _forget_hits(warehouse: Warehouse) -> None:
    """Drop scan hits whose row is gone."""
    for table in RAW:
        short_name = table.name.partition(".")[2]
        warehouse.execute(
            f"delete from {HITS} where table_name = ? and not exists (select 1 from {table.name} "
            f"as held where held.file_name = {HITS.partition('.')[2]}.file_name "
            f"and held.row_number = {HITS.partition('.')[2]}.row_number "
            f"and {on_every_date(table.name)})",
            [short_name],
        )


def _empty_derived(warehouse: Warehouse) -> None:
    """Empty what every run rebuilds; outside the transaction, whose tables BigQuery counts."""
    kept = {table.name for table in KEPT_HISTORY}
    for schema in DERIVED_SCHEMAS:
        for name in sorted(tables_of(warehouse, schema) - kept):
            if not name.startswith("work.int_schema_"):
                warehouse.execute(f"delete from {name} where true")


def _present(warehouse: Warehouse) -> list[PersonalTable]:
    """Return the registered tables that are there; before the first build some are not."""
    schemas = {table.name.partition(".")[0] for table in TABLES}
    made = set().union(*(tables_of(warehouse, schema) for schema in schemas))
    return [table for table in TABLES if table.name in made]


def _platforms(warehouse: Warehouse, references: References) -> list[str]:
    table = next(table for table in TABLES if table.name == "marts.fct_deliveries")
    where = condition(table, dialect_of(warehouse))
    rows = warehouse.rows(
        f"select distinct destination from marts.fct_deliveries where {where} "
        "and outcome in ('accepted', 'unknown')",
        bindings(table, references),
    )
    return [
        PLATFORMS_TO_TELL.get(row["destination"], f"{row['destination']}: delete the person there.")
        for row in sorted(rows, key=lambda row: row["destination"])
    ]


@dataclass(frozen=True)
class _Proof:
    request_id: str
    person_digest: str
    requested_at: str
    rows_before: dict[str, int]
    rows_after: dict[str, int]
    versions: dict[str, str]
    previous_hash: str

    @property
    def proof_hash(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def _prove(
    warehouse: Warehouse,
    digests: KeyedDigests,
    person: str,
    before: dict[str, int],
    after: dict[str, int],
    config: Config,
    clock: Clock,
) -> _Proof:
    last = first(
        warehouse.rows(
            "select proof_hash from ops.erasure_requests "
            "order by requested_at desc, request_id desc limit 1"
        )
    )
    now = _naive(clock.now)
    proof = _Proof(
        request_id=f"{clock.now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
        person_digest=digests.digest(person.strip().lower()),
        requested_at=now.isoformat(),
        rows_before=before,
        rows_after=after,
        versions={"matchback": version("matchback"), "policy": str(POLICY_VERSION)},
        previous_hash=last["proof_hash"] if last else "",
    )
    warehouse.execute(
        "insert into ops.erasure_requests (request_id, person_digest, requested_at, due_at, "
        "completed_at, rows_before, rows_after, versions, previous_hash, proof_hash) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            proof.request_id,
            proof.person_digest,
            now,
            now + timedelta(days=config.retention.erasure_due_days),
            now,
            json.dumps(before),
            json.dumps(after),
            json.dumps(proof.versions),
            proof.previous_hash,
            proof.proof_hash,
        ],
    )
    return proof


def _suppress(
    warehouse: Warehouse,
    digests: KeyedDigests,
    references: References,
    request_id: str,
    clock: Clock,
) -> None:
    at = _naive(clock.now)
    for batch in in_batches(sorted(references.tokens), TOKENS_PER_INSERT):
        warehouse.execute(
            "insert into ops.suppressions (digest, request_id, suppressed_at) values "
            + ", ".join(["(?, ?, ?)"] * len(batch)),
            [value for token in batch for value in (digests.digest(token), request_id, at)],
        )


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
