"""The rows that hold given identifiers in fields of their type, and what else they hold."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matchback.config import Config
from matchback.pii.documents import parse_document
from matchback.privacy.identifiers import CLICK_IN_URL, TYPE_OF_KEY, Collected
from matchback.sources.catalog import RECORDS
from matchback.warehouse.base import Row, Warehouse, in_batches
from matchback.warehouse.dialects import Dialect, dialect_of
from matchback.warehouse.tables import Identifier, Table

# A list that BigQuery returns may hold no null.
IN_ECOMMERCE = "coalesce(ecommerce.transaction_id, '')"
SEPARATOR = "\x1f"
TOKENS_PER_PATTERN = 200
GA4 = "landing.ga4_events"
ORDERS = "landing.crm_orders"
# A GA4 parameter holds no contact that may be compared.
IN_PARAMETERS: tuple[Identifier, ...] = (
    "customer_id", "order_id", "client_id", "event_id", "click_id",
)  # fmt: skip
OF_CONTACTS: tuple[tuple[Identifier, str], ...] = (("email_hash", "em"), ("phone_hash", "ph"))


@dataclass(frozen=True)
class RowKey:
    """What names a row of a record table; source only in quarantine, where many meet."""

    table: str
    file_name: str
    row_number: int
    source: str = ""


@dataclass(frozen=True)
class FoundRow:
    """A row with the identifiers of each of its events: most rows are about one."""

    key: RowKey
    parts: tuple[Collected, ...]
    requests: frozenset[str]
    is_batch: bool = False


@dataclass(frozen=True)
class Records:
    """The record tables of a warehouse, as the search reads them."""

    warehouse: Warehouse
    event_id_params: tuple[str, ...]

    @classmethod
    def of(cls, warehouse: Warehouse, config: Config) -> "Records":
        """Return the records of a project's warehouse."""
        ga4 = config.sources.ga4
        return cls(warehouse, tuple(ga4.event_id_params) if ga4 else ("event_id",))

    @property
    def dialect(self) -> Dialect:
        return dialect_of(self.warehouse)

    def rows_with(self, wanted: Collected, where: str = "true") -> Iterator[FoundRow]:
        """Yield every row that holds one of these identifiers in a field of its type."""
        for table in RECORDS:
            bound: dict[str, Any] = {}
            tests = [
                self.dialect.any_among(f"[{_cleaned(column, kind, self.dialect)}]", kind)
                for column, kind in table.identifiers.items()
                if wanted.held[kind] and not bound.update({kind: sorted(wanted.held[kind])})
            ]
            for kind, texts in self._lists(table):
                if wanted.held[kind]:
                    bound[kind] = sorted(wanted.held[kind])
                    tests.append(self.dialect.any_among(texts, kind))
            if table.personal_texts:
                for number, pattern in enumerate(patterns_of(wanted.tokens)):
                    bound[f"pattern_{number}"] = pattern
                    tests += [
                        self.dialect.matches_given(column, f"pattern_{number}")
                        for column in table.personal_texts
                    ]
            if not tests:
                continue
            for row in self._rows(table, f"({' or '.join(tests)}) and {where}", bound):
                if any(wanted.meets(part) for part in row.parts):
                    yield row

    def rows_of_run(self, table: Table, run_id: str) -> Iterator[FoundRow]:
        """Yield the rows that a run landed in a table, file by file."""
        files = self.warehouse.rows(
            f"select distinct file_name from {table.name} "
            f"where run_id = $run_id and {table.on_every_date}",
            {"run_id": run_id},
        )
        for file in files:
            yield from self._rows(
                table,
                "run_id = $run_id and file_name = $file_name",
                {"run_id": run_id, "file_name": file["file_name"]},
            )

    def typed_values(self, table: Table) -> str:
        """Return SQL for the list of a row's identifiers, each behind its type."""
        lists = [
            f"[{_labelled(kind, _cleaned(column, kind, self.dialect))}]"
            for column, kind in table.identifiers.items()
        ]
        for kind, texts in self._lists(table):
            lists.append(self.dialect.items(texts, "held", _labelled(kind, "held"), "true"))
        return self.dialect.concatenated(lists)

    def delete(self, rows: Collection[FoundRow]) -> None:
        """Delete rows by their keys."""
        for table in RECORDS:
            for where, bound in rows_by_file(rows, table.name):
                self.warehouse.delete_rows(table.name, f"{where} and {table.on_every_date}", bound)

    def take_out(self, row: FoundRow, positions: Collection[int]) -> None:
        """Take single events out of the request that a row logs, and of its answer's count."""
        table = _table(row.key.table)
        [column] = [name for name, told in table.documents.items() if told.batch]
        where, bound = _where([row])
        texts = ", ".join({column, *({"response"} & set(table.types))})
        [held] = self.warehouse.rows(f"select {texts} from {table.name} where {where}", bound)
        document, batch = parse_document(held[column]), table.documents[column].batch
        document[batch] = [
            item for place, item in enumerate(document[batch]) if place not in positions
        ]
        changed = {column: json.dumps(document)}
        answer = parse_document(held.get("response") or "")
        if isinstance(answer, dict) and isinstance(answer.get("events_received"), int):
            answer["events_received"] = max(answer["events_received"] - len(positions), 0)
            changed["response"] = json.dumps(answer)
        given = ", ".join(f"{name} = {self.dialect.parameter(f'new_{name}')}" for name in changed)
        self.warehouse.execute(
            f"update {table.name} set {given} where {where}",
            {**bound, **{f"new_{name}": text for name, text in changed.items()}},
        )

    def _lists(self, table: Table) -> list[tuple[Identifier, str]]:
        """Return the lists of a row that hold identifiers, as SQL of cleaned texts."""
        dialect = self.dialect
        if table.name == ORDERS:
            return [
                (
                    kind,
                    dialect.items(
                        "contact_hashes", "contact", "contact.sha256", f"contact.field = '{field}'"
                    ),
                )
                for kind, field in OF_CONTACTS
            ]
        if table.name != GA4:
            return []
        lists = [
            (
                kind,
                dialect.items(
                    "event_params",
                    "param",
                    _cleaned(parameter_text(dialect), kind, dialect),
                    f"param.key in ({self._keys(kind)})",
                ),
            )
            for kind in IN_PARAMETERS
        ]
        in_url = f"^.*{CLICK_IN_URL}.*$"
        url = "param.value.string_value"
        is_landing = f"param.key = 'page_location' and {dialect.matches(url, CLICK_IN_URL)}"
        clicks = dialect.items("event_params", "param", dialect.captured(url, in_url), is_landing)
        return [
            *lists,
            ("click_id", clicks),
            ("click_id", "[coalesce(collected_traffic_source.gclid, '')]"),
            ("order_id", f"[{_cleaned(IN_ECOMMERCE, 'order_id', dialect)}]"),
        ]

    def _keys(self, kind: Identifier) -> str:
        keys = {key for key, named in TYPE_OF_KEY.items() if named == kind}
        keys |= set(self.event_id_params) if kind == "event_id" else set()
        return ", ".join(f"'{key}'" for key in sorted(keys) if "'" not in key)

    def _rows(self, table: Table, where: str, bound: dict[str, Any]) -> Iterator[FoundRow]:
        requests = [column.name for column in table.columns if column.personal == "request_id"]
        has_source = "source" in table.types
        columns = ["file_name", "row_number", *(["source"] if has_source else [])]
        columns += [*table.identifiers, *requests, *table.personal_texts]
        columns += [f"{sql} as list_{n}" for n, (_, sql) in enumerate(self._lists(table))]
        query = (
            f"select {', '.join(columns)} from {table.name} where {where} and {table.on_every_date}"
        )
        for row in self.warehouse.rows(query, bound):
            yield self._found(table, row, requests, has_source=has_source)

    def _found(
        self, table: Table, row: Row, requests: Sequence[str], *, has_source: bool
    ) -> FoundRow:
        base = Collected.none()
        for column, kind in table.identifiers.items():
            base.add(kind, row[column])
        for number, (kind, _) in enumerate(self._lists(table)):
            base.add(kind, list(row[f"list_{number}"]))
        items: list[Collected] = []
        for column in table.personal_texts:
            text = row[column]
            if text is None:
                continue
            told = table.documents.get(column)
            parsed = parse_document(text)
            batch = told.batch if told else None
            if batch and isinstance(parsed, dict) and isinstance(parsed.get(batch), list):
                for item in parsed.pop(batch):
                    items.append(Collected.none())
                    items[-1].add_document(item)
            base.add_document(text if parsed is None else parsed)
        key = RowKey(
            table.name, row["file_name"], row["row_number"], row["source"] if has_source else ""
        )
        named = frozenset(row[name] for name in requests if row[name])
        if not items:
            return FoundRow(key, (base,), named)
        for item in items:
            item.join(base)
        return FoundRow(key, tuple(items), named, is_batch=len(items) > 1)


def parameter_text(dialect: Dialect) -> str:
    """Return SQL for the value of a GA4 parameter named `param`, as far as it can be an id."""
    number = f"cast(param.value.int_value as {dialect.types['text']})"
    return f"coalesce(param.value.string_value, {number}, '')"


def _cleaned(text: str, kind: Identifier, dialect: Dialect) -> str:
    """Return SQL for an identifier as it is compared; what names nobody is left to the reader."""
    match kind:
        case "customer_id":
            plain = f"lower(trim({text}))"
            is_hash = dialect.matches(plain, "^[0-9a-f]{64}$")
            return f"case when {is_hash} then {plain} else {dialect.sha256(plain)} end"
        case "order_id":
            return f"lower(trim({dialect.without(f'trim({text})', '^#')}))"
        case "client_id":
            return dialect.without(f"trim({text})", "^GA[0-9]+[.][0-9]+[.]")
        case "click_id":
            return dialect.without(f"trim({text})", "^fb[.][0-9]+[.][0-9]+[.]")
        case _:
            return f"trim({text})"


def _labelled(kind: Identifier, text: str) -> str:
    return f"'{kind}' || chr({ord(SEPARATOR)}) || {text}"


def patterns_of(tokens: Collection[str]) -> list[str]:
    """Return patterns that find any of the tokens where it stands as a word."""
    words = {word for token in tokens for word in (token, json.dumps(token)[1:-1]) if word}
    return [
        f"(?i)(?:^|[^A-Za-z0-9])(?:{'|'.join(map(re.escape, batch))})(?:$|[^A-Za-z0-9])"
        for batch in in_batches(sorted(words), TOKENS_PER_PATTERN)
    ]


def rows_by_file(rows: Collection[FoundRow], table: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the condition of the rows of each file of a table, with what it binds."""
    groups: dict[RowKey, list[FoundRow]] = {}
    for row in rows:
        if row.key.table == table:
            groups.setdefault(replace(row.key, row_number=0), []).append(row)
    for of_file in groups.values():
        yield _where(of_file)


def _where(rows: Sequence[FoundRow]) -> tuple[str, dict[str, Any]]:
    """Return the condition of rows of one file."""
    key = rows[0].key
    numbers = ", ".join(str(row.key.row_number) for row in rows)
    where = f"file_name = $file_name and row_number in ({numbers})"
    bound: dict[str, Any] = {"file_name": key.file_name}
    if key.source:
        where += " and source = $source"
        bound["source"] = key.source
    return where, bound


def _table(name: str) -> Table:
    [table] = [table for table in RECORDS if table.name == name]
    return table
