"""After each load: find plain personal data in the text of the rows that came in."""

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from matchback.config import Config
from matchback.pii import DETECTOR_VERSION, KINDS, Detection, detect, kinds_of
from matchback.pii.documents import detect_leaf, is_in_own_field
from matchback.pii.event_documents import leaves_of_column
from matchback.pii.keys import NO_KEY, read_key
from matchback.pii.scan_sql import (
    ListLeaf,
    candidates,
    document_candidates,
    encode,
    field_texts,
    insert_document_hits,
    insert_list_hits,
    insert_scalar_hits,
    list_leaves,
    param_keys,
    param_texts,
    scalar_leaves,
    scalar_texts,
    unscanned_params,
)
from matchback.privacy.digests import KeyedDigests, own_key
from matchback.sources.catalog import RECORDS
from matchback.sources.ga4.shard_store import landed_shards
from matchback.sources.ga4.tables import EVENTS
from matchback.sources.kit.ledger import NEWEST_LOADS
from matchback.warehouse.base import Row, Warehouse, fetch, in_batches
from matchback.warehouse.dialects import dialect_of
from matchback.warehouse.tables import Document, Table

EVENT_ID_PARAMS = ("event_id", "x-fb-event_id")
FILES_AT_ONCE = 50
DOCUMENT_FILES_AT_ONCE = 8
RECORDS_AT_ONCE = 5_000
DIGEST_LENGTH = 32


@dataclass(frozen=True)
class ScanSummary:
    """What a scan looked at and found: files, strings the detector saw, hits by kind."""

    files: int
    candidates: int
    hits: int
    hits_by_kind: Mapping[str, int]


@dataclass(frozen=True)
class LoadedFile:
    """A file as it was loaded; what was never loaded has a name only."""

    file_name: str
    source: str | None = None
    digest: str | None = None
    data_date: date | None = None


@dataclass(frozen=True)
class _ParamKey:
    param: str


@dataclass(frozen=True)
class _Candidate:
    path: str
    param: str
    value: str
    fingerprint: int


@dataclass(frozen=True)
class _KindCount:
    kind: str
    hits: int


@dataclass(frozen=True)
class _Evidence:
    """What is kept of a find."""

    kind: str
    kinds: list[str]
    masked: str
    digest: str


@dataclass(frozen=True)
class _Verdict(_Evidence):
    """A find in a text of GA4 rows, by which the rows with that text are found again."""

    path: str
    param: str
    fingerprint: int
    kind_rank: int


@dataclass(frozen=True)
class _DocumentHit(_Evidence):
    """A find in a document of a row."""

    source: str | None
    table_name: str
    file_name: str
    row_number: int
    batch_position: int | None
    record_key: str | None
    recorded_at: str | None
    field_path: str


DOCUMENT_TABLES = tuple(table for table in RECORDS if table.documents)


def scan_new_rows(
    warehouse: Warehouse,
    run_id: str,
    files: Sequence[str] | None = None,
    *,
    country: str | None = None,
    event_id_params: Sequence[str] = EVENT_ID_PARAMS,
) -> ScanSummary:
    """Scan the rows of these files, or of all not yet scanned as loaded, and replace their hits.

    `country` is the numbering plan tried first; `event_id_params` are GA4 keys left out.
    """
    scan = _Scan(warehouse, run_id, country, tuple(event_id_params))
    for batch in in_batches(_files_to_scan(warehouse, files), FILES_AT_ONCE):
        scan.run(batch)
    return scan.summary()


def scan_configured(
    warehouse: Warehouse, config: Config, run_id: str, files: Sequence[str] | None = None
) -> ScanSummary:
    """Scan new rows, or those of some files, as the config of the property says."""
    ga4 = config.sources.ga4
    return scan_new_rows(
        warehouse,
        run_id,
        files,
        country=config.property.default_country,
        event_id_params=ga4.event_id_params if ga4 else (),
    )


class _Scan:
    """One scan of a warehouse; counts as it goes."""

    def __init__(
        self, warehouse: Warehouse, run_id: str, country: str | None, event_ids: tuple[str, ...]
    ) -> None:
        self.warehouse = warehouse
        self.run_id = run_id
        self.country = country
        self.dialect = dialect_of(warehouse)
        self.digests = KeyedDigests(own_key(warehouse, "pii_hits"))
        self.shards = landed_shards(warehouse)
        self.salt = secrets.token_hex(16)
        self.unscanned = unscanned_params(event_ids)
        self.files: list[str] = []
        self.candidates = 0

    def run(self, batch: Sequence[LoadedFile]) -> None:
        """Replace the hits of some files in one transaction."""
        names = [load.file_name for load in batch]
        with self.warehouse.transaction():
            self._forget(names)
            if shards := _files_of("ga4", batch):
                self._scan_ga4(shards)
            for table in DOCUMENT_TABLES:
                of_source = [load.file_name for load in _files_of(table.source, batch)]
                for some in in_batches(of_source, DOCUMENT_FILES_AT_ONCE):
                    self._scan_documents(table, some)
            self._remember(batch)
        self.files.extend(names)

    def summary(self) -> ScanSummary:
        among = self.dialect.is_among("file_name", "files")
        query = f"select kind, count(*) as hits from landing.pii_hits where {among} group by kind"
        counts = (
            fetch(self.warehouse, _KindCount, query, {"files": self.files}) if self.files else []
        )
        hits = Counter({count.kind: count.hits for count in counts})
        return ScanSummary(len(self.files), self.candidates, hits.total(), dict(hits))

    def _forget(self, names: Sequence[str]) -> None:
        among = self.dialect.is_among("file_name", "files")
        for table in ("pii_hits", "pii_scans"):
            self.warehouse.execute(f"delete from landing.{table} where {among}", {"files": names})

    def _remember(self, batch: Sequence[LoadedFile]) -> None:
        fields = {"source": "text", "file_name": "text", "digest": "text"}
        self.warehouse.execute(
            "insert into landing.pii_scans (source, file_name, digest, detector_version, run_id) "
            f"select source, file_name, digest, {DETECTOR_VERSION}, "
            f"{self.dialect.parameter('run_id')} from {self.dialect.records(fields)} as scans",
            {"records": encode([{name: getattr(load, name) for name in fields} for load in batch]),
             "run_id": self.run_id},
        )  # fmt: skip

    def _scan_ga4(self, shards: Sequence[LoadedFile]) -> None:
        which = _shard_parameters(shards)
        rows = self.shards.rows_of(which["files"])
        read = self.shards.rows_of(which["files"], with_skipped=True)
        # A shard has events, and these have names: some leaf is filled.
        unfilled = self.shards.unfilled_paths(which["files"])
        leaves = [leaf for leaf in scalar_leaves(EVENTS.columns) if leaf not in unfilled]
        texts = scalar_texts(self.dialect, read, leaves)
        for path, verdicts in self._judged_by_path(texts, which).items():
            self._insert(insert_scalar_hits(self.dialect, rows, path), which, verdicts)
        lists = list_leaves(EVENTS.columns)
        for leaf in (leaf for leaf in lists if leaf.param):
            texts = param_texts(self.dialect, read, leaf)
            for of_leaf in self._judged_by_path(texts, which, leaf).values():
                params = sorted({verdict.param for verdict in of_leaf})
                statement = insert_list_hits(self.dialect, rows, leaf)
                self._insert(statement, {**which, "params": params}, of_leaf)
        fields = {leaf.path: leaf for leaf in lists if not leaf.param}
        texts = field_texts(self.dialect, read, list(fields.values()))
        for path, verdicts in self._judged_by_path(texts, which).items():
            self._insert(insert_list_hits(self.dialect, rows, fields[path]), which, verdicts)

    def _judged_by_path(
        self, query: str, which: Mapping[str, Any], of_params: ListLeaf | None = None
    ) -> dict[str, list[_Verdict]]:
        """Judge the candidates among the texts of a query; parameters also have keys."""
        with self._texts(query, which, of_params) as (texts, parameters):
            keys = (
                fetch(self.warehouse, _ParamKey, param_keys(texts), parameters) if of_params else []
            )
            personal = [key.param for key in keys if _is_personal(key.param)]
            chosen = {"keys": personal, "unscanned": self.unscanned, "salt": self.salt}
            query = candidates(self.dialect, texts)
            found = fetch(self.warehouse, _Candidate, query, {**parameters, **chosen})
        by_path: dict[str, list[_Verdict]] = {}
        for verdict in self._judge(found):
            by_path.setdefault(verdict.path, []).append(verdict)
        return by_path

    @contextmanager
    def _texts(
        self, query: str, which: Mapping[str, Any], of_params: ListLeaf | None
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Give the texts that loading has noted, else those of the query."""
        noted = self.shards.texts_of(of_params.path, which["files"]) if of_params else None
        if noted:
            yield noted, {}
            return
        with self.warehouse.materialized(query, which) as texts:
            yield texts

    def _judge(self, texts: Iterable[_Candidate]) -> Iterator[_Verdict]:
        """Yield a verdict for each text in which something personal is found."""
        for text in texts:
            self.candidates += 1
            found = detect(text.value, text.param or text.path, self.country)
            if found:
                yield _Verdict(
                    **self._evidence(found),
                    path=text.path,
                    param=text.param,
                    fingerprint=text.fingerprint,
                    kind_rank=KINDS.index(found[0].kind),
                )

    def _insert(
        self, statement: str, which: Mapping[str, Any], verdicts: Sequence[_Verdict]
    ) -> None:
        parameters = {**which, "salt": self.salt, "run_id": self.run_id}
        for some in in_batches(verdicts, RECORDS_AT_ONCE):
            self.warehouse.execute(
                statement, {**parameters, "records": encode(list(map(vars, some)))}
            )

    def _scan_documents(self, table: Table, names: Sequence[str]) -> None:
        rows = self.warehouse.rows(document_candidates(self.dialect, table), {"files": names})
        self.candidates += len(rows)
        hits = [hit for row in rows for hit in self._document_hits(table, row)]
        for some in in_batches(hits, RECORDS_AT_ONCE):
            self.warehouse.execute(
                insert_document_hits(self.dialect),
                {"records": encode(list(map(vars, some))), "run_id": self.run_id},
            )

    def _document_hits(self, table: Table, row: Row) -> Iterator[_DocumentHit]:
        found: dict[tuple[int | None, str], list[Detection]] = {}
        for column, document in table.documents.items():
            if row[column]:
                for position, path, detections in self._read(column, document, row[column]):
                    found.setdefault((position, path), []).extend(detections)
        for (position, path), detections in found.items():
            detections.sort(key=lambda detection: KINDS.index(detection.kind))
            yield _DocumentHit(
                **self._evidence(detections),
                source=table.source,
                table_name=table.short_name,
                file_name=row["file_name"],
                row_number=row["row_number"],
                batch_position=position,
                record_key=row["record_key"],
                recorded_at=str(row["recorded_at"]) if row["recorded_at"] else None,
                field_path=path,
            )

    def _read(
        self, column: str, document: Document, text: str
    ) -> Iterator[tuple[int | None, str, list[Detection]]]:
        for position, leaf in leaves_of_column(column, document, text):
            detections = detect_leaf(leaf, self.country)
            detections = [found for found in detections if not is_in_own_field(found)]
            if detections:
                yield position, column if document.is_one_path else leaf.path, detections

    def _evidence(self, found: Sequence[Detection]) -> dict[str, Any]:
        """Return the fields of an evidence."""
        leading = found[0]
        digest = self.digests.digest(f"{leading.kind}:{leading.value}")
        return {
            "kind": leading.kind,
            "kinds": kinds_of(found),
            "masked": leading.masked,
            "digest": digest[:DIGEST_LENGTH],
        }


def _files_to_scan(warehouse: Warehouse, files: Sequence[str] | None) -> list[LoadedFile]:
    """Return the newest load of each file that no scan has seen, or of exactly these files."""
    query = f"select file_name, source, digest, data_date from {NEWEST_LOADS} as loads"
    loads = fetch(warehouse, LoadedFile, query)
    if files is not None:
        known = {load.file_name: load for load in loads}
        return [known.get(name, LoadedFile(name)) for name in dict.fromkeys(files)]
    scanned = fetch(
        warehouse,
        LoadedFile,
        "select file_name, source, digest from landing.pii_scans "
        f"where detector_version = {DETECTOR_VERSION}",
    )
    seen = {(scan.source, scan.file_name, scan.digest) for scan in scanned}
    return [load for load in loads if (load.source, load.file_name, load.digest) not in seen]


def _files_of(source: str | None, batch: Sequence[LoadedFile]) -> list[LoadedFile]:
    """Return the files whose rows may lie in a source's tables; any file may be in quarantine."""
    return [load for load in batch if source == "quarantine" or load.source in (source, None)]


def _shard_parameters(shards: Sequence[LoadedFile]) -> dict[str, Any]:
    """Return the names of GA4 shards and the dates that their rows lie between."""
    dates = [load.data_date for load in shards if load.data_date]
    is_dated = len(dates) == len(shards)
    return {
        "files": [load.file_name for load in shards],
        "first_date": min(dates) if is_dated else date.min,
        "last_date": max(dates) if is_dated else date.max,
    }


def _is_personal(key: str) -> bool:
    context = read_key(key)
    return context is not NO_KEY and (context.is_personal or context.national_id or context.card)
