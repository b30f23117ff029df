"""All documentation of a project, beside its report: `python -m matchback.reporting.docs FOLDER`.

dbt's docs as one static file, the schemas of sources and config, the report again with its links.
Great Expectations' Data Docs show the results of a run, so the run itself has written them.
"""

import shutil
import sys
from datetime import UTC
from pathlib import Path

from matchback.build.dbt import DbtProcess
from matchback.config import Config, load_config
from matchback.core.clock import Clock
from matchback.core.errors import MatchbackError
from matchback.core.settings import Settings
from matchback.opening import open_existing_warehouse
from matchback.reporting.report import DATA_DOCS_NAME, DBT_DOCS_NAME, SCHEMA_DOCS_NAME, write_report
from matchback.reporting.schema_docs import schema_page
from matchback.warehouse.base import Warehouse, first


def write_docs(config: Config, environment: dict[str, str]) -> list[Path]:
    """Write every document and return their paths; BuildError when dbt cannot."""
    written = [_write_dbt_docs(config, environment)]
    with open_existing_warehouse(config, read_only=True) as warehouse:
        schemas = config.reports_folder / SCHEMA_DOCS_NAME
        schemas.write_text(schema_page(warehouse), encoding="utf-8")
        written += [schemas, config.reports_folder / DATA_DOCS_NAME]
        written.append(_write_report_again(warehouse, config))
    return [path for path in written if path.exists()]


def _write_dbt_docs(config: Config, environment: dict[str, str]) -> Path:
    with DbtProcess(config, environment) as dbt:
        page = dbt.document()
    config.reports_folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(page, config.reports_folder / DBT_DOCS_NAME))


def _write_report_again(warehouse: Warehouse, config: Config) -> Path:
    """Write the pages of the last published run anew, as of its time, linking the docs."""
    last = first(
        warehouse.rows(
            "select run_id, max(run_at) as run_at from marts.fct_check_results "
            "group by run_id order by run_id desc limit 1"
        )
    )
    if last is None:
        raise MatchbackError("Nothing is published yet; run `matchback run` first.")
    clock = Clock(last["run_at"].replace(tzinfo=UTC))
    return write_report(warehouse, config, last["run_id"], clock, config.reports_folder).report


def main() -> None:
    """Write the docs of the folder given on the command line; one sentence when it cannot."""
    settings = Settings.from_environment()
    try:
        config = load_config(Path(sys.argv[1]) / "matchback.yml", settings.environment)
        for page in write_docs(config, settings.child_environment()):
            sys.stdout.write(f"{page}\n")
    except MatchbackError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(int(error.exit_code))


if __name__ == "__main__":
    main()
