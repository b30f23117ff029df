"""Invented persons in every input: after each job their values stand only where raw rows may."""

import base64
import csv
import gzip
import json
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest

from matchback.sources.catalog import RECORDS
from tests.fixtures.slack_double import reply, slack
from tests.runs import matchback, run_window
from tests.worlds import World, build_world

EMAIL = "canary.zwitscher@example.org"
PHONE = "+4915112349876"
NAME = "Zwitscherella"
TOKEN = "EAACANARYTOKEN0123456789abcdefXYZ"
HOOK_PATH = "/services/TCANARY/BCANARY/canarysecret"
CANARIES = [EMAIL, PHONE, PHONE[1:], NAME, TOKEN, HOOK_PATH]
SPELLINGS = sorted(
    {
        spelling
        for canary in CANARIES
        for spelling in (
            canary,
            quote(canary, safe=""),
            base64.b64encode(canary.encode()).decode().rstrip("="),
        )
    }
)
# Raw rows live in landing, rejected ones in quarantine; nothing else may hold plain values.
RAW_SCHEMAS = {"landing", "quarantine"}


def plant(world: World) -> None:
    """Put every canary into GA4, the CAPI log, the CRM, the consent log and broken lines."""
    shard = next((world.path / "data" / "ga4").glob("events_*.parquet"))
    planted = shard.with_name("planted.parquet")
    duckdb.execute(
        f"""
        copy (
            select * replace (
                case when event_name = 'page_view' then list_transform(event_params, lambda param:
                    case when param.key = 'page_location' then struct_pack(
                        key := param.key,
                        value := struct_pack(
                            string_value := 'https://shop.example.com/?email={quote(EMAIL)}'
                                || '&tel={quote(PHONE)}&firstname={NAME}&access_token={TOKEN}',
                            int_value := null, float_value := null, double_value := null
                        )
                    ) else param end
                ) else event_params end as event_params
            )
            from read_parquet('{shard}')
        ) to '{planted}' (format parquet)
        """
    )
    planted.replace(shard)
    log = next((world.path / "data" / "capi").glob("*.gz"))
    lines = gzip.decompress(log.read_bytes()).decode().splitlines()
    body = {
        "event_name": "Purchase",
        "event_time": 1794437760,
        "event_id": "canary-event",
        "action_source": "website",
        "user_data": {"em": EMAIL, "ph": PHONE, "fn": NAME},
        "custom_data": {"note": f"{base64.b64encode(EMAIL.encode()).decode()} {NAME}"},
    }
    request = {
        "timestamp": 1794437760000,
        "type": "Request",
        "trace_id": "canary-trace",
        "tag_name": "Facebook",
        "event_name": "Purchase",
        "request_method": "POST",
        "request_url": f"https://graph.facebook.com/v24.0/1/events?access_token={TOKEN}",
        "request_body": json.dumps({"data": [body], "access_token": TOKEN}),
    }
    broken = f'{{"type": "Request", "email": "{EMAIL}", "name": "{NAME}", "access_token={TOKEN}'
    log.write_bytes(gzip.compress("\n".join([*lines, json.dumps(request), broken]).encode()))
    orders = next((world.path / "data" / "crm").glob("*.csv"))
    with orders.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    header = [name.lower() for name in rows[0]]
    for row in rows[1:6]:
        for column, value in (("email", EMAIL), ("phone", PHONE), ("first name", NAME)):
            row[header.index(column)] = value
    rows.append([EMAIL, NAME])
    with orders.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    consent = next((world.path / "data" / "consent").glob("*.jsonl"))
    with consent.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"timestamp": "no time", "user_id": EMAIL}) + "\n")


def leaks_in_files(folder: Path) -> list[str]:
    """Name every written file, sources and warehouse left out, that holds a canary."""
    written = [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and folder / "data" not in path.parents
        and not path.name.startswith("warehouse.duckdb")
        and path.name != "matchback.yml"
    ]
    assert written
    return sorted(
        f"{path.relative_to(folder)}: {spelling[:4]}..."
        for path in written
        for spelling in SPELLINGS
        if spelling.encode() in path.read_bytes()
    )


def leaks_in_tables(folder: Path) -> list[str]:
    """Name every table outside landing and quarantine in which a canary stands."""
    found = []
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_type = 'BASE TABLE'"
        ).fetchall()
        for schema, table in tables:
            raw = {name for known in RECORDS for name in (known.name, known.stored_on("duckdb"))}
            if schema in RAW_SCHEMAS and f"{schema}.{table}" in raw:
                continue
            holds = " or ".join(f"contains(line, '{spelling}')" for spelling in SPELLINGS)
            [(count,)] = connection.execute(
                f"select count(*) from (select cast(to_json(held) as varchar) as line "
                f"from {schema}.{table} as held) as lines where {holds}"
            ).fetchall()
            if count:
                found.append(f"{schema}.{table}")
    return sorted(found)


def is_landed(folder: Path) -> bool:
    """Say whether the canaries really came in where they may stand."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        [(browser, server, rejected)] = connection.execute(
            f"""
            select
                (select count(*) from landing.ga4_events as held
                where contains(cast(to_json(held) as varchar), '{quote(EMAIL)}')),
                (select count(*) from landing.capi_gtms where contains(request_body, '{EMAIL}')),
                (select count(*) from quarantine.rejected_rows where contains(raw, '{EMAIL}'))
            """
        ).fetchall()
    return browser > 0 and server > 0 and rejected > 0


def contact_leaks_in_landing(folder: Path) -> list[str]:
    """Name CRM columns with contact values and any landing table with the token."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        found = []
        for table in [raw.name for raw in RECORDS]:
            canaries = [TOKEN] if table != "landing.crm_orders" else [TOKEN, EMAIL, PHONE, NAME]
            holds = " or ".join(f"contains(line, '{canary}')" for canary in canaries)
            [(count,)] = connection.execute(
                f"select count(*) from (select cast(to_json(held) as varchar) as line "
                f"from {table} as held) as lines where {holds}"
            ).fetchall()
            if count:
                found.append(table)
        [(raw_crm,)] = connection.execute(
            "select count(*) from quarantine.rejected_rows where source = 'crm' "
            f"and (contains(raw, '{EMAIL}') or contains(raw, '{NAME}'))"
        ).fetchall()
    return found + (["quarantine of the CRM"] if raw_crm else [])


@pytest.fixture
def world(tmp_path: Path) -> World:
    built = build_world(tmp_path / "world", days=2, events_per_day=250)
    plant(built)
    return built


def test_no_canary_leaves_the_raw_rows(world: World) -> None:
    with slack(reply()) as double:
        config = world.config.read_text(encoding="utf-8")
        hook = "/".join(double.url.split("/")[:3]) + HOOK_PATH
        config += f'alerts: {{slack_webhook_url: "{hook}"}}\n'
        world.config.write_text(config, encoding="utf-8")
        outputs = [
            run_window(world.path, world.truth["start"], world.truth["end"], world.as_of, *more)
            for more in ((), ("--json",))
        ]
        outputs.append(matchback(world.path, "explain", "canary-event"))
        outputs.append(matchback(world.path, "alerts", "list"))
        outputs.append(matchback(world.path, str(world.path), module="matchback.reporting.docs"))
        outputs.append(matchback(world.path, "access", "--json", stdin=f"{EMAIL}\n"))
        has_landed = is_landed(world.path)
        outputs.append(matchback(world.path, "erase", "--yes", stdin=f"{EMAIL}\n"))
        sent = [json.dumps(payload) for payload in double.taken]

    assert outputs[0].code == 1, outputs[0].stderr
    assert [one.code for one in outputs[-3:]] == [0, 0, 0], outputs[-1].stderr
    assert sent
    assert has_landed
    for text in [*sent, *(one.stdout + one.stderr for one in outputs)]:
        assert not any(spelling in text for spelling in SPELLINGS)
    assert leaks_in_files(world.path) == []
    assert leaks_in_tables(world.path) == []
    assert contact_leaks_in_landing(world.path) == []


def test_a_file_that_cannot_be_used_says_nothing_about_anybody(world: World) -> None:
    (world.path / "data" / "crm" / "orders_more.csv").write_text(
        f"Name,Email\n1,{EMAIL}\n", encoding="utf-8"
    )

    finished = run_window(world.path, world.truth["start"], world.truth["end"], world.as_of)

    assert finished.code == 1
    assert "orders_more.csv" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert not any(spelling in finished.stderr + finished.stdout for spelling in SPELLINGS)
    assert leaks_in_tables(world.path) == []
