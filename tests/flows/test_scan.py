"""The engine scan: every text leaf of every source, once per record and path."""

import json
import re
from pathlib import Path

import pytest

from matchback.opening import open_duckdb
from matchback.privacy.scan import scan_new_rows

EMAIL = "jane.doe@example.org"
DAY = "timestamp '2026-11-09 10:00:00'"


@pytest.fixture
def warehouse(tmp_path: Path):
    with open_duckdb(tmp_path / "warehouse.duckdb") as opened:
        opened.apply_ddl()
        yield opened


def loaded(warehouse, table, loaded_from, file_name="f1", digest="d1", **values):
    """Insert one landing row and the ledger row of its file."""
    row = {"file_name": f"'{file_name}'", "row_number": "1", **values}
    names, expressions = ", ".join(row), ", ".join(row.values())
    warehouse.execute(f"insert into {table} ({names}) values ({expressions})")
    warehouse.execute(
        "insert into landing.load_ledger (source, file_name, digest, loaded_at) "
        f"values ('{loaded_from}', '{file_name}', '{digest}', now())"
    )


def ga4(warehouse, file_name="f1", digest="d1", **values):
    row = {
        "event_name": "'page_view'",
        "event_timestamp": "1762682400000000",
        "table_date": "date '2025-11-09'",
        **values,
    }
    loaded(warehouse, "landing.ga4_rows", "ga4", file_name, digest, **row)


def param(key, text):
    return (
        f"{{'key': '{key}', 'value': {{'string_value': '{text}', 'int_value': null, "
        "'float_value': null, 'double_value': null}}"
    )


def hits(warehouse):
    rows = warehouse.rows("select field_path, kind from landing.pii_hits order by 1, 2")
    return [(row["field_path"], row["kind"]) for row in rows]


def test_parameters_properties_items_and_columns_are_all_looked_at(warehouse):
    item = (
        f"{{'item_name': 'gift for {EMAIL}', 'item_params': "
        f"[{param('engraving', '+49 1512 3456789')}]}}"
    )
    ga4(
        warehouse,
        event_params=f"[{param('page_location', 'https://a.example/?q=' + EMAIL)}, "
        f"{param('first_name', 'Jane')}]",
        user_properties=f"[{param('plan', EMAIL)}]",
        items=f"[{item}]",
        user_id=f"'{EMAIL}'",
        device=f"{{'web_info': {{'hostname': '{EMAIL}'}}}}",
        extra_columns=f"""'{{"new_column": {{"note": "{EMAIL}"}}}}'""",
    )
    scan_new_rows(warehouse, "r1")
    assert hits(warehouse) == [
        ("device.web_info.hostname", "email"),
        ("event_params.first_name", "name"),
        ("event_params.page_location", "email"),
        ("extra_columns.new_column.note", "email"),
        ("items.item_name", "email"),
        ("items.item_params.engraving", "phone"),
        ("user_id", "email"),
        ("user_properties.plan", "email"),
    ]


def test_ids_of_browsers_events_and_orders_are_left_out(warehouse):
    ga4(
        warehouse,
        user_pseudo_id=f"'{EMAIL}'",
        ecommerce=f"{{'transaction_id': '{EMAIL}'}}",
        event_params=f"[{param('transaction_id', EMAIL)}, {param('my_event_id', EMAIL)}, "
        f"{param('fbp', EMAIL)}]",
    )
    scan_new_rows(warehouse, "r1", event_id_params=("my_event_id",))
    assert hits(warehouse) == []


def test_a_record_has_one_hit_per_path_named_by_the_first_kind(warehouse):
    both = f"[{param('note', '203.0.113.77')}, {param('note', EMAIL + ' +49 1512 3456789')}]"
    ga4(warehouse, event_params=both)
    scan_new_rows(warehouse, "r1")
    assert hits(warehouse) == [("event_params.note", "email")]


def test_server_events_of_a_batch_are_told_apart_by_their_position(warehouse):
    events = [{"user_data": {"em": "0" * 64}}, {"custom_data": {"contents": [{"title": EMAIL}]}}]
    body = json.dumps({"data": events, "partner_agent": f"by {EMAIL}"})
    loaded(warehouse, "landing.capi_gtms", "capi", logged_at=DAY, request_body=f"'{body}'")
    scan_new_rows(warehouse, "r1")
    rows = warehouse.rows("select batch_position, field_path from landing.pii_hits order by 2")
    assert [(row["batch_position"], row["field_path"]) for row in rows] == [
        (1, "custom_data.contents.title"),
        (None, "request_body.partner_agent"),
    ]


def test_every_log_format_and_source_is_looked_at(warehouse):
    person = json.dumps({"user_data": {"em": EMAIL, "client_ip_address": "203.0.113.1"}})
    flat = json.dumps({"em": EMAIL, "client_ip_address": "203.0.113.1"})
    decision = json.dumps(
        [{"destination": "meta_capi", "reason": EMAIL, "request": json.loads(person)}]
    )
    request = json.dumps({"data": [json.loads(person)]})
    table = "landing.capi_"
    loaded(
        warehouse, f"{table}request_response", "capi", "a", logged_at=DAY, request=f"'{request}'"
    )
    loaded(warehouse, f"{table}dataflow_dlq", "capi", "b", logged_at=DAY, input_element=f"'{flat}'")
    loaded(warehouse, f"{table}gateway_audit", "capi", "c", logged_at=DAY,
           deliveries=f"'{decision}'", user_id=f"'{EMAIL}'")  # fmt: skip
    loaded(warehouse, "landing.crm_orders", "crm", "d", ordered_at=DAY, customer_id=f"'{EMAIL}'",
           free_text="""'{"Note": "ring +49 1512 3456789"}'""")  # fmt: skip
    loaded(warehouse, "landing.consent_log", "consent", "e", decided_at=DAY, user_id=f"'{EMAIL}'")
    loaded(warehouse, "quarantine.rejected_rows", "ga4", "f", source="'ga4'", quarantined_at=DAY,
           raw=f"""'{{"user_id": "{EMAIL}", "broken'""")  # fmt: skip
    scan_new_rows(warehouse, "r1")
    rows = warehouse.rows("select * from landing.pii_hits")
    told = {
        (row["file_name"], row["source"], row["batch_position"], row["field_path"], row["kind"])
        for row in rows
    }
    assert len(rows) == len(told)
    assert told == {
        ("a", "capi", 0, "user_data.em", "email"),
        ("b", "capi", 1, "user_data.em", "email"),
        ("c", "capi", 0, "reason", "email"),
        ("c", "capi", 0, "user_data.em", "email"),
        ("c", "capi", None, "user.user_id", "email"),
        ("d", "crm", None, "customer_id", "email"),
        ("d", "crm", None, "free_text.Note", "phone"),
        ("e", "consent", None, "user_id", "email"),
        ("f", "quarantine", None, "raw", "email"),
    }


def test_no_value_is_kept_and_equal_values_have_equal_digests(warehouse):
    ga4(warehouse, "f1", user_id=f"'{EMAIL}'")
    ga4(warehouse, "f2", "d2", event_params=f"[{param('note', EMAIL.upper())}]")
    scan_new_rows(warehouse, "r1")
    rows = warehouse.rows("select * from landing.pii_hits")
    assert "jane" not in str(rows).lower()
    assert len({row["digest"] for row in rows}) == 1
    assert all(re.fullmatch(r"[0-9a-f]{32}", row["digest"]) for row in rows)


def test_a_file_is_scanned_once_until_its_content_changes(warehouse):
    ga4(warehouse, user_id=f"'{EMAIL}'")
    assert scan_new_rows(warehouse, "r1").files == 1
    assert scan_new_rows(warehouse, "r2").files == 0
    warehouse.execute("delete from landing.ga4_rows")
    ga4(warehouse, digest="d2", user_id="'C1'")
    assert scan_new_rows(warehouse, "r3").files == 1
    assert hits(warehouse) == []


def test_naming_a_file_scans_it_again_and_leaves_others_alone(warehouse):
    ga4(warehouse, "f1", user_id=f"'{EMAIL}'")
    ga4(warehouse, "f2", "d2", user_id=f"'{EMAIL}'")
    scan_new_rows(warehouse, "r1")
    summary = scan_new_rows(warehouse, "r2", ["f2"])
    assert (summary.files, summary.hits, dict(summary.hits_by_kind)) == (1, 1, {"email": 1})
    runs = warehouse.rows("select file_name, run_id from landing.pii_hits order by 1")
    assert [(row["file_name"], row["run_id"]) for row in runs] == [("f1", "r1"), ("f2", "r2")]


def test_innocent_rows_give_no_candidates_and_no_hits(warehouse):
    ga4(
        warehouse,
        event_params=f"[{param('page_location', 'https://a.example/?utm_source=x')}]",
        device="{'browser_version': '139.0.7258.67', 'category': 'mobile'}",
    )
    summary = scan_new_rows(warehouse, "r1")
    assert (summary.files, summary.candidates, summary.hits) == (1, 0, 0)
