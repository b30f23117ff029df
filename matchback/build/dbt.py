"""dbt in its own process: it must release the warehouse when it ends."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matchback.build.build_plan import (
    Plan,
    bind,
    has_plan_like,
    keep_plan,
    plan_file,
    read_plan,
    stand_ins,
)
from matchback.build.dbt_cache import PLANNED_VARIABLES, project_digest
from matchback.config import BigQueryWarehouseConfig, Config
from matchback.core.clock import Clock
from matchback.core.errors import BuildError, IntegrityError, WarehouseCorruptError
from matchback.core.resources import DBT_DIRECTORY, PACKAGE_ROOT, SEEDS_DIRECTORY
from matchback.core.window import Window
from matchback.warehouse.base import Warehouse, damage_sentence

DAILY_SELECTION = ("resource_type:model", "tag:integrity")
SEEDS = "resource_type:seed"
LISTING = (
    *("list", "--output", "json", "--output-keys", "unique_id"),
    *("--indirect-selection", "empty", "--log-level-file", "none"),
)

# The process that runs dbt, and the one that builds what dbt has planned.
DBT = "matchback.build.dbt_process"
BUILDER = "matchback.build.build_process"


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


def dbt_environment(
    config: Config,
    environment: Mapping[str, str],
    settings: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Return the environment of the dbt process: where the warehouse is and where files go.

    `settings` are the run's; they travel here and not as dbt vars, which would cost a full parse.
    """
    state = config.state_folder
    values = {
        **environment,
        "MATCHBACK_WAREHOUSE": str(config.warehouse_path),
        "DBT_TARGET_PATH": str(state / "dbt_target"),
        "DBT_LOG_PATH": str(state / "dbt_logs"),
        "DBT_PROFILES_DIR": str(DBT_DIRECTORY),
        "MATCHBACK_SETTINGS": json.dumps(dict(settings or {})),
        "PYTHONWARNINGS": "ignore",
    }
    if config.warehouse.memory_limit:
        values["MATCHBACK_MEMORY_LIMIT"] = config.warehouse.memory_limit
    if isinstance(config.warehouse, BigQueryWarehouseConfig):
        values |= _bigquery_environment(config.warehouse)
    elif config.warehouse.threads:
        values["MATCHBACK_THREADS"] = str(config.warehouse.threads)
    return values


def _bigquery_environment(warehouse: BigQueryWarehouseConfig) -> dict[str, str]:
    return {
        "MATCHBACK_ENGINE": "bigquery",
        "MATCHBACK_BIGQUERY_PROJECT": warehouse.project,
        "MATCHBACK_BIGQUERY_DATASET": warehouse.dataset,
        "MATCHBACK_BIGQUERY_LOCATION": warehouse.location,
        "MATCHBACK_BIGQUERY_MAXIMUM_BYTES": str(warehouse.maximum_bytes),
        "MATCHBACK_DATASET_PREFIX": warehouse.dataset_prefix,
    }


class DbtProcess:
    """Builds the models of a run; what that needs is prepared while the caller does other work.

    On BigQuery dbt builds. On DuckDB dbt compiles a plan where there is none for the config yet,
    and a process of ours builds what is planned.
    """

    def __init__(self, config: Config, environment: Mapping[str, str]) -> None:
        self._config = config
        self._environment = dbt_environment(config, environment)
        self._log = config.state_folder / "dbt_logs" / "dbt.log"
        self._is_planned = not isinstance(config.warehouse, BigQueryWarehouseConfig)
        self._project = project_digest(self._environment, PLANNED_VARIABLES)
        self._process = self._started(BUILDER if self._expects_plan() else DBT)

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
        if self._is_planned:
            plan = bind(self._plan(settings), settings)
            request = {
                "plan": plan,
                "first_date": settings["start_date"],
                "last_date": settings["end_date"],
                "with_seeds": with_seeds,
                "full_refresh": full_refresh,
            }
            self._answer(BUILDER, request)
            return 0
        arguments = [
            *("build", "--indirect-selection", "empty"),
            *("--select", *([SEEDS] if with_seeds else []), *DAILY_SELECTION),
            *(["--full-refresh"] if full_refresh else []),
        ]
        finished = self._dbt_answer(settings, arguments)
        return sum(node["bytes_billed"] for node in finished["nodes"])

    def compile(self, settings: Mapping[str, Any], *, full_refresh: bool = False) -> dict[str, str]:
        """Return the query of each model that is stored as a table, by name; nothing is built."""
        arguments = ["compile", "--select", "resource_type:model"]
        arguments += ["--full-refresh"] if full_refresh else []
        finished = self._dbt_answer(settings, arguments)
        return {
            _short(node["unique_id"]): node["compiled"]
            for node in finished["nodes"]
            if node["compiled"]
        }

    def _expects_plan(self) -> bool:
        """Say whether the config has a plan; what else shapes one is known when data has come."""
        if not self._is_planned:
            return False
        today = Clock().now.date()
        settings = dbt_settings(self._config, Window(today, today), "", Clock(), has_gateway=False)
        return has_plan_like(plan_file(self._project, settings, DAILY_SELECTION))

    def _plan(self, settings: Mapping[str, Any]) -> Plan:
        """Return the plan of these settings from the cache, or have dbt make it."""
        path = plan_file(self._project, settings, DAILY_SELECTION)
        plan = read_plan(path)
        if plan is None:
            arguments = [*LISTING, "--select", SEEDS, *DAILY_SELECTION]
            plan = self._dbt_answer(stand_ins(settings), arguments)["plan"]
            keep_plan(path, plan)
        return plan

    def _dbt_answer(self, settings: Mapping[str, Any], arguments: list[str]) -> Mapping[str, Any]:
        return self._answer(DBT, {"settings": dict(settings), "arguments": arguments})

    def _answer(self, module: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask the process that runs a module; one that was prepared for the other is replaced."""
        if self._process.args[-1] != module:
            self._process.kill()
            self._process.communicate()
            self._process = self._started(module)
        answer, _ = self._process.communicate(json.dumps(request) + "\n")
        try:
            finished = json.loads(answer)
        except ValueError:
            code = self._process.returncode
            raise BuildError(
                f"The build ended early (code {code}); published tables are unchanged. "
                f"Run again, and look into {_near(self._log)} if it stays."
            ) from None
        _write_failures(finished, self._log)
        _raise_for_failures(finished, self._log)
        return finished

    def _started(self, module: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", module],
            env=self._environment,
            cwd=PACKAGE_ROOT.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )


def has_current_seeds(warehouse: Warehouse) -> bool:
    """Say whether schema `reference` holds the seeds as they are in this installation."""
    rows = warehouse.rows("select seeds_digest from ops.reference_data")
    return [row["seeds_digest"] for row in rows] == [seeds_digest()]


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


def _write_failures(finished: Mapping[str, Any], log: Path) -> None:
    """Add to dbt's log what dbt has not seen itself; no row is quoted."""
    told = [node for node in finished["nodes"] if node.get("text")]
    if told:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as lines:
            for node in told:
                lines.write(f"{Clock().now:%FT%TZ} {node['unique_id']}: {node['text']}\n")


def _raise_for_failures(finished: Mapping[str, Any], log: Path) -> None:
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
        raise BuildError(f"dbt ended with {finished.get('error')}; see {_near(log)}.")


def _short(unique_id: str) -> str:
    return unique_id.split(".")[2]


def _near(path: Path) -> str:
    return "/".join(path.parts[-3:])
