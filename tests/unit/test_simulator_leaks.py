"""Each leak: what it changed in the files is exactly what its truth declares."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from matchback.core.errors import ConfigError
from matchback.simulator.leaks import LEAKS
from matchback.simulator.options import PRESETS, WorldOptions, parse_leak
from matchback.simulator.simulate import make_world
from matchback.simulator.truth import FINDING_CHECKS, describe
from tests.worlds import build_world, open_files

DAYS = {"days": 4, "events_per_day": 1600}
PURCHASES = "(select * from ga4 where event_name = 'purchase')"
HASHED = "not regexp_full_match(em, '[0-9a-f]{64}')"
JOINED = "attempts inner join orders on upper(attempts.order_id) = order_key"

BY_FILES = {
    "lost_server": """
        select count(*) from orders inner join ga4 on order_key = upper(ga4.order_id)
        where Status <> 'cancelled' and privacy_info.ads_storage = 'Yes'
            and order_key not in (select upper(order_id) from attempts where order_id is not null)
        """,
    "lost_client": f"""
        select count(*) from {JOINED}
        where order_key not in (select upper(order_id) from {PURCHASES})
        """,
    "response_timeout": "select count(*) from attempts where status is null",
    "value_mismatch": f"""
        select count(*) from attempts inner join {PURCHASES} as client using (order_id)
        where abs(attempts.value - client.value) > 0.01
        """,
    "currency_mismatch": f"""
        select count(*) from attempts inner join {PURCHASES} as client using (order_id)
        where attempts.currency <> client.currency
        """,
    "value_defaulted": f"""
        select count(*) from attempts inner join {PURCHASES} as client using (order_id)
        where attempts.value = 0 and attempts.currency = 'USD' and client.currency <> 'USD'
        """,
    "ghost": f"""
        select count(*) from attempts where event_name = 'Purchase'
            and upper(order_id) not in (select order_key from orders)
            and event_id not in (select event_id from {PURCHASES})
        """,
    "crm_missing": f"""
        select count(*) from attempts inner join {PURCHASES} as client using (order_id)
        where upper(order_id) not in (select order_key from orders)
        """,
    "client_duplicate": f"select count(*) - count(distinct order_id) from {PURCHASES}",
    "order_id_missing": f"select count(*) from {PURCHASES} where order_id is null",
    "duplicate_server": "select count(*) - count(distinct event_id) from attempts",
    "event_id_missing": "select count(*) from attempts where event_id is null",
    "event_id_mismatch": """
        select count(*) from attempts where event_id not in (select event_id from ga4)
        """,
    "event_id_reused": """
        select count(*) from (select event_id from attempts
            group by event_id having count(distinct order_id) > 1)
        """,
    "clock_skew": """
        select count(*) from attempts inner join ga4 using (event_id)
        where abs(event_time - event_timestamp / 1e6) > 300
        """,
    "name_mismatch": """
        select count(*) from attempts where event_name not in ('PageView', 'Search', 'ViewContent',
            'AddToCart', 'InitiateCheckout', 'CompleteRegistration', 'Lead', 'Purchase')
        """,
    "rejected_lost": """
        select count(*) from attempts where status <> 200
            and event_id not in (select event_id from attempts where status = 200)
        """,
    "rejected_recovered": """
        select count(*) from attempts where status <> 200
            and event_id in (select event_id from attempts where status = 200)
        """,
    "thin_customer_information": """
        select count(*) from attempts
        where event_name = 'Purchase' and len(json_keys(event -> '$.user_data')) < 4
        """,
    "action_source_missing": """
        select count(*) from attempts
        where event ->> '$.action_source' is distinct from 'website'
        """,
    "test_event_in_production": "select count(*) from attempts where test_code is not null",
    "payload_contract": """
        select count_if(event ->> '$.event_source_url' is null)
            + count_if(event ->> '$.user_data.client_user_agent' is null)
            + count_if(event_name = 'Purchase' and value is null)
            + count_if(length(currency) <> 3)
            + count_if(json_keys(event -> '$.user_data') = ['client_user_agent', 'country'])
            + count_if(json_exists(event, '$.num_items'))
            + count_if(received_ms / 1000 - event_time > 7 * 86400)
        from attempts
        """,
    "hash_format": f"select count(*) from attempts where {HASHED}",
    "hash_junk": """
        select count(*) from attempts, (select unnest(['', 'null', 'undefined', 'unknown']) as word)
        where contains(cast(event as varchar), sha256(word))
        """,
    "hash_constant": """
        select count(*) from (select em from attempts
            where em is not null group by em having count(distinct event_id) >= 20)
        """,
    "never_hash": """
        select count(*) from attempts
        where regexp_full_match(event ->> '$.user_data.fbp', '[0-9a-f]{64}')
            or regexp_full_match(event ->> '$.user_data.client_ip_address', '[0-9a-f]{64}')
            or regexp_full_match(event ->> '$.user_data.client_user_agent', '[0-9a-f]{64}')
        """,
    "secret_in_log": "select count(*) from attempts where request_url like '%access_token=EAAB%'",
    "canonical_id_missing": """
        select count(*) from ga4 inner join attempts using (event_id)
        where user_pseudo_id is null and user_id is null
            and event ->> '$.user_data.fbp' is null and event ->> '$.user_data.em' is null
            and event ->> '$.user_data.external_id' is null
        """,
    "canonical_id_conflict": """
        select count(*) from ga4 inner join attempts using (event_id)
        where event ->> '$.user_data.external_id' <> sha256(lower(user_id))
        """,
    "click_id_lost": """
        select count(*) from attempts inner join ga4 using (event_id)
        where event ->> '$.user_data.fbc' is null and user_id is not null and user_pseudo_id in (
            select user_pseudo_id from ga4 as landing where list_contains(list_transform(
                landing.event_params, lambda p: contains(p.value.string_value, 'fbclid=')), true)
                and landing.event_timestamp < ga4.event_timestamp)
        """,
    "click_id_malformed": r"""
        select count_if(not regexp_full_match(event ->> '$.user_data.fbp', pattern))
            + count_if(not regexp_full_match(event ->> '$.user_data.fbc', pattern))
        from attempts, (select 'fb\.1\.\d{13}\.[\w-]+(\.AQQCAQMC)?' as pattern)
        """,
    "taxonomy_unknown_event": """
        select count(distinct event_name) from ga4
        where event_name like '%\\_opened' escape '\\' or event_name like '%\\_viewed' escape '\\'
        """,
}


@pytest.mark.parametrize("name", BY_FILES)
def test_the_files_hold_exactly_the_declared_violations(tmp_path: Path, name: str) -> None:
    world = build_world(tmp_path, leaks=(name,), **DAYS)
    (found,) = open_files(world).execute(BY_FILES[name]).fetchone() or (None,)
    assert found == LEAKS[name].default
    check_id = LEAKS[name].check_id
    if check_id in FINDING_CHECKS:
        assert world.truth["findings"][check_id] == LEAKS[name].default


SIDE_EFFECTS = {
    "response_timeout": {"crm_coverage_server": 4},
    "rejected_lost": {"delivery_rejected": 4, "crm_coverage_server": 4},
    "hash_format": {"hash_format": 7, "plain_pii": 1},
    "payload_contract": {"payload_contract": 7, "delivery_rejected": 1},
    "ghost": {"ghost_conversion": 4},
    "crm_missing": {"ghost_conversion": 4},
    "lost_client": {"crm_coverage_client": 4},
    "test_event_in_production": {"test_event_in_production": 4},
    "event_id_mismatch": {},
    "volume_drop": {},
}


def truth_of(leaks: tuple[str, ...], **options: object) -> dict:
    """Return the truth of a world that is made but not written."""
    requests = tuple(parse_leak(text) for text in leaks)
    return describe(*make_world(WorldOptions(leaks=requests, **options)))


@pytest.mark.parametrize("name", SIDE_EFFECTS)
def test_side_effects_are_in_the_truth(name: str) -> None:
    findings = truth_of((name,), **DAYS)["findings"]
    found = {check_id: count for check_id, count in findings.items() if count}
    assert found == SIDE_EFFECTS[name]


@pytest.mark.parametrize("name", sorted(LEAKS))
def test_every_leak_triggers_its_check_and_dates_its_findings(name: str) -> None:
    chosen = LEAKS[name]
    log_format = "gtms_bigquery" if "gtms_bigquery" in chosen.formats else "gateway_audit"
    truth = truth_of((name,), formats=(log_format,), **DAYS)
    if chosen.check_id in FINDING_CHECKS:
        assert truth["findings"][chosen.check_id] > 0
        is_warning = truth["statuses"].get(chosen.check_id) == "warn"
        assert (1 in truth["exit_codes"]) is not is_warning
    for check_id, dates in truth["finding_dates"].items():
        assert sum(dates.values()) == truth["findings"][check_id]
        assert min(dates) >= truth["start"]
        assert max(dates) <= truth["end"]
    for check_id, defects in truth["defects"].items():
        assert sum(defects.values()) == truth["findings"][check_id]


RATES = {
    "aligned_rate": "timestamp_alignment",
    "name_consistency_rate": "event_name_consistency",
}


def test_leaks_combine_because_no_victim_is_shared() -> None:
    alone: dict[str, int] = {}
    names = [entry.name for entry in LEAKS.values() if entry.in_mixed]
    names = [name for name in names if "gtms_bigquery" in LEAKS[name].formats]
    for name in names:
        leak = name if LEAKS[name].keeps_default_in_mixed else f"{name}=2"
        for check_id, count in truth_of((leak,), days=7)["findings"].items():
            alone[check_id] = alone.get(check_id, 0) + count
    assert truth_of(("mixed=2",), days=7)["findings"] == alone


def test_daily_rates_and_findings_tell_the_same_story(tmp_path: Path) -> None:
    world = build_world(tmp_path, leaks=("mixed",), days=7, events_per_day=1600)
    health = world.truth["health"]
    for rate, check_id in RATES.items():
        missed = sum(row["pairs"] * (1 - row[rate]) for row in health if row["pairs"])
        assert round(missed) == world.truth["findings"][check_id]
    purchases = [row for row in health if row["canonical_event"] == "purchase"]
    uncovered = sum(row["crm_count"] * (1 - row["crm_coverage_client"]) for row in purchases)
    assert round(uncovered) == world.truth["findings"]["crm_coverage_client"]
    ghosts = sum(row["ghost_count"] for row in purchases)
    assert ghosts == world.truth["findings"]["ghost_conversion"]


def test_a_mixed_gateway_world_has_every_consent_defect(tmp_path: Path) -> None:
    world = build_world(
        tmp_path, leaks=("mixed=3",), formats=("gateway_audit",), days=7, events_per_day=1600
    )
    assert world.truth["defects"]["consent_violation"] == dict.fromkeys(
        ("basis_mismatch", "gpc", "no_consent", "pre_consent", "unknown_consent", "withdrawn"), 3
    )
    connection = open_files(world)
    (wrong_basis,) = connection.execute(
        """
        select count(*) from records
        where delivery ->> '$.destination' = 'meta_capi' and delivery ->> '$.status' <> 'blocked'
            and delivery ->> '$.consent_basis' <> 'marketing'
        """
    ).fetchall()[0]
    (to_gpc,) = connection.execute(
        """
        select count(*) from records
        where gpc and delivery ->> '$.destination' = 'meta_capi'
            and delivery ->> '$.status' = 'delivered'
        """
    ).fetchall()[0]
    (without_proof,) = connection.execute(
        """
        select
            (select count(*) from consent where notice_version is null and marketing)
            + (select count(*) from records where delivery ->> '$.status' = 'blocked'
                and delivery ->> '$.reason' is null)
        """
    ).fetchall()[0]
    assert (wrong_basis, to_gpc, without_proof) == (3, 3, 3)


def test_a_day_without_deliveries_fails_the_hit_ratio(tmp_path: Path) -> None:
    world = build_world(tmp_path, leaks=("server_down_day",), **DAYS)
    assert world.truth["statuses"]["hit_ratio"] == "fail"
    down = [row for row in world.truth["health"] if row["server_accepted_count"] == 0]
    assert {row["event_date"] for row in down} == {"2026-11-10"}
    purchases = next(row for row in down if row["canonical_event"] == "purchase")
    assert world.truth["findings"]["crm_coverage_server"] > 20
    assert purchases["crm_coverage_server"] == 0.0


def test_a_late_day_loses_every_browser_event_of_it(tmp_path: Path) -> None:
    world = build_world(tmp_path, leaks=("late_day",), **DAYS)
    assert not (world.path / "data/ga4/events_20261112.parquet").exists()
    late = [row for row in world.truth["health"] if row["event_date"] == "2026-11-12"]
    assert {row["client_count"] for row in late} == {0}
    assert {row["hit_ratio"] for row in late} == {None}
    unnamed = sum(
        row["server_accepted_count"]
        for row in late
        if row["canonical_event"] not in ("purchase", "sign_up", "generate_lead")
    )
    assert world.truth["defects"]["consent_violation"] == {"unknown_consent": unnamed}


def test_a_late_day_behind_a_gateway_keeps_its_consent(tmp_path: Path) -> None:
    world = build_world(tmp_path, leaks=("late_day",), formats=("gateway_audit",), **DAYS)
    assert world.truth["findings"]["consent_violation"] == 0
    denied_orders = world.truth["findings"]["crm_coverage_server"]
    (blocked,) = (
        open_files(world)
        .execute(
            """
        select count(*) from records
        where event_type = 'purchase' and delivery ->> '$.status' = 'blocked'
            and delivery ->> '$.destination' = 'meta_capi' and "timestamp" >= '2026-11-11 23:00'
        """
        )
        .fetchall()[0]
    )
    assert 0 < denied_orders <= blocked


def test_drift_begins_on_the_fourth_date_and_spares_the_baseline(tmp_path: Path) -> None:
    leaks = ("schema_column_added", "schema_column_removed", "param_added", "slot_flip")
    world = build_world(tmp_path, leaks=leaks, days=5, events_per_day=1600)
    assert world.truth["findings"]["schema_drift"] == 4
    assert world.truth["finding_dates"]["schema_drift"] == {"2026-11-12": 4}
    dates = (
        open_files(world)
        .execute(
            """
        select min(event_date), max(event_date), count(distinct event_date) from ga4
        where marketing_flags is not null and event_bundle_sequence_id is null
        """
        )
        .fetchall()[0]
    )
    assert dates == ("20261112", "20261113", 2)


@pytest.mark.parametrize(
    ("leaks", "options", "sentence"),
    [
        (("lost_servers",), {}, "did you mean lost_server"),
        (("secret_in_log",), {"formats": ("gateway_audit",)}, "cannot be written in the format"),
        (("slot_flip",), {"days": 3}, "needs --days 4"),
        (("schema_column_added",), {"ga4_format": "json"}, "needs --ga4-format parquet"),
        (("lost_server=5000",), {}, "only"),
        (("volume_drop=3",), {}, "share below 1"),
        (("event_id_reused=2",), {"days": 1, "events_per_day": 100}, "finds no other purchase"),
    ],
)
def test_impossible_leaks_are_refused_with_the_reason(
    tmp_path: Path, leaks: tuple[str, ...], options: dict, sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        build_world(tmp_path, leaks=leaks, **(DAYS | options))


def test_the_command_lists_every_leak_with_its_check() -> None:
    program = "from matchback.cli import main; main()"
    command = [sys.executable, "-c", program, "simulate", "--list-leaks", "--json"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["leaks"]
    assert {entry["name"] for entry in listed} == set(LEAKS)
    assert all(entry["check_id"] and entry["summary"] for entry in listed)


def test_the_command_writes_the_demo_and_says_what_it_wrote(tmp_path: Path) -> None:
    program = "from matchback.cli import main; main()"
    out = tmp_path / "demo"
    command = [sys.executable, "-c", program, "simulate", "--preset", "demo", "--json"]
    done = subprocess.run([*command, "--out", str(out)], check=True, capture_output=True)
    written = json.loads(done.stdout)
    truth = json.loads((out / "truth.json").read_text())
    assert truth["scenario"] == "demo"
    assert truth["exit_codes"] == [1]
    assert written["findings"] == {
        check_id: count for check_id, count in truth["findings"].items() if count
    }


def test_the_demo_shows_something_on_several_surfaces() -> None:
    findings = describe(*make_world(PRESETS["demo"]))["findings"]
    shown = {check_id for check_id, count in findings.items() if count}
    assert {"crm_coverage_server", "value_consistency", "plain_pii", "hash_mismatch"} <= shown
