"""The daily job: load, scan, build, audit, publish, alert and report one window."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.errors import ExitCode, IntegrityError, MatchbackError
from matchback.core.progress import Progress
from matchback.core.window import Window
from matchback.opening import open_warehouse, sole_writer
from matchback.orchestration import Artifacts, flow, publish_artifacts, run_page, task
from matchback.quality.schema_contract import record_first_contracts, schema_variables
from matchback.sources.catalog import on_every_date
from matchback.sources.load import load_sources
from matchback.warehouse.base import Warehouse, first
from matchback.warehouse.lease import Lease

if TYPE_CHECKING:
    from matchback.build.dbt import DbtProcess


@dataclass
class RunResult:
    """What one run found, as the command line prints it."""

    run_id: str
    window: Window
    status: str = "running"
    exit_code: ExitCode = ExitCode.RUN_INCOMPLETE
    message: str = ""
    checks: dict[str, str] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    loads: list[dict[str, Any]] = field(default_factory=list)
    published: dict[str, int] = field(default_factory=dict)
    grade: str | None = None
    missing_order: str | None = None
    report: str | None = None
    undelivered: int = 0
    bytes_billed: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the one object of `matchback run --json`."""
        return {
            "run_id": self.run_id,
            "status": self.status,
            "exit_code": int(self.exit_code),
            "window": {"start": self.window.start, "end": self.window.end},
            "message": self.message,
            "grade": self.grade,
            "checks": self.checks,
            "findings": self.findings,
            "loads": self.loads,
            "published": self.published,
            "report": self.report,
            "undelivered_alerts": self.undelivered,
            "bytes_billed": self.bytes_billed,
            "seconds": self.seconds,
        }


def new_run_id(clock: Clock) -> str:
    """Return an id that sorts by the run's time, then by the order in which runs began."""
    return f"{clock.now:%Y%m%dT%H%M%SZ}-{time.time_ns() // 1000:015x}"


@flow(name="reconcile")
def reconcile(
    config: Config,
    window: Window,
    clock: Clock,
    environment: Mapping[str, str],
    progress: Progress,
    *,
    full_refresh: bool = False,
) -> RunResult:
    """Reconcile one window; safe to run again. MatchbackError when the run could not complete."""
    result = RunResult(new_run_id(clock), window)
    with sole_writer(config, result.run_id) as lease:
        try:
            _reconcile(config, result, clock, environment, progress, lease, full_refresh)
        except MatchbackError as error:
            result.message = str(error)
            _record_incomplete(config, result, clock, progress.current)
            raise
        except Exception as error:
            result.message = _unforeseen(error, progress.current)
            _record_incomplete(config, result, clock, progress.current)
            raise MatchbackError(result.message) from error
        finally:
            result.seconds = progress.seconds
    return result


def _reconcile(
    config: Config,
    result: RunResult,
    clock: Clock,
    environment: Mapping[str, str],
    progress: Progress,
    lease: Lease | None,
    full_refresh: bool,
) -> None:
    from matchback.build.dbt import DbtProcess

    with DbtProcess(config, environment) as dbt:
        _load_and_build(config, result, clock, dbt, progress, full_refresh)
    with progress.step("audit"), _opened(config, result) as warehouse:
        audit(warehouse, config, result)
    if lease:
        lease.renew()
    with progress.step("publish"), _opened(config, result) as warehouse:
        publish_results(warehouse, config, result, clock)
    with progress.step("alert"), _opened(config, result) as warehouse:
        deliver_alerts(warehouse, config, result, clock)
        _conclude(warehouse, result, clock, progress)
    with progress.step("report"), _opened(config, result) as warehouse:
        report(warehouse, config, result, clock, progress)
    publish_artifacts(_artifacts(result))


def _load_and_build(
    config: Config,
    result: RunResult,
    clock: Clock,
    dbt: "DbtProcess",
    progress: Progress,
    full_refresh: bool,
) -> None:
    from matchback.build.dbt import has_current_seeds, record_seeds
    from matchback.quality.audit import preload

    with _opened(config, result) as warehouse:
        with progress.step("load"):
            warehouse.apply_ddl()
            _begin(warehouse, result, clock)
            result.loads = load_sources(config, warehouse, result.run_id, clock, result.window)
        with progress.step("scan for personal data"):
            scan_sources(warehouse, config, result.run_id)
        settings = build_settings(config, warehouse, result, clock, full_refresh)
        with_seeds = full_refresh or not has_current_seeds(warehouse)
    with progress.step("build"):
        preload()
        result.bytes_billed += build_models(dbt, settings, with_seeds, full_refresh)
    if with_seeds:
        with _opened(config, result) as warehouse:
            record_seeds(warehouse, result.run_id)


@contextmanager
def _opened(config: Config, result: RunResult) -> Iterator[Warehouse]:
    """Open the warehouse for one step and count what the step is billed for."""
    with open_warehouse(config) as warehouse:
        try:
            yield warehouse
        finally:
            result.bytes_billed += warehouse.bytes_billed


@task(name="scan for personal data")
def scan_sources(warehouse: Warehouse, config: Config, run_id: str) -> None:
    """Find plain personal data in the rows that this run loaded."""
    from matchback.privacy.scan import scan_configured

    scan_configured(warehouse, config, run_id)


def build_settings(
    config: Config, warehouse: Warehouse, result: RunResult, clock: Clock, full_refresh: bool
) -> dict[str, Any]:
    """Return what the models may know about the run."""
    from matchback.build.dbt import dbt_settings

    has_gateway = _has_rows(warehouse, "landing.capi_gateway_audit")
    schema = schema_variables(
        config, warehouse, result.window, result.run_id, full_refresh=full_refresh
    )
    settings = dbt_settings(config, result.window, result.run_id, clock, has_gateway=has_gateway)
    return {**settings, **schema}


@task(name="dbt build")
def build_models(
    dbt: "DbtProcess", settings: Mapping[str, Any], with_seeds: bool, full_refresh: bool
) -> int:
    """Build every model over the window in one dbt process; returns the bytes it is billed."""
    return dbt.build(settings, with_seeds=with_seeds, full_refresh=full_refresh)


@task(name="great expectations")
def audit(warehouse: Warehouse, config: Config, result: RunResult) -> None:
    """Validate landing and candidate tables; IntegrityError keeps them unpublished."""
    from matchback.quality.audit import validate

    quality = validate(
        warehouse, result.run_id, result.window, config.root, has=configured_sources(config)
    )
    if quality.integrity_failures:
        raise IntegrityError(
            f"The integrity audit failed ({', '.join(quality.integrity_failures[:3])}); "
            "published tables are unchanged. See reports/data_docs."
        )


def configured_sources(config: Config) -> set[str]:
    """Return the names of the sources that the config has."""
    sources = config.sources
    return {
        name
        for name, source in (
            ("ga4", sources.ga4),
            ("capi", sources.capi),
            ("crm", sources.crm),
            ("consent", sources.consent),
        )
        if source
    }


@task(name="publish")
def publish_results(warehouse: Warehouse, config: Config, result: RunResult, clock: Clock) -> None:
    """Swap in the window, plan the alerts and decide the exit code, in one transaction."""
    from matchback.alerting.plan import plan_alerts
    from matchback.alerting.settings import alert_settings
    from matchback.build.publish import forget_plain_rows, publish

    with warehouse.transaction():
        result.published = publish(warehouse, result.window)
        forget_plain_rows(warehouse)
        record_first_contracts(warehouse, config, result.run_id, clock)
        plan_alerts(warehouse, result.run_id, alert_settings(config), clock)
        result.checks = check_statuses(warehouse, result.run_id)
        result.findings = finding_counts(warehouse, result.run_id)
        result.grade = _grade(warehouse, result.run_id)
        result.missing_order = _missing_order(warehouse, result.run_id)
        failed = "fail" in result.checks.values()
        result.exit_code = ExitCode.CHECK_FAILED if failed else ExitCode.HEALTHY
        result.status = "failing" if failed else "healthy"
        warehouse.execute(
            "update ops.runs set status = ?, exit_code = ?, stage = 'published' where run_id = ?",
            [result.status, int(result.exit_code), result.run_id],
        )


@task(name="deliver alerts")
def deliver_alerts(warehouse: Warehouse, config: Config, result: RunResult, clock: Clock) -> None:
    """Send what is in the outbox; what cannot be sent stays there and costs exit code 4."""
    from matchback.alerting.outbox import drain_outbox
    from matchback.alerting.settings import alert_settings

    delivery = drain_outbox(warehouse, alert_settings(config), clock)
    result.undelivered = delivery.undelivered
    if delivery.undelivered:
        result.exit_code = ExitCode.ALERT_UNDELIVERED
        result.message = "An alert could not be delivered; it stays in the outbox."


@task(name="write report")
def report(
    warehouse: Warehouse, config: Config, result: RunResult, clock: Clock, progress: Progress
) -> None:
    """Write the pages; the results are already safe, so a failure is said and survived."""
    from matchback.reporting.report import write_report

    try:
        paths = write_report(
            warehouse,
            config,
            result.run_id,
            clock,
            config.reports_folder,
            prefect_url=run_page(),
        )
        result.report = str(paths.report.relative_to(config.root))
    except (OSError, MatchbackError) as error:
        progress.say(f"The report could not be written ({type(error).__name__}); results are kept.")


def _artifacts(result: RunResult) -> Artifacts:
    """Return what the run shows on its Prefect page: verdict, checks, findings per check."""
    rows = [
        {"check": check, "status": status, "findings": result.findings.get(check, 0)}
        for check, status in result.checks.items()
    ]
    summary = (
        f"# {result.window}: {result.status}\n\nGrade {result.grade or '-'}, run {result.run_id}, "
        f"report `{result.report or 'not written'}`."
    )
    return Artifacts(markdown={"matchback-run": summary}, tables={"matchback-checks": rows})


def check_statuses(warehouse: Warehouse, run_id: str) -> dict[str, str]:
    """Return each check of a run with the worst status of its rows."""
    order = ["fail", "warn", "pass", "insufficient_data", "unknown"]
    rows = warehouse.rows(
        "select distinct check_id, status from marts.fct_check_results where run_id = ?", [run_id]
    )
    worst: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: (row["check_id"], order.index(row["status"]))):
        worst.setdefault(row["check_id"], row["status"])
    return worst


def finding_counts(warehouse: Warehouse, run_id: str) -> dict[str, int]:
    """Return the number of findings per check of a run."""
    rows = warehouse.rows(
        "select check_id, sum(occurrences) as finding_count "
        "from marts.fct_findings where run_id = ? group by check_id order by check_id",
        [run_id],
    )
    return {row["check_id"]: row["finding_count"] for row in rows}


def _grade(warehouse: Warehouse, run_id: str) -> str | None:
    row = first(
        warehouse.rows(
            "select grade from marts.agg_health_score where run_id = ? and surface = 'overall'",
            [run_id],
        )
    )
    return row["grade"] if row else None


def _missing_order(warehouse: Warehouse, run_id: str) -> str | None:
    """Return the dearest order that Meta does not know, as an example to look at."""
    row = first(
        warehouse.rows(
            "select entity_id from marts.fct_findings "
            "where run_id = ? and check_id = 'crm_coverage_server' "
            "order by value_at_risk desc nulls last, entity_id limit 1",
            [run_id],
        )
    )
    return row["entity_id"] if row else None


def _has_rows(warehouse: Warehouse, relation: str) -> bool:
    query = f"select 1 as one from {relation} where {on_every_date(relation)} limit 1"
    return bool(warehouse.rows(query))


def _begin(warehouse: Warehouse, result: RunResult, clock: Clock) -> None:
    """Enter the run; one that still counts as running was killed, since only one ever runs."""
    warehouse.execute(
        "update ops.runs set status = 'incomplete', exit_code = ?, message = ? "
        "where status = 'running'",
        [int(ExitCode.RUN_INCOMPLETE), "The process ended before the run did."],
    )
    warehouse.execute(
        "insert into ops.runs (run_id, started_at, window_start, window_end, status, stage) "
        "values (?, ?, ?, ?, 'running', 'load')",
        [result.run_id, _utc(clock), result.window.start, result.window.end],
    )


def _conclude(warehouse: Warehouse, result: RunResult, clock: Clock, progress: Progress) -> None:
    """Record how the run ended; as_of may pretend its beginning, but not how long it took."""
    steps = [{"name": name, "seconds": seconds} for name, seconds in progress.seconds.items()]
    elapsed = timedelta(seconds=round(sum(progress.seconds.values()), 3))
    warehouse.execute(
        "update ops.runs set ended_at = ?, exit_code = ?, message = ?, stage = 'done', "
        "steps = ?, bytes_billed = ? where run_id = ?",
        [
            _utc(clock) + elapsed,
            int(result.exit_code),
            result.message,
            orjson.dumps(steps).decode(),
            result.bytes_billed + warehouse.bytes_billed,
            result.run_id,
        ],
    )


def _unforeseen(error: Exception, step: str) -> str:
    """Name an error by its type only: its text may quote a row."""
    return (
        f"The run stopped at '{step}' ({type(error).__name__}); published tables are consistent. "
        "Free disk space and memory if they are short, then run again; rows are never loaded twice."
    )


def _record_incomplete(config: Config, result: RunResult, clock: Clock, step: str) -> None:
    """Leave a trace of a run that could not complete, where the warehouse still allows it."""
    from matchback.alerting.outbox import drain_outbox
    from matchback.alerting.plan import plan_incomplete
    from matchback.alerting.settings import alert_settings
    from matchback.build.publish import forget_plain_rows

    result.status = "incomplete"
    with suppress(Exception), open_warehouse(config) as warehouse:
        with warehouse.transaction():
            warehouse.execute(
                "update ops.runs set status = 'incomplete', exit_code = ?, message = ?, "
                "ended_at = ? where run_id = ?",
                [int(ExitCode.RUN_INCOMPLETE), result.message, _utc(clock), result.run_id],
            )
            forget_plain_rows(warehouse)
            plan_incomplete(warehouse, result.run_id, step, alert_settings(config), clock)
        drain_outbox(warehouse, alert_settings(config), clock)


def _utc(clock: Clock) -> datetime:
    return clock.now.astimezone(UTC).replace(tzinfo=None)
