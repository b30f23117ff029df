"""Erasing a person: every table and file, a proof, and a list that keeps the person away."""

from dataclasses import dataclass, field

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.errors import IntegrityError
from matchback.privacy.digests import KEY_CHECK, KeyedDigests
from matchback.privacy.person import Person, Shared, find_person
from matchback.privacy.proof import in_utc, prove
from matchback.privacy.published import OUTBOX, Published
from matchback.privacy.registry import DERIVED_SCHEMAS, KEPT_MODELS
from matchback.privacy.search import FoundRow, Records
from matchback.privacy.suppression import suppressed_digests
from matchback.sources.catalog import BY_NAME, RECORDS
from matchback.sources.kit.tables import PII_HITS
from matchback.warehouse.base import Warehouse, fetch, in_batches, tables_of
from matchback.warehouse.dialects import Dialect, dialect_of
from matchback.warehouse.tables import Column, Table

DIGESTS_PER_INSERT = 500
PLATFORMS_TO_TELL = {
    "meta_capi": "Meta: delete the person from custom audiences; matched events expire there.",
    "google_ads": "Google Ads: remove the person from customer match lists.",
    "tiktok": "TikTok: remove the person from custom audiences.",
    "ga4": "Google Analytics: user deletion by user id or client id.",
}


@dataclass(frozen=True)
class Erasure:
    """The proof of an erasure: rows per table before and after, chained to the proof before it.

    Where nothing was found there is no request and no proof.
    """

    request_id: str | None
    rows_before: dict[str, int]
    rows_after: dict[str, int]
    proof_hash: str | None
    platforms: list[str]
    shared: list[Shared] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def has_found(self) -> bool:
        """Say whether anything was, or would be, erased."""
        return any(self.rows_before.values())


@dataclass(frozen=True)
class _Destination:
    destination: str


def preview_erasure(warehouse: Warehouse, config: Config, person: str) -> Erasure:
    """Return what an erasure would do, and change nothing."""
    found = find_person(warehouse, config, person)
    published = Published.of(warehouse, found)
    counts = count_rows(found, published)
    platforms = _platforms(warehouse, published)
    return Erasure(None, counts, counts, None, platforms, list(found.shared), list(found.notes))


def erase(warehouse: Warehouse, config: Config, person: str, clock: Clock) -> Erasure:
    """Erase a person in one transaction; IntegrityError if a row is left."""
    found = find_person(warehouse, config, person)
    published = Published.of(warehouse, found)
    before = count_rows(found, published)
    shared, notes = list(found.shared), list(found.notes)
    if not any(before.values()):
        return Erasure(None, before, before, None, [], shared, notes)
    digests = KeyedDigests.of(warehouse, config)
    platforms = _platforms(warehouse, published)
    _empty_derived(warehouse)
    with warehouse.transaction():
        remove_rows(Records.of(warehouse, config), found)
        for table in published.tables():
            _remove(warehouse, table, published)
        _forget_hits(warehouse)
        left = find_person_rows_left(warehouse, config, found)
        after = count_rows(left, Published.of(warehouse, left))
        if any(after.values()):
            names = ", ".join(name for name, count in after.items() if count)
            raise IntegrityError(f"Rows of the person are left in {names}; nothing was erased.")
        proof = prove(warehouse, digests, person, before, after, config, clock)
        _suppress(warehouse, digests, found, proof.request_id, clock)
    return Erasure(proof.request_id, before, after, proof.proof_hash, platforms, shared, notes)


def count_rows(person: Person, published: Published) -> dict[str, int]:
    """Return how many rows of each table with references to persons point at this one."""
    counts = {table.name: 0 for table in RECORDS}
    for row in person.rows:
        counts[row.key.table] += 1
    return {**counts, **published.counts()}


def find_person_rows_left(warehouse: Warehouse, config: Config, person: Person) -> Person:
    """Look for the rows of a person whose identifiers are known."""
    records = Records.of(warehouse, config)
    rows = [
        row for row in records.rows_with(person.owner.ids) if any(map(person.owner.owns, row.parts))
    ]
    return Person(person.owner, tuple(rows))


def remove_rows(records: Records, person: Person) -> None:
    """Delete a person's rows; of a request about several persons only the person's events."""
    whole: list[FoundRow] = []
    for row in person.rows:
        mine = [place for place, part in enumerate(row.parts) if person.owner.owns(part)]
        if len(mine) == len(row.parts):
            whole.append(row)
        else:
            records.take_out(row, mine)
    records.delete(whole)


def _remove(warehouse: Warehouse, table: Table, published: Published) -> None:
    dialect = dialect_of(warehouse)
    where, values = published.condition(table)
    if table.name == OUTBOX:
        # A queue is emptied as a whole: what is left of a part would tell of who is missing.
        warehouse.execute(
            f"delete from {table.name} where exists (select 1 from {table.name} where {where})",
            values,
        )
    elif table.erasure == "delete":
        warehouse.delete_rows(table.name, where, values)
    else:
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


def _platforms(warehouse: Warehouse, published: Published) -> list[str]:
    table = BY_NAME["marts.fct_deliveries"]
    if table not in published.tables():
        return []
    where, values = published.condition(table)
    rows = fetch(
        warehouse,
        _Destination,
        f"select distinct destination from {table.name} where {where} "
        "and outcome in ('accepted', 'unknown') order by destination",
        values,
    )
    return [
        PLATFORMS_TO_TELL.get(row.destination, f"{row.destination}: delete the person there.")
        for row in rows
    ]


def _suppress(
    warehouse: Warehouse, digests: KeyedDigests, person: Person, request_id: str, clock: Clock
) -> None:
    at = in_utc(clock.now)
    warehouse.execute(
        "insert into ops.suppressions (digest, request_id, suppressed_at) values (?, ?, ?)",
        [digests.digest(KEY_CHECK), KEY_CHECK, at],
    )
    for batch in in_batches(suppressed_digests(digests, person.owner), DIGESTS_PER_INSERT):
        warehouse.execute(
            "insert into ops.suppressions (digest, request_id, suppressed_at) values "
            + ", ".join(["(?, ?, ?)"] * len(batch)),
            [value for digest in batch for value in (digest, request_id, at)],
        )
