"""matchback explain: the passport of one event or order."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from matchback.cli import app
from matchback.config import Config
from matchback.opening import open_duckdb
from matchback.reporting.passport import find_passport, id_digest
from tests.fixtures.published import DATASET, insert_rows
from tests.fixtures.report_project import make_project

AT = datetime.fromisoformat("2026-11-20T10:00:00.123456")
JOURNEY = "customer_id:" + 32 * "7f"
LOST = {
    "reconciled_event_id": f"{DATASET}|lost", "event_date": "2026-11-20",
    "canonical_event": "purchase", "dataset_id": DATASET, "canonical_id": JOURNEY,
    "order_id": "#LOST-1", "client_event_id": "ev-lost", "in_client": True, "in_server": True,
    "in_crm": True, "server_event_id": "ev-lost", "match_method": "event_id",
    "crm_match_method": "order_id", "status": "rejected", "reasons": ["rejected_permanent"],
    "client_at": AT, "server_at": AT, "server_received_at": AT, "crm_at": AT,
    "seconds_apart": 0.0, "client_value": 80, "client_currency": "EUR", "server_value": 80,
    "server_currency": "EUR", "crm_value": 80, "crm_currency": "EUR",
    "client_event_name": "purchase", "server_event_name": "Purchase",
    "client_event_digest": id_digest("ev-lost"), "server_event_digest": id_digest("ev-lost"),
    "canonical_digest": id_digest(JOURNEY),
    "server_outcome": "rejected", "attempt_count": 1, "accepted_attempt_count": 0,
    "is_conversion": True, "is_denied": False, "is_test": False, "is_final": True,
}  # fmt: skip
DELIVERY = {
    "delivery_id": "d-lost", "event_date": "2026-11-20", "delivered_at": AT,
    "destination": "meta_capi", "dataset_id": DATASET, "source_format": "gtms_bigquery",
    "request_id": "trace-9", "canonical_event": "purchase", "event_name": "Purchase",
    "event_id": "ev-lost", "order_id": "#LOST-1", "outcome": "rejected",
    "error_class": "permanent", "error_code": 100, "error_subcode": 2804003, "http_status": 400,
    "is_test": False, "effective_consent": "granted", "consent_evidence": "consent_log",
    "jurisdiction": "EU-DE", "gpc": False, "required_tier": "marketing",
    "policy_decision": "allow", "policy_reason": "granted", "is_violation": False,
    "violation_reasons": [], "fields_sent": ["em", "fbc"], "fields_stripped": ["ph"],
}  # fmt: skip


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = make_project(tmp_path_factory.mktemp("project"), days=5)
    with open_duckdb(config.warehouse_path) as warehouse:
        insert_rows(warehouse, "marts.fct_reconciled_events", [LOST])
        insert_rows(warehouse, "marts.fct_deliveries", [DELIVERY])
        insert_rows(
            warehouse,
            "landing.ga4_rows",
            [{"event_name": "purchase", "event_timestamp": 1795168800123456,
              "table_date": "2026-11-20", "file_name": "events_20261120.parquet",
              "row_number": 17, "export_kind": "daily",
              "privacy_info": {"ads_storage": "Yes", "analytics_storage": "Yes"}}],
        )  # fmt: skip
        insert_rows(
            warehouse,
            "landing.crm_orders",
            [{"order_id": "#LOST-1", "ordered_at": AT, "status": "paid",
              "file_name": "orders.csv", "row_number": 3}],
        )  # fmt: skip
        insert_rows(
            warehouse,
            "marts.fct_findings",
            [{"check_id": "delivery_rejected", "event_date": "2026-11-20", "severity": "fail",
              "entity_type": "delivery", "entity_id": "trace-9|meta_capi",
              "field_path": "ev-lost", "defect": "lost", "value_at_risk": 80, "currency": "EUR"}],
        )  # fmt: skip
    return config


def explain(config: Config, *arguments: str):
    path = str(config.root / "matchback.yml")
    return CliRunner().invoke(app, ["explain", *arguments, "--config", path])


@pytest.mark.parametrize(
    "identifier", ["ev-lost", "#LOST-1", "lost-1", " LOST-1 ", "#lost-1", JOURNEY]
)
def test_event_order_and_journey_ids_lead_to_the_same_event(
    config: Config, identifier: str
) -> None:
    with open_duckdb(config.warehouse_path, read_only=True) as warehouse:
        passport = find_passport(warehouse, identifier)
    assert [event.order_id for event in passport.events] == ["#LOST-1"]


def test_the_json_tells_every_hop_consent_policy_fields_verdict_and_findings(
    config: Config,
) -> None:
    result = explain(config, "LOST-1", "--json")
    document = json.loads(result.stdout)
    event = document["events"][0]
    hops = {hop["station"]: hop for hop in event["hops"]}

    assert (result.exit_code, document["status"]) == (0, "found")
    assert (event["status"], event["verdict"]) == ("rejected", "Rejected by Meta")
    assert event["reasons"] == ["rejected_permanent"]
    assert hops["Browser (GA4)"]["from"] == "events_20261120.parquet, row 17 (daily)"
    assert hops["Browser (GA4)"]["ad_consent"] == "granted"
    assert hops["CRM"]["from"] == "orders.csv, row 3"
    server = hops["Server to meta_capi"]
    assert server["answer"] == (
        "HTTP 400, error 100/2804003, permanent: the payload must be corrected"
    )
    assert server["consent"] == "granted for marketing, known from consent log, EU-DE"
    assert server["policy"] == "allow (granted)"
    assert (server["fields_sent"], server["fields_stripped"]) == ("em, fbc", "ph")
    assert [finding["check_id"] for finding in event["findings"]] == ["delivery_rejected"]


def test_the_statements_given_show_the_rows(config: Config) -> None:
    statements = json.loads(explain(config, "ev-lost", "--json").stdout)["sql"]
    with open_duckdb(config.warehouse_path, read_only=True) as warehouse:
        assert [len(warehouse.rows(statement)) for statement in statements] == [1, 1]


def test_the_terminal_tells_it_in_plain_words(config: Config) -> None:
    result = explain(config, "LOST-1")
    assert result.exit_code == 0
    assert "Rejected by Meta" in result.stdout
    assert "Browser and server matched by the same event id" in result.stdout
    assert "Events lost to errors" in result.stdout


def test_the_page_is_self_contained_and_escaped(config: Config, tmp_path: Path) -> None:
    target = tmp_path / "pages" / "passport.html"
    result = explain(config, "LOST-1", "--html", str(target))
    text = target.read_text(encoding="utf-8")
    assert result.exit_code == 0
    assert "default-src 'none'" in text
    assert "#LOST-1" in text
    assert "http://" not in text


def test_an_unknown_id_is_one_sentence_and_exit_2(config: Config) -> None:
    result = explain(config, "no-such-id")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "No event id, order id or journey 'no-such-id'" in result.stderr


def test_an_address_given_as_id_is_not_echoed(config: Config) -> None:
    result = explain(config, "jane.doe@example.com", "--json")
    assert result.exit_code == 2
    assert "jane" not in result.output


def test_a_quote_in_an_id_is_data(config: Config) -> None:
    assert explain(config, "x' or '1'='1").exit_code == 2


def test_an_event_that_never_reached_the_server_says_so(config: Config) -> None:
    with open_duckdb(config.warehouse_path, read_only=True) as warehouse:
        order = warehouse.rows(
            "select order_id from marts.fct_reconciled_events "
            "where status = 'missing_server' and order_id is not null limit 1"
        )[0]["order_id"]
    event = json.loads(explain(config, order, "--json").stdout)["events"][0]
    silent = next(hop for hop in event["hops"] if not hop["is_seen"])
    assert silent["summary"].startswith("No delivery attempt was logged")
    assert event["match"] == "The browser event found no server event to match."
