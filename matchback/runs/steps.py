"""The steps of a run, in their order; each is a call of the room that can do it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matchback.build.run_settings import run_settings
from matchback.core.errors import ExitCode, IntegrityError, MatchbackError
from matchback.quality import verdict
from matchback.runs import bookkeeping
from matchback.runs.load import load_sources
from matchback.runs.run import Run
from matchback.sources.kit.landing_rows import Attempt
from matchback.warehouse.base import Warehouse

if TYPE_CHECKING:
    from matchback.build.dbt import DbtProcess


@dataclass(frozen=True)
class BuildRequest:
    """What dbt is asked: the settings of the models, and whether the seeds are to be loaded."""

    settings: dict[str, Any]
    with_seeds: bool


def load(run: Run, warehouse: Warehouse, attempt: Attempt) -> None:
    """Load what is new; `attempt` is how a file is tried."""
    with run.step("load"):
        warehouse.apply_ddl()
        bookkeeping.begin(warehouse, run.result, run.clock)
        run.result.loads = load_sources(
            run.config, warehouse, run.run_id, run.clock, run.window, attempt
        )


def scan(run: Run, warehouse: Warehouse) -> None:
    """Find plain personal data in the rows that this run loaded."""
    from matchback.privacy.scan import scan_configured

    with run.step("scan for personal data"):
        scan_configured(warehouse, run.config, run.run_id)


def plan_build(run: Run, warehouse: Warehouse) -> BuildRequest:
    """Read from the warehouse what the build must know."""
    from matchback.build.dbt import has_current_seeds

    settings = run_settings(
        run.config,
        warehouse,
        run.window,
        run.run_id,
        run.clock,
        full_refresh=run.is_full_refresh,
    )
    return BuildRequest(settings, run.is_full_refresh or not has_current_seeds(warehouse))


def build(run: Run, dbt: "DbtProcess", request: BuildRequest) -> None:
    """Build every model over the window in one dbt process."""
    from matchback.build.dbt import record_seeds
    from matchback.quality.audit import preload

    with run.step("build"):
        preload()
        run.result.bytes_billed += dbt.build(
            request.settings, with_seeds=request.with_seeds, full_refresh=run.is_full_refresh
        )
    if request.with_seeds:
        with run.opened() as warehouse:
            record_seeds(warehouse, run.run_id)


def audit(run: Run) -> None:
    """Validate landing and candidate tables; IntegrityError keeps them unpublished."""
    from matchback.quality.audit import validate

    with run.step("audit"), run.opened() as warehouse:
        quality = validate(
            warehouse, run.run_id, run.window, run.config.root, has=_configured_sources(run)
        )
    if quality.integrity_failures:
        raise IntegrityError(
            f"The integrity audit failed ({', '.join(quality.integrity_failures[:3])}); "
            "published tables are unchanged. See reports/data_docs."
        )


def publish(run: Run) -> None:
    """Swap in the window, plan the alerts and decide the exit code, in one transaction."""
    from matchback.alerting.plan import plan_alerts
    from matchback.alerting.settings import alert_settings
    from matchback.build.publish import forget_plain_rows, publish
    from matchback.quality.schema_contract import record_first_contracts

    run.renew_lease()
    result = run.result
    with run.step("publish"), run.opened() as warehouse, warehouse.transaction():
        result.published = publish(warehouse, run.window)
        forget_plain_rows(warehouse)
        record_first_contracts(warehouse, run.config, run.run_id, run.clock)
        plan_alerts(warehouse, run.run_id, alert_settings(run.config), run.clock)
        result.checks = verdict.check_statuses(warehouse, run.run_id)
        result.findings = verdict.finding_counts(warehouse, run.run_id)
        result.grade = verdict.grade(warehouse, run.run_id)
        result.missing_order = verdict.missing_order(warehouse, run.run_id)
        has_failed = "fail" in result.checks.values()
        result.exit_code = ExitCode.CHECK_FAILED if has_failed else ExitCode.HEALTHY
        result.status = "failing" if has_failed else "healthy"
        bookkeeping.record_published(warehouse, result)


def deliver_alerts(run: Run) -> None:
    """Send what is in the outbox; what cannot be sent stays there and costs exit code 4."""
    from matchback.alerting.outbox import drain_outbox
    from matchback.alerting.settings import alert_settings

    with run.step("alert"), run.opened() as warehouse:
        delivery = drain_outbox(warehouse, alert_settings(run.config), run.clock)
        run.result.undelivered = delivery.undelivered
        if delivery.undelivered:
            run.result.exit_code = ExitCode.ALERT_UNDELIVERED
            run.result.message = "An alert could not be delivered; it stays in the outbox."
        bookkeeping.conclude(warehouse, run.result, run.clock, run.progress)


def write_report(run: Run, page: str | None) -> None:
    """Write the pages; the results are already safe, so a failure is said and survived."""
    from matchback.reporting import report

    folder = run.config.reports_folder
    with run.step("report"), run.opened() as warehouse:
        try:
            paths = report.write_report(
                warehouse, run.config, run.run_id, run.clock, folder, prefect_url=page
            )
            run.result.report = str(paths.report.relative_to(run.config.root))
        except (OSError, MatchbackError) as error:
            run.progress.say(
                f"The report could not be written ({type(error).__name__}); results are kept."
            )


def _configured_sources(run: Run) -> set[str]:
    sources = run.config.sources
    return {name for name in ("ga4", "capi", "crm", "consent") if getattr(sources, name)}
