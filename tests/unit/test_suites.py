"""Suites are pure, named after what ships, and take every bound from the seed."""

import csv
import re

import pytest
import yaml

from matchback.build.publish import published_columns
from matchback.core.resources import DBT_DIRECTORY
from matchback.expectations import vocabulary
from matchback.expectations.results import FailedExpectation, QualityReport, SuiteResult
from matchback.expectations.suites import MODULES, all_suites
from matchback.expectations.thresholds import SEED, read_thresholds

CRITICAL = FailedExpectation("expect_something", "column", "critical")
WARNING = FailedExpectation("expect_something", "column", "warning")


def accepted_values(model: str, column: str) -> set[str] | None:
    """Return the closed list that a model's own contract holds a column to, if it does."""
    [path] = DBT_DIRECTORY.glob(f"models/**/{model}.yml")
    [document] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    [contract] = [
        test["keeps_contract"] for test in document["data_tests"] if "keeps_contract" in test
    ]
    words = contract["arguments"].get("closed", {}).get(column)
    return set(words) if words else None


@pytest.fixture(scope="module")
def suites():
    return all_suites()


def bounds(suite, column):
    """Return (severity, lowest, highest) of each expectation about a column."""
    return [
        (str(one.severity.value), one.min_value, one.max_value)
        for one in suite.expectations(read_thresholds()).expectations
        if getattr(one, "column", None) == column
    ]


def health_of_checks(suites):
    return next(one for one in suites if one.path == "health.fct_check_results")


def test_every_check_of_the_seed_has_its_bounds():
    with SEED.open(encoding="utf-8", newline="") as lines:
        rows = {row["check_id"]: row for row in csv.DictReader(lines)}

    thresholds = read_thresholds()

    assert list(thresholds) == list(rows)
    assert all(
        one.pass_bound == float(rows[one.check_id]["pass_bound"]) for one in thresholds.values()
    )
    assert thresholds["hit_ratio"].upper_bound == 1.2
    assert thresholds["dedup_rate"].upper_bound is None
    assert thresholds["crm_coverage_client"].heals_late
    assert not thresholds["crm_coverage_server"].heals_late


def test_every_published_table_has_an_integrity_suite():
    covered = {path.removeprefix("marts.") for path in MODULES if path.startswith("marts.")}

    assert set(published_columns()) <= covered


def test_each_suite_says_its_relation_and_the_grain_of_its_frame(suites):
    for suite in suites:
        text = (DBT_DIRECTORY.parent / "expectations" / suite.path.replace(".", "/")).with_suffix(
            ".py"
        )
        assert suite.relation.split(".")[0] in ("landing", "marts_next")
        assert "# Grain: " in text.read_text(encoding="utf-8")
        assert suite.expectations(read_thresholds()).expectations


def test_a_share_that_must_be_high_warns_below_pass_and_is_critical_below_warn(suites):
    suite = health_of_checks(suites)

    assert bounds(suite, "dedup_rate") == [("warning", 0.9, None), ("critical", 0.7, None)]


def test_a_share_that_must_be_low_is_bounded_from_above(suites):
    suite = health_of_checks(suites)

    assert bounds(suite, "delivery_rejected") == [("warning", None, 0.01), ("critical", None, 0.03)]


def test_the_hit_ratio_is_a_band_that_only_warns_above(suites):
    suite = health_of_checks(suites)

    assert bounds(suite, "hit_ratio") == [("warning", 0.8, 1.2), ("critical", 0.5, None)]


def test_a_check_without_a_warning_band_is_critical_at_once(suites):
    assert bounds(health_of_checks(suites), "plain_pii") == [("critical", None, 0)]


def test_what_late_data_can_heal_is_critical_on_final_dates_only(suites):
    suite = health_of_checks(suites)

    assert [severity for severity, *_ in bounds(suite, "ghost_conversion")] == ["warning"]
    assert [severity for severity, *_ in bounds(suite, "ghost_conversion on final dates")] == [
        "critical"
    ]


def test_closed_vocabularies_are_those_of_the_models():
    pairs = [
        (vocabulary.STATUSES, "fct_reconciled_events", "status"),
        (vocabulary.MATCH_METHODS, "fct_reconciled_events", "match_method"),
        (vocabulary.CHECK_STATUSES, "fct_check_results", "status"),
        (vocabulary.SEVERITIES, "fct_findings", "severity"),
        (vocabulary.OUTCOMES, "fct_deliveries", "outcome"),
        (vocabulary.POLICY_DECISIONS, "fct_deliveries", "policy_decision"),
    ]
    held = {
        (model, column): (set(words), accepted_values(model, column))
        for words, model, column in pairs
    }

    assert held["fct_reconciled_events", "status"][1] is not None
    for words, accepted in held.values():
        assert accepted in (None, words)


def test_verdicts_are_in_the_order_in_which_the_model_tries_them():
    model = DBT_DIRECTORY / "models/intermediate/reconciliation/int_reconciled_events.sql"
    tried = re.findall(r"then '(\w+)'", model.read_text(encoding="utf-8"))

    assert [word for word in tried if word in vocabulary.STATUSES] == [
        word for word in vocabulary.STATUSES if word != "unclassified"
    ]


def test_only_critical_integrity_failures_forbid_the_publication():
    report = QualityReport(
        [
            SuiteResult("marts.a", "a", "integrity", 3, (CRITICAL, WARNING)),
            SuiteResult("marts.b", "b", "integrity", 3, (WARNING,)),
            SuiteResult("health.c", "c", "health", 3, (CRITICAL, WARNING)),
        ]
    )

    assert report.integrity_failures == ["marts.a expect_something(column)"]
    assert len(report.health_failures) == 2


def test_a_suite_that_evaluated_nothing_has_not_passed():
    assert not SuiteResult("marts.a", "a", "integrity").passed
    assert SuiteResult("marts.a", "a", "integrity", 1).passed
