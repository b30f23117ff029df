"""Prefect follows a run where its API is configured and answers; elsewhere nothing is started.

Prefect stores of a run its parameters (a path, dates, flags), its artifacts and the sentences of
its errors. Results are not persisted, and what a task works on stays in the process.
"""

import logging
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from matchback.core.settings import turn_telemetry_off
from matchback.runs.result import StoppedError

if TYPE_CHECKING:
    from prefect import Flow, State, Task
    from prefect.client.schemas.objects import TaskRun

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)


def has_prefect_api(environment: Mapping[str, str] | None = None) -> bool:
    """Say whether a Prefect API is configured, without importing Prefect."""
    values = os.environ if environment is None else environment
    if "PREFECT_API_URL" in values:
        return bool(values["PREFECT_API_URL"])
    return bool(_profile_setting(values, "PREFECT_API_URL"))


@cache
def is_followed() -> bool:
    """Say whether the configured API answers; it is asked once a process."""
    if not has_prefect_api():
        return False
    turn_telemetry_off()
    from prefect.client.orchestration import get_client

    try:
        with get_client(sync_client=True) as client:
            client.read_flows(limit=1)
    except Exception as error:
        _say_lost(error)
        return False
    return True


def followed(
    step: "Flow[Arguments, Result] | Task[Arguments, Result]",
) -> Callable[Arguments, Result]:
    """Return a flow or task as Prefect runs it where its API answers, else its plain function."""
    return step if is_followed() else step.fn


def is_worth_a_retry(task: "Task[..., Any]", task_run: "TaskRun", state: "State[Any]") -> bool:
    """Say whether an attempt ended in an error that may go away by itself."""
    return isinstance(state.result(raise_on_failure=False), StoppedError)


@contextmanager
def one_scheduled_run_at_a_time(warehouse_name: str) -> Iterator[None]:
    """Wait for the warehouse's slot when a schedule began the run; by hand the lock refuses."""
    if not is_followed():
        yield
        return
    from prefect.client.orchestration import get_client
    from prefect.concurrency.sync import concurrency
    from prefect.runtime import deployment

    if not deployment.id:
        yield
        return
    limit = f"matchback-{warehouse_name}"
    with get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name(limit, 1)
    with concurrency(limit, occupy=1, raise_on_lease_renewal_failure=False):
        yield


def run_page() -> str | None:
    """Return the address of the running flow's page in Prefect's UI; None outside of Prefect."""
    if not is_followed():
        return None
    from prefect.runtime import flow_run

    address = flow_run.ui_url or ""
    return address if address.startswith("http") else None


def show_on_page(summary: str, checks: Sequence[Mapping[str, object]]) -> None:
    """Write what a run found on its Prefect page; never a value of a person."""
    if not is_followed():
        return
    from prefect.artifacts import create_markdown_artifact, create_table_artifact

    try:
        create_markdown_artifact(key="matchback-run", markdown=summary)
        create_table_artifact(key="matchback-checks", table=[dict(row) for row in checks])
    except Exception as error:
        _say_lost(error)


def _say_lost(error: Exception) -> None:
    logger.warning(
        "The Prefect API did not answer as expected (%s); the run goes on without it.",
        type(error).__name__,
    )


def _profile_setting(environment: Mapping[str, str], name: str) -> str | None:
    """Read one setting of Prefect's active profile."""
    home = Path(environment.get("PREFECT_HOME") or "~/.prefect").expanduser()
    path = Path(environment.get("PREFECT_PROFILES_PATH") or home / "profiles.toml").expanduser()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    active = environment.get("PREFECT_PROFILE") or document.get("active", "")
    value = document.get("profiles", {}).get(active, {}).get(name)
    return str(value) if value else None
