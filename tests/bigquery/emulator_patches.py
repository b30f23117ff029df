"""What bqemulator does otherwise than BigQuery, corrected in its own process."""

from collections.abc import Awaitable, Callable
from typing import Any

import sqlglot
from bqemulator.api.routes import jobs, upload
from bqemulator.domain.errors import DomainError, InvalidQueryError
from bqemulator.jobs import executor
from bqemulator.sql import inner_query
from bqemulator.sql.translator import SQLTranslator
from bqemulator.storage.engine import DuckDBEngine
from bqemulator.storage.sql_identifiers import quoted_table_ref
from bqemulator.versioning.snapshots import SnapshotManager
from sqlglot import exp

from matchback.sources.catalog import PARTITIONED


def patch_emulator() -> None:
    """Correct the emulator; call it before a server starts."""
    # Extensions would be downloaded; nothing here needs them.
    DuckDBEngine._load_spatial = _nothing
    DuckDBEngine._load_format_extensions = _nothing
    # An error inside the emulator is answered as 5xx, which clients try again for ten minutes.
    jobs.execute_query_job = _failing_at_once(jobs.execute_query_job)
    # Load jobs know neither partition decorators nor columns by name.
    upload.execute_load_job = _into_partition(upload.execute_load_job)
    executor._LOAD_FORMAT_HANDLERS["PARQUET"] = _load_by_name
    # The rows of a query with a destination go nowhere.
    jobs._check_create_disposition = _nothing
    jobs._execute_query_or_failed_meta = _kept(jobs._execute_query_or_failed_meta)
    # Time travel copies a table after every change.
    SnapshotManager.record_change = _nothing
    # Positions are corrected below, where they are made; the emulator subtracts by column name.
    inner_query.rewrite_unnest_offset = lambda sql: sql
    # Resolving names again after the translation breaks columns named like their source.
    apply_rules = SQLTranslator._apply_rules
    SQLTranslator._apply_rules = lambda self, sql, *, schema=None: apply_rules(
        self, _with_null_for_no_array(_numbered_from_zero(sql)), schema=None
    )


def _into_partition(load: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Let a load job to `table$20261109` replace that day, and refuse rows of other days."""

    async def load_partition(project: str, job: str, config: dict[str, Any], ctx: Any) -> Any:
        settings = config["load"]
        target = settings["destinationTable"]
        name, _, decorator = target["tableId"].partition("$")
        if decorator:
            schema = target["datasetId"].rpartition("_")[2]
            table = PARTITIONED[f"{schema}.{name}"]
            form = "%Y%m" if table.unit == "month" else "%Y%m%d"
            condition = f"strftime({table.moment}, '{form}') = '{decorator}'"
            [path] = settings["sourceUris"]
            outside = ctx.engine.execute(
                f"select count(*) from read_parquet(?) where ({condition}) is distinct from true",
                [path.removeprefix("file://")],
            ).fetchone()[0]
            if outside:
                raise InvalidQueryError(f"{outside} rows lie outside of partition {decorator}")
            if settings["writeDisposition"] == "WRITE_TRUNCATE":
                stored = quoted_table_ref(target["projectId"], target["datasetId"], name)
                ctx.engine.execute(f"delete from {stored} where {condition}")
            target = {**target, "tableId": name}
            settings = {
                **settings, "destinationTable": target, "writeDisposition": "WRITE_APPEND"
            }  # fmt: skip
        return await load(project, job, {**config, "load": settings}, ctx)

    return load_partition


def _kept(execute: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Write the rows of a query into the partition that is its destination."""

    async def execute_into(*, query_config: dict[str, Any], ctx: Any, **named: Any) -> Any:
        job = await execute(query_config=query_config, ctx=ctx, **named)
        target = query_config.get("destinationTable") or {}
        name, _, day = target.get("tableId", "").partition("$")
        if day and not job.error_result:
            schema = target["datasetId"].rpartition("_")[2]
            moment = PARTITIONED[f"{schema}.{name}"].moment
            stored = quoted_table_ref(target["projectId"], target["datasetId"], name)
            ctx.engine.execute(f"delete from {stored} where strftime({moment}, '%Y%m%d') = '{day}'")
            ctx.engine.connection.register("rows_of_query", executor.JOB_RESULTS[named["job_id"]])
            ctx.engine.execute(f"insert into {stored} by name select * from rows_of_query")
            ctx.engine.connection.unregister("rows_of_query")
        return job

    return execute_into


def _load_by_name(path: str, target: str, ctx: Any) -> None:
    ctx.engine.execute(f"insert into {target} by name select * from read_parquet(?)", [path])


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
