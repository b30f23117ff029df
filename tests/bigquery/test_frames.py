"""A frame of BigQuery has the types of DuckDB's, so the suites judge both alike."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pandas as pd
from google.cloud.bigquery import SchemaField

from matchback.warehouse.bigquery import _as_duckdb_frames


def test_decimals_are_floats_and_times_have_no_zone() -> None:
    frame = pd.DataFrame(
        {
            "value": [Decimal("1.50"), None],
            "at": pd.to_datetime([datetime(2026, 11, 9, 10, tzinfo=UTC), None], utc=True),
            "day": [date(2026, 11, 9), None],
            "reasons": [["a"], []],
        }
    )
    schema = [
        SchemaField("value", "NUMERIC"),
        SchemaField("at", "TIMESTAMP"),
        SchemaField("day", "DATE"),
        SchemaField("reasons", "STRING", mode="REPEATED"),
    ]

    typed = _as_duckdb_frames(frame, schema)

    assert str(typed["value"].dtype) == "float64"
    assert typed["at"].dt.tz is None
    assert typed["at"][0] == datetime(2026, 11, 9, 10)  # noqa: DTZ001 - without zone on purpose
    assert typed["value"].isna().tolist() == [False, True]
