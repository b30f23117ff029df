"""The list that keeps erased persons away: typed, keyed digests, asked of every row that lands."""

from collections.abc import Iterator
from dataclasses import dataclass

from matchback.config import Config
from matchback.core.sql import literal
from matchback.privacy.digests import KeyedDigests
from matchback.privacy.identifiers import Collected
from matchback.privacy.person import Owner
from matchback.privacy.search import SEPARATOR, FoundRow, Records
from matchback.sources.catalog import RECORDS
from matchback.warehouse.base import Warehouse, fetch
from matchback.warehouse.dialects import dialect_of
from matchback.warehouse.tables import IDENTIFIERS, Identifier, Table

# An account that several persons share names none of them.
ACCOUNT = "shared_account"


@dataclass(frozen=True)
class _Value:
    value: str


@dataclass(frozen=True)
class _Digest:
    digest: str


def suppressed_digests(digests: KeyedDigests, owner: Owner) -> list[str]:
    """Return the digests of all that names a person, each of type and value."""
    texts = [f"{kind}{SEPARATOR}{value}" for kind, value in owner.ids]
    texts += [f"{ACCOUNT}{SEPARATOR}{account}" for account in owner.accounts]
    return sorted(map(digests.digest, texts))


def require_key(warehouse: Warehouse, config: Config) -> None:
    """Refuse to load where erased persons could not be kept away: ConfigError names the key."""
    if warehouse.rows("select 1 as one from ops.suppressions limit 1"):
        KeyedDigests.of(warehouse, config)


def suppress_loaded(warehouse: Warehouse, config: Config, run_id: str) -> int:
    """Delete rows that this run loaded about erased persons, and count them in the ledger."""
    if not warehouse.rows("select 1 as one from ops.suppressions limit 1"):
        return 0
    suppressed = _Suppressed(warehouse, KeyedDigests.of(warehouse, config))
    records = Records.of(warehouse, config)
    erased = [row for table in RECORDS for row in suppressed.rows_of(records, table, run_id)]
    if not erased:
        return 0
    whole = [row for row in erased if all(map(suppressed.is_erased, row.parts))]
    with warehouse.transaction():
        for row in erased:
            mine = [place for place, part in enumerate(row.parts) if suppressed.is_erased(part)]
            if len(mine) < len(row.parts):
                records.take_out(row, mine)
        records.delete(whole)
        _count_in_ledger(warehouse, whole, run_id)
    return len(whole)


class _Suppressed:
    """Says of identifiers, and so of rows, whether they name an erased person."""

    def __init__(self, warehouse: Warehouse, digests: KeyedDigests) -> None:
        self._digests = digests
        rows = fetch(warehouse, _Digest, "select distinct digest from ops.suppressions")
        self._listed = {row.digest for row in rows}
        self._known: dict[str, bool] = {}

    def rows_of(self, records: Records, table: Table, run_id: str) -> Iterator[FoundRow]:
        """Yield the rows of a table that this run loaded about erased persons."""
        if table.personal_texts:
            rows = records.rows_of_run(table, run_id)
        else:
            named = self._named(records, table, run_id)
            if not named:
                return
            rows = (
                row
                for row in records.rows_with(named, f"run_id = {literal(run_id)}")
                if row.key.table == table.name
            )
        yield from (row for row in rows if any(map(self.is_erased, row.parts)))

    def is_erased(self, part: Collected) -> bool:
        """Say whether what names the person of an event names an erased one."""
        owner = Owner()
        for kind, value in part:
            if self._is_listed(kind, value):
                owner.ids.held[kind].add(value)
            elif kind == "customer_id" and self._is_listed(ACCOUNT, value):
                owner.accounts.add(value)
        return bool(owner.ids) and owner.owns(part)

    def _named(self, records: Records, table: Table, run_id: str) -> Collected:
        """Return the identifiers of erased persons that a run loaded, digested in the engine."""
        dialect = dialect_of(records.warehouse)
        digest, pads = self._digests.in_sql("value", dialect)
        loaded = f"run_id = $run_id and {table.on_every_date}"
        values = dialect.each(records.typed_values(table), "value", table.name, loaded)
        rows = fetch(
            records.warehouse,
            _Value,
            f"select distinct value from {values} "
            f"where {digest} in (select digest from ops.suppressions)",
            {"run_id": run_id, **pads},
        )
        found = Collected.none()
        for row in rows:
            name, _, value = row.value.partition(SEPARATOR)
            for kind in IDENTIFIERS:
                if kind == name:
                    found.held[kind].add(value)
        return found

    def _is_listed(self, kind: Identifier | str, value: str) -> bool:
        text = f"{kind}{SEPARATOR}{value}"
        if text not in self._known:
            self._known[text] = self._digests.digest(text) in self._listed
        return self._known[text]


def _count_in_ledger(warehouse: Warehouse, rows: list[FoundRow], run_id: str) -> None:
    """Move what was removed from its file's figures to its own."""
    counts: dict[tuple[str, str, str], int] = {}
    tables = {table.name: table for table in RECORDS}
    for row in rows:
        is_quarantined = bool(row.key.source)
        source = row.key.source or tables[row.key.table].source or ""
        counted = "rows_quarantined" if is_quarantined else "rows_loaded"
        key = (source, row.key.file_name, counted)
        counts[key] = counts.get(key, 0) + 1
    # A file whose twin was replaced is read twice in a run; its rows are those of the last load.
    of_load = "run_id = $run_id and source = $source and file_name = $file_name and error is null"
    newest = dialect_of(warehouse).newest("landing.load_ledger", of_load)
    for (source, file_name, counted), count in counts.items():
        warehouse.execute(
            f"update landing.load_ledger set {counted} = {counted} - {count}, "
            f"rows_suppressed = coalesce(rows_suppressed, 0) + {count} where {newest}",
            {"run_id": run_id, "source": source, "file_name": file_name},
        )
