"""Every statement that Python sends gives on BigQuery what it gives on DuckDB.

The flows run twice on the state that a real run left: on DuckDB, and on Google's reference
implementation, which first analyses each statement as BigQuery would.
"""

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import matchback.schedule.watch
from matchback.alerting import alert_settings, incidents, store
from matchback.alerting.incidents import Snooze
from matchback.alerting.outbox import _warnings
from matchback.alerting.plan import plan_alerts, plan_incomplete
from matchback.alerting.states import State
from matchback.build.dbt import has_current_seeds, record_seeds
from matchback.build.dry_run import _known_files
from matchback.build.publish import forget_plain_rows, publish
from matchback.build.run_settings import has_gateway_rows
from matchback.checks import all_checks
from matchback.config import Config, load_config
from matchback.core.clock import Clock
from matchback.core.progress import Progress
from matchback.core.window import Window
from matchback.expectations.suites import Suite, all_suites
from matchback.opening import open_duckdb
from matchback.privacy.access import access
from matchback.privacy.digests import KeyedDigests
from matchback.privacy.erase import erase
from matchback.privacy.person import Owner
from matchback.privacy.retention import retention
from matchback.privacy.scan import scan_new_rows
from matchback.privacy.suppression import suppress_loaded, suppressed_digests
from matchback.quality import verdict
from matchback.quality.schema_contract import (
    accept_differences,
    loaded_dates,
    open_differences,
    record_first_contracts,
)
from matchback.reporting.audit import audit_markdown
from matchback.reporting.passport import find_passport, passport_document
from matchback.reporting.report import report_html
from matchback.reporting.run import ReportedRun
from matchback.runs import bookkeeping
from matchback.runs.bookkeeping import completed_days
from matchback.runs.result import RunResult
from matchback.warehouse.base import Warehouse
from matchback.warehouse.duckdb import DuckDBWarehouse
from tests.bigquery.google_warehouse import GoogleWarehouse
from tests.bigquery.googlesql import GoogleSql, SqlRejectedError
from tests.runs import run_window
from tests.worlds import World, build_world

pytestmark = pytest.mark.slow

LEAKS = ("duplicate_server=1", "value_mismatch=1", "plain_pii=1", "load_bad_lines=1")
SCHEMAS = ("landing", "quarantine", "reference", "work", "marts_next", "marts", "ops")
DRAWN = ("erased|", "anonymised|")
LATER = datetime(2027, 6, 1, 12, tzinfo=UTC)


@dataclass
class Ran:
    """A world after a run: its folder, its config and the two warehouses of the same state."""

    folder: Path
    config: Config
    run_id: str
    window: Window
    clock: Clock
    duck: DuckDBWarehouse
    google: GoogleWarehouse

    def both(self, flow: Callable[[Warehouse], Any]) -> Any:
        """Run a flow on both engines and return what both answered."""
        expected = flow(self.duck)
        assert plain(flow(self.google)) == plain(expected)
        return expected

    def assert_same_tables(self, *, without: tuple[str, ...] = ()) -> None:
        """Hold every table of both engines against each other."""
        for (schema, table), columns in self.google.columns.items():
            names = [column.name for column in columns]
            if table.startswith("INFORMATION_SCHEMA") or not self._is_on_duckdb(schema, table):
                continue
            kept = [at for at, name in enumerate(names) if name not in without]
            listed = ", ".join(f'"{names[at]}"' for at in kept)
            rows = self.duck.rows(f"select {listed} from {schema}.{table}")
            expected = Counter(tuple(map(plain, row.values())) for row in rows)
            found = Counter(
                tuple(plain(row[at]) for at in kept)
                for row in self.google.table(f"{schema}.{table}")
            )
            assert found == expected, f"{schema}.{table}"

    def _is_on_duckdb(self, schema: str, table: str) -> bool:
        return bool(
            self.duck.rows(
                "select 1 from information_schema.tables "
                "where table_schema = ? and table_name = ? and table_type = 'BASE TABLE'",
                [schema, table],
            )
        )


def plain(value: Any) -> Any:
    """Spell a value alike for both engines: an absent list is an empty one."""
    if isinstance(value, Counter):
        return Counter({plain(key): count for key, count in value.items()})
    if isinstance(value, dict):
        return tuple((key, plain(item)) for key, item in sorted(value.items()))
    if isinstance(value, list | tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, float):
        return () if isnan(value) else round(value, 9)
    if isinstance(value, Decimal):
        return value.normalize()
    if isinstance(value, str) and value.startswith(DRAWN):
        return value.partition("|")[0]
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return () if value is None else value


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("python_sql")
    world = build_world(folder / "world", days=2, events_per_day=100, seed=7, leaks=LEAKS)
    finished = run_window(world.path, world.truth["start"], world.truth["end"], world.as_of)
    assert finished.code in (0, 1), finished.stderr
    config = load_config(world.config, {})
    with open_duckdb(config.warehouse_path) as warehouse:
        KeyedDigests.of(warehouse, config)
    return world


@pytest.fixture(scope="module")
def state(world: World) -> GoogleWarehouse:
    return GoogleWarehouse(GoogleSql()).copy_of(world.path / "warehouse.duckdb", SCHEMAS)


@pytest.fixture
def ran(world: World, state: GoogleWarehouse, tmp_path: Path) -> Iterator[Ran]:
    for name in ("matchback.yml", "warehouse.duckdb", "releases.csv"):
        shutil.copy(world.path / name, tmp_path / name)
    config = load_config(tmp_path / "matchback.yml", {})
    with open_duckdb(config.warehouse_path) as duck, state.for_one_test() as google:
        [row] = duck.rows("select max(run_id) as run_id from ops.runs")
        yield Ran(
            folder=tmp_path,
            config=config,
            run_id=row["run_id"],
            window=Window(
                date.fromisoformat(world.truth["start"]), date.fromisoformat(world.truth["end"])
            ),
            clock=Clock(datetime.fromisoformat(world.as_of)),
            duck=duck,
            google=google,
        )


def a_customer(ran: Ran) -> str:
    [row] = ran.duck.rows(
        "select min(customer_id) as customer_id from landing.crm_orders "
        "where customer_id in (select user_id from landing.ga4_events)"
    )
    return row["customer_id"]


def test_access_answers_alike(ran: Ran) -> None:
    customer = a_customer(ran)

    report = ran.both(lambda warehouse: access(warehouse, ran.config, customer).as_json())

    assert report["held"]["landing.crm_orders"]
    assert report["sent"]


def test_a_stranger_is_unknown_on_both(ran: Ran) -> None:
    for warehouse in (ran.duck, ran.google):
        assert access(warehouse, ran.config, "nobody@example.org").held == {}


def test_an_erasure_leaves_the_same_rows(ran: Ran) -> None:
    customer = a_customer(ran)

    before = ran.both(
        lambda warehouse: erase(warehouse, ran.config, customer, ran.clock).rows_before
    )

    assert before["marts.fct_reconciled_events"]
    ran.assert_same_tables(without=("request_id", "proof_hash", "delivery_id"))


def test_who_was_erased_stays_away(ran: Ran) -> None:
    customer = a_customer(ran)
    for warehouse in (ran.duck, ran.google):
        owner = Owner()
        owner.ids.add("customer_id", customer)
        [digest] = suppressed_digests(KeyedDigests.of(warehouse, ran.config), owner)
        warehouse.execute(
            "insert into ops.suppressions (digest, request_id, suppressed_at) values (?, ?, ?)",
            [digest, "asked", ran.clock.now.replace(tzinfo=None)],
        )

    found = ran.both(lambda warehouse: suppress_loaded(warehouse, ran.config, ran.run_id))

    assert found
    ran.assert_same_tables()


def test_retention_touches_the_same_rows(ran: Ran) -> None:
    touched = ran.both(lambda warehouse: retention(warehouse, ran.config, Clock(LATER)))

    assert touched["landing.capi_gtms"]
    assert touched["marts.fct_reconciled_events"]
    ran.assert_same_tables(without=("delivery_id",))


def test_explain_tells_the_same(ran: Ran) -> None:
    rows = ran.duck.rows(
        "select min(order_id) as order_id, min(client_event_id) as client, "
        "min(server_event_id) as server, min(canonical_id) as journey "
        "from marts.fct_reconciled_events"
    )
    for identifier in rows[0].values():
        told = ran.both(
            lambda warehouse, name=identifier: passport_document(find_passport(warehouse, name))
        )
        assert told["events"]


def test_the_report_tells_the_same(ran: Ran) -> None:
    def pages(warehouse: Warehouse) -> tuple[str, str]:
        run = ReportedRun(warehouse, ran.config, ran.run_id)
        # An interval from 0 differs in its 17th place, which its words show.
        report = re.sub("95 % interval [^<]*", "", report_html(run, ran.clock, []))
        return report, audit_markdown(run)

    assert all(ran.both(pages))


def test_publication_writes_the_same_tables(ran: Ran) -> None:
    written = ran.both(lambda warehouse: publish(warehouse, ran.window))
    for warehouse in (ran.duck, ran.google):
        forget_plain_rows(warehouse)

    assert written["fct_reconciled_events"]
    ran.assert_same_tables()


def test_alerts_are_planned_acknowledged_and_snoozed_alike(ran: Ran) -> None:
    settings = replace(alert_settings(ran.config), webhook_url="https://hooks.example.com/T/B/x")
    now = ran.clock.now

    def plan(warehouse: Warehouse) -> Any:
        first = plan_alerts(warehouse, ran.run_id, settings, ran.clock)
        broken = plan_incomplete(warehouse, "a-later-run", "build", settings, ran.clock)
        return vars(first), vars(broken)

    ran.both(plan)
    listed = ran.both(
        lambda warehouse: [
            one.as_json() for one in incidents.list_incidents(warehouse, settings, now)
        ]
    )
    check = listed[0]["check_id"]
    silence = Snooze(now + timedelta(hours=2), "known", "ops")
    ran.both(
        lambda warehouse: [vars(one) for one in incidents.acknowledge(warehouse, check, "ops", now)]
    )
    ran.both(
        lambda warehouse: [vars(one) for one in incidents.snooze(warehouse, check, silence, now)]
    )
    ran.both(lambda warehouse: _warnings(warehouse, ran.run_id))
    ran.both(
        lambda warehouse: [
            notice.notice_id
            for notice in store.pending(warehouse)
            if not store.mark_delivered(warehouse, [notice.notice_id], now, "1.2")
            and not store.mark_failed(warehouse, [notice.notice_id], now, "refused")
        ]
    )
    ran.both(lambda warehouse: len(store.load_incidents(warehouse, (State.OPEN,))))
    ran.assert_same_tables()


def test_a_run_keeps_its_books_alike(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    result = RunResult("a-later-run", ran.window, message="done")
    progress = Progress(is_plain=True)

    def books(warehouse: Warehouse) -> Any:
        for module in (bookkeeping, matchback.schedule.watch):
            for name in ("open_warehouse", "open_existing_warehouse", "has_warehouse"):
                monkeypatch.setattr(
                    module, name, lambda *_, **__: nullcontext(warehouse), raising=False
                )
        bookkeeping.begin(warehouse, result, ran.clock)
        bookkeeping.conclude(warehouse, result, ran.clock, progress)
        record_seeds(warehouse, "a-later-run")
        return {
            "checks": verdict.check_statuses(warehouse, ran.run_id),
            "findings": verdict.finding_counts(warehouse, ran.run_id),
            "grade": verdict.grade(warehouse, ran.run_id),
            "order": verdict.missing_order(warehouse, ran.run_id),
            "gateway": has_gateway_rows(warehouse),
            "seeds": has_current_seeds(warehouse),
            "dates": loaded_dates(warehouse, ran.run_id, full_refresh=False),
            "files": _known_files(warehouse),
            "days": completed_days(ran.config),
            "success": matchback.schedule.watch._read(
                ran.config, ran.clock, matchback.schedule.watch.Memory()
            ).last_success,
        }

    told = ran.both(books)

    assert told["checks"]
    assert told["seeds"] is True
    assert told["success"] is not None
    ran.assert_same_tables(without=("recorded_at", "loaded_at"))


def test_drift_is_listed_and_accepted_alike(ran: Ran) -> None:
    for warehouse in (ran.duck, ran.google):
        warehouse.execute(
            "delete from ops.schema_contract_entries where path = 'currency' or path = 'value'"
        )
    ran.both(lambda warehouse: [vars(one) for one in open_differences(warehouse)])
    ran.both(
        lambda warehouse: [
            vars(one)
            for one in accept_differences(
                warehouse, ran.config, by="ana", why="new app", clock=ran.clock
            )
        ]
    )
    for warehouse in (ran.duck, ran.google):
        warehouse.execute("delete from ops.schema_contracts where true")
        warehouse.execute("delete from ops.schema_contract_entries where true")
    ran.both(
        lambda warehouse: [
            vars(one) for one in record_first_contracts(warehouse, ran.config, "run", ran.clock)
        ]
    )
    ran.assert_same_tables()


def test_the_scan_finds_the_same(ran: Ran) -> None:
    key = ran.duck.rows("select secret from ops.digest_keys where purpose = 'pii_hits'")
    for warehouse in (ran.duck, ran.google):
        warehouse.execute("delete from landing.pii_scans where true")
        warehouse.execute("delete from landing.pii_hits where true")

    hits = ran.both(lambda warehouse: dict(scan_new_rows(warehouse, "again").hits_by_kind))

    assert key
    assert hits
    ran.assert_same_tables()


@pytest.mark.parametrize("suite", all_suites(all_checks()), ids=lambda suite: suite.name)
def test_a_suite_reads_the_same_frame(ran: Ran, suite: Suite) -> None:
    def frame(warehouse: Warehouse) -> Counter:
        rows = suite.frame(warehouse, ran.window).astype(object).itertuples(index=False)
        return Counter(tuple(map(in_frame, row)) for row in rows)

    assert len(ran.both(frame)) == len(suite.promises)


def in_frame(value: Any) -> Any:
    """Spell a cell alike: a frame of DuckDB has midnights for dates, and floats for decimals."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list | np.ndarray):
        return tuple(value)
    if pd.isna(value):
        return None
    is_midnight = isinstance(value, datetime) and value.time() == time.min
    return value.date() if is_midnight else value


def test_a_statement_in_duckdbs_own_words_is_refused(ran: Ran) -> None:
    for foreign in (
        "update ops.runs set ended_at = started_at + to_milliseconds(?) where run_id = ?",
        "update ops.runs set exit_code = cast(? as varchar) where run_id = ?",
    ):
        with pytest.raises(SqlRejectedError):
            ran.google.execute(foreign, [1, ran.run_id])
    with pytest.raises(SqlRejectedError):
        ran.google.rows(
            "select list_filter(contact_hashes, lambda one: true) from landing.crm_orders"
        )
