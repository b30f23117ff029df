"""kill -9 at any moment: published is what was before or what comes after, and a rerun heals."""

import json
import random
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.faults.conftest import Clean
from tests.faults.kit import (
    Dying,
    State,
    TwoDays,
    lines_sent,
    published_of,
    rows_not_accounted_for,
    state_of,
)
from tests.fixtures.slack_double import SlackDouble, reply, slack

KILLS_PER_STEP = {
    "load": 8, "scan for personal data": 5, "build": 14, "audit": 6, "publish": 7, "alert": 5,
    "report": 5,
}  # fmt: skip
KILLS_PER_RERUN = 5


@dataclass
class Tally:
    """What became of the kills of one step."""

    tries: int = 0
    survived: int = 0
    lost_rows: int = 0
    half_published: int = 0
    lost_alerts: int = 0
    doubled_alerts: int = 0
    repeated_in_the_window: int = 0


@dataclass
class Chain:
    """Several kills of one world in a row."""

    world: TwoDays
    double: SlackDouble
    kills: list[str] = field(default_factory=list)
    repeatable: Counter[str] = field(default_factory=Counter)


@pytest.mark.slow
def test_fifty_kills_at_random_moments_lose_nothing_and_double_nothing(
    prepared: TwoDays, clean: Clean, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(20261122)
    planned = [step for step, kills in KILLS_PER_STEP.items() for _ in range(kills)]
    chance.shuffle(planned)
    tallies = {step: Tally() for step in KILLS_PER_STEP}
    for start in range(0, len(planned), KILLS_PER_RERUN):
        with ExitStack() as stack:
            double = stack.enter_context(slack(reply()))
            folder = tmp_path / f"chain{start}"
            chain = Chain(prepared.copy(folder, double.url), double)
            for step in planned[start : start + KILLS_PER_RERUN]:
                _kill_once(chain, step, clean, tallies[step], chance)
            _finish(chain, clean, tallies)
    table = {step: vars(tally) for step, tally in tallies.items()}
    record_property("kills", json.dumps(table))
    print(json.dumps(table, indent=1))  # noqa: T201 - shown with -rP
    for step, tally in tallies.items():
        assert (tally.tries, tally.survived) == (KILLS_PER_STEP[step],) * 2, step
        assert (tally.lost_rows, tally.half_published) == (0, 0), step
        assert (tally.lost_alerts, tally.doubled_alerts) == (0, 0), step


def _kill_once(chain: Chain, step: str, clean: Clean, tally: Tally, chance: random.Random) -> None:
    """Start the run and kill it somewhere in a step; a run that was faster is tried again."""
    folder = chain.world.folder
    was_published = published_of(folder)
    taken = len(chain.double.taken)
    for share in (chance.random(), 0.5, 0.2, 0.0):
        dying = Dying(folder, chain.world.command(chain.world.second))
        if dying.die_in(step, share * clean.seconds[step]):
            break
    chain.kills.append(step)
    tally.tries += 1
    tally.lost_rows += rows_not_accounted_for(folder)
    now = state_of(folder)
    is_unchanged = published_of(folder) == was_published
    tally.half_published += not (is_unchanged or now.published == clean.state.published)
    if len(chain.double.taken) > taken:
        # Slack has answered; what is still pending was killed before it could be marked.
        chain.repeatable += Counter(
            {
                f"{check}|{dimension}": count
                for (check, dimension, _, status), count in now.outbox.items()
                if status == "pending"
            }
        )


def _finish(chain: Chain, clean: Clean, tallies: dict[str, Tally]) -> None:
    """Run to the end and hold everything against the undisturbed run."""
    finished = chain.world.run(chain.world.second)
    after = state_of(chain.world.folder)
    is_same = finished.code == 1 and after == clean.state
    said = lines_sent(chain.double)
    lost = clean.said - said
    extra = said - clean.said
    allowed = sum(
        min(count, chain.repeatable[f"{check}|{dimension}"])
        for (check, dimension, _), count in extra.items()
    )
    for step in set(chain.kills):
        tallies[step].lost_alerts += sum(lost.values())
        tallies[step].doubled_alerts += sum(extra.values()) - allowed
        tallies[step].repeated_in_the_window += allowed
    for step in chain.kills:
        tallies[step].survived += is_same
    assert is_same, (chain.kills, finished.stderr, _differences(after, clean.state))


def _differences(found: State, expected: State) -> list[object]:
    tables = {**found.published, **found.landed}
    promised = {**expected.published, **expected.landed}
    return [
        *(name for name, digest in tables.items() if promised.get(name) != digest),
        found.incidents - expected.incidents,
        expected.incidents - found.incidents,
        found.outbox - expected.outbox,
        expected.outbox - found.outbox,
    ]
