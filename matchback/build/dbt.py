"""dbt in its own process: what a run tells it, and what it makes of the answer."""

import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matchback.build.dbt_process import Answer, Request
from matchback.config import BigQueryWarehouseConfig, Config
from matchback.core.clock import Clock
from matchback.core.errors import BuildError, IntegrityError, WarehouseCorruptError
from matchback.core.resources import DBT_DIRECTORY, PACKAGE_ROOT, SEEDS_DIRECTORY
from matchback.core.window import Window
from matchback.warehouse.base import Warehouse, damage_sentence, fetch
from matchback.warehouse.duckdb import DuckDBWarehouse

DAILY_SELECTION = ("--selector", "daily")
NO_SEEDS = ("--exclude-resource-type", "seed")

# The bytes of memory that a build begins with, and those for each row landed for its dates. What
# does not fit, the engine writes aside at little cost; a build that cannot, gets all memory.
FIRST_MEMORY = 600_000_000
MEMORY_PER_ROW = 120
UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True)
class Landed:
    """The rows landed for some dates, and the memory that the engine would take by itself."""

    row_count: int
    available: str


@dataclass(frozen=True)
class ReferenceData:
    """The seeds that schema `reference` holds."""

    seeds_digest: str


def dbt_settings(
    config: Config, window: Window, run_id: str, clock: Clock, *, has_gateway: bool
) -> dict[str, Any]:
    """Return what the models may know about the run; no secret is among it."""
    sources = config.sources
    prefix = config.taxonomy.custom_prefix
    return {
        "start_date": window.start.isoformat(),
        "end_date": window.end.isoformat(),
        "as_of": clock.now.strftime("%Y-%m-%dT%H:%M:%S"),
        "run_id": run_id,
        "timezone": config.property.timezone,
        "default_country": config.property.default_country,
        "currency": config.property.currency,
        "event_id_params": sources.ga4.event_id_params if sources.ga4 else ["event_id"],
        "identity_precedence": list(config.identity.precedence),
        "shared_identifier_journeys": config.identity.max_journeys,
        "has_ga4": sources.ga4 is not None,
        "has_capi": bool(sources.capi),
        "has_gateway": has_gateway,
        "has_crm": sources.crm is not None,
        "has_consent": sources.consent is not None,
        "min_n": config.min_n,
        "delivery_log_days": config.retention.delivery_log_days,
        "custom_prefix": prefix or "",
        "schema_version_param": config.taxonomy.schema_version_param or "",
        "taxonomy_parameters": config.taxonomy.parameters,
        "taxonomy_events": [
            {
                "ga4_name": name,
                "canonical_event": event.canonical_event or name,
                "names": event.names,
                "is_conversion": event.is_conversion,
            }
            for name, event in config.taxonomy.events.items()
        ],
        "stack": config.stack.model_dump(exclude_none=True),
    }


def dbt_environment(config: Config, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the dbt process: the caller's, and that of the project."""
    return {**environment, **project_environment(config)}


def project_environment(config: Config) -> dict[str, str]:
    """Return what dbt reads of a config; no secret is among it.

    The warehouse is named relative to the config, so that folders share what dbt parsed.
    """
    state = config.state_folder
    values = {
        "MATCHBACK_ENGINE": config.warehouse.engine,
        "MATCHBACK_WAREHOUSE": os.path.relpath(config.warehouse_path, config.root),
        "DBT_PROJECT_DIR": str(DBT_DIRECTORY),
        "DBT_PROFILES_DIR": str(DBT_DIRECTORY),
        "DBT_TARGET_PATH": str(state / "dbt_target"),
        "DBT_LOG_PATH": str(state / "dbt_logs"),
        "PYTHONWARNINGS": "ignore",
    }
    if isinstance(config.warehouse, BigQueryWarehouseConfig):
        return values | _bigquery_environment(config.warehouse)
    limits = {"memory_limit": config.warehouse.memory_limit, "threads": config.warehouse.threads}
    given = {name: str(value) for name, value in limits.items() if value}
    return values | {"MATCHBACK_DUCKDB_SETTINGS": json.dumps(given)}


def _bigquery_environment(warehouse: BigQueryWarehouseConfig) -> dict[str, str]:
    return {
        "MATCHBACK_BIGQUERY_PROJECT": warehouse.project,
        "MATCHBACK_BIGQUERY_DATASET": warehouse.dataset,
        "MATCHBACK_BIGQUERY_LOCATION": warehouse.location,
        "MATCHBACK_BIGQUERY_MAXIMUM_BYTES": str(warehouse.maximum_bytes),
        "MATCHBACK_DATASET_PREFIX": warehouse.dataset_prefix,
    }


class DbtProcess:
    """One dbt command of a run; dbt is imported and the project parsed while the caller loads."""

    def __init__(self, config: Config, environment: Mapping[str, str]) -> None:
        self._config = config
        self._log = config.state_folder / "dbt_logs" / "dbt.log"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "matchback.build.dbt_process", str(config.root)],
            env=dbt_environment(config, environment),
            cwd=PACKAGE_ROOT.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> "DbtProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def build(
        self, settings: Mapping[str, Any], *, with_seeds: bool = True, full_refresh: bool = False
    ) -> int:
        """Build models and audit their integrity; returns the bytes that are billed.

        BuildError or IntegrityError says what broke.
        """
        write_for_dbt(self._config, settings)
        arguments = [
            *("build", "--no-write-json", "--indirect-selection", "empty", *DAILY_SELECTION),
            *(() if with_seeds else NO_SEEDS),
            *(("--full-refresh",) if full_refresh else ()),
        ]
        finished = self._answer(arguments, settings, _first_memory(self._config, settings))
        return sum(node["bytes_billed"] for node in finished["nodes"])

    def compile(self, settings: Mapping[str, Any], *, full_refresh: bool = False) -> dict[str, str]:
        """Return the query of each model that is stored as a table, by name; nothing is built."""
        arguments = [
            *("compile", "--no-write-json", "--select", "resource_type:model"),
            *(("--full-refresh",) if full_refresh else ()),
        ]
        finished = self._answer(arguments, settings)
        return {
            _short(node["unique_id"]): node["compiled"]
            for node in finished["nodes"]
            if node["compiled"]
        }

    def document(self) -> Path:
        """Write dbt's docs as one page and return it; BuildError when dbt cannot."""
        page = self._config.state_folder / "dbt_target" / "static_index.html"
        page.unlink(missing_ok=True)
        finished = self._asked(["docs", "generate", "--static"], {})
        if not finished["is_success"] or not page.exists():
            raise BuildError(
                "dbt could not write its docs; run `matchback run` first, then try again."
            )
        return page

    def _answer(
        self,
        arguments: Sequence[str],
        settings: Mapping[str, Any],
        first_memory: str | None = None,
    ) -> Answer:
        finished = self._asked(arguments, settings, first_memory)
        _write_failures(finished, self._log)
        _raise_for_failures(finished, self._log)
        return finished

    def _asked(
        self,
        arguments: Sequence[str],
        settings: Mapping[str, Any],
        first_memory: str | None = None,
    ) -> Answer:
        request: Request = {
            "arguments": list(arguments),
            "settings": settings,
            "first_memory": first_memory,
        }
        answer, _ = self._process.communicate(json.dumps(request) + "\n")
        try:
            finished: Answer = json.loads(answer)
        except ValueError:
            code = self._process.returncode
            raise BuildError(
                f"The build ended early (code {code}); published tables are unchanged. "
                f"Run again, and look into {_near(self._log)} if it stays."
            ) from None
        return finished


def write_for_dbt(config: Config, settings: Mapping[str, Any]) -> None:
    """Write what `dbt build` by hand needs to build the same: its environment and its vars."""
    folder = config.state_folder
    folder.mkdir(parents=True, exist_ok=True)
    exports = [
        f"export {name}={shlex.quote(value)}\n"
        for name, value in project_environment(config).items()
    ]
    (folder / "dbt.env").write_text("".join(exports), encoding="utf-8")
    (folder / "dbt_vars.json").write_text(json.dumps(dict(settings), indent=1), encoding="utf-8")


def _first_memory(config: Config, settings: Mapping[str, Any]) -> str | None:
    """Return the memory that the rows of the dates suggest; None to leave the engine its own."""
    if isinstance(config.warehouse, BigQueryWarehouseConfig) or config.warehouse.memory_limit:
        return None
    with DuckDBWarehouse(config.warehouse_path, read_only=True) as warehouse:
        [known] = fetch(
            warehouse,
            Landed,
            "select cast(coalesce(sum(rows_loaded), 0) as bigint) as row_count, "
            "current_setting('memory_limit') as available from landing.load_ledger "
            "where data_date between ? and ?",
            [settings["start_date"], settings["end_date"]],
        )
    suggested = FIRST_MEMORY + MEMORY_PER_ROW * known.row_count
    amount, unit = known.available.split()
    available = float(amount) * 1024 ** UNITS.index(unit)
    return f"{suggested}B" if suggested < available else None


def has_current_seeds(warehouse: Warehouse) -> bool:
    """Say whether schema `reference` holds the seeds as they are in this installation."""
    held = fetch(warehouse, ReferenceData, "select seeds_digest from ops.reference_data")
    return held == [ReferenceData(seeds_digest())]


def record_seeds(warehouse: Warehouse, run_id: str) -> None:
    """Remember which seeds the build of a run left in schema `reference`."""
    warehouse.execute("delete from ops.reference_data where true")
    warehouse.execute("insert into ops.reference_data values (?, ?)", [seeds_digest(), run_id])


def seeds_digest() -> str:
    """Return one digest of every seed and its column types."""
    digest = hashlib.sha256()
    for path in sorted(SEEDS_DIRECTORY.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _write_failures(finished: Answer, log: Path) -> None:
    """Add to the log what broke; no row is quoted."""
    told = [node for node in finished["nodes"] if node["text"]]
    if told:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as lines:
            for node in told:
                lines.write(f"{Clock().now:%FT%TZ} {node['unique_id']}: {node['text']}\n")


def _raise_for_failures(finished: Answer, log: Path) -> None:
    nodes = finished["nodes"]
    if any(node["is_damage"] for node in nodes):
        raise WarehouseCorruptError(damage_sentence("file"))
    broken = [node["unique_id"] for node in nodes if node["status"] == "error"]
    if broken or not nodes:
        what = f"the model {_short(broken[0])}" if broken else "the project"
        raise BuildError(
            f"dbt could not build {what}; published tables are unchanged. See {_near(log)}."
        )
    failed = [node["unique_id"] for node in nodes if node["status"] == "fail"]
    if failed:
        raise IntegrityError(
            f"The integrity audit failed ({', '.join(map(_short, failed[:3]))}); published tables "
            f"are unchanged. See {_near(log)}."
        )
    if not finished["is_success"]:
        raise BuildError(f"dbt ended with {finished['error']}; see {_near(log)}.")


def _short(unique_id: str) -> str:
    return unique_id.split(".")[2]


def _near(path: Path) -> str:
    return "/".join(path.parts[-3:])
