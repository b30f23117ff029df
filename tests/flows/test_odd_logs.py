"""What servers really answer: one odd row is judged or set aside and never stops the day."""

import gzip
import json
from pathlib import Path

from tests.runs import Published, run_window
from tests.worlds import build_world


def rewrite(log: Path, change: dict[int, dict]) -> None:
    """Change fields of the log's rows by their position."""
    lines = gzip.decompress(log.read_bytes()).decode().splitlines()
    rows = [{**json.loads(line), **change.get(index, {})} for index, line in enumerate(lines)]
    log.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))


def test_answers_that_are_no_json_and_values_beyond_any_range_are_survived(tmp_path: Path) -> None:
    world = build_world(tmp_path, days=1, events_per_day=200)
    log = next((world.path / "data" / "capi").glob("*.gz"))
    rows = [json.loads(line) for line in gzip.decompress(log.read_bytes()).decode().splitlines()]
    responses = [index for index, row in enumerate(rows) if row["type"] == "Response"]
    requests = [
        index
        for index, row in enumerate(rows)
        if row["type"] == "Request" and row["event_name"] == "AddToCart"
    ]
    body = json.loads(rows[requests[0]]["request_body"])
    body["data"][0]["event_time"] = 1e30
    body["data"][0]["custom_data"] = {"value": 1e25, "currency": "EUR"}
    rewrite(
        log,
        {
            responses[0]: {
                "response_status_code": 502,
                "response_body": "<html><body>502 Bad Gateway</body></html>",
            },
            requests[0]: {"request_body": json.dumps(body)},
        },
    )

    finished = run_window(world.path, world.truth["start"], world.truth["end"], world.as_of)

    assert finished.code in (0, 1), finished.stderr
    published = Published(world.path)
    assert published.rows(
        "select count(*) from marts.fct_deliveries where outcome = 'rejected' and http_status = 502"
    ) == [(1,)]
    clients = sum(row["client_count"] for row in published.health().values())
    assert clients == sum(row["client_count"] for row in world.truth["health"])
