"""Access and erasure of hand-made persons: what is another's stays, now and in every later load."""

import json
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from pydantic import SecretStr

from matchback.core.clock import Clock
from matchback.core.errors import ConfigError
from matchback.flows.erase import erase as erase_flow
from matchback.loading.load import load_source, load_sources
from matchback.opening import open_duckdb
from matchback.privacy.access import access
from matchback.privacy.digests import key_at_hand, own_key
from matchback.privacy.erase import erase, preview_erasure
from matchback.privacy.person import find_person
from matchback.privacy.suppression import suppress_loaded
from matchback.sources.catalog import RECORDS
from matchback.sources.kit.load_file import context_of
from matchback.sources.registry import SOURCES
from tests.load_kit import CLOCK, WINDOW, Project, ga4_event, lines

SOURCES_OF_PROJECT = {
    "ga4": {"path": "data/events_*"},
    "crm": {
        "path": "data/orders_*",
        "columns": {
            "order_id": "Id",
            "customer_id": "Customer",
            "ordered_at": "At",
            "value": "Total",
            "currency": "Currency",
            "email": "Email",
            "phone": "Phone",
        },
    },
    "consent": {"path": "data/consent_*"},
    "capi": [{"format": "request_response", "path": "data/log_*"}],
}
PROPERTY = {"timezone": "Europe/Berlin", "default_country": "DE", "currency": "EUR"}


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def visit(number: int, *, user=None, client=None, event=None, order=None) -> dict[str, Any]:
    """Return a GA4 row whose common numbers are 1, as everybody's are."""
    parameters = [
        {"key": "event_id", "value": {"string_value": event or f"ev-{number}"}},
        {"key": "ga_session_number", "value": {"int_value": "1"}},
        {"key": "session_engaged", "value": {"string_value": "1"}},
        {"key": "engagement_time_msec", "value": {"int_value": "100"}},
    ]
    if order:
        parameters.append({"key": "transaction_id", "value": {"string_value": order}})
    row = ga4_event(
        number,
        event_name="purchase" if order else "page_view",
        event_params=parameters,
        user_pseudo_id=client or f"{number}.1690000000",
    )
    return row | ({"user_id": user} if user else {})


def sent(number: int, *events: dict[str, Any]) -> dict[str, Any]:
    data = [{"event_name": "PageView", "event_time": 1794470400, **event} for event in events]
    return {
        "timestamp": f"2026-11-12T10:00:{number:02d}Z",
        "dataset_id": "123",
        "http_status": 200,
        "request": {"data": data},
        "response": {"events_received": len(data), "fbtrace_id": f"A{number}"},
        "trace_id": f"trace-{number}",
    }


def order(number: str, customer: str, email: str, phone: str = "") -> str:
    return f"{number},{customer},2026-11-12 10:00:00,12.50,EUR,{email},{phone}\n"


class Shop:
    """A project with all four sources in it."""

    def __init__(self, root, visits=(), orders=(), log=(), consent=()) -> None:
        self.project = Project(root, SOURCES_OF_PROJECT, property=PROPERTY)
        self.visits, self.orders = list(visits), list(orders)
        self.log, self.consent = list(log), list(consent)
        self.load()

    def load(self, suffix: str = "") -> str:
        self.project.write(f"data/events_20261112{suffix}.jsonl", lines(self.visits))
        header = "Id,Customer,At,Total,Currency,Email,Phone\n"
        self.project.write(f"data/orders_20261112{suffix}.csv", header + "".join(self.orders))
        self.project.write(f"data/log_20261112{suffix}.jsonl", lines(self.log))
        self.project.write(f"data/consent_20261112{suffix}.jsonl", lines(self.consent))
        self.project.runs += 1
        run_id = f"run-{self.project.runs}"
        config, warehouse = self.project.config, self.project.warehouse
        for source in SOURCES:
            if source.is_configured(config):
                context = context_of(warehouse, run_id, CLOCK)
                load_source(source, config, warehouse, context, WINDOW)
        suppress_loaded(warehouse, config, run_id)
        return run_id

    def forget_and_load(self) -> str:
        """Load the same content from files of new names, as a later export brings it."""
        for table in RECORDS:
            self.project.warehouse.delete_rows(table.name, table.on_every_date, None)
        self.project.warehouse.execute("delete from landing.load_ledger")
        return self.load(suffix="_again")

    def held(self) -> dict[str, Counter]:
        """Return the rows of every record table, without what a load adds."""
        beside = {"file_name", "row_number", "run_id", "secret_fields", "quarantined_at"}
        return {
            table.name: Counter(
                json.dumps({k: v for k, v in row.items() if k not in beside}, default=str)
                for row in self.project.rows(f"select * from {table.name}")
            )
            for table in RECORDS
        }

    def erase(self, person: str):
        return erase(self.project.warehouse, self.project.config, person, CLOCK)

    def find(self, person: str):
        return find_person(self.project.warehouse, self.project.config, person)

    def gone(self, before: dict[str, Counter]) -> dict[str, int]:
        now = self.held()
        assert not any((now[name] - before[name]) for name in before), "rows came to be"
        return {n: (before[n] - now[n]).total() for n in before if before[n] - now[n]}


def busy_shop(root) -> Shop:
    """Customer 1 among twenty others, whose parameters are full of ones."""
    others = range(10, 30)
    return Shop(
        root,
        visits=[
            visit(1, user="1", client="111.222", event="one-a"),
            visit(2, user="1", client="111.222", event="one-b", order="5001"),
            *(visit(n, user=f"C{n}", event=f"e{n}") for n in others),
            visit(40, user="C10", order="1", event="e40"),
        ],
        orders=[
            order("5001", "1", "one@example.org", "+49 30 1234567"),
            order("1", "C10", "ten@example.org"),
            *(order(f"60{n}", f"C{n}", f"c{n}@example.org") for n in others),
        ],
        log=[
            sent(1, {"event_id": "one-a", "user_data": {"external_id": hashed("1")}}),
            sent(2, {"event_id": "one-b", "custom_data": {"order_id": "5001", "num_items": 1}}),
            *(
                sent(n, {"event_id": f"e{n}", "user_data": {"em": [hashed(f"c{n}@example.org")]}})
                for n in others
            ),
        ],
        consent=[
            {"timestamp": "2026-11-12T09:00:00Z", "user_id": user, "notice_version": "1"}
            for user in ("1", "C10", "C11")
        ],
    )


def test_a_customer_called_1_takes_nobody_along(tmp_path):
    shop = busy_shop(tmp_path)
    before = shop.held()

    erasure = shop.erase("1")

    expected = {
        "landing.ga4_events": 2,
        "landing.crm_orders": 1,
        "landing.capi_request_response": 2,
        "landing.consent_log": 1,
    }
    assert shop.gone(before) == expected
    assert {n: c for n, c in erasure.rows_before.items() if n in before and c} == expected
    assert not any(erasure.rows_after.values())
    assert any("order_id:" in note for note in erasure.notes)


def test_a_later_load_is_whole_but_for_the_person_and_counts_who_was_removed(tmp_path):
    shop = busy_shop(tmp_path)
    shop.erase("1")
    left = shop.held()

    shop.forget_and_load()

    assert shop.held() == left
    removed: Counter = Counter()
    for row in shop.project.ledger():
        removed[row["source"]] += row["rows_suppressed"] or 0
    assert removed == {"ga4": 2, "crm": 1, "capi": 2, "consent": 1}
    for row in shop.project.ledger():
        parts = ("rows_loaded", "rows_quarantined", "rows_duplicate", "rows_suppressed")
        assert row["rows_read"] == sum(row[part] or 0 for part in parts)


@pytest.mark.parametrize("person", ["0", "guest", "undefined", "(not set)", " ", "customer_id:0"])
def test_a_placeholder_names_nobody(tmp_path, person):
    shop = Shop(
        tmp_path,
        visits=[visit(n, user=name) for n, name in enumerate(("0", "guest", "undefined"))],
        orders=[order("7", "0", ""), order("8", "guest", ""), order("9", "undefined", "")],
    )
    before = shop.held()

    erasure = shop.erase(person)
    answer = access(shop.project.warehouse, shop.project.config, person)

    assert (erasure.request_id, shop.gone(before)) == (None, {})
    assert answer.held == {}
    assert erasure.notes


def test_an_unknown_person_is_no_error(tmp_path):
    shop = busy_shop(tmp_path)
    assert access(shop.project.warehouse, shop.project.config, "nobody-7").held == {}
    assert shop.project.rows("select * from ops.erasure_requests") == []


def test_a_guest_takes_only_the_own_orders_out_of_the_guests_account(tmp_path):
    guests = [order(f"{100 + n}", "900", f"guest{n}@example.org") for n in range(22)]
    shop = Shop(tmp_path, orders=guests)
    before = shop.held()

    erasure = shop.erase("guest3@example.org")

    assert shop.gone(before) == {"landing.crm_orders": 1}
    assert [(one.type, one.other_persons) for one in erasure.shared] == [("customer_id", 21)]
    shop.forget_and_load()
    assert shop.project.count("landing.crm_orders") == 21


def test_the_guests_account_itself_names_nobody(tmp_path):
    shop = Shop(
        tmp_path, orders=[order(f"{n}00", "900", f"guest{n}@example.org") for n in range(1, 5)]
    )
    before = shop.held()

    assert shop.erase("900").shared
    assert shop.gone(before) == {}


def test_a_shared_address_and_a_shared_browser_are_told_and_not_followed(tmp_path):
    shop = Shop(
        tmp_path,
        visits=[
            visit(1, user="ANNA", client="77.88", event="anna-1"),
            visit(2, user="BERT", client="77.88", event="bert-1"),
            visit(3, client="77.88", event="nobody-1"),
            visit(4, user="ANNA", client="99.11", event="anna-2"),
            visit(5, client="99.11", event="anna-3"),
        ],
        orders=[
            order("A1", "ANNA", "family@example.org"),
            order("B1", "BERT", "family@example.org"),
            order("F1", "", "family@example.org"),
        ],
        log=[
            sent(1, {"event_id": "bert-1"}),
            sent(2, {"event_id": "anna-3"}),
            sent(3, {"event_id": "x", "user_data": {"em": [hashed("family@example.org")]}}),
        ],
    )
    before = shop.held()

    erasure = shop.erase("ANNA")

    assert shop.gone(before) == {
        "landing.ga4_events": 3,
        "landing.crm_orders": 1,
        "landing.capi_request_response": 1,
    }
    kinds = {one.type for one in erasure.shared}
    assert kinds == {"email_hash", "client_id"}
    assert all(one.other_persons == 1 for one in erasure.shared)
    left = shop.held()
    shop.forget_and_load()
    assert shop.held() == left


def test_an_event_id_of_several_visitors_is_not_followed(tmp_path):
    shop = Shop(
        tmp_path,
        visits=[
            visit(1, user="ANNA", client="77.88", event="always-the-same"),
            visit(2, client="55.66", event="always-the-same"),
            visit(3, user="BERT", client="44.55", event="always-the-same"),
        ],
        log=[sent(1, {"event_id": "always-the-same"})],
    )
    before = shop.held()

    assert {one.type for one in shop.erase("ANNA").shared} == {"event_id"}
    assert shop.gone(before) == {"landing.ga4_events": 1}


def test_of_a_request_about_several_persons_only_the_own_event_goes(tmp_path):
    shop = Shop(
        tmp_path,
        visits=[visit(1, user="ANNA", event="anna-1"), visit(2, user="BERT", event="bert-1")],
        log=[sent(1, {"event_id": "anna-1"}, {"event_id": "bert-1"})],
    )

    shop.erase("ANNA")

    [row] = shop.project.rows("select request, response from landing.capi_request_response")
    assert [one["event_id"] for one in json.loads(row["request"])["data"]] == ["bert-1"]
    assert json.loads(row["response"])["events_received"] == 1


@pytest.mark.parametrize(
    "spelling",
    [
        "+49 30 1234567",
        "030 1234567",
        "030/123 45 67",
        "0049301234567",
        "49301234567",
        "0301234567",
    ],
)
def test_a_phone_is_found_in_every_spelling(tmp_path, spelling):
    shop = busy_shop(tmp_path)

    found = shop.find(spelling)

    tables = Counter(row.key.table for row in found.rows)
    assert (tables["landing.crm_orders"], tables["landing.ga4_events"]) == (1, 2)
    assert bool(found.notes) == spelling.isdigit()


def test_two_groups_of_digits_are_a_browser_and_no_phone(tmp_path):
    shop = Shop(tmp_path, visits=[visit(1, client="1234567.1690000000", user="ANNA")])
    found = shop.find("1234567.1690000000")
    assert [row.key.table for row in found.rows] == ["landing.ga4_events"]
    assert found.notes == ()


def test_a_preview_shows_what_an_erasure_does_and_changes_nothing(tmp_path):
    shop = busy_shop(tmp_path)
    before = shop.held()

    preview = preview_erasure(shop.project.warehouse, shop.project.config, "1")

    assert shop.gone(before) == {}
    assert preview.rows_before == shop.erase("1").rows_before


def test_a_clock_that_pretends_changes_no_proof_of_order(tmp_path):
    shop = busy_shop(tmp_path)
    later = Clock(datetime(2027, 1, 1, tzinfo=UTC))
    erase(shop.project.warehouse, shop.project.config, "C11", later)
    assert shop.erase("1").proof_hash


def test_the_key_lies_in_a_file_of_its_own(tmp_path):
    shop = busy_shop(tmp_path)
    shop.erase("1")

    key = shop.project.config.state_folder / "suppression.key"
    assert key.stat().st_mode & 0o777 == 0o600
    keys = shop.project.rows("select * from ops.digest_keys where purpose = 'suppressions'")
    assert keys == []


def test_without_its_key_or_with_another_nothing_is_loaded(tmp_path, monkeypatch):
    shop = busy_shop(tmp_path)
    shop.erase("1")
    (shop.project.config.state_folder / "suppression.key").unlink()

    for given in ("", "another"):
        monkeypatch.setenv("MATCHBACK_SUPPRESSION_KEY", given)
        with pytest.raises(ConfigError, match="MATCHBACK_SUPPRESSION_KEY"):
            load_sources(shop.project.config, shop.project.warehouse, "run-9", CLOCK, WINDOW)


def test_the_key_of_an_older_warehouse_is_moved_out(tmp_path):
    shop = busy_shop(tmp_path)
    warehouse = shop.project.warehouse
    key = own_key(warehouse, "suppressions")
    shop.erase("1")

    assert key_at_hand(shop.project.config) == key
    keys = shop.project.rows("select * from ops.digest_keys where purpose = 'suppressions'")
    assert keys == []


def test_after_an_erasure_the_values_stand_nowhere_in_the_bytes(tmp_path):
    shop = busy_shop(tmp_path)
    shop.project.warehouse.close()
    path = shop.project.warehouse.path
    canaries = (b"one-a", b"one-b", b"111.222")
    assert all(canary in path.read_bytes() for canary in canaries)

    erase_flow.fn(SecretStr("1"), tmp_path / "matchback.yml", CLOCK.now)

    for file in tmp_path.rglob("*"):
        if file.is_file() and "data" not in file.relative_to(tmp_path).parts:
            assert not any(canary in file.read_bytes() for canary in canaries), file
    assert path.stat().st_mode & 0o777 == 0o600
    with open_duckdb(path) as warehouse:
        assert warehouse.rows("select count(*) as held from landing.ga4_events") == [{"held": 21}]
