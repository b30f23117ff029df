"""Leaks of the schema: columns and parameters that change, names outside the taxonomy."""

import numpy as np

from matchback.core.errors import ConfigError
from matchback.simulator.columns import Array
from matchback.simulator.leaks.registry import BASELINE_DAYS, Injection, Leak

DAYS_NEEDED = BASELINE_DAYS + 1
ROWS_NEEDED = 20
ADDED_COLUMNS = ("marketing_flags", "audience_tags", "session_quality", "assistant_surface")
REMOVED_COLUMNS = (
    "event_bundle_sequence_id",
    "event_server_timestamp_offset",
    "user_first_touch_timestamp",
    "stream_id",
)
RETYPED_COLUMNS = ("batch_event_index", "batch_page_id", "batch_ordering_id", "is_active_user")
ADDED_PARAMS = ("checkout_step", "delivery_choice", "gift_option", "basket_note")
REMOVED_PARAMS = ("screen_resolution", "content_group", "language", "page_title")
FLIPPED_PARAMS = ("engagement_time_msec", "engaged_session_event")
DROPPED_PARAMS = ("screen_resolution", "content_group", "language", "page_title")
KEPT_ONE_IN = 6
UNKNOWN_EVENTS = (
    "size_guide_opened",
    "store_map_viewed",
    "loyalty_teaser_shown",
    "fit_quiz_finished",
)
CASES = (
    ("event", "Scroll", "scroll"),
    ("param", "contentGroup", "user_engagement"),
    ("event", "User_Engagement", "user_engagement"),
    ("param", "pageSection", "scroll"),
)
ROWS_PER_NAME = 3


def _names(injection: Injection, available: tuple[str, ...]) -> tuple[str, ...]:
    wanted = injection.wanted(1)
    if wanted > len(available):
        raise ConfigError(f"--leak {injection.leak.name} can be injected {len(available)} times.")
    return available[:wanted]


def _drift(name: str, summary: str, *, parquet_only: bool = False) -> Leak:
    return Leak(
        name,
        "schema_drift",
        summary,
        default=1,
        days_needed=DAYS_NEEDED,
        keeps_default_in_mixed=True,
        parquet_only=parquet_only,
    )


def _change_columns(injection: Injection, columns: tuple[str, ...], change: str) -> None:
    dates = injection.drift_dates()
    for column in _names(injection, columns):
        for day in dates:
            injection.world.column_changes[day][column] = change
        injection.truth.expect("schema_drift", dates[0])
        injection.truth.breaking_drift |= change != "added"


@_drift("schema_column_added", "A GA4 column that was never there.", parquet_only=True)
def schema_column_added(injection: Injection) -> None:
    _change_columns(injection, ADDED_COLUMNS, "added")


@_drift("schema_column_removed", "A GA4 column that vanished.", parquet_only=True)
def schema_column_removed(injection: Injection) -> None:
    _change_columns(injection, REMOVED_COLUMNS, "removed")


@_drift("schema_column_retyped", "A GA4 column that became text.", parquet_only=True)
def schema_column_retyped(injection: Injection) -> None:
    _change_columns(injection, RETYPED_COLUMNS, "retyped")


def _rows_by_date(injection: Injection, event: str) -> list[Array]:
    """Return the browser rows of an event on each date after the baseline."""
    world = injection.world
    positions = world.calendar.positions(world.client["at"])
    is_event = (world.client["name"] == event) & world.in_export()
    by_date = [
        np.flatnonzero(is_event & (positions == world.calendar.position(day)))
        for day in injection.drift_dates()
    ]
    if len(by_date[0]) < ROWS_NEEDED:
        raise ConfigError(
            f"--leak {injection.leak.name} needs {ROWS_NEEDED} {event} rows a day; "
            "raise --events-per-day."
        )
    return by_date


def _set_params(
    injection: Injection, event: str, keys: tuple[str, ...], value: str | None, kept_one_in: int = 0
) -> None:
    for key in _names(injection, keys):
        for rows in _rows_by_date(injection, event):
            for place, row in enumerate(rows.tolist()):
                if not kept_one_in or place % kept_one_in:
                    injection.world.client_patches[row].params[key] = value
        injection.truth.expect("schema_drift", injection.drift_dates()[0])


@_drift("param_added", "A parameter that was never there.")
def param_added(injection: Injection) -> None:
    _set_params(injection, "begin_checkout", ADDED_PARAMS, "standard")


@_drift("param_removed", "A parameter that vanished from an event.")
def param_removed(injection: Injection) -> None:
    _set_params(injection, "view_item", REMOVED_PARAMS, None)
    injection.truth.breaking_drift = True


@_drift("slot_flip", "A numeric parameter that arrives as text.")
def slot_flip(injection: Injection) -> None:
    _set_params(injection, "page_view", FLIPPED_PARAMS, "1200")
    injection.truth.breaking_drift = True


@_drift("presence_dropped", "A parameter that most rows of an event lost.")
def presence_dropped(injection: Injection) -> None:
    _set_params(injection, "add_to_cart", DROPPED_PARAMS, None, kept_one_in=KEPT_ONE_IN)
    injection.truth.breaking_drift = True


def _some_rows(injection: Injection, event: str) -> list[int]:
    """Return a few browser rows of a GA4-only event that no name leak has touched."""
    world = injection.world
    rows = np.flatnonzero((world.client["name"] == event) & world.in_export())
    free = [
        row
        for row in injection.random.permutation(rows).tolist()
        if row not in world.client_patches
    ]
    if len(free) < ROWS_PER_NAME:
        raise ConfigError(f"--leak {injection.leak.name} finds too few {event} rows.")
    return free[:ROWS_PER_NAME]


def _expect_name(injection: Injection, rows: list[int]) -> None:
    injection.truth.expect("taxonomy", min(injection.world.date_of_client(row) for row in rows))


@Leak(
    "taxonomy_unknown_event",
    "taxonomy",
    "A GA4 event name outside the taxonomy.",
    default=2,
    keeps_default_in_mixed=True,
)
def taxonomy_unknown_event(injection: Injection) -> None:
    for name in _names(injection, UNKNOWN_EVENTS):
        rows = _some_rows(injection, "scroll")
        for row in rows:
            injection.world.client_patches[row].event_name = name
        _expect_name(injection, rows)


@Leak(
    "taxonomy_case",
    "taxonomy",
    "An event or parameter name in the wrong case.",
    default=2,
    keeps_default_in_mixed=True,
)
def taxonomy_case(injection: Injection) -> None:
    wanted = injection.wanted(1)
    if wanted > len(CASES):
        raise ConfigError(f"--leak taxonomy_case can be injected {len(CASES)} times.")
    for kind, name, event in CASES[:wanted]:
        rows = _some_rows(injection, event)
        for row in rows:
            if kind == "event":
                injection.world.client_patches[row].event_name = name
            else:
                injection.world.client_patches[row].params[name] = "teaser"
        _expect_name(injection, rows)
