"""The models' unit tests hold for the SQL of BigQuery: the reference evaluator computes them."""

import pytest

from tests.bigquery.conftest import Conversation, converse

pytestmark = pytest.mark.slow

TESTS = 2


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> Conversation:
    folder = tmp_path_factory.mktemp("evaluated")
    return converse(folder, ["seed"], ["run"], ["test"])


def test_every_unit_test_is_computed_and_gives_the_expected_rows(tested: Conversation) -> None:
    unit_tests = list(tested.manifest["unit_tests"])
    computed = {
        item["node"]
        for item in tested.statements
        if item["invocation"] == TESTS and item["is_evaluated"]
    }

    assert len(unit_tests) >= 40
    assert {name: tested.results[name] for name in unit_tests} == dict.fromkeys(unit_tests, "pass")
    assert set(unit_tests) <= computed


def test_every_data_test_is_accepted(tested: Conversation) -> None:
    analysed = {
        item["node"]
        for item in tested.statements
        if item["invocation"] == TESTS and not item["error"]
    }

    assert set(tested.nodes("test")) <= analysed
    assert tested.code == 0, tested.output
