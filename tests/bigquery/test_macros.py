"""The two bodies of a cross_db macro give the same answer, edge cases first."""

from typing import Any

import duckdb
import jinja2
import pytest

from matchback.core.resources import DBT_DIRECTORY
from tests.bigquery.googlesql import GoogleSql

JSON = (
    """'{"a": "x", "n": 1.5, "i": 12345678901234567, "t": true, "z": null, """
    """"l": ["p", null, 2], "o": {"k": ""}, "e": []}'"""
)
PATHS = "split('user_data,user_data.em,event_id,own,user_data.,custom_data.event_id', ',')"
OBJECTS = ["user_data", "custom_data"]
PAYLOAD = (
    """'{"user": {"em": ["a", null, "b"], "ph": "", "fn": [], "id": 7, "fbc": ["x"], "ua": "u"}, """
    """"items": [{"id": "s", "qty": 2, "price": "1.5"}, {"id": null, "qty": "x"}]}'"""
)
NOTHING = (
    """'{"user": {"em": [null, "a"], "ph": " ", "fn": [""], "id": "undefined", """
    """"fbc": {}, "ua": [[]]}}'"""
)
WORDS = ["", "undefined", "guest"]
USER_PATHS = {key: f"$.user.{key}" for key in ("em", "ph", "fn", "id", "fbc", "ua", "missing")}
ITEM_KEYS = {"path": "$.items", "item_id": "id", "quantity": "qty", "price": "price"}
CASES = [
    ("add_days", ["date '2026-03-29'", "-1"]),
    ("element", ["split('a,b', ',')", "2"]),
    ("element", ["split('a,b', ',')", "3"]),
    ("id_digest", ["'W5000059'"]),
    ("id_digest", ["cast(null as string)"]),
    ("iso_weekday", ["date '2026-11-15'"]),
    ("iso_weekday", ["date '2026-11-16'"]),
    ("json_items", [JSON, "$.l"]),
    ("json_key_list", ["'[1]'"]),
    ("json_part", [JSON, "$.o"]),
    ("json_part", [JSON, "$.missing"]),
    ("json_text", [JSON, "$.a"]),
    ("json_text", [JSON, "$.n"]),
    ("json_text", [JSON, "$.i"]),
    ("json_text", [JSON, "$.t"]),
    ("json_text", [JSON, "$.z"]),
    ("json_text", [JSON, "$.missing"]),
    ("json_text", [JSON, "$.o.k"]),
    ("json_text_items", ["""'["p", "2"]'""", "$"]),
    ("json_identifiers", [PAYLOAD, USER_PATHS, ["em", "ph", "fn", "id"], WORDS]),
    ("json_identifiers", [NOTHING, USER_PATHS, ["em", "ph", "fn", "id"], WORDS]),
    ("given_texts", ["split('a,, ,Guest,[null],{},[1],\u00a0', ',')", WORDS]),
    ("items_below", [PATHS, "user_data"]),
    ("trimmed", ["'\u00a0\u2009 e1\u200b\u3000'"]),
    ("json_item_list", [PAYLOAD, ITEM_KEYS]),
    ("last_names", [PATHS, OBJECTS]),
    ("list_size", ["split('a,b', ',')"]),
    ("local_date", ["timestamp '2026-10-24 22:30:00'", "Europe/Berlin"]),
    ("local_date", ["timestamp '2026-11-14 23:30:00'", "Europe/Berlin"]),
    ("local_midnight", ["date '2026-10-25'", "Europe/Berlin"]),
    ("matching_items", ["split('a,b,c', ',')", ["a", "c"]]),
    ("micros_to_timestamp", ["1794197452000001"]),
    ("money", ["'19.995'"]),
    ("money", ["'1e3'"]),
    ("money", ["'nan'"]),
    ("money", ["'inf'"]),
    ("money", ["'12,50'"]),
    ("money", ["'-0.005'"]),
    ("money", ["''"]),
    ("money_text", ["cast('45' as decimal(18, 2))"]),
    ("money_text", ["cast('-0.5' as decimal(18, 2))"]),
    ("money_text", ["cast(null as decimal(18, 2))"]),
    ("regex_capture", ["'fb.1.123.AbC'", r"^fb\.[0-9]\.([0-9]+)\."]),
    ("regex_capture", ["'nothing'", r"^fb\.([0-9]+)"]),
    ("regex_matches", ["'a@b'", "@"]),
    ("seconds_between", ["timestamp '2026-01-01 00:00:00.25'", "timestamp '2026-01-01 00:00:01'"]),
    ("seconds_to_timestamp", ["1794197452.5"]),
    ("sha256_hex", ["'ünï'"]),
    ("split_text", ["'a,,b'", ","]),
    ("split_text", ["''", ","]),
    ("timestamp_text", ["timestamp '2026-11-08 12:06:40'"]),
    ("timestamp_text", ["timestamp '2026-11-08 12:06:40.5'"]),
    ("timestamp_text", ["timestamp '2026-11-08 12:06:40.123400'"]),
    ("timestamp_text", ["timestamp '2026-11-08 12:06:40.507523'"]),
    ("unknown_keys", [PATHS, OBJECTS, ["event_id", "user_data"]]),
    ("try_double", ["'1e2'"]),
    ("try_double", ["'inf'"]),
    ("try_double", ["'x'"]),
    ("try_integer", ["'12'"]),
    ("try_integer", ["'12x'"]),
    ("try_integer", ["' 12 '"]),
    ("within_items", ["split('a,b', ',')", ["a", "b"]]),
    ("within_items", ["split('a,b', ',')", ["a"]]),
]
AGGREGATES = [
    ("collected", ["letter", "letter desc"]),
    ("count_where", ["letter = 'a'"]),
    ("first_by", ["letter", "number"]),
    ("median_of", ["number"]),
    ("quantile_of", ["number", "50"]),
    ("quantile_of", ["number", "95"]),
]
ROWS = """(
    select 'a' as letter, 3 as number union all select 'b', 1 union all
    select cast(null as string), 10 union all select 'a', 2
) as sample"""


@pytest.fixture(scope="module")
def google() -> GoogleSql:
    return GoogleSql()


@pytest.fixture(scope="module")
def duck() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    return connection


@pytest.mark.parametrize(("macro", "arguments"), CASES)
def test_a_scalar_is_the_same_on_both_engines(google, duck, macro, arguments):
    assert _on_duckdb(duck, macro, arguments, "") == _on_google(google, macro, arguments, "")


@pytest.mark.parametrize(("macro", "arguments"), AGGREGATES)
def test_an_aggregate_is_the_same_on_both_engines(google, duck, macro, arguments):
    source = f" from {ROWS}"

    assert _on_duckdb(duck, macro, arguments, source) == _on_google(
        google, macro, arguments, source
    )


def test_the_keys_of_an_object_are_the_same_in_any_order(google, duck):
    on_duckdb = _on_duckdb(duck, "json_key_list", [JSON], "")

    assert sorted(on_duckdb) == sorted(_on_google(google, "json_key_list", [JSON], ""))


def _on_duckdb(duck: duckdb.DuckDBPyConnection, macro: str, arguments: Any, source: str) -> Any:
    given = [_duckdb_split(item) for item in arguments]
    answer = duck.execute(f"select {_body(macro, 'duckdb', given)}{source}").fetchone()[0]
    return _comparable(answer)


def _on_google(google: GoogleSql, macro: str, arguments: Any, source: str) -> Any:
    _, [(answer,)] = google.rows(f"select {_body(macro, 'bigquery', arguments)} as answer{source}")
    return _comparable(answer)


def _duckdb_split(argument: Any) -> Any:
    return argument.replace("split(", "string_split(") if isinstance(argument, str) else argument


def _body(macro: str, engine: str, arguments: list[Any]) -> str:
    return _macro(f"cross_db/{macro}", f"{engine}__{macro}", engine)(*arguments)


def _macro(file: str, name: str, engine: str) -> Any:
    """Return a macro of a file; those that it calls speak the same engine's SQL."""
    text = (DBT_DIRECTORY / "macros" / f"{file}.sql").read_text(encoding="utf-8")
    called = {
        "trimmed": lambda text: _body("trimmed", engine, [text]),
        "regex_matches": lambda *given: _body("regex_matches", engine, list(given)),
        "is_given": lambda *given: _macro("rules/identifiers", "is_given", engine)(*given),
    }
    template = jinja2.Environment(autoescape=False).from_string(
        text,
        globals={
            "setting": lambda name: "UTC",
            "return": str,
            **{key: value for key, value in called.items() if key != name.split("__")[-1]},
        },
    )
    return getattr(template.module, name)


def _comparable(answer: Any) -> Any:
    if hasattr(answer, "tzinfo") and answer.tzinfo:
        return answer.replace(tzinfo=None)
    return answer
