"""Simulated worlds for tests: written once per call, with their truth and plain views on files."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from matchback.simulator.options import WorldOptions, parse_leak
from matchback.simulator.simulate import simulate_world


@dataclass(frozen=True)
class World:
    """A written world: its folder, its truth and the options it was made with."""

    path: Path
    truth: dict[str, Any]
    options: WorldOptions

    @property
    def config(self) -> Path:
        """Return the path of matchback.yml."""
        return self.path / "matchback.yml"

    @property
    def as_of(self) -> str:
        """Return the time that a run shall pretend it is."""
        return f"{self.truth['today']}T12:00:00Z"


def build_world(folder: Path, *, leaks: tuple[str, ...] = (), **options: Any) -> World:
    """Write a world into a folder; leaks are given as on the command line (`name=rate`)."""
    chosen = replace(WorldOptions(**options), leaks=tuple(parse_leak(text) for text in leaks))
    simulate_world(chosen, folder)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return World(folder, truth, chosen)


def open_files(world: World) -> duckdb.DuckDBPyConnection:
    """Return a connection with tables ga4, attempts, orders and consent on the files themselves."""
    connection = duckdb.connect()
    connection.execute(
        f"""
        create table ga4 as
        with slots as (
            select
                *,
                list_filter(event_params, lambda p: p.key = 'event_id')[1].value.string_value
                    as event_id,
                list_filter(event_params, lambda p: p.key = 'transaction_id')[1].value
                    as order_slots,
                list_filter(event_params, lambda p: p.key = 'value')[1].value as value_slots,
                list_filter(event_params, lambda p: p.key = 'currency')[1].value.string_value
                    as currency
            from read_parquet('{world.path}/data/ga4/events_2*.parquet', union_by_name = true)
        )
        select
            *,
            coalesce(order_slots.string_value, cast(order_slots.int_value as varchar)) as order_id,
            coalesce(value_slots.double_value, value_slots.int_value) as value
        from slots
        """
    )
    connection.execute(
        f"""
        create table orders as
        select *, upper(ltrim(trim(Name), '#')) as order_key
        from read_csv('{world.path}/data/crm/*.csv', all_varchar = true, header = true)
        """
    )
    connection.execute(
        f"""
        create table consent as
        select * from read_json('{world.path}/data/consent/*.jsonl', format = 'newline_delimited')
        """
    )
    if "gtms_bigquery" in world.options.formats:
        connection.execute(_gtms_attempts(world))
    if "gateway_audit" in world.options.formats:
        connection.execute(_gateway_attempts(world))
    return connection


def _gtms_attempts(world: World) -> str:
    return f"""
        create table attempts as
        with lines as (
            select * from read_json(
                '{world.path}/data/capi/gtms_*.gz',
                format = 'newline_delimited', ignore_errors = true,
                columns = {{
                    trace_id: 'varchar', type: 'varchar', request_url: 'varchar',
                    request_body: 'varchar', response_status_code: 'int',
                    response_body: 'varchar', "timestamp": 'bigint'
                }})
        )
        select
            request.request_url,
            request.request_body ->> '$.test_event_code' as test_code,
            response.response_status_code as status,
            response.timestamp as received_ms,
            json_extract(request.request_body, '$.data[0]') as event,
            event ->> '$.event_name' as event_name,
            event ->> '$.event_id' as event_id,
            cast(event ->> '$.event_time' as bigint) as event_time,
            event ->> '$.custom_data.order_id' as order_id,
            cast(event ->> '$.custom_data.value' as double) as value,
            event ->> '$.custom_data.currency' as currency,
            regexp_replace(
                coalesce(event ->> '$.user_data.em[0]', event ->> '$.user_data.em'),
                '[.]AQQCAQMC$', '') as em
        from lines as request
        inner join lines as response using (trace_id)
        where request.type = 'Request' and response.type = 'Response'
        """


def _gateway_attempts(world: World) -> str:
    return f"""
        create table records as
        select unnest(deliveries) as delivery, * exclude (deliveries)
        from read_json(
            '{world.path}/data/capi/gateway_*.gz',
            format = 'newline_delimited', ignore_errors = true,
            columns = {{
                "timestamp": 'timestamp', request_id: 'varchar', event_type: 'varchar',
                event_id: 'varchar', "user": 'json', jurisdiction: 'varchar', gpc: 'boolean',
                consent_state: 'json', deliveries: 'json[]'
            }})
        """
