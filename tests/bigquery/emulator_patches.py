"""What bqemulator does otherwise than BigQuery, corrected in its own process."""

from collections.abc import Awaitable, Callable
from typing import Any

import sqlglot
from bqemulator.api.routes import jobs
from bqemulator.domain.errors import DomainError, InvalidQueryError
from bqemulator.sql import inner_query
from bqemulator.sql.translator import SQLTranslator
from bqemulator.storage.engine import DuckDBEngine
from bqemulator.versioning.snapshots import SnapshotManager
from sqlglot import exp


def patch_emulator() -> None:
    """Correct the emulator; call it before a server starts."""
    # Extensions would be downloaded; nothing here needs them.
    DuckDBEngine._load_spatial = _nothing
    DuckDBEngine._load_format_extensions = _nothing
    # An error inside the emulator is answered as 5xx, which clients try again for ten minutes.
    jobs.execute_query_job = _failing_at_once(jobs.execute_query_job)
    # Time travel copies a table after every change.
    SnapshotManager.record_change = _nothing
    # Positions are corrected below, where they are made; the emulator subtracts by column name.
    inner_query.rewrite_unnest_offset = lambda sql: sql
    # Resolving names again after the translation breaks columns named like their source.
    apply_rules = SQLTranslator._apply_rules
    SQLTranslator._apply_rules = lambda self, sql, *, schema=None: apply_rules(
        self, _with_null_for_no_array(_numbered_from_zero(sql)), schema=None
    )


def _failing_at_once(execute: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def execute_or_refuse(*arguments: Any, **named: Any) -> Any:
        try:
            return await execute(*arguments, **named)
        except DomainError as error:
            if error.http_status < 500:
                raise
            raise InvalidQueryError(f"{type(error).__name__}: {error.message}") from error
        except Exception as error:
            raise InvalidQueryError(f"{type(error).__name__}: {error}") from error

    return execute_or_refuse


def _numbered_from_zero(sql: str) -> str:
    """Turn `unnest(...) with ordinality`, which counts from 1, into a numbered subquery."""
    if "WITH ORDINALITY" not in sql.upper():
        return sql
    tree = sqlglot.parse_one(sql, read="duckdb")
    for unnest in list(tree.find_all(exp.Unnest)):
        offset = unnest.args.get("offset")
        if not offset:
            continue
        alias = unnest.args["alias"]
        listed = unnest.expressions[0].sql("duckdb")
        numbered = sqlglot.parse_one(
            f'select * from (select unnest({listed}) as "{alias.columns[0].name}", '
            f'generate_subscripts({listed}, 1) - 1 as "{offset.name}") as {alias.name}',
            read="duckdb",
        )
        unnest.replace(numbered.args["from_"].this)
    return tree.sql("duckdb")


def _with_null_for_no_array(sql: str) -> str:
    """Let JSON_VALUE_ARRAY and JSON_QUERY_ARRAY answer null where the JSON holds no array."""
    if "[]" not in sql:
        return sql
    tree = sqlglot.parse_one(sql, read="duckdb")
    for cast in list(tree.find_all(exp.Cast)):
        if not cast.to.is_type(exp.DType.ARRAY) or isinstance(cast, exp.TryCast):
            continue
        inner = cast.this
        if isinstance(inner, exp.Cast) and isinstance(inner.this, exp.JSONExtract):
            inner = inner.this
        if isinstance(inner, exp.JSONExtract):
            cast.replace(exp.TryCast(this=inner.copy(), to=cast.to.copy()))
    return tree.sql("duckdb")


def _nothing(*_: Any, **__: Any) -> None:
    """Stand in for a step that is left out."""
