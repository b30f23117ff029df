"""Each promise of the integrity audit is broken once and noticed; tracking health never blocks."""

import logging
import shutil
from dataclasses import replace

import pytest

from matchback.expectations.results import NOT_EVALUATED, NOT_READ, NOTHING_CHECKED
from matchback.expectations.suites import all_suites
from matchback.expectations.thresholds import read_thresholds
from matchback.expectations.validation import Validator
from matchback.quality.audit import preload, validate
from matchback.warehouse.duckdb import DuckDBWarehouse
from tests.fixtures.candidates import DAY, RUN_ID, SOURCES, WINDOW, write_candidates

CANARY = "canary.person@example.org"
EVENTS = "marts_next.fct_reconciled_events"
CHECKS = "marts_next.fct_check_results"

# suite, what breaks it, the column (or promise) whose failure names it
BROKEN = [
    ("sources.load_ledger", "update landing.load_ledger set rows_loaded = 0", "unbalanced_count"),
    ("sources.load_ledger", "update landing.load_ledger set rows_read = null", "unbalanced_count"),
    (
        "sources.load_ledger",
        "update landing.load_ledger set rows_loaded = -1, rows_duplicate = 3",
        "negative_count",
    ),
    ("sources.load_ledger", "update landing.load_ledger set error = 'is cut'", "half_loaded_count"),
    ("sources.load_ledger", "update landing.load_ledger set digest = null", "undigested_count"),
    ("sources.ga4_events", "update landing.ga4_rows set event_name = null", "unnamed_count"),
    ("sources.ga4_events", "update landing.ga4_rows set event_timestamp = null", "untimed_count"),
    ("sources.ga4_events", "update landing.ga4_rows set export_kind = 'hourly'", "export_kind"),
    (
        "sources.ga4_events",
        "insert into landing.ga4_rows select * from landing.ga4_rows",
        "repeated_count",
    ),
    (
        "sources.ga4_events",
        "delete from landing.load_ledger where source = 'ga4'",
        "unledgered_count",
    ),
    ("sources.capi_deliveries", "update landing.capi_gtms set type = 'Other'", "malformed_count"),
    ("sources.capi_deliveries", "update landing.capi_gtms set logged_at = null", "undated_count"),
    (
        "sources.capi_deliveries",
        f"insert into landing.capi_request_response by name select '[1]' as request, "
        f"timestamp '{DAY} 10:00:00' as logged_at",
        "malformed_count",
    ),
    ("sources.crm_orders", "update landing.crm_orders set order_id = ''", "unidentified_count"),
    (
        "sources.crm_orders",
        f"update landing.crm_orders set contact_hashes = [{{'field': 'em', 'form': 'documented', "
        f"'is_accepted': true, 'sha256': '{CANARY}'}}]",
        "malformed_hash_count",
    ),
    ("sources.consent_log", "update landing.consent_log set decided_at = null", "undated_count"),
    (
        "marts.published_columns",
        "alter table marts_next.fct_findings drop column evidence",
        "table_column",
    ),
    (
        "marts.event_conservation",
        f"delete from {EVENTS} where status = 'missing_server'",
        "client_event_count, reconciled_client_count",
    ),
    (
        "marts.event_conservation",
        f"delete from {EVENTS}",
        "client_event_count, reconciled_client_count",
    ),
    (
        "marts.event_conservation",
        f"insert into {EVENTS} select * from {EVENTS} limit 1",
        "verdict_count, candidate_count",
    ),
    (
        "marts.fct_reconciled_events",
        f"insert into {EVENTS} select * from {EVENTS} limit 1",
        "repeated_key_count",
    ),
    ("marts.fct_reconciled_events", f"update {EVENTS} set status = 'fine'", "status"),
    (
        "marts.fct_reconciled_events",
        f"update {EVENTS} set status = null where reconciled_event_id = 'e1'",
        "share_pct",
    ),
    ("marts.fct_reconciled_events", f"update {EVENTS} set match_method = 'luck'", "match_method"),
    ("marts.fct_reconciled_events", f"update {EVENTS} set server_outcome = 'ok'", "server_outcome"),
    (
        "marts.fct_reconciled_events",
        f"update {EVENTS} set crm_match_method = 'guess', in_crm = true",
        "crm_match_method",
    ),
    ("marts.fct_reconciled_events", f"update {EVENTS} set dataset_id = null", "keyless_count"),
    (
        "marts.fct_reconciled_events",
        f"update {EVENTS} set in_client = false, match_method = null",
        "unseen_count",
    ),
    (
        "marts.fct_reconciled_events",
        f"update {EVENTS} set in_server = false",
        "one_sided_match_count",
    ),
    (
        "marts.fct_reconciled_events",
        f"update {EVENTS} set is_final = false where reconciled_event_id = 'e1'",
        "misdated_finality_count",
    ),
    (
        "marts.fct_deliveries",
        "insert into marts_next.fct_deliveries select * from marts_next.fct_deliveries",
        "repeated_key_count",
    ),
    ("marts.fct_deliveries", "update marts_next.fct_deliveries set outcome = 'sent'", "outcome"),
    (
        "marts.fct_deliveries",
        "update marts_next.fct_deliveries set policy_decision = 'maybe'",
        "policy_decision",
    ),
    (
        "marts.fct_deliveries",
        "update marts_next.fct_deliveries set is_violation = true",
        "unexplained_violation_count",
    ),
    (
        "marts.fct_deliveries",
        "update marts_next.fct_deliveries set is_violation = true, outcome = 'blocked', "
        "violation_reasons = ['gpc']",
        "blocked_violation_count",
    ),
    (
        "marts.agg_event_health_daily",
        "update marts_next.agg_event_health_daily set client_count = 41",
        "client_count, reconciled_client_count",
    ),
    (
        "marts.agg_event_health_daily",
        "delete from marts_next.agg_event_health_daily",
        "client_count, reconciled_client_count",
    ),
    (
        "marts.agg_event_health_daily",
        "update marts_next.agg_event_health_daily set dedup_rate = 1.5",
        "dedup_rate",
    ),
    (
        "marts.agg_event_health_daily",
        "update marts_next.agg_event_health_daily set is_final = false",
        "is_final, reconciled_is_final",
    ),
    (
        "marts.agg_event_health_daily",
        "update marts_next.agg_event_health_daily set currency = null",
        "value_without_currency_count",
    ),
    (
        "marts.agg_event_health_daily",
        "insert into marts_next.agg_event_health_daily "
        "select * from marts_next.agg_event_health_daily",
        "event_date, canonical_event, destination, dataset_id",
    ),
    (
        "marts.agg_event_health_segments",
        "delete from marts_next.agg_event_health_segments where device_category = 'mobile'",
        "client_count, segment_client_count",
    ),
    (
        "marts.agg_event_health_segments",
        "update marts_next.agg_event_health_segments set dedup_rate = -0.1",
        "rate_beyond_bounds_count",
    ),
    (
        "marts.agg_dedup_forecast",
        "update marts_next.agg_dedup_forecast set expected_count = 41",
        "expected_count, derived_expected_count",
    ),
    (
        "marts.agg_dedup_forecast",
        "update marts_next.agg_dedup_forecast set currency = null",
        "currency",
    ),
    (
        "marts.fct_findings",
        "insert into marts_next.fct_findings select * from marts_next.fct_findings",
        "repeated_key_count",
    ),
    ("marts.fct_findings", "update marts_next.fct_findings set check_id = 'mine'", "check_id"),
    ("marts.fct_findings", "update marts_next.fct_findings set severity = 'bad'", "severity"),
    ("marts.fct_findings", "update marts_next.fct_findings set defect = null", "keyless_count"),
    ("marts.fct_check_results", f"delete from {CHECKS} where check_id = 'plain_pii'", "check_id"),
    ("marts.fct_check_results", f"update {CHECKS} set status = 'green'", "status"),
    (
        "marts.fct_check_results",
        f"insert into {CHECKS} select * from {CHECKS} limit 1",
        "run_id, check_id, event_day, dimension",
    ),
    (
        "marts.fct_check_results",
        f"update {CHECKS} set value = 1.01 where check_id = 'dedup_rate'",
        "share",
    ),
    (
        "marts.fct_check_results",
        f"update {CHECKS} set denominator = 19 where check_id = 'dedup_rate'",
        "premature_count",
    ),
    (
        "marts.fct_check_results",
        f"update {CHECKS} set interval_low = 2 where check_id = 'dedup_rate'",
        "interval_high, interval_low",
    ),
    ("marts.fct_check_results", f"update {CHECKS} set value = null", "unmeasured_count"),
    ("marts.agg_health_score", "update marts_next.agg_health_score set score = 101", "score"),
    (
        "marts.agg_health_score",
        "delete from marts_next.agg_health_score where surface = 'overall'",
        "surface",
    ),
    ("marts.agg_health_score", "update marts_next.agg_health_score set grade = 'E'", "grade"),
    (
        "marts.dim_identities",
        f"update marts_next.dim_identities set identifier = '{CANARY}'",
        "plain_count",
    ),
    (
        "marts.dim_identities",
        "insert into marts_next.dim_identities select * from marts_next.dim_identities",
        "repeated_key_count",
    ),
    (
        "marts.fct_schema_drift",
        "insert into marts_next.fct_schema_drift select * from marts_next.fct_schema_drift",
        "repeated_key_count",
    ),
    (
        "marts.agg_consent_matrix",
        "update marts_next.agg_consent_matrix set sent_count = 2",
        "delivery_count, decided_count",
    ),
    (
        "marts.agg_hash_forensics",
        "update marts_next.agg_hash_forensics set recoverable_count = 31",
        "event_count, recoverable_count",
    ),
    (
        "marts.agg_match_key_coverage",
        "update marts_next.agg_match_key_coverage set coverage = 1.2",
        "coverage",
    ),
    (
        "marts.agg_withdrawal_latency",
        "update marts_next.agg_withdrawal_latency set latency_p95_s = 4",
        "latency_p95_s, latency_p50_s",
    ),
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
def suites():
    preload().join()
    return {suite.path: suite for suite in all_suites()}


def check(suite, warehouse):
    """Return the result of one suite over the warehouse as it stands."""
    result, _ = Validator(RUN_ID).check(suite, warehouse, WINDOW, read_thresholds())
    return result


def written_text(folder):
    return "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())


def test_sound_candidates_keep_every_promise(warehouse, tmp_path):
    report = validate(warehouse, RUN_ID, WINDOW, tmp_path, SOURCES)

    integrity = [suite for suite in report.suites if suite.kind == "integrity"]
    assert report.integrity_failures == []
    assert all(suite.passed for suite in integrity)
    assert report.skipped == {}
    assert report.evaluated > 150


@pytest.mark.parametrize(
    ("path", "statement", "column"), BROKEN, ids=[f"{path}: {column}" for path, _, column in BROKEN]
)
def test_a_broken_promise_is_named_and_critical(warehouse, suites, path, statement, column):
    warehouse.execute(statement)

    result = check(suites[path], warehouse)

    assert column in [failure.column for failure in result.broken]


@pytest.mark.parametrize(
    ("path", "statement", "column"),
    [
        (
            "sources.ga4_events",
            "update landing.ga4_rows set event_date = '20261113'",
            "other_date_count",
        ),
        (
            "sources.ga4_events",
            "update landing.ga4_rows set event_timestamp = 1794650400",
            "first_event_timestamp",
        ),
        (
            "sources.capi_deliveries",
            "update landing.capi_gtms set request_body = 'oops'",
            "unparsable_count",
        ),
        (
            "sources.load_ledger",
            "update landing.load_ledger set error = 'is cut', rows_read = 0, rows_loaded = 0, "
            "rows_quarantined = 0, rows_duplicate = 0 where source = 'crm'",
            "refused_count",
        ),
        (
            "marts.fct_reconciled_events",
            f"update {EVENTS} set client_currency = null",
            "value_without_currency_count",
        ),
    ],
)
def test_a_fault_of_the_source_warns_without_blocking(warehouse, suites, path, statement, column):
    warehouse.execute(statement)

    result = check(suites[path], warehouse)

    assert [failure.column for failure in result.failed] == [column]
    assert result.broken == ()


def test_an_empty_frame_fails_where_rows_are_required(warehouse, suites):
    warehouse.execute(f"delete from {CHECKS}")

    result = check(suites["marts.fct_check_results"], warehouse)

    assert [failure.expectation for failure in result.broken] == [NOTHING_CHECKED]
    assert not result.passed


def test_an_empty_frame_of_a_quiet_window_is_skipped_by_name(warehouse, suites):
    warehouse.execute("delete from marts_next.fct_findings")

    result = check(suites["marts.fct_findings"], warehouse)

    assert result.skipped == "the window has no rows of it"
    assert result.failed == ()
    assert not result.passed


def test_a_suite_without_expectations_checked_nothing(warehouse, suites):
    class Empty:
        RELATION, QUERY, NEEDS, NEEDS_ROWS = "x", "select 1 as one", frozenset(), True

        @staticmethod
        def build_suite(thresholds):
            import great_expectations as gx

            return gx.ExpectationSuite(name="empty", expectations=[])

    result = check(replace(suites["marts.fct_findings"], module=Empty), warehouse)

    assert [failure.expectation for failure in result.broken] == [NOTHING_CHECKED]


def test_an_error_of_the_engine_is_no_verdict_on_the_data(warehouse, suites):
    class Misspelt:
        RELATION, QUERY, NEEDS, NEEDS_ROWS = "x", "select 1 as one", frozenset(), True

        @staticmethod
        def build_suite(thresholds):
            import great_expectations as gx

            from matchback.expectations import rules

            return gx.ExpectationSuite(
                name="misspelt", expectations=[rules.has_rows(), rules.not_null("absent")]
            )

    result = check(replace(suites["marts.fct_findings"], module=Misspelt), warehouse)

    assert [(one.expectation, one.reason) for one in result.broken] == [
        ("expect_column_values_to_not_be_null", NOT_EVALUATED),
        (NOTHING_CHECKED, ""),
    ]


def test_a_candidate_table_that_is_not_there_is_a_failure_not_a_traceback(warehouse, suites):
    warehouse.execute("drop table marts_next.agg_dedup_forecast")

    result = check(suites["marts.agg_dedup_forecast"], warehouse)

    assert [(one.expectation, one.reason) for one in result.broken] == [
        (NOT_READ, "CatalogException")
    ]


def test_a_missing_column_is_named(warehouse, suites):
    warehouse.execute("alter table marts_next.fct_findings drop column evidence")

    result = check(suites["marts.published_columns"], warehouse)

    assert "fct_findings.evidence" in str(result.broken[0])


def test_an_expectation_that_met_no_value_is_neither_passed_nor_failed(warehouse, suites):
    result = check(suites["marts.fct_reconciled_events"], warehouse)

    assert result.unjudged == ("crm_match_method",)
    assert result.passed


def test_a_source_that_is_not_configured_is_skipped_by_name(warehouse, tmp_path):
    report = validate(warehouse, RUN_ID, WINDOW, tmp_path, {"ga4", "crm"})

    assert report.skipped["sources.capi_deliveries"] == "capi not configured"
    assert report.skipped["sources.consent_log"] == "consent not configured"
    assert report.integrity_failures == []
    assert "capi not configured" in report.docs_path.read_text(encoding="utf-8")


def test_failing_tracking_health_is_reported_and_blocks_nothing(warehouse, tmp_path):
    warehouse.execute(
        f"update {CHECKS} set value = 3, numerator = 3, status = 'fail' "
        "where check_id = 'consent_violation'"
    )
    warehouse.execute(
        f"update {CHECKS} set value = 0.8, status = 'warn' where check_id = 'dedup_rate'"
    )

    report = validate(warehouse, RUN_ID, WINDOW, tmp_path, SOURCES)

    assert report.integrity_failures == []
    [health] = [suite for suite in report.suites if suite.name == "health.fct_check_results"]
    assert {(one.column, one.severity) for one in health.failed} == {
        ("consent_violation", "critical"),
        ("dedup_rate", "warning"),
    }


def test_a_rate_below_min_n_is_judged_by_nobody(warehouse, suites):
    warehouse.execute(
        "update marts_next.agg_event_health_daily "
        "set consented_client_count = 19, hit_ratio = 0.1, pair_count = 20, dedup_rate = 0.1"
    )

    result = check(suites["health.agg_event_health_daily"], warehouse)

    assert "hit_ratio" in result.unjudged
    assert {failure.column for failure in result.failed} == {"dedup_rate"}


def test_a_provisional_ghost_rate_only_warns(warehouse, suites):
    warehouse.execute(
        f"update {CHECKS} set value = 0.5, status = 'warn', is_final = false "
        "where check_id = 'ghost_conversion'"
    )

    result = check(suites["health.fct_check_results"], warehouse)

    assert [(one.column, one.severity) for one in result.failed] == [
        ("ghost_conversion", "warning")
    ]


def test_no_value_of_a_row_reaches_a_page_a_log_or_the_report(warehouse, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    for statement in (
        f"update {EVENTS} set status = '{CANARY}', match_method = '{CANARY}', "
        f"reconciled_event_id = '{CANARY}', client_currency = '{CANARY}'",
        f"update {CHECKS} set check_id = '{CANARY}', status = '{CANARY}', dimension = '{CANARY}'",
        f"update marts_next.fct_deliveries set outcome = '{CANARY}', destination = '{CANARY}'",
        f"update marts_next.fct_findings set check_id = '{CANARY}', entity_id = '{CANARY}'",
        f"update marts_next.dim_identities set identifier_type = '{CANARY}', "
        f"identifier = '{CANARY}'",
        f"update marts_next.agg_health_score set grade = '{CANARY}', surface = '{CANARY}'",
        f"update marts_next.agg_consent_matrix set destination = '{CANARY}'",
        f"update landing.ga4_rows set export_kind = '{CANARY}', event_name = '{CANARY}'",
        f"update landing.load_ledger set source = '{CANARY}', error = '{CANARY}'",
        f"update landing.consent_log set action = '{CANARY}'",
    ):
        warehouse.execute(statement)
    # A value that the engine quotes in its error: text where a number is expected.
    warehouse.execute("drop table marts_next.agg_hash_forensics")
    warehouse.execute(
        "create view marts_next.agg_hash_forensics as "
        f"select cast('{CANARY}' as bigint) as event_count"
    )

    report = validate(warehouse, RUN_ID, WINDOW, tmp_path / "folder", SOURCES)

    shown = capfd.readouterr()
    assert len(report.integrity_failures) > 8
    text = written_text(tmp_path / "folder") + repr(report) + caplog.text + shown.out + shown.err
    assert RUN_ID in text
    assert CANARY.split("@")[0] not in text


def test_pages_need_no_network_and_no_script(warehouse, tmp_path):
    report = validate(warehouse, RUN_ID, WINDOW, tmp_path, SOURCES)

    pages = {path.name for path in report.docs_path.parent.iterdir()}
    text = written_text(report.docs_path.parent)
    assert report.docs_path == tmp_path / "reports" / "data_docs" / "index.html"
    assert {"index.html", "marts.fct_reconciled_events.html", "sources.load_ledger.html"} <= pages
    assert "Must have greater than or equal to" in text
    assert not [
        token for token in ("http:", "https:", "//cdn", "<script", "@import") if token in text
    ]


def test_pages_of_an_earlier_run_do_not_linger(warehouse, tmp_path):
    stale = tmp_path / "reports" / "data_docs" / "marts.stale.html"
    stale.parent.mkdir(parents=True)
    stale.write_text("old")

    validate(warehouse, RUN_ID, WINDOW, tmp_path, SOURCES)

    assert not stale.exists()


def test_pages_that_cannot_be_written_cost_no_verdict(warehouse, tmp_path):
    (tmp_path / "reports").write_text("a file where the folder should be")

    report = validate(warehouse, RUN_ID, WINDOW, tmp_path, SOURCES)

    assert report.docs_path is None
    assert report.integrity_failures == []
