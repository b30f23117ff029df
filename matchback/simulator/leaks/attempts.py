"""Delivery attempts that leaks add to those of the clean world."""

from typing import Any

from matchback.simulator.leaks.registry import Injection
from matchback.simulator.randomness import hex_ids
from matchback.simulator.world import MICROS

REPEAT_AFTER = 30 * MICROS


def new_trace(injection: Injection) -> dict[str, str]:
    """Return fresh request identifiers for one more attempt."""
    return {
        "trace": hex_ids(injection.random, 1, 16)[0],
        "fbtrace": f"A{hex_ids(injection.random, 1, 11)[0]}",
    }


def send_again(injection: Injection, row: int, **changes: Any) -> None:  # noqa: ANN401
    """Repeat the attempt of a browser event half a minute later, with changes."""
    server = injection.world.server
    attempt = injection.attempt(row)
    server.append_copy(
        attempt,
        received=int(server["received"][attempt]) + REPEAT_AFTER,
        is_first=False,
        **changes,
        **new_trace(injection),
    )
