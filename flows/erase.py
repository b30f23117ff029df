"""Erase: delete one person everywhere and keep the proof."""

from datetime import datetime
from pathlib import Path

from prefect import flow
from pydantic import SecretStr

from matchback.opening import open_for_erasure
from matchback.privacy.erase import Erasure
from matchback.privacy.erase import erase as erase_person
from matchback.project import DEFAULT_CONFIG, Project
from matchback.runs.last_report import rewrite_last_report
from matchback.runs.result import told_in_our_words


@flow(name="erase", persist_result=False)
def erase(
    person: SecretStr, config_path: Path = DEFAULT_CONFIG, as_of: datetime | None = None
) -> Erasure:
    """Erase a person from every table and page; Prefect is shown asterisks for the person."""
    project = Project.open(config_path, as_of)
    config, clock = project.config, project.clock
    with told_in_our_words("erase"), open_for_erasure(config) as warehouse:
        erasure = erase_person(warehouse, config, person.get_secret_value(), clock)
        rewrite_last_report(warehouse, config, clock)
        return erasure
