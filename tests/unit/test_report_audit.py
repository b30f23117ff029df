"""The audit document."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.opening import open_duckdb
from matchback.reporting.audit import audit_markdown
from matchback.reporting.markdown import markdown_text, mermaid_text, text_bar
from matchback.reporting.run import ReportedRun
from matchback.reporting.sections import match_keys
from matchback.reporting.sections.steps import worst_status
from tests.fixtures.published import DATASET, NOW, RUN_ID, insert_rows
from tests.fixtures.report_project import make_project, write


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return make_project(tmp_path_factory.mktemp("project"), days=10)


@pytest.fixture(scope="module")
def text(config: Config) -> str:
    return write(config).audit.read_text(encoding="utf-8")


def test_the_same_inputs_give_the_same_bytes_whenever_and_however_often_they_are_run(
    config: Config, text: str
) -> None:
    first_page = config.reports_folder.joinpath("SERVER-SIDE-TRACKING-AUDIT.html").read_bytes()
    with open_duckdb(config.warehouse_path) as warehouse:
        later = "20261130T000000-ffffff"
        for table in ("fct_check_results", "agg_health_score"):
            warehouse.execute(
                f"insert into marts.{table} select * replace ($later as run_id, "
                f"run_at + interval 5 day as run_at) from marts.{table} where run_id = $run",
                {"later": later, "run": RUN_ID},
            )
        warehouse.execute("update marts.fct_findings set run_id = $later, "
                          "first_seen_at = first_seen_at + interval 1 hour",
                          {"later": later})  # fmt: skip
        warehouse.execute(
            "insert into landing.load_ledger select * replace (loaded_at + interval 8 day as "
            "loaded_at, rows_read as rows_duplicate, 0 as rows_loaded) from landing.load_ledger"
        )
    again = write(config, run_id=later, clock=Clock(NOW + timedelta(days=8)))
    assert again.audit.read_text(encoding="utf-8") == text
    assert again.audit_page.read_bytes() == first_page


def test_it_has_every_part_of_the_deliverable(text: str) -> None:
    headings = re.findall(r"^## (.+)$", text, re.M)
    assert headings == [
        "Score", "The seven steps", "Findings by surface", "Test-event reproduction log",
        "Hit-ratio dashboard", "Match-quality roadmap (EMQ)",
        "Before a new destination goes live", "Data-flow map", "What this audit is made from",
    ]  # fmt: skip
    assert len(re.findall(r"^\| [1-7] \| ", text, re.M)) == 7


def test_results_are_named_pass_warning_or_fail(text: str) -> None:
    assert "### Completeness: FAIL" in text
    assert "### Test events: PASS" in text
    assert "(`crm_coverage_server`) | FAIL | 82.0\u202f% |" in text


def test_the_roadmap_ranks_by_what_a_key_can_still_bring_and_calls_it_an_estimate(
    text: str,
) -> None:
    roadmap = text[text.index("## Match-quality roadmap") : text.index("## Before a new")]
    keys = re.findall(r"\(`(\w+)`\) \|", roadmap)
    assert keys[:2] == ["fbc", "ph"]
    assert "estimate" in roadmap
    assert "Nothing, it is complete." in roadmap


def test_coverage_is_held_against_metas_own_with_the_difference(tmp_path: Path) -> None:
    config = make_project(tmp_path, days=10)
    told = {"fetched_at": NOW, "event_name": "Purchase", "dataset_id": DATASET, "run_id": RUN_ID}
    with open_duckdb(config.warehouse_path) as warehouse:
        insert_rows(
            warehouse,
            "landing.meta_quality",
            [
                {**told, "metric": "match_key_coverage", "name": "em", "value": 61.0},
                {**told, "metric": "event_coverage", "name": "", "value": 71.5, "goal": 75.0},
            ],
        )
        run = ReportedRun(warehouse, config, RUN_ID)
        text = audit_markdown(run)
        ours = next(one for one in run.view(match_keys.build) or [] if one.known.match_key == "em")
    row = next(line for line in text.splitlines() if "(`em`)" in line)

    assert ours.meta_coverage == 0.61
    assert f"| 61\u202f% | \u2212{round(ours.coverage * 100 - 61)}\u202fpp |" in row
    assert "| browser events that the server sent too, % | \u2013 | 71.5 | 75.0 |" in text


def test_the_test_event_log_says_on_which_date_each_event_validated(text: str) -> None:
    line = next(line for line in text.splitlines() if line.startswith("| generate\\_lead"))
    assert re.search(r"\| \d+ \| \d+ \| \d+ \| \d+ \| generate\\_lead\.1121", line)


def test_the_flow_map_names_owner_and_tier_and_survives_hostile_names(text: str) -> None:
    diagram = text[text.index("```mermaid") : text.index("```", text.index("```mermaid") + 3)]
    assert '-->|"web-team"|' in diagram
    assert '"tier marketing"' in diagram
    assert "<b>" not in diagram
    assert "data\\|team \\<b\\>" in text


def test_every_input_is_named_with_its_digest(text: str) -> None:
    assert len(re.findall(r"`[0-9a-f]{64}` \|", text, re.M)) >= 8


@pytest.mark.parametrize(
    "hostile", ["a|b", "<script>", "![x](http://e)", "`{{ 7*7 }}`", "# h\n- x"]
)
def test_hostile_text_is_no_markup(hostile: str) -> None:
    shown = markdown_text(hostile)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)[|<>`\[\]#*_]", shown)
    assert not re.search(r'[<>|"`]', mermaid_text(hostile)[1:-1])


def test_a_bar_has_always_the_same_length() -> None:
    assert {len(text_bar(share)) for share in (None, 0.0, 0.5, 1.0)} == {20}


def test_nothing_audited_is_not_a_pass() -> None:
    assert worst_status([]) == "unknown"
