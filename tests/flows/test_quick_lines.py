"""Gateway and consent logs read by the engine: the same rows and refusals as line by line."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fixtures.tokens import TOKEN
from tests.load_kit import Project

EVERY_SIZE = {"text": 0, "gzip": 0}
SOURCES = {
    "landing.capi_gateway_audit": {
        "capi": [{"format": "gateway_audit", "path": "data/*", "dataset_id": "1"}]
    },
    "landing.consent_log": {"consent": {"path": "data/*"}},
}
MOMENT = "2026-11-12T10:00:00.123456Z"


def gateway(**changes):
    delivery = {
        "destination": "meta_capi",
        "status": "delivered",
        "request": {"event_name": "Purchase", "custom_data": {"value": 59.6, "contents": [{}]}},
        "response": {"events_received": 1, "messages": []},
    }
    return {
        "timestamp": MOMENT,
        "request_id": "r1",
        "event_type": "purchase",
        "event_id": 'p"1\\ \u00e9',
        "user": {"user_id": None, "client_id": "1.2"},
        "jurisdiction": "EU-DE",
        "gpc": False,
        "consent_state": {"necessary": True, "analytics": None, "marketing": True},
        "deliveries": [delivery],
        **changes,
    }


def decision(**changes):
    return {
        "timestamp": MOMENT,
        "user_id": "u1",
        "client_id": "1.2",
        "gpc": False,
        "necessary": True,
        "marketing": None,
        "action": "given",
        **changes,
    }


def both_ways(folder, table, content):
    """Return rows and quarantine of one file, read line by line and by the engine."""
    results = []
    for way in ("line by line", "by the engine"):
        with pytest.MonkeyPatch.context() as patch:
            if way == "by the engine":
                patch.setattr("matchback.sources.kit.land_lines.QUICK_FROM_BYTES", EVERY_SIZE)
            (folder / way).mkdir()
            project = Project(folder / way, SOURCES[table])
            project.write("data/log_20261112.jsonl", content)
            project.load()
        project.assert_conserved()
        rows = project.rows(f"select * exclude (run_id) from {table} order by row_number")
        for row in rows:
            if "deliveries" in row:
                row["deliveries"] = json.loads(row["deliveries"])
        refused = [(one["row_number"], one["reason"], one["raw"]) for one in project.quarantine()]
        [entry] = project.ledger()
        results.append((rows, sorted(refused), entry["rows_loaded"], entry["rows_duplicate"]))
    return results


ODD = [
    "{broken",
    "null",
    "[]",
    "  ",
    '{"timestamp": "' + MOMENT + '", "user_id": "a", "user_id": "b", "deliveries": []}',
    '{"timestamp": "' + MOMENT + '", "deliveries": [{"request": {"a": 1, "a": 2}}]}',
    '{"timestamp": "' + MOMENT + '", "deliveries": [{"value": NaN}]}',
    '{"timestamp": "' + MOMENT + '", "deliveries": [{"value": -inf}]}',
    '{"timestamp": "' + MOMENT + '", "deliveries": [{"value": 1},]}',
    '{"timestamp": "' + MOMENT + '", "deliveries": [' + "[" * 300 + "]" * 300 + "]}",
    '{"timestamp": "' + MOMENT + '", "deliveries": [1]}',
    '{"timestamp": "' + MOMENT + '", "deliveries": {}}',
    '{"timestamp": "' + MOMENT + '"}',
    '{"timestamp": "' + MOMENT + '", "user": "u", "deliveries": []}',
    '{"timestamp": "' + MOMENT + '", "user": null, "consent_state": {}, "deliveries": []}',
    '{"timestamp": "' + MOMENT + '", "gpc": "maybe", "deliveries": []}',
    '{"timestamp": "' + MOMENT + '", "gpc": "granted", "jurisdiction": 7, "deliveries": []}',
    '{"timestamp": "' + MOMENT + '", "event_id": 12.0, "user_id": 12.0, "deliveries": []}',
    '{"timestamp": "' + MOMENT + '", "jurisdiction": ["EU"], "deliveries": []}',
    '{"timestamp": "' + MOMENT + '", "jurisdiction": "a\\u0000b", "deliveries": []}',
    '{"timestamp": "2026-11-12T10:00:00+01:00", "deliveries": []}',
    '{"timestamp": "2026-02-30T10:00:00Z", "deliveries": []}',
    '{"timestamp": 1794470400123, "deliveries": []}',
    '{"timestamp": "' + MOMENT + '", "request_id": "access_token=' + TOKEN + '", "deliveries": []}',
]


@pytest.mark.parametrize("table", SOURCES)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_odd_lines_among_plain_ones_are_read_alike(tmp_path, table, line_end):
    plain = gateway if "gateway" in table else decision
    lines = [json.dumps(plain(request_id=f"r{number}")) for number in range(3)]
    for odd in ODD:
        lines += [odd, json.dumps(plain(), ensure_ascii=False), ""]
    carefully, quickly = both_ways(tmp_path, table, line_end.join(lines))
    assert quickly == carefully
    assert len(carefully[1]) > 10
    assert TOKEN not in str(quickly)


@pytest.mark.parametrize("content", [b"\xff", b'{"a": "\0"}', b'{"a":\r1}', b"{}" * 2**24])
def test_a_file_that_is_no_text_of_lines_is_read_line_by_line(tmp_path, content):
    lines = b"\n".join([json.dumps(decision()).encode(), content, b"{}\r", b""])
    carefully, quickly = both_ways(tmp_path, "landing.consent_log", lines)
    assert quickly == carefully
    assert len(carefully[0]) == 1


def test_only_odd_lines_are_parsed_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setattr("matchback.sources.kit.land_lines.QUICK_FROM_BYTES", EVERY_SIZE)
    parsed = []
    monkeypatch.setattr(
        "matchback.sources.consent.parse.parse_object", lambda raw: parsed.append(raw) or {}
    )
    project = Project(tmp_path, SOURCES["landing.consent_log"])
    lines = [json.dumps(decision(user_id=f"u{number}")) for number in range(50)]
    project.write("data/log.jsonl.gz", "\n".join(lines))
    assert project.load().rows_loaded == 50
    assert parsed == []


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=15, deadline=None)
@given(
    changes=st.lists(
        st.dictionaries(
            st.sampled_from(
                ["timestamp", "request_id", "event_id", "user", "gpc", "consent_state", "more"]
            ),
            JSON_VALUES,
            max_size=2,
        ),
        min_size=1,
        max_size=8,
    ),
    deliveries=st.lists(st.dictionaries(st.text(), JSON_VALUES, max_size=3), max_size=2),
    is_ascii=st.booleans(),
)
def test_whatever_a_record_holds_both_ways_agree(tmp_path_factory, changes, deliveries, is_ascii):
    records = [gateway(**one) for one in changes] + [gateway(deliveries=deliveries)]
    text = "\n".join(json.dumps(record, ensure_ascii=is_ascii) for record in records)
    folder = tmp_path_factory.mktemp("log")
    carefully, quickly = both_ways(folder, "landing.capi_gateway_audit", text)
    assert quickly == carefully
