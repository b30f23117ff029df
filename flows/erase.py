"""Erase: delete one person everywhere and keep the proof."""

from datetime import datetime
from pathlib import Path

from prefect import flow
from pydantic import SecretStr

from matchback.opening import open_existing_warehouse, sole_writer
from matchback.privacy.erase import Erasure
from matchback.privacy.erase import erase as erase_person
from matchback.project import DEFAULT_CONFIG, Project
from matchback.runs.last_report import rewrite_last_report
from matchback.runs.result import told_in_our_words
from matchback.warehouse.duckdb import require_room_for_copy, rewrite_file


@flow(name="erase", persist_result=False)
def erase(
    person: SecretStr, config_path: Path = DEFAULT_CONFIG, as_of: datetime | None = None
) -> Erasure:
    """Erase a person from every table and page; Prefect is shown asterisks for the person."""
    project = Project.open(config_path, as_of)
    config, clock = project.config, project.clock
    is_file = config.warehouse.engine == "duckdb" and config.warehouse_path.exists()
    with told_in_our_words("erase"), sole_writer(config, "erase"):
        if is_file:
            require_room_for_copy(config.warehouse_path)
        with open_existing_warehouse(config) as warehouse:
            warehouse.apply_ddl()
            erasure = erase_person(warehouse, config, person.get_secret_value(), clock)
            rewrite_last_report(warehouse, config, clock)
        if is_file:
            rewrite_file(config.warehouse_path)
        return erasure
