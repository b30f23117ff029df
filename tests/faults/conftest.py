"""Worlds that several fault tests share: the first day run, the second day run undisturbed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults.kit import (
    Line,
    State,
    TwoDays,
    lines_sent,
    seconds_of,
    state_of,
    two_days,
)
from tests.fixtures.slack_double import reply, slack

START_SECONDS = 1.5


@dataclass(frozen=True)
class Clean:
    """What an undisturbed run of the second day leaves behind."""

    state: State
    said: Counter[Line]
    seconds: dict[str, float]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoDays]:
    """Return a world before its second day; copy it, do not change it."""
    with slack(reply()) as double:
        yield two_days(tmp_path_factory.mktemp("prepared") / "world", double.url)


@pytest.fixture(scope="session")
def clean(prepared: TwoDays, tmp_path_factory: pytest.TempPathFactory) -> Clean:
    """Return how the second day ends when nothing goes wrong: some incidents open, some end."""
    with slack(reply()) as double:
        world = prepared.copy(tmp_path_factory.mktemp("clean") / "world", double.url)
        finished = world.run(world.second)
        assert finished.code == 1, finished.stderr
        said = lines_sent(double)
    assert {state for _, _, state in said} == {"opened", "resolved"}, said
    seconds = seconds_of(finished)
    seconds["load"] += START_SECONDS
    return Clean(state_of(world.folder), said, seconds)
