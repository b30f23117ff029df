"""The schema contract of each source: version 1 from the first load, later ones only by acceptance.

The tables ops.schema_contracts and ops.schema_contract_entries are the truth; the YAML files in
contracts/ beside the config are written from them, for review, and never read back.
"""

import csv
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypedDict

import yaml

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.errors import ConfigError, MatchbackError
from matchback.core.window import Window
from matchback.quality.contracts import Difference, Entry, accepted, contract_document
from matchback.warehouse.base import Warehouse, fetch, in_batches

CONTRACTS_FOLDER = "contracts"
FIRST_VERSION_BY = "matchback"
FIRST_VERSION_WHY = "first load"
HISTORY_DAYS = 70
ENTRIES_PER_INSERT = 200
ENTRY_COLUMNS = tuple(column.name for column in fields(Entry))

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Version:
    """A contract version of one source and who made it."""

    source: str
    version: int
    by: str
    why: str
    at: str


class Release(TypedDict):
    """A release marker: differences that begin on its date are told with its name."""

    date: str
    name: str


@dataclass(frozen=True)
class LoadedDate:
    """A date of which a GA4 shard was loaded."""

    data_date: date


@dataclass(frozen=True)
class Source:
    """A source that a contract is kept of."""

    source: str


@dataclass(frozen=True)
class Newest:
    """The number of a source's newest contract, if it has any."""

    version: int | None


def schema_variables(
    config: Config, warehouse: Warehouse, window: Window, run_id: str, *, full_refresh: bool
) -> dict[str, Any]:
    """Return the dbt vars of the schema models: dates to profile, public holidays, releases."""
    return {
        "loaded_dates": loaded_dates(warehouse, run_id, full_refresh=full_refresh),
        "holidays": public_holidays(
            config.property.default_country,
            window.start - timedelta(days=HISTORY_DAYS),
            window.end,
        ),
        "releases": read_releases(config),
    }


def loaded_dates(warehouse: Warehouse, run_id: str, *, full_refresh: bool) -> list[str]:
    """Return the dates of GA4 shards loaded since the last run that was published."""
    rows = fetch(
        warehouse,
        LoadedDate,
        """
        select distinct data_date
        from landing.load_ledger
        where source = 'ga4' and error is null and data_date is not null and (
            ? or run_id = ? or loaded_at >= coalesce(
                (select max(started_at) from ops.runs where status in ('healthy', 'failing')),
                cast('0001-01-01' as timestamp)
            )
        )
        order by data_date
        """,
        [full_refresh, run_id],
    )
    return [row.data_date.isoformat() for row in rows]


def public_holidays(country: str, start: date, end: date) -> list[str]:
    """Return the nation-wide public holidays of a country between two dates, as ISO dates."""
    import holidays

    try:
        calendar = holidays.country_holidays(country, years=range(start.year, end.year + 1))
    except NotImplementedError:
        return []
    return [day.isoformat() for day in sorted(calendar) if start <= day <= end]


def read_releases(config: Config) -> list[Release]:
    """Return the configured release markers; ConfigError when the file is no such list."""
    pattern = config.flow_map.releases
    if pattern is None:
        return []
    paths = config.find_files(pattern, where="flow_map.releases")
    if not paths:
        raise ConfigError(f"flow_map.releases ('{pattern}') names no file; correct the path.")
    with paths[0].open(encoding="utf-8-sig", newline="") as lines:
        table = csv.DictReader(lines)
        if not {"date", "name"} <= set(table.fieldnames or ()):
            raise ConfigError(f"{pattern} needs the columns date and name.")
        return [_release(row, pattern, number) for number, row in enumerate(table, start=2)]


def _release(row: dict[str, str], pattern: str, line: int) -> Release:
    try:
        day = date.fromisoformat((row["date"] or "").strip())
    except ValueError:
        raise ConfigError(
            f"Line {line} of {pattern} has no date like 2026-11-22 in its first column."
        ) from None
    name = " ".join(part for part in (row.get("component"), row["name"]) if part)
    return {"date": day.isoformat(), "name": name.strip()}


def record_first_contracts(
    warehouse: Warehouse, config: Config, run_id: str, clock: Clock
) -> list[Version]:
    """Keep version 1 of every source that has none yet; call it in the publishing transaction."""
    new = fetch(
        warehouse,
        Source,
        "select distinct source from work.int_schema_contract where source not in "
        "(select source from ops.schema_contracts) order by source",
    )
    versions = []
    for row in new:
        version = Version(row.source, 1, FIRST_VERSION_BY, FIRST_VERSION_WHY, clock.now.isoformat())
        warehouse.execute(
            f"""
            insert into ops.schema_contract_entries (source, version, {", ".join(ENTRY_COLUMNS)})
            select source, version, {", ".join(ENTRY_COLUMNS)}
            from work.int_schema_contract where source = ?
            """,
            [version.source],
        )
        _write_header(warehouse, version, run_id, clock)
        write_contract_file(config, version, read_entries(warehouse, version.source, 1))
        versions.append(version)
    return versions


def open_differences(warehouse: Warehouse) -> list[Difference]:
    """Return how each source differs from its newest contract, as the last run saw it."""
    _require_profile(warehouse)
    return fetch(
        warehouse,
        Difference,
        """
        with newest as (
            select source, max(version) as version from ops.schema_contracts group by source
        ),
        differences as (
            select
                drift.source, drift.event_name, drift.path, drift.change, drift.is_breaking,
                min(drift.event_date) as first_date,
                max(drift.event_date) as last_date,
                max(drift.release) as release
            from work.int_schema_drift as drift
            inner join newest
                on drift.source = newest.source and drift.contract_version = newest.version
            group by drift.source, drift.event_name, drift.path, drift.change, drift.is_breaking
        ),
        profiled as (
            select source, event_name, max(event_date) as newest_date
            from work.int_schema_profile
            where kind in ('event', 'column')
            group by source, event_name
        )
        select
            differences.source, differences.event_name, differences.path, differences.change,
            last_seen.expected, last_seen.observed, differences.is_breaking,
            differences.first_date, differences.last_date,
            last_seen.rows_affected, differences.release,
            differences.last_date >= profiled.newest_date - 2 as is_lasting,
            coalesce(
                profile.kind,
                case when differences.event_name = '' then 'column' else 'parameter' end
            ) as kind,
            coalesce(profile.family, '') as observed_family,
            coalesce(profile.path_rows / nullif(profile.event_rows, 0), 0) as observed_share,
            coalesce(profile.path_rows, 0) as observed_rows
        from differences
        inner join work.int_schema_drift as last_seen
            on differences.source = last_seen.source
            and differences.event_name = last_seen.event_name
            and differences.path = last_seen.path
            and differences.change = last_seen.change
            and differences.last_date = last_seen.event_date
        inner join profiled
            on differences.source = profiled.source
            and differences.event_name = profiled.event_name
        left join work.int_schema_profile as profile
            on differences.source = profile.source
            and differences.event_name = profile.event_name
            and differences.path = profile.path
            and differences.last_date = profile.event_date
            and profile.kind <> 'event'
        order by differences.source, differences.first_date, differences.path
        """,
    )


def accept_differences(
    warehouse: Warehouse, config: Config, *, by: str, why: str, clock: Clock
) -> list[Version]:
    """Make the lasting differences the rule: one new version per source that has any."""
    if not by.strip() or not why.strip():
        raise ConfigError("Say who accepts and why: --by NAME --why TEXT.")
    lasting = [one for one in open_differences(warehouse) if one.is_lasting]
    versions = []
    with warehouse.transaction():
        for source in sorted({one.source for one in lasting}):
            number = newest_version(warehouse, source)
            version = Version(source, number + 1, by.strip(), why.strip(), clock.now.isoformat())
            chosen = [one for one in lasting if one.source == source]
            entries = accepted(read_entries(warehouse, source, number), chosen)
            _write_entries(warehouse, version, entries)
            _write_header(warehouse, version, "", clock)
            versions.append(version)
    for version in versions:
        entries = read_entries(warehouse, version.source, version.version)
        write_contract_file(config, version, entries)
    return versions


def newest_version(warehouse: Warehouse, source: str) -> int:
    """Return the number of a source's newest contract; 0 without any."""
    [newest] = fetch(
        warehouse,
        Newest,
        "select max(version) as version from ops.schema_contracts where source = ?",
        [source],
    )
    return newest.version or 0


def read_entries(warehouse: Warehouse, source: str, version: int) -> list[Entry]:
    """Return what one version of a source's contract expects."""
    return fetch(
        warehouse,
        Entry,
        f"select {', '.join(ENTRY_COLUMNS)} from ops.schema_contract_entries "
        "where source = ? and version = ?",
        [source, version],
    )


def write_contract_file(config: Config, version: Version, entries: Iterable[Entry]) -> Path | None:
    """Write a version for review; a folder that cannot be written to costs a warning only."""
    path = config.root / CONTRACTS_FOLDER / f"{version.source}.v{version.version}.yml"
    document = contract_document(
        version.source,
        version.version,
        by=version.by,
        why=version.why,
        at=version.at,
        entries=entries,
    )
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            "# Written from the warehouse for review; change it with `matchback contract accept`.\n"
            + text,
            encoding="utf-8",
        )
    except OSError as error:
        logger.warning(
            "The contract file %s could not be written (%s); the contract itself is kept.",
            path.name,
            type(error).__name__,
        )
        return None
    return path


def _write_header(warehouse: Warehouse, version: Version, run_id: str, clock: Clock) -> None:
    warehouse.execute(
        "insert into ops.schema_contracts "
        "(source, version, accepted_by, reason, accepted_at, run_id) values (?, ?, ?, ?, ?, ?)",
        [
            version.source,
            version.version,
            version.by,
            version.why,
            clock.now.replace(tzinfo=None),
            run_id,
        ],
    )


def _write_entries(warehouse: Warehouse, version: Version, entries: Sequence[Entry]) -> None:
    names = ", ".join(ENTRY_COLUMNS)
    for batch in in_batches(entries, ENTRIES_PER_INSERT):
        row = f"({', '.join('?' for _ in range(len(ENTRY_COLUMNS) + 2))})"
        values: list[object] = []
        for entry in batch:
            values += [version.source, version.version]
            values += [getattr(entry, name) for name in ENTRY_COLUMNS]
        warehouse.execute(
            f"insert into ops.schema_contract_entries (source, version, {names}) "
            f"values {', '.join(row for _ in batch)}",
            values,
        )


def _require_profile(warehouse: Warehouse) -> None:
    if not warehouse.rows("select 1 as one from ops.schema_contracts limit 1"):
        raise MatchbackError("There is no contract yet; run `matchback run` first.")
