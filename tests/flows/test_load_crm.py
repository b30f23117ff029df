import hashlib
import json
import sqlite3
from datetime import datetime
from decimal import Decimal

import duckdb
import pytest

from matchback.core.errors import SourceError
from matchback.loading.replay import replay_quarantine
from tests.load_kit import CLOCK, Project, lines

HEADER = "Name,Created at,Total,Currency,Email,Phone,First,Note,Test\n"
COLUMNS = {
    "order_id": "Name",
    "ordered_at": "Created at",
    "value": "Total",
    "currency": "Currency",
    "email": "Email",
    "phone": "Phone",
    "first_name": "First",
    "is_test": "Test",
}
PROPERTY = {"timezone": "Europe/Berlin", "default_country": "DE", "currency": "EUR"}
PERSON = "ada.lovelace@example.org,030 1234567,Ada"
PLAIN = ("ada.lovelace", "1234567", "Ada")


def project_of(tmp_path, **crm):
    settings = {"path": "data/orders_*", "columns": COLUMNS, **crm}
    kept = {name: value for name, value in settings.items() if value is not None}
    return Project(tmp_path, {"crm": kept}, property=PROPERTY)


@pytest.fixture
def project(tmp_path):
    return project_of(tmp_path)


def order(number, **changes):
    row = {
        "Name": f"#{number}",
        "Created at": "2026-11-12 10:00:00",
        "Total": "12.50",
        "Currency": "EUR",
        "person": PERSON,
        "Note": "call back",
        "Test": "false",
    } | changes
    return ",".join(row.values()) + "\n"


def orders(project):
    return project.rows("select * from landing.crm_orders order by row_number")


def everything_stored(project):
    """Return all tables as text, and what their files hold once closed."""
    tables = project.rows("select schema_name || '.' || table_name as name from duckdb_tables()")
    text = "".join(str(project.rows(f"select * from {table['name']}")) for table in tables)
    project.warehouse.close()
    raw = b"".join(path.read_bytes() for path in project.root.glob("warehouse.duckdb*"))
    return text + raw.decode("latin-1")


def test_contact_fields_are_stored_as_hashes_only(project):
    project.write("data/orders_1.csv", HEADER + order(1) + order(2, Total="abc"))
    project.load()
    accepted = {
        form["sha256"]
        for form in orders(project)[0]["contact_hashes"]
        if form["field"] == "em" and form["is_accepted"]
    }
    assert hashlib.sha256(b"ada.lovelace@example.org").hexdigest() in accepted
    stored = everything_stored(project)
    assert [word for word in PLAIN if word in stored] == []


def test_a_rejected_order_keeps_its_place_and_no_text(project):
    project.write("data/orders_1.csv", HEADER + order(1) + order(2, Total="abc"))
    project.load()
    [rejected] = project.quarantine()
    assert (rejected["row_number"], rejected["raw"]) == (3, None)
    assert rejected["reason"] == "value (column 'Total') is no amount; correct it in the export"
    project.assert_conserved()


def test_times_are_in_the_zone_of_the_crm_unless_they_carry_an_offset(tmp_path):
    project = project_of(tmp_path, timezone="America/New_York")
    rows = order(1) + order(2, **{"Created at": "2026-11-12T10:00:00+01:00"})
    project.write("data/orders_1.csv", HEADER + rows)
    project.load()
    assert [row["ordered_at"] for row in orders(project)] == [
        datetime.fromisoformat("2026-11-12T15:00:00"),
        datetime.fromisoformat("2026-11-12T09:00:00"),
    ]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2026-03-29 01:59:59", "2026-03-29T00:59:59"),
        ("2026-03-29 03:00:00", "2026-03-29T01:00:00"),
        ("2026-10-25 03:00:00", "2026-10-25T02:00:00"),
        ("2026-11-12 23:59:59.999", "2026-11-12T22:59:59.999"),
        ("12.11.2026 10:00", "2026-11-12T09:00:00"),
        ("11/13/2026 1:05 PM", "2026-11-13T12:05:00"),
        ("1794470400123", "2026-11-12T08:00:00.123"),
    ],
)
def test_times_are_read_as_exports_write_them(project, written, stored):
    project.write("data/orders_1.csv", HEADER + order(1, **{"Created at": written}))
    project.load()
    assert orders(project)[0]["ordered_at"] == datetime.fromisoformat(stored)


@pytest.mark.parametrize(
    ("written", "stored"),
    [("12.50", "12.50"), ('"1,234.56"', "1234.56"), ('"1.234,56"', "1234.56"), ("€9", "9.00")],
)
def test_money_is_exact_in_either_notation(project, written, stored):
    project.write("data/orders_1.csv", HEADER + order(1, Total=written))
    project.load()
    assert orders(project)[0]["value"] == Decimal(stored)


def test_a_mapped_column_that_is_missing_refuses_that_file_only(project):
    project.write("data/orders_1.csv", "Name,Created at\n1,2026-11-12\n")
    project.write("data/orders_2.csv", HEADER + order(2))
    assert project.load().files_refused == 1
    assert "has no column 'Total'" in project.ledger()[0]["error"]
    assert [row["order_id"] for row in orders(project)] == ["#2"]


def test_a_mapped_column_that_stands_twice_refuses_the_file_and_names_both_places(project):
    header = HEADER.replace("Note", "Email")
    project.write("data/orders_1.csv", header + order(1))
    project.load()
    assert "'Email' more than once, in positions 5 and 8" in project.ledger()[0]["error"]
    assert project.count() == 0


def test_a_header_may_be_any_text(tmp_path):
    header = 'Order\'; DROP TABLE "x" --'
    project = project_of(tmp_path, columns={"order_id": header, "ordered_at": "{{ 7*7 }}"})
    quoted = '"' + header.replace('"', '""') + '"'
    project.write("data/orders_1.csv", f"{quoted},{{{{ 7*7 }}}}\nA1,2026-11-12\n")
    project.load()
    assert orders(project)[0]["order_id"] == "A1"


def test_only_listed_text_is_kept(tmp_path):
    project = project_of(tmp_path, free_text=["Note"])
    header = HEADER.replace("Note", "Note,Billing Email,Shipping Street")
    row = order(1).replace("call back", "call back,secret.person@example.com,Elm Street 5")
    project.write("data/orders_1.csv", header + row)
    project.load()
    assert json.loads(orders(project)[0]["free_text"]) == {"Note": "call back"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,b\n" + order(7), "has 2 cells instead of 9"),
        (order(1, Name=" "), "order_id (column 'Name') is empty"),
        (order(1, **{"Created at": "soon"}), "ordered_at (column 'Created at') is no time"),
        (order(1, Note='"open'), "broken quote"),
        (order(1, Note="nul\0"), "holds a NUL byte"),
    ],
)
def test_a_bad_record_is_quarantined_and_the_rest_is_loaded(project, row, reason):
    project.write("data/orders_1.csv", HEADER + order(7) + row)
    project.load()
    assert {one["order_id"] for one in orders(project)} == {"#7"}
    assert reason in project.quarantine()[0]["reason"]
    project.assert_conserved()


def test_one_broken_byte_makes_no_other_file_of_utf8(project):
    text = (HEADER + order(1, Note="Größe") + order(2, Note="broken")).encode()
    project.write("data/orders_1.csv", text.replace(b"broken", b"bro\xffken") + b"\n")
    project.load()
    assert project.count() == 1
    assert "is not in the encoding of the file" in project.quarantine()[0]["reason"]


def test_what_windows_writes_is_read_and_a_named_encoding_decides(tmp_path):
    text = HEADER.replace("Note", "Größe") + order(1, Note="größer")
    project = project_of(tmp_path, free_text=["Größe"])
    project.write("data/orders_1.csv", text.encode("cp1252"))
    project.load()
    assert json.loads(orders(project)[0]["free_text"]) == {"Größe": "größer"}
    project = project_of(tmp_path, free_text=["Größe"], encoding="cp850")
    project.write("data/orders_1.csv", text.encode("cp850"))
    project.load()
    assert json.loads(orders(project)[0]["free_text"]) == {"Größe": "größer"}


def test_semicolons_byte_order_mark_and_crlf_are_read(project):
    text = (HEADER + order(1)).replace(",", ";").replace("\n", "\r\n")
    project.write("data/orders_1.csv", b"\xef\xbb\xbf" + text.encode())
    assert project.load().rows_loaded == 1


def test_every_reading_of_an_order_is_kept(project):
    project.write("data/orders_1.csv", HEADER + order(1))
    project.write("data/orders_2.csv", HEADER + order(1, Total="99.00"))
    assert project.load().rows_loaded == 2


def test_json_lines_and_parquet_are_read_like_csv(tmp_path):
    project = project_of(tmp_path, columns={"order_id": "id", "ordered_at": "at", "value": "sum"})
    record = {"id": 17, "at": "2026-11-12T10:00:00Z", "sum": 12.5, "memo": "x"}
    project.write("data/orders_1.jsonl", lines([record]))
    duckdb.sql(
        "select 18 as id, timestamp '2026-11-12 10:00:00' as at, 12.5::decimal(9, 2) as sum"
    ).write_parquet(str(project.root / "data/orders_2.parquet"))
    project.load()
    rows = project.rows("select order_id, value from landing.crm_orders order by order_id")
    assert rows == [
        {"order_id": "17", "value": Decimal("12.50")},
        {"order_id": "18", "value": Decimal("12.50")},
    ]
    query = "select path, type from landing.observed_columns where file_name = 'orders_2.parquet'"
    assert {row["path"]: row["type"] for row in project.rows(query)} == {
        "id": "INTEGER",
        "at": "TIMESTAMP",
        "sum": "NUMERIC",
    }


def test_a_sql_database_is_read_and_re_read_only_when_it_changed(tmp_path):
    with sqlite3.connect(tmp_path / "crm.sqlite") as database:
        database.execute('create table orders ("Order No" text, at text, total real, mail text)')
        database.execute(
            "insert into orders values ('A1', '2026-11-12 10:00:00', 12.5, 'ada@example.org')"
        )
    columns = {"order_id": "Order No", "ordered_at": "at", "value": "total", "email": "mail"}
    url = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    project = project_of(tmp_path, path=None, url=url, table="orders", columns=columns)
    assert project.load().rows_loaded == 1
    assert project.load().rows_read == 0
    with sqlite3.connect(tmp_path / "crm.sqlite") as database:
        database.execute("update orders set total = 20")
    project.load()
    assert [row["value"] for row in orders(project)] == [Decimal("20.00")]
    assert project.ledger()[0]["file_name"] == "orders"


def test_an_unreachable_database_is_told_without_its_url(tmp_path):
    url = f"sqlite:///{tmp_path / 'missing-password' / 'crm.sqlite'}"
    project = project_of(tmp_path, path=None, url=url, query="select 1", columns={})
    with pytest.raises(SourceError, match="The CRM database cannot be read") as caught:
        project.load()
    assert "missing-password" not in str(caught.value)


def test_a_shopify_order_of_three_items_is_one_order(tmp_path):
    header = (
        "Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem name,"
        "Billing Name,Billing Phone,Billing City,Billing Zip,Billing Country,Notes,Cancelled at\n"
    )
    person = "Ada Byron Lovelace,+49301234567,Berlin,10115,DE"
    at = "2026-11-12 10:00:00 +0100"
    rows = (
        f"#1001,ada@example.org,paid,{at},EUR,30.00,{at},Shirt,{person},gift,\n"
        f"#1001,ada@example.org,,,,,{at},Hat,,,,,,,\n"
        f"#1001,ada@example.org,,,,,{at},Sock,,,,,,,\n"
        f"#1002,ada@example.org,refunded,{at},EUR,9.00,{at},Hat,{person},,{at}\n"
    )
    project = project_of(tmp_path, preset="shopify", columns={}, free_text=["Notes"])
    project.write("data/orders_1.csv", header + rows)
    summary = project.load()
    assert (summary.rows_read, summary.rows_loaded, summary.rows_duplicate) == (4, 2, 2)
    first, second = orders(project)
    assert (first["order_id"], first["status"], second["status"]) == ("#1001", "paid", "cancelled")
    assert first["ordered_at"] == datetime.fromisoformat("2026-11-12T09:00:00")
    assert {form["field"] for form in first["contact_hashes"]} >= {"em", "ph", "fn", "ln", "ct"}
    assert "Byron" not in first["free_text"]
    assert "gift" in first["free_text"]


@pytest.mark.parametrize(
    ("preset", "record"),
    [
        (
            "hubspot",
            {"Record ID": "71", "Close Date": "2026-11-12 10:00", "Amount": "30", "Email": "a@b.c"},
        ),
        (
            "salesforce",
            {"OrderNumber": "71", "CreatedDate": "2026-11-12T09:00:00.000+0000", "TotalAmount": 30},
        ),
    ],
)
def test_hubspot_and_salesforce_exports_need_no_mapping(tmp_path, preset, record):
    project = project_of(tmp_path, preset=preset, columns={})
    project.write("data/orders_1.jsonl", lines([record]))
    project.load()
    [row] = orders(project)
    assert (row["order_id"], row["value"]) == ("71", Decimal("30.00"))
    assert row["ordered_at"] == datetime.fromisoformat("2026-11-12T09:00:00")


def test_replay_reads_a_crm_file_again_after_the_mapping_was_fixed(project):
    project.write("data/orders_1.csv", HEADER + order(1, Total="12.50 apples"))
    project.load()
    assert project.count() == 0
    fixed = {name: header for name, header in COLUMNS.items() if name != "value"}
    project.write_config({"crm": {"path": "data/orders_*", "columns": fixed}}, property=PROPERTY)
    summary = replay_quarantine(project.config, project.warehouse, "replay", CLOCK)
    assert (summary.files_reloaded, summary.rows_left) == (1, 0)
    assert project.count() == 1
    project.assert_conserved()


def loaded(project, rows):
    project.write("data/orders_1.csv", HEADER + rows)
    project.load()
    project.assert_conserved()
    return orders(project)


def test_dates_of_a_file_are_read_as_one_of_them_proves(project):
    rows = loaded(
        project,
        order(1, **{"Created at": "05/11/2026 10:02"}) + order(2, **{"Created at": "14/11/2026"}),
    )
    assert [row["ordered_at"].day for row in rows] == [5, 13]
    assert project.ledger()[-1]["notes"] == []


def test_dates_that_nothing_proves_are_noted(project):
    rows = loaded(project, order(1, **{"Created at": "05/11/2026 10:02"}))
    assert rows[0]["ordered_at"].date().isoformat() == "2026-11-05"
    assert project.ledger()[-1]["notes"] == ["ambiguous_dates"]


def test_a_named_date_format_decides_and_the_file_is_read_again(tmp_path):
    project = project_of(tmp_path)
    loaded(project, order(1, **{"Created at": "10/11/2026"}))
    columns = {"path": "data/orders_*", "columns": COLUMNS, "date_format": "mdy"}
    project.write_config({"crm": columns}, property=PROPERTY)
    project.load()
    assert orders(project)[0]["ordered_at"].date().isoformat() == "2026-10-10"
    assert project.ledger()[-1]["notes"] == []


@pytest.mark.parametrize("written", ["2004-12-31", "2099-01-01", "1"])
def test_a_moment_that_cannot_be_is_quarantined(project, written):
    assert loaded(project, order(1, **{"Created at": written})) == []
    assert "Created at" in project.quarantine()[0]["reason"]


def test_rows_of_an_order_are_one_with_the_first_filled_value_of_each_column(project):
    rows = loaded(
        project,
        order(1, Total="", Note="") + order(2) + order(1, Total="20.00") + order(1, Total="5.00"),
    )
    assert [(row["order_id"], row["value"], row["row_number"]) for row in rows] == [
        ("#1", Decimal("20.00"), 2),
        ("#2", Decimal("12.50"), 3),
    ]
    assert project.ledger()[-1]["rows_duplicate"] == 2


def test_a_refund_stays_a_row_of_its_own(project):
    rows = loaded(
        project, order(1, Total="(5.00)") + order(1, Total="30.00") + order(2, Total="-1")
    )
    assert [(row["order_id"], row["value"], row["order_state"]) for row in rows] == [
        ("#1", Decimal("-5.00"), "refund"),
        ("#1", Decimal("30.00"), "valid"),
        ("#2", Decimal("-1.00"), "refund"),
    ]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("paid", "valid"), ("VOIDED", "invalid"), ("given back", "refund"), ("Fraud", "invalid"),
        ("expired", "valid"), ("what?", "valid"),
    ],
)  # fmt: skip
def test_a_status_means_what_is_configured_else_what_is_usual(tmp_path, status, state):
    statuses = {"valid": ["expired"], "refund": ["Given Back"], "invalid": ["fraud"]}
    columns = {**COLUMNS, "status": "Note"}
    project = project_of(tmp_path, columns=columns, statuses=statuses)
    assert loaded(project, order(1, Note=status))[0]["order_state"] == state


def test_a_deal_is_an_order_when_it_is_won(tmp_path):
    project = project_of(tmp_path, preset="hubspot", columns={})
    stages = ["Closed won (Sales Pipeline)", "closedlost", "Contract Sent"]
    deals = [
        {"Deal ID": str(n), "Close Date": "2026-11-12", "Deal Stage": stage}
        for n, stage in enumerate(stages)
    ]
    project.write("data/orders_1.json", json.dumps({"deals": deals}, indent=1))
    project.load()
    assert [row["order_state"] for row in orders(project)] == ["valid", "invalid", "open"]


def test_ids_are_cleaned_and_a_rounded_one_is_quarantined_with_a_way_out(tmp_path):
    columns = {**COLUMNS, "customer_id": "First", "user_pseudo_id": "Note"}
    project = project_of(tmp_path, columns={**columns, "first_name": None})
    person = PERSON.replace("Ada", "undefined")
    rows = loaded(
        project,
        order(1, Name='"=""7001"""', person=person, Note="GA1.1.12.34")
        + order(2, Name="1.00123E+12"),
    )
    [row] = rows
    assert (row["order_id"], row["customer_id"], row["user_pseudo_id"]) == ("7001", None, "12.34")
    assert "format the column as text" in project.quarantine()[0]["reason"]
