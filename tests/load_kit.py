"""Small files, a config and a warehouse for tests of the loads."""

import gzip
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from matchback.config import Config, load_config
from matchback.core.clock import Clock
from matchback.core.window import Window
from matchback.opening import open_duckdb
from matchback.runs.load import load_source
from matchback.sources.kit.ledger import LoadSummary
from matchback.sources.kit.load_file import context_of
from matchback.sources.registry import SOURCES
from matchback.warehouse.duckdb import DuckDBWarehouse

_SHARED = Path(__file__).resolve().parents[2] / "shared"
SHARED = _SHARED if _SHARED.is_dir() else None
CLOCK = Clock(datetime(2026, 11, 22, 12, tzinfo=UTC))
WINDOW = Window(date(2026, 11, 12), date(2026, 11, 14))
LANDING = {
    "ga4": "landing.ga4_events",
    "crm": "landing.crm_orders",
    "consent": "landing.consent_log",
}


def load_one(
    name: str,
    config: Config,
    warehouse: DuckDBWarehouse,
    run_id: str,
    clock: Clock,
    window: Window,
) -> LoadSummary:
    """Load one source into a DuckDB warehouse."""
    [source] = [source for source in SOURCES if source.name == name]
    context = context_of(warehouse, run_id, clock)
    return load_source(source, config, warehouse, context, window)


class Project:
    """A folder with a config, its sources, and a warehouse that stays open."""

    def __init__(self, root: Path, sources: Mapping[str, Any], **settings: Any) -> None:
        self.root = root
        self.source = next(iter(sources))
        self.write_config(sources, **settings)
        self.warehouse = open_duckdb(root / "warehouse.duckdb")
        self.warehouse.apply_ddl()
        self.runs = 0

    def write_config(self, sources: Mapping[str, Any], **settings: Any) -> None:
        path = self.root / "matchback.yml"
        path.write_text(yaml.safe_dump({"sources": dict(sources), **settings}), encoding="utf-8")
        self.config: Config = load_config(path, {})

    def load(self, source: str | None = None) -> LoadSummary:
        self.runs += 1
        name = source or self.source
        return load_one(name, self.config, self.warehouse, f"run-{self.runs}", CLOCK, WINDOW)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        return self.warehouse.rows(sql)

    def count(self, table: str | None = None) -> int:
        table = table or LANDING[self.source]
        return self.rows(f"select count(*) as n from {table}")[0]["n"]

    def ledger(self) -> list[dict[str, Any]]:
        return self.rows("select * from landing.load_ledger order by rowid")

    def quarantine(self) -> list[dict[str, Any]]:
        return self.rows("select * from quarantine.rejected_rows order by file_name, row_number")

    def assert_conserved(self) -> None:
        for row in self.ledger():
            parts = row["rows_loaded"] + row["rows_quarantined"] + row["rows_duplicate"]
            assert row["rows_read"] == parts, row["file_name"]

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(raw, mtime=0) if name.endswith(".gz") else raw)
        return path


def lines(records: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def ga4_event(number: int, **changes: Any) -> dict[str, Any]:
    """One page view as the export writes it as JSON: whole numbers as text, nulls left out."""
    return {
        "event_date": "20261112",
        "event_timestamp": str(1794480000000000 + number * 1_000_000),
        "event_name": "page_view",
        "event_params": [
            {"key": "event_id", "value": {"string_value": f"pv_{number}"}},
            {"key": "ga_session_id", "value": {"int_value": "1700000000"}},
        ],
        "user_pseudo_id": f"{number}.1690000000",
        "device": {"category": "mobile", "web_info": {"browser": "Safari"}},
        **changes,
    }


def exchange(number: int, **changes: Any) -> dict[str, Any]:
    """One logged request with its response."""
    return {
        "timestamp": f"2026-11-12T10:00:{number % 60:02d}.{number:06d}Z",
        "dataset_id": "123",
        "http_status": 200,
        "request": {"data": [{"event_name": "PageView", "event_id": f"pv_{number}"}]},
        "response": {"events_received": 1, "fbtrace_id": f"A{number}"},
        "trace_id": f"trace-{number}",
        **changes,
    }


def decision(number: int, **changes: Any) -> dict[str, Any]:
    """One consent decision."""
    return {
        "timestamp": f"2026-11-12T10:00:00.{number:06d}Z",
        "user_id": f"C{number}",
        "notice_version": "2026-01",
        "jurisdiction": "EU-DE",
        "gpc": False,
        "necessary": True,
        "analytics": True,
        "marketing": False,
        "action": "given",
        **changes,
    }
