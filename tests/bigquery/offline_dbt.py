"""Runs dbt against the offline client: `python -m tests.bigquery.offline_dbt RECORD -- ARGUMENTS`.

Every `--` begins another dbt invocation on the same tables. RECORD gets every statement and the
columns of every relation, as JSON.
"""

import dataclasses
import json
import sys
from pathlib import Path

import dbt.adapters.bigquery.connections as connections
from dbt.cli.main import dbtRunner

from matchback.config import BigQueryWarehouseConfig
from matchback.sources.catalog import TABLES
from matchback.warehouse.bigquery import BigQueryWarehouse
from tests.bigquery.googlesql import PROJECT, GoogleSql
from tests.bigquery.offline_client import OfflineClient

WAREHOUSE = BigQueryWarehouseConfig(engine="bigquery", project=PROJECT)


def main(record: Path, invocations: list[list[str]]) -> int:
    """Run each invocation; the exit code is that of the first that failed."""
    client = OfflineClient(GoogleSql())
    connections.create_bigquery_client = lambda _credentials: client
    BigQueryWarehouse(client, WAREHOUSE, tables=TABLES).apply_ddl()
    code = 0
    for number, arguments in enumerate(invocations):
        client.invocation = number
        finished = dbtRunner().invoke(arguments)
        code = code or (0 if finished.success else 1)
    statements = [dataclasses.asdict(statement) for statement in client.statements]
    answer = {"statements": statements, "columns": client.columns()}
    record.write_text(json.dumps(answer), encoding="utf-8")
    return code


def split(arguments: list[str]) -> list[list[str]]:
    """Cut a list at each `--`."""
    parts: list[list[str]] = [[]]
    for argument in arguments:
        if argument == "--":
            parts.append([])
        else:
            parts[-1].append(argument)
    return [part for part in parts if part]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), split(sys.argv[2:])))
