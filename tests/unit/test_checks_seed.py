"""The rows of checks and surfaces, as scoring, alerts, suites and reports read them."""

from matchback.quality.checks import (
    all_checks,
    all_surfaces,
    check_named,
    checks_of_section,
    surface_named,
)

SOURCES = {"ga4", "capi", "crm", "consent"}
CHECKS = all_checks().values()


def test_what_a_check_may_say_of_sources_is_known() -> None:
    assert {check.owner_hop for check in CHECKS} <= {*SOURCES, ""}
    assert all(check.needs <= SOURCES for check in CHECKS)
    assert {check.root_cause for check in CHECKS} == {"", "silent_source", "refused_file"}


def test_the_launch_checklist_has_each_place_once() -> None:
    places = sorted(check.launch_position for check in CHECKS if check.launch_position)
    assert places == list(range(1, len(places) + 1))
    assert all(bool(check.launch_condition) == bool(check.launch_position) for check in CHECKS)


def test_the_trends_draw_a_band_and_a_share() -> None:
    assert [check.kind for check in checks_of_section("trends")] == ["ratio_band", "share_at_least"]


def test_a_row_that_the_seed_has_not_is_told_by_its_name() -> None:
    assert check_named("run_incomplete").title == "Run incomplete"
    assert not check_named("run_incomplete").is_critical
    assert surface_named("new_part").title == "New part"


def test_the_audit_has_seven_steps() -> None:
    assert len({surface.audit_step for surface in all_surfaces().values()}) == 7
