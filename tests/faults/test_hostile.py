"""Hostile strings in every input come out of every output as harmless text."""

import csv
import gzip
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from tests.faults.kit import as_text
from tests.fixtures.slack_double import reply, slack
from tests.runs import Finished, matchback, run_window
from tests.worlds import World, build_world

pytestmark = pytest.mark.slow

HOSTILE = (
    "'; DROP TABLE marts.fct_findings; --4711",
    "{{ 4711*7 }}",
    "<!channel>4711",
    "<script>alert(4711)</script>",
    '"><img src=x onerror=alert(4711)>',
    '=HYPERLINK("http://evil.example/4711","x")',
    "![x](http://evil.example/4711)|b",
    "\u202e4711gnp.exe",
    "47\u200b11\ufeff",
    "\x1b[31m4711\x07",
    "Cafe\u0301 4711",
    "$(touch 4711)`touch 4711`",
)
DEEP = '{"a":' * 10_000 + "1" + "}" * 10_000
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\x00-\x08\x0b-\x1f\x7f]")


def plant(world: World) -> None:
    """Put hostile text into events, ids, campaigns, devices, orders, choices and file names."""
    plant_ga4(next((world.path / "data" / "ga4").glob("events_*.parquet")))
    log = next((world.path / "data" / "capi").glob("gtms_*.gz"))
    plant_log(log)
    hostile_name = log.with_name("gtms_<!channel>{{ 4711*7 }}\u202e'; --20261109.json.gz")
    hostile_name.write_bytes(gzip.compress(b"no json at all\n"))
    plant_orders(next((world.path / "data" / "crm").glob("*.csv")))
    consent = next((world.path / "data" / "consent").glob("*.jsonl"))
    with consent.open("a", encoding="utf-8") as file:
        for text in HOSTILE:
            choice = {"timestamp": "2026-11-09T08:00:00Z", "user_id": text, "action": text}
            file.write(json.dumps(choice) + "\n")
    config = world.config.read_text(encoding="utf-8")
    owners = json.dumps({"ga4": HOSTILE[2], "capi": HOSTILE[3], "crm": HOSTILE[6]})
    world.config.write_text(
        re.sub(r"flow_map: \{owners: \{[^}]*\}", lambda _: f"flow_map: {{owners: {owners}", config),
        encoding="utf-8",
    )
    with (world.path / "releases.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(["2026-11-09", text, text] for text in HOSTILE)


def plant_ga4(shard: Path) -> None:
    planted = shard.with_name("planted.parquet")
    duckdb.execute(
        f"""
        copy (
            select * exclude (n, hostile) replace (
                case when event_name = 'page_view' and n % 3 = 0 then hostile
                    else event_name end as event_name,
                list_transform(event_params, lambda param: case
                    when param.key in ('event_id', 'transaction_id', 'campaign', 'page_title')
                        and (event_name = 'purchase' or n % 4 = 0)
                    then struct_pack(key := param.key, value := struct_pack(
                        string_value := hostile, int_value := null::bigint,
                        float_value := null::double, double_value := null::double))
                    else param end) as event_params,
                struct_update(device, category := hostile, "language" := hostile) as device,
                struct_update(geo, country := hostile) as geo
            )
            from (
                select *, row_number() over () as n, $hostile[1 + n % len($hostile)] as hostile
                from read_parquet('{shard}')
            )
        ) to '{planted}' (format parquet)
        """,
        {"hostile": list(HOSTILE)},
    )
    planted.replace(shard)


def plant_log(log: Path) -> None:
    rows = [json.loads(line) for line in gzip.decompress(log.read_bytes()).decode().splitlines()]
    for number, row in enumerate(rows):
        text = HOSTILE[number // 2 % len(HOSTILE)]
        if row["type"] == "Request" and number % 6 == 0:
            body = json.loads(row["request_body"])
            event = body["data"][0]
            event |= {"event_id": text, "event_source_url": text}
            event["event_name"] = text if number % 12 == 0 else event["event_name"]
            event["custom_data"] = {**event.get("custom_data", {}), "order_id": text, text: text}
            row["request_body"] = json.dumps(body)
            row["tag_name"] = row["event_name"] = text
        elif row["type"] == "Response" and number % 10 == 1:
            error = {"message": text, "type": text, "code": 100, "error_user_msg": text}
            row["response_status_code"] = 400
            row["response_body"] = json.dumps({"error": error})
    deep = {
        **rows[0],
        "trace_id": "deep",
        "request_body": '{"data":[{"custom_data":' + DEEP + "}]}",
    }
    log.write_bytes(gzip.compress("\n".join(map(json.dumps, [*rows, deep])).encode()))


def plant_orders(orders: Path) -> None:
    with orders.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    for number, row in enumerate(rows[1:]):
        text = HOSTILE[number % len(HOSTILE)]
        row[rows[0].index("Name")] = f"{text} {number // len(HOSTILE) or ''}".strip()
        row[rows[0].index("Note")] = row[rows[0].index("City")] = text
    rows[0][rows[0].index("Note")] = HOSTILE[0]
    with orders.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


@dataclass
class Ran:
    """The world after its run, and everything that was said."""

    folder: Path
    said: list[Finished]
    sent: str
    explained: list[Finished] = field(default_factory=list)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("hostile") / "world"
    world = build_world(folder, days=1, events_per_day=400, leaks=("lost_server=3",))
    plant(world)
    with slack(reply()) as double:
        with world.config.open("a", encoding="utf-8") as file:
            file.write(f'alerts: {{slack_webhook_url: "{double.url}"}}\n')
        said = [run_window(folder, world.truth["start"], world.truth["end"], world.as_of)]
        sent = as_text(double.requests)
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        orders = connection.execute(
            "select distinct order_id from marts.fct_reconciled_events "
            "where order_id like '%4711%' order by order_id"
        ).fetchall()
    assert len(orders) > 3
    explained = []
    for number, (order,) in enumerate(orders[:4]):
        page = str(folder / "reports" / f"passport{number}.html")
        explained.append(matchback(folder, "explain", "--", order))
        explained.append(matchback(folder, "explain", "--json", "--html", page, "--", order))
    said.append(matchback(folder, "alerts", "list"))
    return Ran(folder, said, sent, explained)


def pages(folder: Path) -> list[Path]:
    return [path for path in (folder / "reports").rglob("*") if path.suffix in (".html", ".md")]


class Elements(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts = ""
        self._is_in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._is_in_script = tag == "script"

    def handle_data(self, data: str) -> None:
        self.scripts += data if self._is_in_script else ""

    def handle_endtag(self, tag: str) -> None:
        self._is_in_script = False


def test_the_run_survives_and_drops_nothing(ran: Ran) -> None:
    assert ran.said[0].code == 1, ran.said[0].stderr
    with duckdb.connect(str(ran.folder / "warehouse.duckdb"), read_only=True) as connection:
        [(findings,)] = connection.execute("select count(*) from marts.fct_findings").fetchall()
        reasons = connection.execute("select reason from quarantine.rejected_rows").fetchall()
    assert findings > 0
    assert reasons
    assert not list(ran.folder.glob("4711"))


def test_no_template_is_evaluated_anywhere(ran: Ran) -> None:
    texts = [path.read_text(encoding="utf-8") for path in pages(ran.folder)]
    texts += [one.stdout + one.stderr for one in [*ran.said, *ran.explained]] + [ran.sent]
    assert not any(str(4711 * 7) in text for text in texts)


def test_pages_show_text_and_nothing_that_acts(ran: Ran) -> None:
    found = pages(ran.folder)
    assert {path.suffix for path in found} == {".html", ".md"}
    assert any("4711" in path.read_text(encoding="utf-8") for path in found)
    for path in found:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".md":
            text = FENCED.sub("", text)
            assert "<script>alert(4711)" not in text, path
            assert "![x](http" not in text, path
            continue
        page = Elements(text)
        assert "4711" not in page.scripts, path
        for tag, attributes in page.tags:
            assert tag not in {"img", "iframe", "object", "embed", "base"}, path
            assert not any(name.startswith("on") for name in attributes), path
            assert "evil.example" not in (attributes.get("href") or ""), path


def test_slack_reads_no_mention_no_link_and_no_hidden_sign(ran: Ran) -> None:
    assert "opened" in ran.sent
    for mark in ("<!channel", "<script", "<http://evil"):
        assert mark not in ran.sent
    # verbatim: Slack makes no link, mention or channel of bare text.
    assert ran.sent.count('"type": "mrkdwn"') == ran.sent.count('"verbatim": true')
    assert not UNSEEN.search(ran.sent)


def test_the_terminal_gets_no_control_sign_and_no_command_to_paste(ran: Ran) -> None:
    for one in [*ran.said, *ran.explained[::2]]:
        assert not UNSEEN.search(one.stdout + one.stderr)
    [hint] = [line for line in ran.said[0].stderr.splitlines() if "matchback explain" in line]
    assert "explain ''; DROP" not in hint


def test_a_passport_is_one_object_and_no_spreadsheet_is_written(ran: Ran) -> None:
    assert [one.code for one in ran.explained] == [0] * len(ran.explained)
    for one in ran.explained[1::2]:
        assert json.loads(one.stdout)["status"] == "found"
    assert not list((ran.folder / "reports").rglob("*.csv"))
