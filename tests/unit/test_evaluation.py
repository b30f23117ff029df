"""Asking without the library's graph gives the library's own answers."""

import subprocess
import sys

import great_expectations as gx
import pandas as pd
import pytest
from matchback.expectations.evaluation import RESULT_FORMAT, evaluate
from matchback.expectations.validation import COUNTS

from matchback.expectations import evaluation, rules

FRAME = pd.DataFrame(
    {
        "day": ["a", "a", "b", "b"],
        "word": pd.array(["x", "y", None, "x"], dtype="str"),
        "count": [0, 0, 3, 0],
        "nullable": pd.array([1, None, 3, None], dtype="Int32"),
        "unknown": pd.array([None] * 4, dtype="Int64"),
        "share": [0.5, None, 1.5, float("nan")],
        "flag": [True, True, False, True],
        "nothing": [None] * 4,
    }
)
PROMISES = {
    "rows": rules.has_rows(),
    "grain": rules.is_grain("day", "count"),
    "grain with nulls": rules.is_grain("day", "word", "nullable"),
    "kept grain": rules.is_grain("day", "word", "count", "nullable", "share"),
    "zero": rules.none_of("count"),
    "zero of nothing": rules.none_of("nothing"),
    "warning": rules.none_of("nullable", severity=rules.WARNING),
    "share": rules.is_share("share"),
    "kept bound": rules.within("count", 0, None),
    "bound of a flag": rules.within("flag", 1, 1),
    "bound of a word": rules.within("word", 0, 1),
    "filled": rules.not_null("day"),
    "not filled": rules.not_null("word"),
    "never filled": rules.not_null("unknown"),
    "vocabulary": rules.one_of("word", ["x"]),
    "kept vocabulary": rules.one_of("word", ["x", "y"]),
    "same": rules.same("count", "nullable"),
    "same as unknown": rules.same("count", "unknown"),
    "both unknown": rules.same("unknown", "nothing"),
    "not below": rules.not_below("nullable", "count"),
    "not below unknown": rules.not_below("count", "unknown"),
    "sum": rules.adds_up_to("count", 3),
    "other sum": rules.adds_up_to("count", 4),
    "all words": rules.holds_all("word", ["x", "y"]),
    "not all words": rules.holds_all("word", ["x", "z"]),
    "no such column": rules.not_null("absent"),
    "no such pair": rules.same("count", "absent"),
    "no such sum": rules.adds_up_to("absent", 1),
}


def summary(answer):
    """Return what an audit keeps of an answer."""
    info = answer.exception_info or {}
    raised = info.get("raised_exception", bool(info))
    counts = {name: answer.result.get(name) for name in COUNTS} if not raised else {}
    kept = {name: answer.result.get(name) for name in ("observed_value", "partial_missing_list")}
    config = answer.expectation_config
    return answer.success, raised, counts, {} if raised else kept, config.type, config.severity


@pytest.fixture(scope="module")
def batch():
    source = gx.get_context(mode="ephemeral").data_sources.add_pandas("frames")
    asset = source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")
    return asset.get_batch(batch_parameters={"dataframe": FRAME})


@pytest.mark.parametrize("name", PROMISES)
def test_an_answer_is_that_of_the_librarys_validator(batch, name):
    promise = PROMISES[name]
    [theirs] = batch.validate(
        gx.ExpectationSuite(name="theirs", expectations=[promise]), result_format=RESULT_FORMAT
    ).results

    [ours] = evaluate(gx.ExpectationSuite(name="ours", expectations=[promise]), FRAME)

    assert summary(ours) == summary(theirs)


def test_every_expectation_is_answered_in_the_order_of_the_suite():
    suite = gx.ExpectationSuite(name="all", expectations=list(PROMISES.values()))

    answers = evaluate(suite, FRAME)

    assert [one.expectation_config.type for one in answers] == [
        one.configuration.type for one in PROMISES.values()
    ]


def test_the_text_of_an_error_is_not_kept(monkeypatch):
    def quoting(*_):
        raise ValueError("person@example.org")

    monkeypatch.setattr(evaluation, "_count", quoting)

    [answer] = evaluate(gx.ExpectationSuite(name="x", expectations=[rules.not_null("day")]), FRAME)

    assert answer.exception_info["exception_message"] == "ValueError"


def test_an_audit_loads_no_client_of_a_store_and_no_charts():
    code = (
        "import sys; from matchback.expectations.suites import all_suites; all_suites();"
        "import matchback.expectations.evaluation; from matchback.expectations.data_docs import load_renderer;"
        "load_renderer(); print(*sys.modules)"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "great_expectations" in loaded
    assert not {"sqlalchemy", "google.auth", "google.cloud.bigquery", "grpc"} & set(loaded)
    assert not {"altair.vegalite", "scipy.stats.distributions"} & set(loaded)


def test_what_is_left_out_of_one_import_is_there_for_all_others():
    code = (
        "from matchback.expectations.suites import all_suites; all_suites();"
        "import sqlalchemy, google.auth, sys; from scipy import stats; import altair;"
        "print(stats.norm.cdf(0), altair.Chart.__name__, len(sys.meta_path))"
    )

    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout

    assert told.split()[:2] == ["0.5", "Chart"]
