"""Each promise inside a published table is broken once, and its dbt test finds the row."""

import shutil
from pathlib import Path

import pytest

from matchback.config import load_config
from matchback.opening import open_duckdb
from matchback.warehouse.duckdb import DuckDBWarehouse
from tests.fixtures.candidates import write_candidates
from tests.runs import dbt_results

MARTS = "marts_next"


def updated(table: str, change: str) -> tuple[str, str]:
    """Return the contract of a table and a statement that breaks it."""
    return f"{table}_keeps_its_contract", f"update {MARTS}.{table} set {change}"


def doubled(table: str) -> tuple[str, str]:
    return (
        f"{table}_keeps_its_contract",
        f"insert into {MARTS}.{table} select * from {MARTS}.{table} limit 1",
    )


TABLES = (
    "agg_consent_matrix",
    "agg_dedup_forecast",
    "agg_event_health_daily",
    "agg_event_health_segments",
    "agg_hash_forensics",
    "agg_health_score",
    "agg_match_key_coverage",
    "agg_withdrawal_latency",
    "dim_identities",
    "fct_check_results",
    "fct_deliveries",
    "fct_findings",
    "fct_reconciled_events",
    "fct_schema_drift",
)
BROKEN = [
    *map(doubled, TABLES),
    updated("agg_consent_matrix", "sent_count = 2"),
    updated("agg_consent_matrix", "delivery_count = null"),
    updated("agg_consent_matrix", "leaked_count = 2"),
    updated("agg_consent_matrix", "over_blocked_count = 1"),
    updated("agg_dedup_forecast", "expected_count = 41"),
    updated("agg_dedup_forecast", "overcount = 1"),
    updated("agg_dedup_forecast", "currency = null"),
    updated("agg_dedup_forecast", "server_count = -1, expected_count = 9, overcount = -31"),
    updated("agg_event_health_daily", "hit_ratio = -0.1"),
    updated("agg_event_health_daily", "dedup_rate = 1.5"),
    updated("agg_event_health_daily", "crm_coverage_server = -0.1"),
    updated("agg_event_health_daily", "currency = null"),
    updated("agg_event_health_daily", "is_final = false, ghost_count = 0"),
    updated("agg_event_health_segments", "dedup_rate = -0.1"),
    updated("agg_hash_forensics", "recoverable_count = 31"),
    updated("agg_health_score", "score = 101"),
    updated("agg_health_score", "grade = 'E'"),
    updated("agg_health_score", "grade = null"),
    updated("agg_health_score", "coverage = 1.1"),
    updated("agg_match_key_coverage", "coverage = 1.2"),
    updated("agg_match_key_coverage", "event_with_key_count = 31"),
    updated("agg_withdrawal_latency", "latency_p50_s = -1"),
    updated("agg_withdrawal_latency", "latency_p95_s = 4"),
    updated("agg_withdrawal_latency", "latency_max_s = 5"),
    updated("dim_identities", "identifier = 'a@b.example'"),
    updated("dim_identities", "identifier = 'abc'"),
    updated("dim_identities", "identifier = ''"),
    updated("dim_identities", "identifier_type = 'name'"),
    updated("dim_identities", "journey_count = null"),
    updated("fct_check_results", "status = 'green'"),
    updated("fct_check_results", "value = 1.01 where check_id = 'dedup_rate'"),
    updated("fct_check_results", "value = null"),
    updated("fct_check_results", "denominator = 19 where check_id = 'dedup_rate'"),
    updated("fct_check_results", "interval_low = 2 where check_id = 'dedup_rate'"),
    updated("fct_check_results", "is_final = null"),
    updated("fct_deliveries", "outcome = 'sent'"),
    updated("fct_deliveries", "outcome = null"),
    updated("fct_deliveries", "policy_decision = 'maybe'"),
    updated("fct_deliveries", "required_tier = 'all'"),
    updated("fct_deliveries", "effective_consent = 'perhaps'"),
    updated("fct_deliveries", "event_date = null"),
    updated("fct_deliveries", "is_violation = true, outcome = 'blocked'"),
    updated("fct_findings", "severity = 'bad'"),
    updated("fct_findings", "defect = null"),
    updated("fct_findings", "occurrences = 0"),
    updated("fct_findings", "first_seen_at = null"),
    updated("fct_reconciled_events", "status = 'fine'"),
    updated("fct_reconciled_events", "status = null where reconciled_event_id = 'e1'"),
    updated("fct_reconciled_events", "match_method = 'luck'"),
    updated("fct_reconciled_events", "crm_match_method = 'guess', in_crm = true"),
    updated("fct_reconciled_events", "crm_match_method = 'order_id', in_crm = false"),
    updated("fct_reconciled_events", "server_outcome = 'ok'"),
    updated("fct_reconciled_events", "dataset_id = null"),
    updated("fct_reconciled_events", "in_client = false, match_method = null"),
    updated("fct_reconciled_events", "in_server = false"),
    updated("fct_schema_drift", "change = null"),
    updated("fct_schema_drift", "is_breaking = null"),
    (
        "fct_findings_is_of_known_checks",
        f"update {MARTS}.fct_findings set check_id = 'mine'",
    ),
    (
        "fct_check_results_is_of_known_checks",
        f"update {MARTS}.fct_check_results set check_id = 'mine'",
    ),
    (
        "assert_every_check_has_a_result",
        f"delete from {MARTS}.fct_check_results where check_id = 'plain_pii'",
    ),
    (
        "assert_every_surface_has_a_score",
        f"delete from {MARTS}.agg_health_score where surface = 'overall'",
    ),
    (
        "assert_every_violation_has_its_reasons",
        f"update {MARTS}.fct_deliveries set is_violation = true",
    ),
    (
        "assert_every_violation_has_its_reasons",
        f"update {MARTS}.fct_deliveries set violation_reasons = ['gpc']",
    ),
    (
        "assert_final_dates_come_first",
        f"update {MARTS}.fct_reconciled_events set is_final = false "
        "where reconciled_event_id = 'e1'",
    ),
    (
        "assert_daily_health_counts_its_verdicts",
        f"update {MARTS}.agg_event_health_daily set consented_client_count = 39",
    ),
    ("assert_daily_health_counts_its_verdicts", f"delete from {MARTS}.agg_event_health_daily"),
    (
        "assert_daily_health_counts_its_verdicts",
        f"update {MARTS}.agg_event_health_daily set is_final = false",
    ),
    (
        "assert_segments_add_up_to_daily_health",
        f"delete from {MARTS}.agg_event_health_segments where device_category = 'mobile'",
    ),
    (
        "assert_statuses_sum_to_all_events",
        f"update {MARTS}.fct_reconciled_events set status = null where reconciled_event_id = 'e1'",
    ),
]


@pytest.fixture(scope="module")
def sound_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "warehouse.duckdb"
    write_candidates(path)
    return path


@pytest.fixture(scope="module")
def queries(sound_file: Path) -> dict[str, str]:
    """Return the SQL of every test that stops a publication, by the name of the test."""
    path = sound_file.with_name("matchback.yml")
    path.write_text("sources: {ga4: {path: data}}\n", encoding="utf-8")
    ran = dbt_results(load_config(path, {}), "compile", "--select", "tag:integrity")
    return {one["unique_id"].split(".")[2]: one["compiled_code"] for one in ran}


@pytest.fixture
def warehouse(sound_file: Path, tmp_path: Path):
    path = tmp_path / "warehouse.duckdb"
    shutil.copy(sound_file, path)
    with open_duckdb(path) as opened:
        yield opened


def test_sound_candidates_pass_every_test(
    warehouse: DuckDBWarehouse, queries: dict[str, str]
) -> None:
    found = {name: warehouse.rows(query) for name, query in queries.items()}

    assert {name: rows for name, rows in found.items() if rows} == {}


def test_every_test_that_stops_a_publication_is_proven(queries: dict[str, str]) -> None:
    assert set(queries) == {name for name, _ in BROKEN}


@pytest.mark.parametrize(
    ("name", "statement"),
    BROKEN,
    ids=[f"{name} {number}" for number, (name, _) in enumerate(BROKEN)],
)
def test_a_broken_promise_is_found(
    warehouse: DuckDBWarehouse, queries: dict[str, str], name: str, statement: str
) -> None:
    warehouse.execute(statement)

    assert warehouse.rows(queries[name])
