"""A dbt process that starts before its flow does, beside the import of Prefect."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from matchback.build.dbt import DbtProcess
from matchback.config import Config

_waiting: list[DbtProcess] = []


@contextmanager
def dbt_started_ahead(config: Config, environment: Mapping[str, str]) -> Iterator[None]:
    """Start dbt for the first run of the block; one that no run has taken is ended."""
    with DbtProcess(config, environment) as process:
        _waiting.append(process)
        try:
            yield
        finally:
            _waiting.clear()


def take_dbt(config: Config, environment: Mapping[str, str]) -> DbtProcess:
    """Return the process that was started ahead, else a new one."""
    return _waiting.pop() if _waiting else DbtProcess(config, environment)
