"""What follows from the declarations of tables."""

from dataclasses import replace

import pytest

from matchback.core.resources import SQL_DIRECTORY
from matchback.sources.catalog import BY_NAME, PARTITIONED, TABLES
from matchback.warehouse.table_files import read_tables
from matchback.warehouse.tables import (
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    MONEY,
    TEXT,
    TIMESTAMP,
    Column,
    Partitioning,
    Table,
    list_of,
    struct,
    text_leaves,
    texts,
)

VISITS = Table(
    "landing.visits",
    "Grain: one visit.",
    (
        Column("visited_at", "Time of the visit.", TIMESTAMP),
        Column("visitor", "Who it was.", personal="identifier"),
        Column("pages", "Pages seen.", list_of(struct(**texts("path title"), seconds=DOUBLE))),
        Column("value", "What it was worth.", MONEY),
        Column("count", "How many.", INTEGER),
        Column("is_bot", "Whether a machine did it.", BOOLEAN),
    ),
    moment="visited_at",
    partition=Partitioning(unit="month", needs_filter=True),
    cluster=("visitor",),
    erasure="delete",
    stored_on_duckdb_as="landing.visit_rows",
)


def test_a_declaration_becomes_the_statement_of_each_engine() -> None:
    assert VISITS.create_statement("duckdb") == (
        "create table if not exists landing.visit_rows (\n"
        "    visited_at timestamp,\n"
        "    visitor varchar,\n"
        '    pages struct("path" varchar, "title" varchar, "seconds" double)[],\n'
        "    value decimal(18, 2),\n"
        "    count bigint,\n"
        "    is_bot boolean\n"
        ")"
    )
    assert VISITS.create_statement("bigquery") == (
        "create table if not exists landing.visits (\n"
        "    visited_at timestamp,\n"
        "    visitor string,\n"
        "    pages array<struct<`path` string, `title` string, `seconds` float64>>,\n"
        "    value numeric,\n"
        "    count int64,\n"
        "    is_bot bool\n"
        ")\n"
        "partition by timestamp_trunc(visited_at, month)\n"
        "cluster by visitor\n"
        "options (require_partition_filter = true)"
    )


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"erasure": None}, "does not say what erasure does"),
        ({"erasure": "anonymise"}, "must be anonymised where columns are blanked"),
        ({"moment": "left_at"}, "has no column left_at"),
        ({"moment": None}, "needs a moment"),
        ({"columns": (*VISITS.columns, Column("visitor"))}, "declares a column twice"),
    ],
)
def test_a_declaration_that_does_not_hold_is_refused(changes, complaint) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(VISITS, **changes)


def test_text_leaves_are_in_no_list() -> None:
    columns = {
        "a": TEXT,
        "b": struct(c=TEXT, d=INTEGER, e=struct(f=TEXT)),
        "g": list_of(struct(h=TEXT)),
        "i": list_of(TEXT),
        "j": DATE,
    }
    assert list(text_leaves(columns)) == ["a", "b.c", "b.e.f"]


def test_every_name_is_declared_once_and_begins_with_its_grain() -> None:
    assert len(BY_NAME) == len(TABLES) > 35
    assert all(table.description.startswith("Grain: ") for table in TABLES)
    files = {f"{path.parent.name}.{path.stem}" for path in SQL_DIRECTORY.rglob("*.yml")}
    assert files == {table.name for schema in ("marts", "ops") for table in read_tables(schema)}


def test_what_is_loaded_by_partition_holds_the_rows_of_files() -> None:
    assert len(PARTITIONED) > 6
    assert all({"file_name", "row_number"} <= set(table.types) for table in PARTITIONED.values())
