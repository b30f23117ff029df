"""Leaks of the pipeline itself: broken lines, a late day, a drop in volume."""

import numpy as np

from matchback.core.errors import ConfigError
from matchback.simulator.columns import Array
from matchback.simulator.leaks.registry import Injection, Leak
from matchback.simulator.world import MICROS

BAD_LINES_PER_FILE = 3


@Leak(
    "load_bad_lines",
    "load_completeness",
    "Delivery logs (one file each) with lines that are no JSON.",
    default=1,
    keeps_default_in_mixed=True,
)
def load_bad_lines(injection: Injection) -> None:
    dates = injection.options.dates
    files = injection.wanted(len(dates))
    if files > len(dates):
        raise ConfigError(f"--leak load_bad_lines={files} is more than the {len(dates)} log files.")
    for day in dates[-files:]:
        injection.world.bad_lines[day] = BAD_LINES_PER_FILE
        injection.truth.expect("load_completeness", day)


@Leak(
    "late_day",
    "source_freshness",
    "The last GA4 shard has not arrived.",
    default=1,
    in_mixed=False,
    whole_days=True,
    days_needed=2,
)
def late_day(injection: Injection) -> None:
    world = injection.world
    last = world.calendar.position(injection.options.end)
    is_late = world.calendar.positions(world.client["at"]) == last
    world.client["exported"] &= ~is_late
    injection.taken.update(world.client["visitor"][is_late].tolist())
    injection.truth.has_open_band = True
    if not injection.options.has_gateway:
        _expect_unknown_consent(injection, is_late)


def _expect_unknown_consent(injection: Injection, is_late: Array) -> None:
    """Count what names nobody: without its browser event nothing tells of its consent."""
    world = injection.world
    server = world.server
    is_unnamed = server["alive"] & is_late[server["client"]] & ~server["has_contact"]
    for event_time in server["event_time"][is_unnamed].tolist():
        day = world.calendar.date_of(event_time * MICROS)
        injection.truth.expect("consent_violation", day, "unknown_consent")


@Leak(
    "volume_drop",
    "volume_anomaly",
    "A share of the last day's sessions never happened, on any side.",
    default=0.5,
    in_mixed=False,
    whole_days=True,
    days_needed=2,
)
def volume_drop(injection: Injection) -> None:
    if injection.rate >= 1:
        raise ConfigError("--leak volume_drop takes a share below 1, for example volume_drop=0.5.")
    injection.truth.has_open_band = True
    world = injection.world
    client, server, orders = world.client, world.server, world.orders
    positions = world.calendar.positions(client["session_begin"])
    is_last = positions == world.calendar.position(injection.options.end)
    sessions = np.unique(client["session_begin"][is_last])
    gone = injection.random.permutation(sessions)[: round(len(sessions) * injection.rate)]
    client["alive"] &= ~(is_last & np.isin(client["session_begin"], gone))
    server["alive"] &= client["alive"][server["client"]]
    is_browser_order = orders["client"] >= 0
    orders["alive"] &= ~is_browser_order | client["alive"][orders["client"]]
