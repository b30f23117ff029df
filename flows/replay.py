"""Replay: re-load what was quarantined or refused, after a fix of the data, config or parser."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from prefect import flow, task

from matchback.prefect_api import followed, is_worth_a_retry
from matchback.project import DEFAULT_CONFIG, Project
from matchback.runs.replay import ReplaySummary, opened_for_replay, replay_quarantine
from matchback.runs.result import new_run_id, told_in_our_words
from matchback.sources.kit.ledger import FileOutcome


@task(
    name="load-file",
    retries=2,
    retry_delay_seconds=1,
    retry_condition_fn=is_worth_a_retry,
    persist_result=False,
)
def load_file(load: Callable[[], FileOutcome]) -> FileOutcome:
    """Try one file; Prefect tries it again where the error may go away by itself."""
    with told_in_our_words("load"):
        return load()


@flow(name="replay", persist_result=False)
def replay(config_path: Path = DEFAULT_CONFIG, as_of: datetime | None = None) -> ReplaySummary:
    """Bring back what can be read now; what cannot stays in quarantine."""
    project = Project.open(config_path, as_of)
    config, clock = project.config, project.clock
    with told_in_our_words("replay"), opened_for_replay(config) as warehouse:
        return replay_quarantine(config, warehouse, new_run_id(clock), clock, followed(load_file))
