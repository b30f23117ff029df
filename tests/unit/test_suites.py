"""Suites declare their promises once, and take every bound of a check from the seed."""

import csv
import re

import pytest
import yaml

from matchback.build.publish import published_columns
from matchback.core.resources import DBT_DIRECTORY
from matchback.expectations.results import FailedPromise, QualityReport, SuiteResult
from matchback.expectations.suites import QUERIES, all_suites
from matchback.expectations.thresholds import SEED, read_thresholds

CRITICAL = FailedPromise("broken", broken_count=1, population=2)
WARNING = FailedPromise("worrying", severity="warning")


@pytest.fixture(scope="module")
def suites():
    return {suite.name: suite for suite in all_suites(read_thresholds())}


def contract(model: str) -> dict:
    """Return the arguments of a published table's own contract."""
    [path] = DBT_DIRECTORY.glob(f"models/**/{model}.yml")
    [document] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    [found] = [
        test["keeps_contract"] for test in document["data_tests"] if "keeps_contract" in test
    ]
    return found["arguments"]


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


def test_every_published_table_has_a_contract_that_dbt_tests():
    assert all(contract(table)["grain"] for table in published_columns())


def test_each_suite_has_its_query_and_each_query_its_suite(suites):
    queries = {path.stem: path.read_text(encoding="utf-8") for path in QUERIES.glob("*.sql")}

    assert set(queries) == set(suites)
    assert all(query.startswith("-- Grain: one row") for query in queries.values())


def test_a_suite_promises_each_thing_once_and_says_it_in_a_sentence(suites):
    for suite in suites.values():
        names = [one.name for one in suite.promises]
        assert names
        assert len(names) == len(set(names))
        assert all(" " in one.sentence for one in suite.promises)


def test_tracking_health_says_the_bounds_of_the_seed_and_only_warns(suites):
    sentences = {one.name: one.sentence for one in suites["health"].promises}

    assert list(sentences) == list(read_thresholds())
    assert sentences["dedup_rate"].endswith("at least 0.9")
    assert sentences["delivery_rejected"].endswith("at most 0.01")
    assert sentences["hit_ratio"].endswith("at least 0.8 and at most 1.2")
    assert sentences["plain_pii"].endswith("there is none")
    assert {one.severity for one in suites["health"].promises} == {"warning"}


def test_verdicts_are_in_the_order_in_which_the_model_tries_them():
    model = DBT_DIRECTORY / "models/intermediate/reconciliation/int_reconciled_events.sql"
    tried = re.findall(r"then '(\w+)'", model.read_text(encoding="utf-8"))
    statuses = contract("fct_reconciled_events")["closed"]["status"]

    assert [word for word in tried if word in statuses] == statuses[:-1]


def test_only_critical_failures_forbid_the_publication():
    report = QualityReport(
        [SuiteResult("a", 3, (CRITICAL, WARNING)), SuiteResult("b", 3, (WARNING,))]
    )

    assert report.integrity_failures == ["a: broken (1 of 2)"]


def test_a_suite_that_judged_nothing_has_not_passed():
    assert not SuiteResult("a").passed
    assert SuiteResult("a", 1).passed
