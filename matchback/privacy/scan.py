"""After each load: find plain personal data in the text of the rows that came in."""

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from matchback.config import Config
from matchback.core.resources import SQL_DIRECTORY
from matchback.pii import DETECTOR_VERSION, KINDS, Detection, detect, kinds_of
from matchback.pii.columns import Type, read_columns
from matchback.pii.documents import (
    Leaf,
    detect_leaf,
    is_in_own_field,
    leaves,
    parse_document,
)
from matchback.pii.keys import NO_KEY, read_key
from matchback.pii.scan_sql import (
    ListLeaf,
    candidates,
    document_candidates,
    encode,
    field_texts,
    ga4_list_leaves,
    ga4_scalar_leaves,
    insert_document_hits,
    insert_list_hits,
    insert_scalar_hits,
    param_keys,
    param_texts,
    scalar_texts,
    unscanned_params,
)
from matchback.sources.ga4.shard_store import landed_shards
from matchback.sources.kit.ledger import NEWEST_LOADS
from matchback.warehouse.base import Row, Warehouse, first, in_batches
from matchback.warehouse.dialects import dialect_of

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
class Document:
    """A text column that may hold JSON; `batch` is the member whose items are server events.

    `batch` "" means the document itself is that list, None that there is none; `payload` is the
    member of an item that is the server event, whose paths are then its own.
    """

    column: str
    path: str
    batch: str | None = None
    payload: str | None = None


@dataclass(frozen=True)
class DocumentTable:
    """A table whose rows are logged or typed in as text, with what names and dates a row."""

    source: str
    name: str
    record_key: str
    recorded_at: str
    documents: tuple[Document, ...]
    schema: str = "landing"


def _texts(*columns: str) -> tuple[Document, ...]:
    return tuple(Document(column, column) for column in columns)


DOCUMENT_TABLES = (
    DocumentTable(
        "ga4", "ga4_events", "concat(event_name, '|', cast(event_timestamp as {text}))",
        "table_date", _texts("extra_columns"),
    ),
    DocumentTable(
        "capi", "capi_gtms", "trace_id", "logged_at",
        (
            Document("request_body", "request_body", batch="data"),
            *_texts(
                "tag_name", "event_name", "request_url", "response_headers", "response_body",
                "message", "reason",
            ),
        ),
    ),
    DocumentTable(
        "capi", "capi_request_response", "trace_id", "logged_at",
        (Document("request", "request", batch="data"), Document("response", "response")),
    ),
    DocumentTable(
        "capi", "capi_dataflow_dlq", "null", "logged_at",
        (
            Document("input_element", "", batch="input_element"),
            *_texts("failure_pipeline_step", "output_message"),
        ),
    ),
    DocumentTable(
        "capi", "capi_gateway_audit", "request_id", "logged_at",
        (
            Document("deliveries", "", batch="", payload="request"),
            Document("user_id", "user.user_id"),
            *_texts("event_type", "jurisdiction"),
        ),
    ),
    DocumentTable(
        "crm", "crm_orders", "order_id", "ordered_at",
        _texts("customer_id", "status", "currency", "gclid", "fbclid", "channel", "free_text"),
    ),
    DocumentTable(
        "consent", "consent_log", "null", "decided_at",
        _texts("user_id", "notice_version", "jurisdiction", "action"),
    ),
    DocumentTable(
        "quarantine", "rejected_rows", "null", "quarantined_at", _texts("raw"), schema="quarantine"
    ),
)  # fmt: skip
# A Dataflow row is one server event; the delivery attempts number it so.
FLAT_EVENT_POSITION = 1
# The flat rows of Meta's Dataflow pipeline name a person's fields without their object.
FLAT_USER_DATA = frozenset(
    {
        "em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country", "external_id",
        "client_ip_address", "client_user_agent", "fbc", "fbp",
    }
)  # fmt: skip


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
        self.shards = landed_shards(warehouse)
        self.key = _digest_key(warehouse)
        self.salt = secrets.token_hex(16)
        self.unscanned = unscanned_params(event_ids)
        self.columns = _ga4_columns()
        self.files: list[str] = []
        self.candidates = 0

    def run(self, batch: Sequence[Row]) -> None:
        """Replace the hits of some files in one transaction."""
        names = [row["file_name"] for row in batch]
        with self.warehouse.transaction():
            self._forget(names)
            if shards := _rows_of("ga4", batch):
                self._scan_ga4(shards)
            for table in DOCUMENT_TABLES:
                of_source = [row["file_name"] for row in _rows_of(table.source, batch)]
                for some in in_batches(of_source, DOCUMENT_FILES_AT_ONCE):
                    self._scan_documents(table, some)
            self._remember(batch)
        self.files.extend(names)

    def summary(self) -> ScanSummary:
        among = self.dialect.is_among("file_name", "files")
        rows = self.warehouse.rows(
            f"select kind, count(*) as hits from landing.pii_hits where {among} group by kind",
            {"files": self.files},
        ) if self.files else []  # fmt: skip
        hits = Counter({row["kind"]: row["hits"] for row in rows})
        return ScanSummary(len(self.files), self.candidates, hits.total(), dict(hits))

    def _forget(self, names: Sequence[str]) -> None:
        among = self.dialect.is_among("file_name", "files")
        for table in ("pii_hits", "pii_scans"):
            self.warehouse.execute(f"delete from landing.{table} where {among}", {"files": names})

    def _remember(self, batch: Sequence[Row]) -> None:
        fields = {"source": "text", "file_name": "text", "digest": "text"}
        self.warehouse.execute(
            "insert into landing.pii_scans (source, file_name, digest, detector_version, run_id) "
            f"select source, file_name, digest, {DETECTOR_VERSION}, "
            f"{self.dialect.parameter('run_id')} from {self.dialect.records(fields)} as scans",
            {"records": encode([{name: row[name] for name in fields} for row in batch]),
             "run_id": self.run_id},
        )  # fmt: skip

    def _scan_ga4(self, shards: Sequence[Row]) -> None:
        which = _shard_parameters(shards)
        rows = self.shards.rows_of(which["files"])
        read = self.shards.rows_of(which["files"], with_skipped=True)
        # A shard has events, and these have names: some leaf is filled.
        unfilled = self.shards.unfilled_paths(which["files"])
        leaves = [leaf for leaf in ga4_scalar_leaves(self.columns) if leaf not in unfilled]
        texts = scalar_texts(self.dialect, read, leaves)
        for path, verdicts in self._judged_by_path(texts, which).items():
            self._insert(insert_scalar_hits(self.dialect, rows, path), which, verdicts)
        lists = ga4_list_leaves(self.columns)
        for leaf in (leaf for leaf in lists if leaf.param):
            texts = param_texts(self.dialect, read, leaf)
            verdicts = self._judged_by_path(texts, which, leaf).get(leaf.path)
            if verdicts:
                params = sorted({verdict["param"] for verdict in verdicts})
                statement = insert_list_hits(self.dialect, rows, leaf)
                self._insert(statement, {**which, "params": params}, verdicts)
        fields = {leaf.path: leaf for leaf in lists if not leaf.param}
        texts = field_texts(self.dialect, read, list(fields.values()))
        for path, verdicts in self._judged_by_path(texts, which).items():
            self._insert(insert_list_hits(self.dialect, rows, fields[path]), which, verdicts)

    def _judged_by_path(
        self, query: str, which: Mapping[str, Any], of_params: ListLeaf | None = None
    ) -> dict[str, list[Row]]:
        """Judge the candidates among the texts of a query; parameters also have keys."""
        with self._texts(query, which, of_params) as (texts, parameters):
            keys = self.warehouse.rows(param_keys(texts), parameters) if of_params else ()
            personal = [row["param"] for row in keys if _is_personal(row["param"])]
            chosen = {"keys": personal, "unscanned": self.unscanned, "salt": self.salt}
            found = self.warehouse.rows(candidates(self.dialect, texts), {**parameters, **chosen})
        verdicts = self._judge(found)
        return {
            path: [verdict for verdict in verdicts if verdict["path"] == path]
            for path in dict.fromkeys(verdict["path"] for verdict in verdicts)
        }

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

    def _judge(self, texts: Iterable[Row]) -> list[Row]:
        """Return a verdict for each text in which something personal is found."""
        verdicts = []
        for row in texts:
            self.candidates += 1
            found = detect(row["value"], row["param"] or row["path"], self.country)
            if found:
                verdicts.append(
                    {
                        "path": row["path"],
                        "param": row["param"],
                        "fingerprint": row["fingerprint"],
                        "kind_rank": KINDS.index(found[0].kind),
                        **self._evidence(found),
                    }
                )
        return verdicts

    def _insert(self, statement: str, which: Mapping[str, Any], verdicts: Sequence[Row]) -> None:
        parameters = {**which, "salt": self.salt, "run_id": self.run_id}
        for some in in_batches(verdicts, RECORDS_AT_ONCE):
            self.warehouse.execute(statement, {**parameters, "records": encode(some)})

    def _scan_documents(self, table: DocumentTable, names: Sequence[str]) -> None:
        columns = [document.column for document in table.documents]
        statement = document_candidates(
            self.dialect,
            f"{table.schema}.{table.name}",
            columns,
            table.record_key.format(**self.dialect.types),
            table.recorded_at,
        )
        rows = self.warehouse.rows(statement, {"files": names})
        self.candidates += len(rows)
        hits = [hit for row in rows for hit in self._document_hits(table, row)]
        for some in in_batches(hits, RECORDS_AT_ONCE):
            self.warehouse.execute(
                insert_document_hits(self.dialect),
                {"records": encode(some), "run_id": self.run_id},
            )

    def _document_hits(self, table: DocumentTable, row: Row) -> Iterator[Row]:
        found: dict[tuple[int | None, str], list[Detection]] = {}
        for document in table.documents:
            if row[document.column]:
                for position, path, detections in self._read(table, document, row[document.column]):
                    found.setdefault((position, path), []).extend(detections)
        for (position, path), detections in found.items():
            detections.sort(key=lambda detection: KINDS.index(detection.kind))
            yield {
                "source": table.source,
                "table_name": table.name,
                "file_name": row["file_name"],
                "row_number": row["row_number"],
                "batch_position": position,
                "record_key": row["record_key"],
                "recorded_at": str(row["recorded_at"]) if row["recorded_at"] else None,
                "field_path": path,
                **self._evidence(detections),
            }

    def _read(
        self, table: DocumentTable, document: Document, text: str
    ) -> Iterator[tuple[int | None, str, list[Detection]]]:
        for position, leaf in _leaves_of(document, text):
            detections = detect_leaf(leaf, self.country)
            detections = [found for found in detections if not is_in_own_field(found)]
            if detections:
                yield position, "raw" if table.name == "rejected_rows" else leaf.path, detections

    def _evidence(self, found: Sequence[Detection]) -> Row:
        kinds = kinds_of(found)
        leading = found[0]
        return {
            "kind": leading.kind,
            "kinds": kinds,
            "masked": leading.masked,
            "digest": _keyed_digest(self.key, leading),
        }


def _leaves_of(document: Document, text: str) -> Iterator[tuple[int | None, Leaf]]:
    """Yield a column's leaves with the position of the server event they lie in, if any."""
    parsed = parse_document(text)
    if parsed is None:
        yield None, Leaf(document.path or document.column, document.column, text)
        return
    if document.batch == "input_element":
        for leaf in leaves(_folded(parsed)):
            yield FLAT_EVENT_POSITION, leaf
        return
    items = _batch_items(parsed, document.batch)
    for position, item in enumerate(items):
        for leaf in _leaves_of_item(item, document.payload):
            yield position, leaf
    if items and isinstance(parsed, dict):
        parsed = {name: value for name, value in parsed.items() if name != document.batch}
    elif items:
        return
    for leaf in leaves(parsed, document.path, document.column):
        yield None, leaf


def _batch_items(parsed: Any, batch: str | None) -> list[Any]:  # noqa: ANN401 - any JSON value
    if batch is None:
        return []
    items = parsed.get(batch) if batch and isinstance(parsed, dict) else parsed
    return items if isinstance(items, list) else []


def _leaves_of_item(item: Any, payload: str | None) -> Iterator[Leaf]:  # noqa: ANN401
    if isinstance(item, str):
        item = parse_document(item) or item
    if payload and isinstance(item, dict):
        inner = item.get(payload)
        if isinstance(inner, str):
            inner = parse_document(inner) or inner
        yield from leaves(inner)
        item = {name: value for name, value in item.items() if name != payload}
    yield from leaves(item)


def _folded(flat: Any) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(flat, dict):
        return flat
    person = {key: value for key, value in flat.items() if key in FLAT_USER_DATA}
    rest = {key: value for key, value in flat.items() if key not in FLAT_USER_DATA}
    return {**rest, "user_data": person}


def _files_to_scan(warehouse: Warehouse, files: Sequence[str] | None) -> list[Row]:
    """Return the newest load of each file that no scan has seen, or of exactly these files."""
    loads = warehouse.rows(
        f"select source, file_name, digest, data_date from {NEWEST_LOADS} as loads"
    )
    if files is not None:
        known = {row["file_name"]: row for row in loads}
        missing = {"source": None, "digest": None, "data_date": None}
        return [known.get(name, {"file_name": name, **missing}) for name in dict.fromkeys(files)]
    scanned = warehouse.rows(
        "select source, file_name, digest from landing.pii_scans "
        f"where detector_version = {DETECTOR_VERSION}"
    )
    seen = {(row["source"], row["file_name"], row["digest"]) for row in scanned}
    return [row for row in loads if (row["source"], row["file_name"], row["digest"]) not in seen]


def _rows_of(source: str, batch: Sequence[Row]) -> list[Row]:
    """Return the files whose rows may lie in a source's tables; any file may be in quarantine."""
    sources = (source, None)
    return [row for row in batch if source == "quarantine" or row["source"] in sources]


def _shard_parameters(shards: Sequence[Row]) -> dict[str, Any]:
    """Return the names of GA4 shards and the dates that their rows lie between."""
    dates = [row["data_date"] for row in shards]
    is_dated = all(dates)
    return {
        "files": [row["file_name"] for row in shards],
        "first_date": min(dates) if is_dated else date.min,
        "last_date": max(dates) if is_dated else date.max,
    }


def _digest_key(warehouse: Warehouse) -> bytes:
    """Return this warehouse's own key for digests, made at its first scan."""
    query = "select secret from ops.digest_keys where purpose = 'pii_hits'"
    row = first(warehouse.rows(query))
    if row is None:
        warehouse.execute(
            "insert into ops.digest_keys (purpose, secret) "
            f"values ('pii_hits', '{secrets.token_hex(32)}')"
        )
        row = warehouse.rows(query)[0]
    return bytes.fromhex(row["secret"])


def _keyed_digest(key: bytes, found: Detection) -> str:
    message = f"{found.kind}:{found.value}".encode(errors="replace")
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:DIGEST_LENGTH]


def _ga4_columns() -> dict[str, Type]:
    definition = SQL_DIRECTORY / "ddl" / "duckdb" / "landing" / "ga4_rows.sql"
    return read_columns(definition.read_text(encoding="utf-8"))


def _is_personal(key: str) -> bool:
    context = read_key(key)
    return context is not NO_KEY and (context.is_personal or context.national_id or context.card)
