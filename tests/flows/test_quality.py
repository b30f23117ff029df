"""Each promise of a boundary is broken once and noticed; tracking health never blocks."""

import logging
import shutil

import pytest

from matchback.expectations.judging import Judge, new_context
from matchback.expectations.results import NOT_READ
from matchback.expectations.suites import all_suites
from matchback.expectations.thresholds import read_thresholds
from matchback.quality.audit import preload, validate
from matchback.warehouse.duckdb import DuckDBWarehouse
from tests.fixtures.candidates import DAY, RUN_ID, SOURCES, WINDOW, write_candidates

CANARY = "canary.person@example.org"
EVENTS = "marts_next.fct_reconciled_events"
CHECKS = "marts_next.fct_check_results"
DAILY = "marts_next.agg_event_health_daily"
SEGMENTS = "marts_next.agg_event_health_segments"
VERDICTS = "work.int_reconciled_events"

# suite, what breaks it, the promise whose failure names it
BROKEN = [
    ("loads", "update landing.load_ledger set source = null", "nameless"),
    ("loads", "delete from landing.load_ledger", "nameless"),
    ("loads", "update landing.load_ledger set rows_loaded = 0", "unbalanced"),
    ("loads", "update landing.load_ledger set rows_read = null", "unbalanced"),
    (
        "loads",
        "update landing.load_ledger set rows_loaded = -1, rows_duplicate = 3",
        "negative",
    ),
    ("loads", "update landing.load_ledger set error = 'is cut'", "half_loaded"),
    ("loads", "update landing.load_ledger set digest = null", "undigested"),
    ("ga4", "update landing.ga4_rows set event_name = null", "unnamed"),
    ("ga4", "update landing.ga4_rows set event_timestamp = null", "untimed"),
    ("ga4", "update landing.ga4_rows set export_kind = 'hourly'", "unknown_kind"),
    ("ga4", "insert into landing.ga4_rows select * from landing.ga4_rows", "repeated"),
    ("ga4", "delete from landing.load_ledger where source = 'ga4'", "unledgered"),
    ("logs", "update landing.capi_gtms set type = 'Other'", "malformed"),
    ("logs", "update landing.capi_gtms set logged_at = null", "undated"),
    ("logs", "insert into landing.capi_gtms select * from landing.capi_gtms", "repeated"),
    ("logs", "delete from landing.load_ledger where source = 'capi'", "unledgered"),
    (
        "logs",
        f"insert into landing.capi_request_response by name select '[1]' as request, "
        f"timestamp '{DAY} 10:00:00' as logged_at",
        "malformed",
    ),
    ("crm", "update landing.crm_orders set order_id = ''", "unidentified"),
    ("crm", "update landing.crm_orders set ordered_at = null", "undated"),
    ("crm", "delete from landing.load_ledger where source = 'crm'", "unledgered"),
    (
        "crm",
        f"update landing.crm_orders set contact_hashes = [{{'field': 'em', 'form': 'documented', "
        f"'is_accepted': true, 'sha256': '{CANARY}'}}]",
        "malformed_hash",
    ),
    (
        "crm",
        "update landing.crm_orders set contact_hashes = [{'field': null, 'form': 'documented', "
        "'is_accepted': true, 'sha256': null}]",
        "incomplete_hash",
    ),
    ("consent", "update landing.consent_log set decided_at = null", "undated"),
    ("consent", "delete from landing.load_ledger where source = 'consent'", "unledgered"),
    (
        "conservation",
        f"delete from {VERDICTS} where status = 'missing_server'",
        "client_verdict",
    ),
    ("conservation", f"delete from {VERDICTS}", "client_verdict"),
    ("conservation", f"insert into {VERDICTS} select * from {VERDICTS} limit 1", "client_verdict"),
    ("conservation", f"update {VERDICTS} set server_event_key = null", "server_verdict"),
    ("conservation", f"insert into {VERDICTS} select * from {VERDICTS}", "server_verdict"),
    ("conservation", f"update {VERDICTS} set crm_order_key = null", "order_verdict"),
    ("conservation", f"insert into {VERDICTS} select * from {VERDICTS}", "order_verdict"),
    ("conservation", f"delete from {EVENTS} where status = 'missing_server'", "candidate_verdict"),
    ("conservation", f"delete from {EVENTS}", "candidate_verdict"),
    ("conservation", f"insert into {EVENTS} select * from {EVENTS} limit 1", "candidate_verdict"),
    (
        "conservation",
        f"update {EVENTS} set status = 'fine' where reconciled_event_id = 'e1'",
        "candidate_verdict",
    ),
    ("conservation", f"update {EVENTS} set status = null", "candidate_verdict"),
    ("conservation", f"update {EVENTS} set in_server = false", "candidate_verdict"),
    ("conservation", f"update {DAILY} set client_count = 41", "segment_total"),
    ("conservation", f"delete from {DAILY}", "segment_total"),
    ("conservation", f"insert into {DAILY} select * from {DAILY}", "segment_total"),
    ("conservation", f"delete from {SEGMENTS} where device_category = 'mobile'", "segment_total"),
    ("conservation", f"delete from {SEGMENTS}", "segment_total"),
]


@pytest.fixture(scope="module")
def sound_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "warehouse.duckdb"
    write_candidates(path)
    return path


@pytest.fixture
def warehouse(sound_file, tmp_path):
    path = tmp_path / "warehouse.duckdb"
    shutil.copy(sound_file, path)
    with DuckDBWarehouse(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def check():
    """Return a function that judges one suite over a warehouse as it stands."""
    preload().join()
    suites = {suite.name: suite for suite in all_suites(read_thresholds())}
    judge = Judge(new_context(), RUN_ID)
    return lambda name, warehouse: judge.check(suites[name], warehouse, WINDOW)


def written_text(folder):
    return "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())


def test_sound_candidates_keep_every_promise(warehouse, tmp_path):
    report = validate(warehouse, RUN_ID, WINDOW, tmp_path, SOURCES)

    assert report.integrity_failures == []
    assert all(suite.passed for suite in report.suites)
    assert report.skipped == {}
    assert report.evaluated > 80


@pytest.mark.parametrize(
    ("name", "statement", "promise"),
    BROKEN,
    ids=[f"{name}: {promise} {number}" for number, (name, _, promise) in enumerate(BROKEN)],
)
def test_a_broken_promise_is_named_and_critical(warehouse, check, name, statement, promise):
    warehouse.execute(statement)

    assert promise in [failure.promise for failure in check(name, warehouse).broken]


def test_every_critical_promise_of_a_boundary_is_broken_once():
    promised = {
        (suite.name, promise.name)
        for suite in all_suites(read_thresholds())
        for promise in suite.promises
        if promise.severity == "critical"
    }

    assert {(name, promise) for name, _, promise in BROKEN} == promised


@pytest.mark.parametrize(
    ("name", "statement", "promise"),
    [
        ("ga4", "update landing.ga4_rows set event_date = '20261113'", "other_date"),
        ("ga4", "update landing.ga4_rows set event_timestamp = 1794650400", "misscaled"),
        ("logs", "update landing.capi_gtms set request_body = 'oops'", "unparsable"),
        ("crm", "update landing.crm_orders set currency = null", "value_without_currency"),
        ("consent", "update landing.consent_log set action = 'asked'", "unknown_action"),
        ("consent", "update landing.consent_log set user_id = null", "anonymous"),
        (
            "loads",
            "update landing.load_ledger set error = 'is cut', rows_read = 0, rows_loaded = 0, "
            "rows_quarantined = 0, rows_duplicate = 0 where source = 'crm'",
            "refused",
        ),
    ],
)
def test_a_fault_of_the_source_warns_without_blocking(warehouse, check, name, statement, promise):
    warehouse.execute(statement)

    result = check(name, warehouse)

    assert [failure.promise for failure in result.failed] == [promise]
    assert result.broken == ()


def test_a_quiet_window_is_skipped_by_name(warehouse, check):
    warehouse.execute("delete from landing.consent_log")

    result = check("consent", warehouse)

    assert result.skipped == "the window has no rows of it"
    assert result.failed == ()
    assert not result.passed


def test_a_table_that_is_not_there_is_a_failure_not_a_traceback(warehouse, check):
    warehouse.execute(f"drop table {SEGMENTS}")

    result = check("conservation", warehouse)

    assert [(one.promise, one.reason) for one in result.broken] == [(NOT_READ, "CatalogException")]


def test_a_source_that_is_not_configured_is_skipped_by_name(warehouse, tmp_path):
    report = validate(warehouse, RUN_ID, WINDOW, tmp_path, {"ga4", "crm"})

    assert report.skipped["logs"] == "capi not configured"
    assert report.skipped["consent"] == "consent not configured"
    assert report.integrity_failures == []
    assert "skipped: capi not configured" in report.docs_path.read_text(encoding="utf-8")


def test_failing_tracking_health_is_told_and_blocks_nothing(warehouse, check):
    warehouse.execute(f"update {CHECKS} set status = 'fail' where check_id = 'consent_violation'")
    warehouse.execute(f"update {CHECKS} set status = 'warn' where check_id = 'dedup_rate'")

    result = check("health", warehouse)

    assert {one.promise for one in result.failed} == {"consent_violation", "dedup_rate"}
    assert result.broken == ()


def test_a_check_that_was_not_judged_has_neither_passed_nor_failed(warehouse, check):
    warehouse.execute(
        f"update {CHECKS} set status = 'insufficient_data' where check_id = 'hit_ratio'"
    )

    result = check("health", warehouse)

    assert result.unjudged == ("hit_ratio",)
    assert result.failed == ()


def test_no_value_of_a_row_reaches_a_page_a_log_or_the_report(warehouse, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    for statement in (
        f"update {EVENTS} set status = '{CANARY}', dataset_id = '{CANARY}'",
        f"update {VERDICTS} set client_event_key = '{CANARY}', crm_order_key = '{CANARY}'",
        f"update {CHECKS} set check_id = '{CANARY}', status = '{CANARY}', dimension = '{CANARY}'",
        f"update landing.ga4_rows set export_kind = '{CANARY}', event_name = '{CANARY}'",
        f"update landing.load_ledger set source = '{CANARY}', error = '{CANARY}'",
        f"update landing.consent_log set action = '{CANARY}'",
    ):
        warehouse.execute(statement)
    # A value that the engine quotes in its error: text where a number is expected.
    warehouse.execute("alter table landing.crm_orders rename to crm_orders_as_landed")
    warehouse.execute(
        "create view landing.crm_orders as select "
        f"cast('{CANARY}' as bigint) as order_id, * exclude (order_id) "
        "from landing.crm_orders_as_landed"
    )

    report = validate(warehouse, RUN_ID, WINDOW, tmp_path / "folder", SOURCES)

    shown = capfd.readouterr()
    assert len(report.integrity_failures) > 5
    text = written_text(tmp_path / "folder") + repr(report) + caplog.text + shown.out + shown.err
    assert RUN_ID in text
    assert CANARY.split("@")[0] not in text


def test_data_docs_list_the_promises_as_sentences_and_need_no_network(warehouse, tmp_path):
    report = validate(warehouse, RUN_ID, WINDOW, tmp_path, SOURCES)

    folder = report.docs_path.parent
    text = written_text(folder)
    assert report.docs_path == tmp_path / "reports" / "data_docs" / "index.html"
    for suite in all_suites(read_thresholds()):
        [page] = folder.glob(f"validations/{suite.name}/{RUN_ID}/*/*.html")
        listed = page.read_text(encoding="utf-8")
        assert all(promise.sentence in listed for promise in suite.promises)
        assert page.relative_to(folder).as_posix() in report.docs_path.read_text(encoding="utf-8")
        assert (page.parent / "../../../../index.html").resolve() == report.docs_path.resolve()
    assert not [
        token for token in ("http:", "https:", "//cdn", "<script", "@import") if token in text
    ]


def test_pages_of_an_earlier_run_do_not_linger(warehouse, tmp_path):
    stale = tmp_path / "reports" / "data_docs" / "validations" / "stale.html"
    stale.parent.mkdir(parents=True)
    stale.write_text("old")

    validate(warehouse, RUN_ID, WINDOW, tmp_path, SOURCES)

    assert not stale.exists()


def test_pages_that_cannot_be_written_cost_no_verdict(warehouse, tmp_path):
    (tmp_path / "reports").write_text("a file where the folder should be")

    report = validate(warehouse, RUN_ID, WINDOW, tmp_path, SOURCES)

    assert report.docs_path is None
    assert report.integrity_failures == []
