"""Fifteen real export days: the run completes on them and names the incident they hold."""

import csv
import json
from pathlib import Path

import duckdb
import pytest

from tests.runs import Published, run_window

DAYS = Path(__file__).parents[3] / "shared" / "data" / "ga4_real"
CONFIG = """
property: {{timezone: UTC, default_country: US, currency: USD}}
warehouse: {{engine: duckdb, path: warehouse.duckdb}}
sources:
  ga4: {{kind: files, path: "{days}/events_*.parquet"}}
  capi: [{{format: request_response, path: "data/capi/*.jsonl"}}]
  crm:
    path: "data/crm/orders.csv"
    timezone: UTC
    columns:
      {{order_id: order_id, ordered_at: ordered_at, status: status, value: value,
       currency: currency, email: email}}
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DAYS.exists(), reason="no ../shared/data/ga4_real here"),
]


def purchases() -> list[tuple[str, int, float | None]]:
    """Return each order of the real days once: id, time of its oldest row (µs), value."""
    return duckdb.sql(
        f"""
        with rows as (
            select
                event_timestamp,
                list_filter(event_params, lambda p: p.key = 'transaction_id')[1].value as id,
                list_filter(event_params, lambda p: p.key = 'value')[1].value as worth
            from '{DAYS}/events_*.parquet'
            where event_name = 'purchase'
        )
        select
            coalesce(id.string_value, cast(id.int_value as varchar)) as order_id,
            min(event_timestamp),
            min(coalesce(worth.double_value, worth.int_value))
        from rows
        where coalesce(id.string_value, cast(id.int_value as varchar)) not in ('', '(not set)')
        group by 1
        order by 2
        """
    ).fetchall()


def write_other_sources(folder: Path, orders: list[tuple[str, int, float | None]]) -> None:
    """Write what server and CRM would have logged for the real purchases; persons are invented."""
    (folder / "data" / "capi").mkdir(parents=True)
    (folder / "data" / "crm").mkdir()
    with (
        (folder / "data" / "capi" / "exchange.jsonl").open("w", encoding="utf-8") as log,
        (folder / "data" / "crm" / "orders.csv").open("w", encoding="utf-8", newline="") as crm,
    ):
        table = csv.writer(crm)
        table.writerow(["order_id", "ordered_at", "status", "value", "currency", "email"])
        for position, (order_id, micros, value) in enumerate(orders):
            moment = duckdb.sql(f"select make_timestamp({micros + 1_500_000})").fetchall()[0][0]
            event = {
                "event_name": "Purchase",
                "event_time": micros // 1_000_000 + 1,
                "event_id": f"order-{order_id}",
                "action_source": "website",
                "event_source_url": "https://shop.example.com/thanks",
                "user_data": {
                    "client_user_agent": "Mozilla/5.0",
                    "client_ip_address": "203.0.113.9",
                    "fbp": f"fb.1.{micros // 1000}.{position + 1}",
                },
                "custom_data": {"order_id": order_id, "value": value, "currency": "USD"},
            }
            log.write(
                json.dumps(
                    {
                        "timestamp": f"{moment.isoformat()}Z",
                        "dataset_id": "1234567890",
                        "http_status": 200,
                        "request": {"data": [event]},
                        "response": {"events_received": 1, "fbtrace_id": f"T{position}"},
                        "trace_id": f"trace-{position}",
                    }
                )
                + "\n"
            )
            table.writerow(
                [order_id, moment.isoformat(" "), "paid", value, "USD", f"p{position}@example.com"]
            )
    (folder / "matchback.yml").write_text(CONFIG.format(days=DAYS), encoding="utf-8")


def test_the_run_names_the_slot_change_and_the_completeness_change(tmp_path: Path) -> None:
    orders = purchases()
    write_other_sources(tmp_path, orders)

    finished = run_window(tmp_path, "2020-11-01", "2020-11-16", "2020-11-22T12:00:00Z")

    assert finished.code == 1, finished.stderr
    published = Published(tmp_path)
    drift = {
        (str(day), path, change)
        for day, path, change in published.rows(
            "select min(event_date), path, change from marts.fct_schema_drift "
            "where event_name = 'purchase' group by 2, 3"
        )
    }
    assert ("2020-11-12", "event_params.transaction_id", "slot_flipped") in drift
    assert any(day == "2020-11-11" and "transaction_id" in path for day, path, _ in drift)
    [(revenue,)] = published.rows(
        "select sum(client_value) from marts.fct_reconciled_events "
        "where canonical_event = 'purchase' and in_client and order_id is not null"
    )
    assert float(revenue) == pytest.approx(sum(value or 0 for _, _, value in orders), abs=0.01)
