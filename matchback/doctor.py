"""Looks at everything a run needs and says what to fix; changes nothing."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from matchback.config import Config
from matchback.core.errors import MatchbackError
from matchback.core.settings import SUPPRESSION_KEY
from matchback.hashing.countries import country_named
from matchback.opening import has_warehouse, open_warehouse
from matchback.prefect_api import has_prefect_api
from matchback.sources.crm.preset import preset_named
from matchback.sources.crm.statuses import Statuses
from matchback.sources.kit.dates import AMBIGUOUS_DATES
from matchback.sources.kit.ledger import NEWEST_LOADS
from matchback.sources.kit.objects import is_object
from matchback.warehouse.base import fetch

PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "pandas", "prefect")
ENOUGH_DISK_BYTES = 1_000_000_000
NAMED_AT_MOST = 5
NOTED_FILES = f"""
    select file_name, notes from {NEWEST_LOADS} as loads where source = 'crm' order by file_name
"""
STATUSES = """
    select distinct lower(trim(status)) as status from landing.crm_orders
    where status is not null and order_state = 'valid' order by status
"""


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at: whether it is well, and what was seen or what to do."""

    subject: str
    is_well: bool
    sentence: str


@dataclass(frozen=True)
class _NotedFile:
    """A file and what was noted when it was loaded last."""

    file_name: str
    notes: list[str] | None


@dataclass(frozen=True)
class _Status:
    """A status that orders have."""

    status: str


def examine(config: Config) -> Iterator[Diagnosis]:
    """Yield one diagnosis after the other."""
    yield _python()
    yield from _packages()
    yield _country(config)
    yield from _sources(config)
    yield _warehouse(config)
    yield from _orders(config)
    yield from _privacy(config)
    yield _disk(config)
    yield _alerts(config)
    api = "an API is configured" if has_prefect_api() else "none configured; runs work without it"
    yield Diagnosis("prefect", True, api)


def _python() -> Diagnosis:
    found = ".".join(map(str, sys.version_info[:3]))
    is_well = sys.version_info >= (3, 11)
    return Diagnosis("python", is_well, found if is_well else f"{found}; install 3.11 or newer")


def _packages() -> Iterator[Diagnosis]:
    for name in PACKAGES:
        try:
            yield Diagnosis(name, True, version(name))
        except PackageNotFoundError:
            yield Diagnosis(name, False, "not installed; run `make setup`")


def _country(config: Config) -> Diagnosis:
    """Phone numbers without a country code are completed by the home country's plan."""
    subject, home = "property.default_country", config.property.default_country
    if country_named(home) is None:
        return Diagnosis(subject, False, f"{home} is no known country; give its ISO code, like DE")
    if "default_country" in config.property.model_fields_set:
        return Diagnosis(subject, True, home)
    return Diagnosis(subject, True, f"not set; phone numbers without a code are read as {home}")


def _sources(config: Config) -> Iterator[Diagnosis]:
    for key, pattern, allow_outside in config.source_paths():
        if is_object(pattern):
            yield Diagnosis(key, True, f"the run lists {pattern}")
            continue
        try:
            files = config.find_files(pattern, where=key, allow_outside=allow_outside)
        except MatchbackError as error:
            yield Diagnosis(key, False, str(error))
            continue
        if files:
            yield Diagnosis(key, True, f"{len(files)} files match {pattern}")
        else:
            yield Diagnosis(key, False, f"no file matches {pattern}; correct the path")


def _warehouse(config: Config) -> Diagnosis:
    if not has_warehouse(config):
        return _warehouse_to_make(config.warehouse_path)
    try:
        with open_warehouse(config, read_only=True) as warehouse:
            warehouse.rows("select 1 as one")
    except MatchbackError as error:
        return Diagnosis("warehouse", False, str(error))
    return Diagnosis("warehouse", True, f"{config.warehouse.engine} opens")


def _warehouse_to_make(path: Path) -> Diagnosis:
    folder = next(parent for parent in path.parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return Diagnosis(
            "warehouse", False, f"{folder} is no folder to write to; correct warehouse.path"
        )
    if folder != path.parent:
        return Diagnosis(
            "warehouse",
            True,
            f"the first run will make the folder {path.parent} and the file in it",
        )
    return Diagnosis("warehouse", True, "will be made by the first run")


def _orders(config: Config) -> Iterator[Diagnosis]:
    """What loading had to take for granted: dates that nothing proves, statuses nobody knows."""
    crm = config.sources.crm
    if crm is None or not has_warehouse(config):
        return
    try:
        with open_warehouse(config, read_only=True) as warehouse:
            noted = fetch(warehouse, _NotedFile, NOTED_FILES)
            found = fetch(warehouse, _Status, STATUSES)
    except MatchbackError:
        # The warehouse's own diagnosis says why.
        return
    ambiguous = [file.file_name for file in noted if AMBIGUOUS_DATES in (file.notes or ())]
    if ambiguous:
        yield Diagnosis(
            "sources.crm.date_format",
            True,
            f"nothing in {_some(ambiguous)} proves the order of day and month, "
            f"{config.property.default_country} decides; name dmy or mdy",
        )
    statuses = Statuses.of(crm, preset_named(crm.preset))
    unknown = [one.status for one in found if not statuses.is_known(one.status)]
    if unknown:
        yield Diagnosis(
            "sources.crm.statuses",
            True,
            f"orders of the unknown status {_some(unknown)} are taken as valid; "
            "say what it means in sources.crm.statuses",
        )


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED_AT_MOST
    named = ", ".join(f"'{name}'" for name in names[:NAMED_AT_MOST])
    return f"{named} and {more} more" if more > 0 else named


def _privacy(config: Config) -> Iterator[Diagnosis]:
    """Others of this machine must not read rows, and a key lies apart from what it guards."""
    places = (config.warehouse_path, config.state_folder, config.reports_folder)
    present = [path for path in places if path.exists()]
    open_ones = [path.name for path in present if path.stat().st_mode & 0o077]
    if open_ones:
        told = f"others may read {', '.join(open_ones)}; run `chmod -R go-rwx` on it"
        yield Diagnosis("modes", False, told)
    elif present:
        yield Diagnosis("modes", True, "only you may read warehouse, state and reports")
    key = config.suppression_key_file
    if key.exists():
        told = f"{key.name} lies beside its data; keep it elsewhere and set {SUPPRESSION_KEY}"
        yield Diagnosis("suppression key", False, told)


def _disk(config: Config) -> Diagnosis:
    free = shutil.disk_usage(config.root).free
    sentence = f"{free / 1e9:.1f} GB free"
    if free < ENOUGH_DISK_BYTES:
        return Diagnosis("disk", False, f"{sentence}; free at least 1 GB")
    return Diagnosis("disk", True, sentence)


def _alerts(config: Config) -> Diagnosis:
    alerts = config.alerts
    if alerts.slack_webhook_url or (alerts.slack_bot_token and alerts.slack_channel):
        return Diagnosis("alerts", True, "Slack is configured")
    return Diagnosis("alerts", True, "no Slack configured; `matchback alerts list` shows incidents")
