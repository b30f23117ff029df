"""Leaks of deduplication: ids missing, different or shared, repeats, clocks, names."""

import numpy as np

from matchback.core.errors import ConfigError
from matchback.simulator.leaks.attempts import send_again
from matchback.simulator.leaks.registry import ALL_FORMATS, Injection, Leak
from matchback.simulator.world import MICROS

HOUR = 3600 * MICROS
WRONG_NAMES = {
    "view_item": "ProductDetail",
    "add_to_cart": "CartAddition",
    "begin_checkout": "AddPaymentInfo",
}


@Leak("duplicate_server", "duplicate_server", "An event that the server sent twice.")
def duplicate_server(injection: Injection) -> None:
    for row in injection.choose(injection.delivered()):
        send_again(injection, row)
        injection.expect(row)


@Leak("event_id_missing", "event_id_missing", "A server purchase without event_id.")
def event_id_missing(injection: Injection) -> None:
    for row in injection.choose(injection.purchases()):
        injection.world.server["event_id"][injection.attempt(row)] = None
        injection.expect(row)


@Leak("event_id_mismatch", "dedup_rate", "A purchase with another event_id on each side.")
def event_id_mismatch(injection: Injection) -> None:
    for row in injection.choose(injection.purchases()):
        attempt = injection.attempt(row)
        injection.world.server["event_id"][attempt] = f"srv_{row}_{attempt}"


@Leak("event_id_reused", "event_id_reused", "Two server purchases with one event_id.")
def event_id_reused(injection: Injection) -> None:
    client, server = injection.world.client, injection.world.server
    purchases = injection.purchases()
    for row in injection.choose(purchases):
        at = client["at"]
        is_partner = np.abs(at[purchases] - at[row]) > HOUR
        positions = injection.world.calendar.positions(at[purchases])
        is_partner &= positions == injection.world.calendar.positions(at[[row]])[0]
        is_free = ~np.isin(client["visitor"][purchases], list(injection.taken))
        partners = purchases[is_partner & is_free]
        if not len(partners):
            raise ConfigError(
                "--leak event_id_reused finds no other purchase more than an hour away on the same "
                "date; lower its rate or raise --events-per-day."
            )
        partner = int(injection.random.permutation(partners)[0])
        injection.taken.add(int(client["visitor"][partner]))
        server["event_id"][injection.attempt(partner)] = client["event_id"][row]
        injection.expect(row)


@Leak("clock_skew", "timestamp_alignment", "A server event stamped twenty minutes early.")
def clock_skew(injection: Injection) -> None:
    for row in injection.choose(injection.delivered()):
        injection.world.server["event_time"][injection.attempt(row)] -= 1200
        injection.expect(row)


@Leak(
    "name_mismatch",
    "event_name_consistency",
    "A server event under another name than the taxonomy's.",
    formats=ALL_FORMATS - {"gateway_audit"},
)
def name_mismatch(injection: Injection) -> None:
    client, server = injection.world.client, injection.world.server
    for row in injection.choose(injection.delivered(*WRONG_NAMES)):
        server["event_name"][injection.attempt(row)] = WRONG_NAMES[client["name"][row]]
        injection.expect(row)
