"""The report page: what it says, and that it is safe to mail around."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from matchback.config import Config
from matchback.quality.checks import all_checks, all_surfaces
from matchback.reporting.query import SQL_FOLDER
from matchback.reporting.report import ReportPaths
from matchback.reporting.run import ReportedRun, ReportError
from matchback.reporting.sections import REPORT, checks, consent, match_keys, summary, verdicts
from matchback.warehouse.duckdb import DuckDBWarehouse
from tests.fixtures.published import HOSTILE_ORDER_ID, RUN_ID
from tests.fixtures.report_project import make_project, write

VOID = {"meta", "br", "link", "input", "img", "hr", "rect", "path", "line"}


class Outline(HTMLParser):
    """The tags of a page with their attributes, and whether they nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def paths(config: Config) -> ReportPaths:
    return write(config)


@pytest.fixture(scope="module")
def html(paths: ReportPaths) -> str:
    return paths.report.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def run(config: Config) -> ReportedRun:
    with DuckDBWarehouse(config.warehouse_path, read_only=True) as warehouse:
        run = ReportedRun(warehouse, config, RUN_ID)
        for section in REPORT:
            run.view(section.build)
        return run


def test_ninety_days_stay_below_a_megabyte(paths: ReportPaths) -> None:
    assert paths.report.stat().st_size < 1_000_000


def test_the_page_needs_no_network_and_its_policy_forbids_it(html: str) -> None:
    outline = Outline(html)
    loading = [attrs for tag, attrs in outline.tags if tag in ("link", "img", "iframe", "object")]
    assert loading == []
    assert not any("src" in attrs for attrs in outline.of("script"))
    assert not re.search(r"url\(|@import", html)
    policy = next(attrs["content"] for attrs in outline.of("meta") if "http-equiv" in attrs)
    assert policy.startswith("default-src 'none'")
    assert "script-src 'sha256-" in policy


def test_tags_nest_and_ids_are_unique(paths: ReportPaths) -> None:
    for path in (paths.report, paths.audit_page):
        outline = Outline(path.read_text(encoding="utf-8"))
        ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
        assert outline.faults == []
        assert outline.open == []
        assert len(ids) == len(set(ids))


def test_every_link_inside_the_page_has_its_target(html: str) -> None:
    outline = Outline(html)
    ids = {attrs["id"] for _, attrs in outline.tags if "id" in attrs}
    inside = {attrs["href"][1:] for attrs in outline.of("a") if attrs["href"].startswith("#")}
    assert inside <= ids


def test_tables_have_captions_and_scoped_headers(html: str) -> None:
    outline = Outline(html)
    assert len(outline.of("table")) == len(outline.of("caption"))
    assert all(attrs.get("scope") in ("col", "row") for attrs in outline.of("th"))
    regions = [attrs for attrs in outline.of("div") if attrs.get("role") == "group"]
    assert all(attrs["aria-label"] and attrs["tabindex"] == "0" for attrs in regions)


def test_charts_are_hidden_from_screen_readers_since_a_table_says_the_same(html: str) -> None:
    outline = Outline(html)
    assert outline.of("svg")
    assert all(attrs["aria-hidden"] == "true" for attrs in outline.of("svg"))


def test_a_hostile_order_id_is_text(paths: ReportPaths) -> None:
    for path in (paths.report, paths.audit_page):
        text = path.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "49" not in re.findall(r"\{\{.*?\}\}", text)
    assert "&lt;script&gt;alert(1)" in paths.report.read_text(encoding="utf-8")
    assert "{{ 7*7 }}" in HOSTILE_ORDER_ID


def test_every_check_of_the_seed_is_told_in_words() -> None:
    told = all_checks().values()
    assert all(check.title and check.formula and check.fix for check in told)
    assert {check.surface for check in told} == set(all_surfaces())


def test_every_check_and_figure_carries_its_formula(run: ReportedRun, html: str) -> None:
    assert all(check.known.formula for check in run.view(checks.build).values())
    assert html.count("How this is counted") >= 6


def test_drill_downs_say_how_many_rows_they_show(html: str) -> None:
    assert "20 of 62 findings" in html
    assert "12 of 12 findings" in html


def test_the_dearest_three_fixes_come_first(run: ReportedRun) -> None:
    fixes = run.view(summary.build).fixes
    assert [fix.check.known.check_id for fix in fixes] == [
        "sgtm_custom_domain", "delivery_rejected", "crm_coverage_server",
    ]  # fmt: skip
    assert fixes[0].points >= fixes[1].points >= fixes[2].points > 0


def test_what_changed_names_the_check_and_both_states(run: ReportedRun) -> None:
    assert [(change.check_id, change.before, change.after, change.direction)
            for change in run.view(summary.build).changes] == [
        ("hash_mismatch", "Warning", "Fail", "worse"),
    ]  # fmt: skip
    assert run.view(summary.build).change is not None
    assert run.view(summary.build).change < 0


def test_a_check_that_lost_its_verdict_is_counted_and_never_called_worse(run: ReportedRun) -> None:
    told = run.view(checks.build)["hash_mismatch"]

    def moved(title: str, before: str, status: str) -> checks.CheckView:
        return replace(
            told,
            known=replace(told.known, title=title),
            result=replace(told.result, status=status),
            previous_status=before,
        )

    told_as = {
        "a": moved("A", "pass", "insufficient_data"),
        "b": moved("B", "fail", "unknown"),
        "c": moved("C", "unknown", "fail"),
        "d": moved("D", "warn", "pass"),
        "e": moved("E", "unknown", "pass"),
    }
    assert [(change.title, change.direction) for change in summary.changes_of(told_as)] == [
        ("C", "worse"), ("D", "better"), ("B", "soft"),
    ]  # fmt: skip


def test_money_at_risk_counts_each_event_once(config: Config, run: ReportedRun) -> None:
    with DuckDBWarehouse(config.warehouse_path, read_only=True) as warehouse:
        expected = warehouse.rows(
            "select sum(coalesce(crm_value, client_value, server_value)) as value, count(*) as n "
            "from marts.fct_reconciled_events where status in ('missing_server', 'crm_only', "
            "'rejected', 'unknown_outcome')"
        )[0]
    assert run.view(summary.build).risk.lost.totals == [("EUR", expected["value"])]
    assert run.view(summary.build).risk.lost.count == expected["n"]


def test_verdicts_add_up_to_all_events(config: Config, run: ReportedRun) -> None:
    with DuckDBWarehouse(config.warehouse_path, read_only=True) as warehouse:
        total = warehouse.rows("select count(*) as n from marts.fct_reconciled_events")[0]["n"]
    told = run.view(verdicts.build).datasets[0]
    assert sum(row.events.size for row in told.rows) == told.events.size == total


def test_leaks_and_over_blocking_stand_apart_in_the_consent_matrix(run: ReportedRun) -> None:
    rows_of_consent = run.view(consent.destinations)
    rows = {row.destination: row for row in rows_of_consent}
    assert (rows["ga4"].leak_count, rows["ga4"].over_blocked_count) == (2, 0)
    assert (rows["google_ads"].leak_count, rows["google_ads"].over_blocked_count) == (0, 6)
    assert run.view(consent.build).leak_reasons["ga4"] == [("no_consent", 2)]
    assert rows_of_consent[-1].tier == "necessary"
    assert sum(row.sent_count + row.kept_count + row.leak_count for row in rows_of_consent) == 954


def test_hash_forensics_say_which_form_and_what_to_change(run: ReportedRun) -> None:
    rows = {row.known.match_key: row for row in run.view(match_keys.build)}
    assert rows["ph"].defects == [
        ("missing_country_code", 9),
    ]
    assert rows["ph"].recoverable == 9
    assert (rows["ph"].fitting_count, rows["ph"].compared_count) == (81, 90)
    assert rows["fn"].defects == []


def test_provisional_days_are_named(html: str) -> None:
    assert "provisional from 19 Nov" in html


def test_only_documents_that_exist_are_linked(config: Config) -> None:
    folder = config.reports_folder
    assert "dbt_docs.html" not in write(config).report.read_text(encoding="utf-8")
    (folder / "dbt_docs.html").write_text("x", encoding="utf-8")
    try:
        assert 'href="dbt_docs.html"' in write(config).report.read_text(encoding="utf-8")
    finally:
        (folder / "dbt_docs.html").unlink()


def test_a_run_without_results_is_one_sentence(config: Config) -> None:
    with pytest.raises(ReportError, match="published no check results"):
        write(config, run_id="20200101T000000Z-0")


def test_a_world_without_history_or_findings_still_makes_a_page(tmp_path: Path) -> None:
    config = make_project(tmp_path, days=1)
    with DuckDBWarehouse(config.warehouse_path) as warehouse:
        for table in warehouse.rows(
            "select schema_name || '.' || table_name as name from duckdb_tables() "
            "where schema_name in ('marts', 'landing', 'ops') "
            "and table_name not in ('fct_check_results', 'agg_health_score')"
        ):
            warehouse.execute(f"delete from {table['name']}")
        warehouse.execute(
            "delete from marts.agg_health_score where run_id <> $run", {"run": RUN_ID}
        )
        warehouse.execute("update marts.agg_health_score set coverage = 0.2")
    paths = write(config)
    text = paths.report.read_text(encoding="utf-8")
    assert "First run, nothing to compare with." in text
    assert "The grade says little." in text
    assert "No difference from the contract." in text
    assert "No accepted purchase with a logged payload" in paths.audit.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(SQL_FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_every_query_states_its_grain_and_speaks_no_engine_s_dialect(path: Path) -> None:
    sql = path.read_text(encoding="utf-8")
    assert sql.startswith("-- Grain: ")
    assert not re.search(r"::|\bilike\b|\bqualify\b|\bunnest\(|\bfilter \(|\blist_|\bepoch", sql)


def test_the_runs_show_what_they_were_billed_where_that_costs_something(tmp_path: Path) -> None:
    config = make_project(tmp_path)
    assert ">Billed<" not in write(config).report.read_text(encoding="utf-8")
    with DuckDBWarehouse(config.warehouse_path) as warehouse:
        warehouse.execute(
            "update ops.runs set bytes_billed = 2500000000 where run_id = ?", [RUN_ID]
        )

    page = write(config).report.read_text(encoding="utf-8")

    assert ">Billed<" in page
    assert re.search(r"2\.5\W*GB", page)
