"""A BigQuery client whose service is the GoogleSQL analyzer: nothing leaves the process."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import RLock
from types import SimpleNamespace
from typing import Any, BinaryIO

from google.api_core.exceptions import BadRequest, NotFound
from google.cloud.bigquery import (
    Dataset,
    DatasetReference,
    LoadJobConfig,
    QueryJobConfig,
    SchemaField,
    Table,
    TableReference,
    TimePartitioning,
)
from google.cloud.bigquery.table import TableListItem

from tests.bigquery.googlesql import (
    PROJECT,
    Column,
    GoogleSql,
    Name,
    Parameter,
    SqlRejectedError,
    column_of,
    type_text,
)

DBT_NODE = re.compile(r'"node_id": "([^"]+)"')
PARTITION = re.compile(r"\bpartition by (?:date\()?`?(\w+)`?", re.IGNORECASE)
CLUSTER = re.compile(r"\bcluster by ([\w`, ]+)", re.IGNORECASE)


@dataclass
class Statement:
    """One statement that was sent, by whom, and what became of it."""

    node: str
    kind: str
    sql: str
    invocation: int
    error: str = ""
    is_evaluated: bool = False
    config: dict[str, Any] = field(default_factory=dict)


class OfflineClient:
    """The part of google.cloud.bigquery.Client that dbt and matchback call."""

    project = PROJECT
    location = "EU"

    def __init__(self, analyzer: GoogleSql) -> None:
        self.analyzer = analyzer
        self.statements: list[Statement] = []
        self.invocation = -1
        self._relations: dict[Name, Table] = {}
        self._lock = RLock()

    def query(
        self, query: str, job_config: QueryJobConfig | None = None, **options: object
    ) -> "OfflineJob":
        """Analyse a script; evaluate a SELECT that reads no stored table; BadRequest otherwise."""
        with self._lock:
            node = DBT_NODE.search(query)
            answer = OfflineJob(str(options.get("job_id") or "job"))
            for sql in self.analyzer.statements(query):
                statement = Statement(node[1] if node else "", "", sql, self.invocation)
                statement.config = job_config.to_api_repr() if job_config else {}
                self.statements.append(statement)
                try:
                    self._run(sql, statement, answer, _parameters(job_config))
                except SqlRejectedError as error:
                    statement.error = str(error)
                    details = {"message": str(error), "reason": "invalidQuery"}
                    raise BadRequest(str(error), errors=[details]) from None
            return answer

    def _run(
        self, sql: str, statement: Statement, answer: "OfflineJob", parameters: Sequence[Parameter]
    ) -> None:
        analyzed = self.analyzer.analyze(sql, parameters)
        statement.kind = answer.statement_type = analyzed.kind
        answer.schema = [column.field for column in analyzed.columns]
        if analyzed.creates and analyzed.columns:
            self._create(analyzed.creates, analyzed.columns, analyzed.kind, sql)
            answer.destination = _reference(analyzed.creates)
        elif analyzed.kind == "SELECT":
            answer.destination = self._store_answer(analyzed.columns)
            if parameters or self.analyzer.reads_a_table(sql):
                answer.rows = [tuple(_nothing(column) for column in answer.schema)]
            else:
                _, answer.rows = self.analyzer.rows(sql)
                statement.is_evaluated = True
        elif analyzed.kind == "DROP":
            self._drop(analyzed.drops)

    def _store_answer(self, columns: Sequence[Column]) -> TableReference:
        name = ("_answers", "answer")
        self._create(name, columns, "CREATE_TABLE", "")
        return _reference(name)

    def _create(self, name: Name, columns: Sequence[Column], kind: str, sql: str) -> None:
        self.analyzer.tables[name] = tuple(columns)
        table = Table(_reference(name), schema=[column.field for column in columns])
        table._properties["type"] = "VIEW" if kind == "CREATE_VIEW" else "TABLE"
        table._properties["numRows"] = "0"
        head = sql.split(" as (")[0]
        partition = PARTITION.search(head)
        if partition:
            table.time_partitioning = TimePartitioning(field=partition[1])
        cluster = CLUSTER.search(head)
        if cluster:
            table.clustering_fields = [item.strip(" `") for item in cluster[1].split(",")]
        self._relations[name] = table

    def _drop(self, name: Name | None) -> None:
        if name:
            self._relations.pop(name, None)
            self.analyzer.tables.pop(name, None)

    def get_table(self, table: TableReference | Table, **_: object) -> Table:
        """Return a relation or raise NotFound."""
        try:
            return self._relations[(table.dataset_id, table.table_id)]
        except KeyError:
            raise NotFound(f"{table.dataset_id}.{table.table_id}") from None

    def list_tables(self, dataset: DatasetReference, **_: object) -> Iterator[TableListItem]:
        """Yield the relations of a dataset."""
        for (name, _), table in list(self._relations.items()):
            if name == dataset.dataset_id:
                yield TableListItem({**table.to_api_repr(), "type": table.table_type})

    def list_routines(self, dataset: DatasetReference, **_: object) -> list[Any]:
        """There are no routines."""
        return []

    def get_routine(self, routine: object, **_: object) -> None:
        """There are no routines."""
        raise NotFound(str(routine))

    def list_datasets(self, **_: object) -> list[Any]:
        """Return the datasets that hold something."""
        return [SimpleNamespace(dataset_id=name) for name in {key[0] for key in self._relations}]

    def create_dataset(self, dataset: Dataset | DatasetReference, **_: object) -> Dataset:
        """Accept any dataset."""
        return dataset if isinstance(dataset, Dataset) else Dataset(dataset)

    def get_dataset(self, dataset: DatasetReference, **_: object) -> Dataset:
        """Return the dataset as if it existed."""
        return Dataset(dataset)

    def columns(self) -> dict[str, dict[str, str]]:
        """Return the type of each column of each relation, by dataset.table."""
        return {
            ".".join(name): {item.name: type_text(item.type) for item in self.analyzer.tables[name]}
            for name in self._relations
        }

    def update_table(self, table: Table, fields: Sequence[str]) -> Table:
        """Keep what was changed."""
        kept = self._relations[(table.dataset_id, table.table_id)]
        for name in fields:
            setattr(kept, name, getattr(table, name))
        return kept

    def delete_table(self, table: TableReference | Table, **_: object) -> None:
        """Forget a relation."""
        self._drop((table.dataset_id, table.table_id))

    def load_table_from_file(
        self, file: BinaryIO, destination: TableReference, *, job_config: LoadJobConfig, **_: object
    ) -> "OfflineJob":
        """Make the table of a load job with the schema it names."""
        name = (destination.dataset_id, destination.table_id)
        columns = [column_of(SchemaField.from_api_repr(f.to_api_repr())) for f in job_config.schema]
        self._create(name, columns, "CREATE_TABLE", "")
        return OfflineJob("load")

    def close(self) -> None:
        """Nothing is open."""


class OfflineJob:
    """A finished job and its rows."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self.project = PROJECT
        self.location = "EU"
        self.statement_type = "SCRIPT"
        self.destination: TableReference | None = None
        self.schema: list[SchemaField] = []
        self.rows: list[tuple[Any, ...]] = []
        self.total_bytes_processed = self.total_bytes_billed = self.slot_millis = 0
        self.num_dml_affected_rows = 0
        self.state = "DONE"
        self.error_result = None

    @property
    def session_info(self) -> SimpleNamespace:
        """The session that a transaction runs in."""
        return SimpleNamespace(session_id="session")

    def result(self, **_: object) -> "OfflineJob":
        """Return itself: it is the iterator too."""
        return self

    def __iter__(self) -> Iterator[dict[str, Any]]:
        names = [column.name for column in self.schema]
        return iter([dict(zip(names, row, strict=True)) for row in self.rows])


def _parameters(settings: QueryJobConfig | None) -> Sequence[Parameter]:
    return settings.query_parameters if settings else ()


def _nothing(column: SchemaField) -> Any:
    """What an aggregate over no rows answers, as far as a data test reads it."""
    return {"INTEGER": 0, "BOOLEAN": False}.get(column.field_type)


def _reference(name: Name) -> TableReference:
    return TableReference(DatasetReference(PROJECT, name[0]), name[1])
