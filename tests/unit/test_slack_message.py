"""A Slack message stays within every limit and lets no foreign string speak for itself."""

import json
import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from matchback.alerting.message import Line, build_message, clean
from matchback.alerting.states import Kind

HOSTILE = st.one_of(
    st.text(max_size=400),
    st.sampled_from(
        [
            "<!channel> <@U1> <https://evil.example|click>", "'; DROP TABLE--", "{{ 7*7 }}",
            "\u202egnp.exe", "a\u200bb\ufeff", "&" * 4_000, "*_~`" * 500, "\ud800", "x" * 10_000,
            "=HYPERLINK(", "\n\n# head", "e\u0301" * 300, "\U0001f9fe" * 900,
        ]
    ),
)  # fmt: skip
LINES = st.lists(
    st.builds(
        Line,
        kind=st.sampled_from(Kind),
        incident_id=st.just("0123456789"),
        severity=st.sampled_from(["warn", "fail", "critical"]),
        check_id=HOSTILE,
        dimension=HOSTILE,
        owner=HOSTILE,
        evidence=HOSTILE,
        money_at_risk=HOSTILE,
        effects=st.lists(HOSTILE, max_size=30).map(tuple),
    ),
    min_size=1,
    max_size=120,
)


def make_line(check_id="plain_pii", kind=Kind.OPENED, severity="fail", **fields) -> Line:
    return Line(
        kind=kind, incident_id="0123456789", severity=severity, check_id=check_id,
        **{"dimension": "all", **fields},
    )  # fmt: skip


def assert_within_limits(payload: dict) -> None:
    assert len(json.dumps(payload)) <= 10_000
    assert 0 < len(payload["text"]) <= 4_000
    assert len(payload["blocks"]) <= 50
    for block in payload["blocks"]:
        if block["type"] == "header":
            assert len(block["text"]["text"]) <= 150
        elif block["type"] == "section":
            assert 0 < len(block["text"]["text"]) <= 3_000
        else:
            assert len(block["elements"]) <= 10


@settings(max_examples=150, deadline=None)
@given(lines=LINES, report=st.one_of(st.none(), HOSTILE), warnings=st.lists(HOSTILE, max_size=60))
def test_any_message_is_within_slacks_limits(lines, report, warnings):
    assert_within_limits(build_message(lines, report, warnings).payload())


@given(HOSTILE)
def test_no_sign_of_a_foreign_string_is_read_by_slack(text):
    shown = clean(text)
    assert not set(shown) & set("<>`*~")
    assert not any(unicodedata.category(sign).startswith("C") for sign in shown)
    assert "&" not in re.sub("&(amp|lt|gt);", "", shown)
    assert len(shown) <= 120


def test_when_every_check_fails_at_once_with_the_longest_names_the_message_still_fits():
    lines = [
        make_line(f"{index:03}" + "w" * 200, dimension="&" * 900, owner="<" * 900,
                  evidence=">" * 900, effects=("&" * 300,) * 40)
        for index in range(300)
    ]  # fmt: skip
    message = build_message(lines, "https://reports.example.com/" + "a" * 5_000, ["v" * 300] * 50)
    assert_within_limits(message.payload())
    assert message.text.startswith("300 opened: 000")
    assert message.text.endswith("and 291 more")  # 290 checks and the one effect they share
    left = re.search(r"and (\d+) more", message.blocks[-2]["text"]["text"])
    shown = sum(block["type"] == "section" for block in message.blocks) - 1
    assert left
    assert shown + int(left[1]) == 300


def test_the_text_counts_the_states_and_names_the_worst_checks_first():
    message = build_message(
        [
            make_line("dedup_rate", Kind.RESOLVED, severity="critical"),
            make_line("hit_ratio", severity="warn"),
            make_line("action_source", money_at_risk="9.00 EUR"),
            make_line("ghost_conversion", money_at_risk="1,200.50 EUR + 10.00 GBP"),
            make_line("plain_pii", severity="critical"),
        ]
    )
    assert message.text == (
        "4 opened, 1 resolved: plain_pii, ghost_conversion, action_source, hit_ratio, dedup_rate"
    )


def test_a_check_in_many_dimensions_is_named_once():
    lines = [make_line("hit_ratio", dimension=f"dataset_id={index}") for index in range(30)]
    assert build_message(lines).text == "30 opened: hit_ratio"


def test_a_line_says_owner_money_and_episode_and_the_report_is_linked():
    line = make_line(
        "crm_coverage_server", owner="data-team", money_at_risk="1,234.00 EUR",
        evidence="0.71 (71 of 100)", since="2026-11-01 07:00 UTC", effects=("hit_ratio",),
    )  # fmt: skip
    blocks = build_message([line], "https://reports.example.com/?a=1&b=2", ["taxonomy"]).blocks
    assert blocks[1]["text"]["text"] == (
        ":red_circle: *crm_coverage_server*: opened, fail\n"
        "0.71 (71 of 100) · 1,234.00 EUR at risk · owner data-team · since 2026-11-01 07:00 UTC"
        " · explains hit_ratio · incident 0123456789"
    )
    footer = [element["text"] for element in blocks[-1]["elements"]]
    assert footer == [
        "Only warning: taxonomy",
        "<https://reports.example.com/?a=1&amp;b=2|Open the report>",
    ]


def test_a_report_url_that_would_break_out_of_its_link_is_shown_as_text():
    blocks = build_message([make_line()], "https://evil.example|<!channel>").blocks
    assert blocks[-1]["elements"][0]["text"] == "Report: https://evil.example|&lt;!channel&gt;"


def test_a_stored_line_comes_back_as_it_was():
    line = make_line(effects=("a", "b"), owner="\u202e\ud83d")
    assert Line.from_json(line.as_json()) == line
