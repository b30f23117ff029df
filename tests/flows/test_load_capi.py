import json
from datetime import datetime

import pytest

from tests.fixtures.tokens import TOKEN
from tests.load_kit import SHARED, Project, exchange, lines

URL = "https://graph.facebook.com/v24.0/1234567890123456/events"
REQUEST_BODY = {"data": [{"event_name": "Purchase", "event_time": 1794470400, "event_id": "p1"}]}
TABLES = {
    "gtms_bigquery": "landing.capi_gtms",
    "gtms_console": "landing.capi_gtms",
    "request_response": "landing.capi_request_response",
    "dataflow_dlq": "landing.capi_dataflow_dlq",
    "gateway_audit": "landing.capi_gateway_audit",
}


def load(tmp_path, source_format, records, **settings):
    """Load records of one format and return the project, its rows and its quarantine."""
    project = Project(tmp_path, {"capi": [{"format": source_format, "path": "data/*", **settings}]})
    text = records if isinstance(records, str) else lines(records)
    project.write("data/log_20261112.jsonl", text)
    project.load()
    project.assert_conserved()
    return project, project.rows(f"select * from {TABLES[source_format]} order by row_number")


def gtms_row(**changes):
    return {
        "tag_name": "Facebook",
        "type": "Request",
        "event_name": "Purchase",
        "request_method": "POST",
        "request_url": URL,
        "request_body": json.dumps(REQUEST_BODY),
        "trace_id": "t1",
        "timestamp": 1794470400123,
        **changes,
    }


def console_line(**changes):
    return {
        "Name": "Facebook",
        "Type": "Request",
        "EventName": "Purchase",
        "RequestMethod": "POST",
        "RequestUrl": URL,
        "RequestBody": REQUEST_BODY,
        "TraceId": "t1",
        **changes,
    }


@pytest.mark.skipif(SHARED is None, reason="the shared example data is not beside the checkout")
@pytest.mark.parametrize(
    ("source_format", "path", "line_count"),
    [
        ("gtms_bigquery", "capi/stape_tag_output/bigquery_rows.jsonl", 34),
        ("gtms_console", "capi/stape_tag_output/console_stdout.jsonl", 34),
        ("dataflow_dlq", "capi/dlq_rows_handmade_from_source.jsonl", 3),
    ],
)
def test_every_line_of_the_real_logs_is_parsed(tmp_path, source_format, path, line_count):
    text = (SHARED / "data" / path).read_text(encoding="utf-8")
    project, rows = load(tmp_path, source_format, text)
    assert len(rows) == line_count
    assert project.quarantine() == []
    assert all(row["logged_at"] for row in rows)


def test_a_token_in_a_url_is_redacted_and_its_field_named(tmp_path):
    record = gtms_row(request_url=f"{URL}?access_token={TOKEN}")
    _, [row] = load(tmp_path, "gtms_bigquery", [record])
    assert TOKEN not in str(row)
    assert row["request_url"].startswith(URL)
    assert row["secret_fields"] == ["request_url"]


@pytest.mark.parametrize("value", ["", "***", "REDACTED"])
def test_a_placeholder_is_no_secret(tmp_path, value):
    record = gtms_row(request_url=f"{URL}?access_token={value}")
    _, [row] = load(tmp_path, "gtms_bigquery", [record])
    assert row["secret_fields"] == []


def test_a_twice_stringified_response_and_a_capitalised_message_are_read(tmp_path):
    answer = {"events_received": 1, "fbtrace_id": "A1"}
    record = {
        "tag_name": "Facebook",
        "type": "Response",
        "event_name": "Purchase",
        "response_status_code": 200,
        "response_body": json.dumps(json.dumps(answer)),
        "Message": "Pixel ID: 1234567890123456",
        "Reason": "none",
        "timestamp": 1794470400123,
    }
    _, [row] = load(tmp_path, "gtms_bigquery", [record])
    assert json.loads(row["response_body"]) == answer
    assert row["message"] == "Pixel ID: 1234567890123456"
    assert row["reason"] == "none"
    assert row["trace_id"] is None
    assert row["logged_at"] == datetime.fromisoformat("2026-11-12T08:00:00.123000")


@pytest.mark.parametrize("key", ["jsonPayload", "textPayload"])
def test_a_cloud_logging_entry_is_unwrapped_and_its_time_kept(tmp_path, key):
    inner = console_line()
    payload = inner if key == "jsonPayload" else json.dumps(inner)
    entry = {"timestamp": "2026-11-12T08:00:05.289389123Z", key: payload}
    _, [row] = load(tmp_path, "gtms_console", [entry])
    assert row["source_format"] == "gtms_console"
    assert json.loads(row["request_body"]) == REQUEST_BODY
    assert row["logged_at"] == datetime.fromisoformat("2026-11-12T08:00:05.289389")


def test_bare_console_lines_take_the_event_time(tmp_path):
    response = {"Name": "Facebook", "Type": "Response", "EventName": "Purchase", "TraceId": "t1"}
    _, rows = load(tmp_path, "gtms_console", [console_line(), response])
    assert {row["logged_at"] for row in rows} == {datetime.fromisoformat("2026-11-12T08:00:00")}


def test_a_log_line_of_somebody_else_is_quarantined(tmp_path):
    entry = {"timestamp": "2026-11-12T08:00:05Z", "textPayload": "Listening on port 8080"}
    project, rows = load(tmp_path, "gtms_console", [entry])
    assert rows == []
    assert len(project.quarantine()) == 1


def test_events_written_as_text_become_objects(tmp_path):
    event = {"event_name": "Purchase", "event_id": "p1"}
    record = exchange(1, request={"data": [json.dumps(event), event], "test_event_code": "T1"})
    _, [row] = load(tmp_path, "request_response", [record])
    assert json.loads(row["request"]) == {"data": [event, event], "test_event_code": "T1"}


def test_a_missing_dataset_id_comes_from_the_url(tmp_path):
    record = exchange(1, url=f"{URL}?access_token={TOKEN}")
    del record["dataset_id"]
    _, [row] = load(tmp_path, "request_response", [record], dataset_id="777")
    assert row["dataset_id"] == "1234567890123456"
    assert row["configured_dataset_id"] == "777"
    assert row["secret_fields"] == ["url"]


@pytest.mark.parametrize("request_part", [None, "text", {"data": "x"}, {"data": ["{broken"]}])
def test_a_request_without_a_batch_is_quarantined(tmp_path, request_part):
    project, rows = load(tmp_path, "request_response", [exchange(1, request=request_part)])
    assert rows == []
    assert "request" in project.quarantine()[0]["reason"]


@pytest.mark.parametrize("prefix", ["metacapisink_", "metacapisink", "_", ""])
@pytest.mark.parametrize(
    "element",
    [
        "{'event_name': 'Purchase', 'value': 150.5, 'ph': None, 'fn': \"o'hara\"}",
        '{"event_name": "Purchase", "value": 150.5, "ph": null, "fn": "o\'hara"}',
        {"event_name": "Purchase", "value": 150.5, "ph": None, "fn": "o'hara"},
    ],
)
def test_a_dataflow_element_is_read_as_python_or_json(tmp_path, prefix, element):
    record = {
        f"{prefix}timestamp": "2026-11-12 10:00:00",
        f"{prefix}status": "ERROR",
        f"{prefix}failure_pipeline_step": "_MakeMetaConversionsAPICalls",
        f"{prefix}output_message": '{"error": {"code": 100}}',
        f"{prefix}input_element": element,
    }
    _, [row] = load(tmp_path, "dataflow_dlq", [record])
    expected = {"event_name": "Purchase", "value": 150.5, "ph": None, "fn": "o'hara"}
    assert json.loads(row["input_element"]) == expected
    assert row["status"] == "ERROR"


@pytest.mark.parametrize("element", ["__import__('os')", "{'a': nan}", "[1]", "("])
def test_a_dataflow_element_that_is_no_data_is_quarantined(tmp_path, element):
    record = {
        "metacapisink_timestamp": "2026-11-12 10:00:00",
        "metacapisink_status": "SUCCESS",
        "metacapisink_input_element": element,
    }
    project, rows = load(tmp_path, "dataflow_dlq", [record])
    assert rows == []
    assert "input_element" in project.quarantine()[0]["reason"]


def test_gateway_choices_are_read_as_words_and_booleans(tmp_path):
    record = {
        "timestamp": "2026-11-12T10:00:00+01:00",
        "request_id": "r1",
        "event_type": "purchase",
        "event_id": "p1",
        "user": {"client_id": "1.2"},
        "jurisdiction": "US-CA",
        "gpc": True,
        "consent_state": {"necessary": True, "analytics": "granted", "marketing": "denied"},
        "deliveries": [
            {"destination": "meta_capi", "request": {"event_source_url": f"?access_token={TOKEN}"}}
        ],
    }
    _, [row] = load(tmp_path, "gateway_audit", [record])
    choices = ("consent_necessary", "consent_analytics", "consent_marketing", "gpc")
    assert [row[name] for name in choices] == [True, True, False, True]
    assert row["logged_at"] == datetime.fromisoformat("2026-11-12T09:00:00")
    assert row["secret_fields"] == ["deliveries[].request.event_source_url"]
    assert TOKEN not in row["deliveries"]


@pytest.mark.parametrize("is_large", [False, True])
def test_a_line_that_a_log_repeats_is_one_attempt_and_a_duplicate_in_the_ledger(
    tmp_path, monkeypatch, is_large
):
    if is_large:
        monkeypatch.setattr("matchback.sources.kit.land_lines.QUICK_FROM_BYTES", {"text": 0})
    later = gtms_row(timestamp=1794470400124)
    other = gtms_row(trace_id="t2")
    records = [gtms_row(), other, gtms_row(), later, gtms_row()]
    project, rows = load(tmp_path, "gtms_bigquery", records)
    [entry] = project.ledger()
    assert [row["row_number"] for row in rows] == [1, 2, 4]
    assert (entry["rows_read"], entry["rows_loaded"], entry["rows_duplicate"]) == (5, 3, 2)


def test_identical_undated_lines_are_one_too(tmp_path):
    records = [console_line(RequestBody={"data": []})] * 3
    project, rows = load(tmp_path, "gtms_console", records)
    [entry] = project.ledger()
    assert rows[0]["logged_at"] is None
    assert (len(rows), entry["rows_duplicate"]) == (1, 2)


def test_logs_of_two_datasets_with_equal_names_do_not_replace_each_other(tmp_path):
    logs = [
        {"format": "request_response", "path": f"data/{region}/*.jsonl", "dataset_id": number}
        for region, number in (("eu", "1"), ("us", "2"))
    ]
    project = Project(tmp_path, {"capi": logs})
    project.write("data/eu/log.jsonl", lines([exchange(1)]))
    project.write("data/us/log.jsonl", lines([exchange(2)]))
    project.load()
    project.load()
    query = "select file_name, configured_dataset_id from landing.capi_request_response"
    assert sorted(tuple(row.values()) for row in project.rows(query)) == [
        ("eu/log.jsonl", "1"),
        ("us/log.jsonl", "2"),
    ]


@pytest.mark.parametrize("message_key", ["Message", "message"])
def test_a_large_gtms_file_gives_the_same_rows_as_a_small_one(tmp_path, monkeypatch, message_key):
    answer = json.dumps(json.dumps({"events_received": 1}))
    records = [
        gtms_row(trace_id=f"t{number}", request_url=f"{URL}?access_token={TOKEN}")
        for number in range(30)
    ]
    records[5] = {
        "type": "Response",
        "event_name": "Purchase",
        "response_status_code": 200,
        "response_body": answer,
        message_key: "Pixel ID: 123",
        "timestamp": 1794470400123,
    }
    project, carefully = load(tmp_path, "gtms_bigquery", records)
    monkeypatch.setattr("matchback.sources.kit.land_lines.QUICK_FROM_BYTES", {"text": 0, "gzip": 0})
    project.write("data/log_20261112.jsonl", lines(records).rstrip())
    assert project.load().rows_loaded == 30
    quickly = project.rows("select * from landing.capi_gtms order by row_number")
    for row in carefully + quickly:
        row.pop("run_id")
    assert quickly == carefully
    assert TOKEN not in str(quickly)


@pytest.mark.parametrize("bad", ["{broken", '{"type": "Request"}', '{"type": "x", "timestamp": 1}'])
def test_a_large_gtms_file_with_a_bad_line_loses_only_that(tmp_path, monkeypatch, bad):
    monkeypatch.setattr("matchback.sources.kit.land_lines.QUICK_FROM_BYTES", {"text": 0, "gzip": 0})
    text = lines([gtms_row()]) + bad + "\n" + lines([gtms_row(trace_id="t2")])
    project, rows = load(tmp_path, "gtms_bigquery", text)
    assert len(rows) == 2
    assert [row["row_number"] for row in project.quarantine()] == [2]
