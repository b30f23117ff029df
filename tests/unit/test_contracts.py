"""What accepting a difference makes of a contract, and what its files hold."""

import csv
from datetime import date
from pathlib import Path

import pytest
import yaml

from matchback.config import load_config
from matchback.core.errors import ConfigError
from matchback.core.resources import CONTRACTS_DIRECTORY, SEEDS_DIRECTORY
from matchback.quality.contracts import Difference, Entry, accepted, contract_document
from matchback.quality.schema_contract import public_holidays, read_releases

FIRST = date(2026, 11, 12)
FAMILIES = {"STRING": "text", "INTEGER": "number", "FLOAT": "number", "BOOLEAN": "boolean"}


def difference(change: str, path: str, **changes: object) -> Difference:
    values = {
        "source": "ga4", "event_name": "purchase", "path": path, "change": change,
        "expected": "", "observed": "", "is_breaking": True, "first_date": FIRST,
        "last_date": FIRST, "rows_affected": 30, "release": None, "is_lasting": True,
        "kind": "parameter", "observed_family": "text", "observed_share": 0.4,
        "observed_rows": 12,
    }  # fmt: skip
    return Difference(**{**values, **changes})


def test_an_accepted_drop_lowers_the_share_from_its_first_date() -> None:
    entry = Entry("parameter", "purchase", "event_params.coupon", "text", 1.0, 90)

    [after] = accepted([entry], [difference("presence_dropped", "event_params.coupon")])

    assert (after.presence_share, after.family, after.valid_from) == (0.4, "text", FIRST)


def test_an_accepted_new_key_joins_the_contract_and_a_removed_one_leaves_it() -> None:
    old = Entry("parameter", "purchase", "event_params.old", "number", 0.5, 90)
    differences = [difference("added", "event_params.new"), difference("removed", old.path)]

    by_path = {entry.path: entry for entry in accepted([old], differences)}

    assert not by_path["event_params.new"].is_absent
    assert by_path["event_params.old"].is_absent


def test_a_removed_record_takes_its_nested_columns_along() -> None:
    columns = [
        Entry("column", "", path, "record", 1.0, 0)
        for path in ("publisher", "publisher.ad_format", "publisher_note")
    ]

    after = accepted(columns, [difference("removed", "publisher", event_name="", kind="column")])

    assert {entry.path for entry in after if not entry.is_absent} == {"publisher_note"}


def test_a_contract_file_names_what_is_required_and_leaves_out_what_is_gone() -> None:
    entries = [
        Entry("event", "purchase", "", "", 1.0, 90),
        Entry("parameter", "purchase", "event_params.value", "number", 1.0, 90),
        Entry("parameter", "purchase", "event_params.coupon", "text", 0.25, 22),
        Entry("parameter", "purchase", "event_params.gone", "text", 1.0, 90, is_absent=True),
        Entry("column", "", "event_name", "text", 1.0, 0),
    ]

    document = contract_document("ga4", 2, by="Ada", why="new checkout", at="now", entries=entries)

    assert document["columns"] == {"event_name": "text"}
    assert document["events"]["purchase"] == {
        "event_params.coupon": {"share": 0.25, "slot": "text"},
        "event_params.value": {"share": 1.0, "slot": "number", "required": True},
    }


def test_the_seed_of_export_columns_says_what_the_shipped_contract_says() -> None:
    shipped = yaml.safe_load((CONTRACTS_DIRECTORY / "ga4_export.yml").read_text(encoding="utf-8"))
    with (SEEDS_DIRECTORY / "ga4_export_columns.csv").open(encoding="utf-8") as lines:
        seed = {row["path"]: row for row in csv.DictReader(lines)}

    top_level = [column["path"] for column in shipped["columns"] if "." not in column["path"]]
    assert (len(top_level), len(shipped["columns"])) == (31, 217)
    assert len(seed) == 217
    for column in shipped["columns"]:
        row = seed[column["path"]]
        family = FAMILIES.get(column["type"], "record")
        assert row["family"] == ("list" if column.get("mode") == "REPEATED" else family)
        assert row["absent_in"].split() == column.get("absent_in", [])
        assert (row["is_required"] == "true") == column.get("required", False)


def test_holidays_of_the_home_country_are_known_and_of_no_country_are_none() -> None:
    days = public_holidays("DE", date(2026, 12, 20), date(2027, 1, 2))

    assert days == ["2026-12-25", "2026-12-26", "2027-01-01"]
    assert public_holidays("ZZ", date(2026, 12, 20), date(2027, 1, 2)) == []


def config_with_releases(folder: Path, text: str) -> Path:
    (folder / "releases.csv").write_text(text, encoding="utf-8")
    path = folder / "matchback.yml"
    path.write_text(
        "sources: {ga4: {path: data}}\nflow_map: {releases: releases.csv}\n", encoding="utf-8"
    )
    return path


def test_release_markers_are_named_with_their_component(tmp_path: Path) -> None:
    path = config_with_releases(tmp_path, "date,component,name\n2026-11-12,shop,checkout 4\n")

    assert read_releases(load_config(path, {})) == [
        {"date": "2026-11-12", "name": "shop checkout 4"}
    ]


@pytest.mark.parametrize("text", ["day,name\n2026-11-12,x\n", "date,name\nyesterday,x\n"])
def test_a_release_list_that_cannot_be_read_says_why(tmp_path: Path, text: str) -> None:
    path = config_with_releases(tmp_path, text)

    with pytest.raises(ConfigError, match=r"releases\.csv"):
        read_releases(load_config(path, {}))
