"""The process that builds a bound plan in DuckDB: `python -m matchback.build.build_process`.

One request on stdin, one answer. It is its own process because the memory of a build should go with
it; it has what dbt compiled, and needs no dbt.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypedDict

import duckdb

from matchback.build.build_plan import Plan
from matchback.core.errors import WarehouseCorruptError
from matchback.core.settings import Settings
from matchback.warehouse.duckdb import DuckDBWarehouse

# The bytes of memory that a build begins with, and those for each row landed for its dates. What
# does not fit, the engine writes aside at little cost; a statement that cannot, gets all memory.
FIRST_MEMORY = 600_000_000
MEMORY_PER_ROW = 120
UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")

# What quotes a row when it speaks; its text stays out of the log.
QUOTES_ROWS = (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException)

Node = dict[str, Any]
Step = Callable[[Node], tuple[str, str]]


def main() -> None:
    """Read a request (see _Request), build, answer what became of each node."""
    environment = Settings.from_environment().environment
    request: _Request = json.load(sys.stdin)
    path, threads = Path(environment["MATCHBACK_WAREHOUSE"]), environment.get("MATCHBACK_THREADS")
    with DuckDBWarehouse(path, threads=int(threads) if threads else None) as warehouse:
        may_take_all = "MATCHBACK_MEMORY_LIMIT" not in environment
        nodes = list(_Builder(warehouse, request, may_take_all=may_take_all).build())
    is_success = all(node["status"] in ("success", "pass") for node in nodes)
    json.dump({"nodes": nodes, "is_success": is_success, "error": None}, sys.stdout)


class _Request(TypedDict):
    """A bound plan and how to build it; the dates are those whose landed rows it reads."""

    plan: Plan
    first_date: str
    last_date: str
    with_seeds: bool
    full_refresh: bool


class _Builder:
    """Makes the relations of a plan one after the other, as dbt's materializations do."""

    def __init__(
        self, warehouse: DuckDBWarehouse, request: _Request, *, may_take_all: bool
    ) -> None:
        self._warehouse = warehouse
        self._request = request
        self._may_take_all = may_take_all
        self._existing: dict[tuple[str, str], str] = {}

    def build(self) -> Iterator[Node]:
        """Yield what became of each node; the first one that breaks is the last one tried."""
        plan = self._request["plan"]
        for name, value in plan["settings"].items():
            self._warehouse.execute(f"set {name} = '{value}'")
        if self._may_take_all:
            self._begin_with_little()
        for schema in sorted({one["schema"] for one in [*plan["seeds"], *plan["models"]]}):
            self._warehouse.execute(f"create schema if not exists {schema}")
        self._existing = self._relations()
        steps = [(self._load, node) for node in plan["seeds"] if self._request["with_seeds"]]
        steps += [(self._make, node) for node in plan["models"]]
        steps += [(self._test, node) for node in plan["tests"]]
        for step, node in steps:
            try:
                yield _answer(node, *self._done(step, node))
            except WarehouseCorruptError:
                yield {**_answer(node, "error"), "is_damage": True}
                return
            except duckdb.Error as error:
                yield _answer(node, "error", _text_of(error))
                return

    def _done(self, step: Step, node: Node) -> tuple[str, str]:
        """Take a step; one for which the memory is too little is taken again with all of it."""
        try:
            return step(node)
        except duckdb.OutOfMemoryException:
            if not self._may_take_all:
                raise
        self._may_take_all = False
        self._warehouse.execute("reset memory_limit")
        return step(node)

    def _begin_with_little(self) -> None:
        """Have the engine begin with the memory that the rows of the dates suggest."""
        [landed] = self._warehouse.rows(
            "select coalesce(sum(rows_loaded), 0) as row_count from landing.load_ledger "
            "where data_date between ? and ?",
            [self._request["first_date"], self._request["last_date"]],
        )
        suggested = FIRST_MEMORY + MEMORY_PER_ROW * int(landed["row_count"])
        [its_own] = self._warehouse.rows("select current_setting('memory_limit') as amount")
        amount, unit = its_own["amount"].split()
        if suggested < float(amount) * 1024 ** UNITS.index(unit):
            self._warehouse.execute(f"set memory_limit = '{suggested}B'")

    def _relations(self) -> dict[tuple[str, str], str]:
        rows = self._warehouse.rows(
            "select table_schema, table_name, table_type from information_schema.tables "
            "where table_catalog = current_database()"
        )
        return {
            (row["table_schema"], row["table_name"]): "view"
            if row["table_type"] == "VIEW"
            else "table"
            for row in rows
        }

    def _load(self, seed: Node) -> tuple[str, str]:
        columns = ", ".join(f"{name} {kind}" for name, kind in seed["columns"].items())
        self._clear_the_name(seed, "table")
        with self._warehouse.transaction():
            self._warehouse.execute(f"create or replace table {seed['relation']} ({columns})")
            self._warehouse.execute(
                f"copy {seed['relation']} from '{seed['file']}' (format csv, header true)"
            )
        return "success", ""

    def _make(self, model: Node) -> tuple[str, str]:
        kind = "view" if model["kind"] == "view" else "table"
        existing = self._clear_the_name(model, kind)
        if model["kind"] == "incremental" and existing and not self._request["full_refresh"]:
            self._add_to(model)
        else:
            with self._as_it_comes() if model["kind"] == "table" else nullcontext():
                self._warehouse.execute(
                    f"create or replace {kind} {model['relation']} as (\n{model['sql']}\n)"
                )
        return "success", ""

    @contextmanager
    def _as_it_comes(self) -> Iterator[None]:
        """Write rows as they are: to compress a table that the next run replaces is work lost."""
        self._warehouse.execute("set force_compression = 'uncompressed'")
        try:
            yield
        finally:
            self._warehouse.execute("reset force_compression")

    def _add_to(self, model: Node) -> None:
        """Replace some rows of a history in one transaction; its hooks delete those."""
        with self._warehouse.transaction():
            for hook in model["hooks"]:
                self._warehouse.execute(hook)
            if model["may_gain_columns"]:
                self._add_columns(model)
            self._warehouse.execute(
                f"insert into {model['relation']} by name (\n{model['sql_of_more']}\n)"
            )

    def _add_columns(self, model: Node) -> None:
        has = {row["column_name"] for row in self._columns(f"from {model['relation']}")}
        for row in self._columns(model["sql_of_more"]):
            if row["column_name"] not in has:
                self._warehouse.execute(
                    f"alter table {model['relation']} "
                    f'add column "{row["column_name"]}" {row["column_type"]}'
                )

    def _columns(self, query: str) -> list[dict[str, Any]]:
        return self._warehouse.rows(f"describe (\n{query}\n)")

    def _test(self, test: Node) -> tuple[str, str]:
        [row] = self._warehouse.rows(f"select count(*) as failures from (\n{test['sql']}\n)")
        if not row["failures"]:
            return "pass", ""
        return "fail", f"{row['failures']} rows of\n{test['sql']}"

    def _clear_the_name(self, node: Node, kind: str) -> str | None:
        """Return what has the name; `create or replace` keeps to its kind, another one must go."""
        existing = self._existing.get((node["schema"], node["name"]))
        if existing in (None, kind):
            return existing
        self._warehouse.execute(f"drop {existing} {node['relation']}")
        return None


def _answer(node: Node, status: str, text: str = "") -> Node:
    return {
        "unique_id": node["unique_id"],
        "status": status,
        "text": text,
        "is_damage": False,
        "bytes_billed": 0,
    }


def _text_of(error: duckdb.Error) -> str:
    kind = type(error).__name__
    return kind if isinstance(error, QUOTES_ROWS) else f"{kind}: {error}"


if __name__ == "__main__":
    main()
