"""Flows and tasks that run under Prefect when it has an API, and plainly when it has none.

Nothing of a call reaches Prefect's database: the server is given a closure instead of the
arguments (which may hold a connection or a secret), of the arguments only dates, flags and paths
are shown, and no result is persisted. An exception's sentence is stored, so it must be free of
secrets, like any log line.
"""

import logging
import os
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import Any, Generic, Literal, ParamSpec, TypeVar

from matchback.core.errors import MatchbackError
from matchback.core.settings import turn_telemetry_off

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Kind = Literal["flow", "task"]

logger = logging.getLogger(__name__)


class AttemptFailedError(Exception):
    """A task's attempt failed and Prefect shall retry it; names the type of the error only."""


def has_prefect_api(environment: Mapping[str, str] | None = None) -> bool:
    """Say whether a Prefect API is configured, without importing Prefect."""
    values = os.environ if environment is None else environment
    if "PREFECT_API_URL" in values:
        return bool(values["PREFECT_API_URL"])
    return bool(_profile_setting(values, "PREFECT_API_URL"))


def flow(
    *, name: str, retries: int = 0, retry_delay_seconds: float = 0
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Make a function a flow; parameter names are Prefect's."""
    return _orchestrated("flow", name, retries, retry_delay_seconds)


def task(
    *, name: str, retries: int = 0, retry_delay_seconds: float = 0
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Make a function a task; parameter names are Prefect's."""
    return _orchestrated("task", name, retries, retry_delay_seconds)


def _orchestrated(
    kind: Kind, name: str, retries: int, retry_delay_seconds: float
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @wraps(function)
        def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            work = _Work(lambda: function(*args, **kwargs), retries, retry_delay_seconds)
            if _api_is_usable():
                shown = _shown(function, args, kwargs) if kind == "flow" else {}
                return _run_under_prefect(kind, name, work, shown)
            return work.run()

        return call

    return decorate


@dataclass
class _Work(Generic[Result]):
    """One call with its retries; a MatchbackError is the user's to solve and is not retried."""

    function: Callable[[], Result]
    retries: int
    retry_delay_seconds: float
    attempt_count: int = 0
    outcome: list[Result] = field(default_factory=list)
    error: BaseException | None = None

    def run(self) -> Result:
        """Call until it succeeds or the retries are used up."""
        for attempt in range(self.retries + 1):
            try:
                return self.attempt()
            except MatchbackError:
                raise
            except Exception:
                if attempt == self.retries:
                    raise
                time.sleep(self.retry_delay_seconds)
        raise AssertionError("a call has at least one attempt")

    def attempt(self) -> Result:
        """Call once and remember how it ended."""
        self.attempt_count, self.error = self.attempt_count + 1, None
        try:
            result = self.function()
        except BaseException as error:
            self.error = error
            raise
        self.outcome.append(result)
        return result

    def is_worth_a_retry(self) -> bool:
        """Say whether the last attempt ended in an error that may go away by itself."""
        return isinstance(self.error, Exception) and not isinstance(self.error, MatchbackError)


def _run_under_prefect(
    kind: Kind, name: str, work: _Work[Result], shown: Mapping[str, object]
) -> Result:
    """Run as a Prefect flow or task; what Prefect itself cannot do never costs the result."""
    try:
        _prefect_runner(kind, name, work)(**shown)
    except Exception as error:
        if work.error is None:
            _give_up_on_prefect(error)
    if work.error is not None:
        raise work.error
    if work.outcome:
        return work.outcome[-1]
    if work.attempt_count:
        raise RuntimeError(f"Prefect ended the {kind} '{name}' before it was done")
    return work.run()


def _prefect_runner(kind: Kind, name: str, work: _Work[Any]) -> Callable[..., object]:
    turn_telemetry_off()
    import prefect  # costs two seconds; a plain run never pays them
    from prefect.cache_policies import NO_CACHE

    if kind == "task":
        return prefect.task(
            lambda: _perform_attempt(work),
            name=name,
            retries=work.retries,
            retry_delay_seconds=work.retry_delay_seconds,
            cache_policy=NO_CACHE,
            persist_result=False,
        )

    def perform(**shown: object) -> object:
        return _as_state(work, work.run)

    return prefect.flow(
        perform, name=name, validate_parameters=False, persist_result=False, log_prints=False
    )


def _perform_attempt(work: _Work[Any]) -> object:
    """Attempt once; only an error that Prefect shall retry is raised into it."""
    state = _as_state(work, work.attempt)
    if work.is_worth_a_retry() and work.attempt_count <= work.retries:
        raise AttemptFailedError(type(work.error).__name__)
    return state


def _as_state(work: _Work[Any], call: Callable[[], object]) -> object:
    """Call and return the Prefect state: foreign error texts may hold data, so only names go in."""
    from prefect.states import Completed, Failed

    try:
        call()
    except MatchbackError as error:
        return Failed(message=str(error))
    except Exception as error:
        return Failed(message=f"{type(error).__name__}; see the log of the run")
    return Completed(message="done")


def _shown(
    function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, str | bool]:
    """Return the arguments that Prefect may store: dates, flags and paths."""
    bound = signature(function).bind(*args, **kwargs)
    return {
        name: value if isinstance(value, bool) else str(value)
        for name, value in bound.arguments.items()
        if isinstance(value, bool | date | Path)
    }


_lost_api = False


def _api_is_usable() -> bool:
    return not _lost_api and has_prefect_api()


def _give_up_on_prefect(error: Exception) -> None:
    global _lost_api
    _lost_api = True
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


@contextmanager
def one_run_at_a_time(warehouse_name: str) -> Iterator[None]:
    """Hold the warehouse's one slot of Prefect's concurrency limit; without an API do nothing."""
    if not _api_is_usable():
        yield
        return
    turn_telemetry_off()
    from prefect.client.orchestration import get_client
    from prefect.concurrency.sync import concurrency

    limit = f"matchback-{warehouse_name}"
    with get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name(limit, 1)
    with concurrency(limit, occupy=1, raise_on_lease_renewal_failure=False):
        yield


def run_page() -> str | None:
    """Return the address of the running flow's page in Prefect's UI; None outside of Prefect."""
    if not _api_is_usable() or "prefect" not in sys.modules:
        return None
    from prefect.runtime import flow_run

    address = flow_run.ui_url or ""
    return address if address.startswith("http") else None


@dataclass(frozen=True)
class Artifacts:
    """What a run shows on its Prefect page; never a value of a person."""

    markdown: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)


def publish_artifacts(artifacts: Artifacts) -> int:
    """Write artifacts by key (lower case, digits, dashes) and return how many; 0 without an API."""
    if not _api_is_usable():
        return 0
    turn_telemetry_off()
    from prefect.artifacts import (
        create_link_artifact,
        create_markdown_artifact,
        create_table_artifact,
    )

    try:
        for key, text in artifacts.markdown.items():
            create_markdown_artifact(key=key, markdown=text)
        for key, url in artifacts.links.items():
            create_link_artifact(key=key, link=url)
        for key, table in artifacts.tables.items():
            create_table_artifact(key=key, table=[dict(row) for row in table])
    except Exception as error:
        _give_up_on_prefect(error)
        return 0
    return len(artifacts.markdown) + len(artifacts.links) + len(artifacts.tables)
