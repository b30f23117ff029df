"""Leaks of the hit ratio: conversions lost, invented, doubled or worth something else."""

import numpy as np

from matchback.core.errors import ConfigError
from matchback.simulator.leaks.attempts import new_trace
from matchback.simulator.leaks.registry import ALL_FORMATS, Injection, Leak
from matchback.simulator.meta import NO_ANSWER
from matchback.simulator.world import MICROS, Decision, page_url

WRONG_CURRENCY = "CHF"


@Leak("lost_server", "crm_coverage_server", "A purchase that the server never sent.")
def lost_server(injection: Injection) -> None:
    for row in injection.choose(injection.purchases()):
        injection.world.server["alive"][injection.attempt(row)] = False


@Leak("lost_client", "crm_coverage_client", "A purchase whose browser event was blocked.")
def lost_client(injection: Injection) -> None:
    for row in injection.choose(injection.purchases()):
        injection.world.client["exported"][row] = False


@Leak(
    "response_timeout",
    "crm_coverage_server",
    "A purchase whose delivery got no answer.",
    formats=ALL_FORMATS - {"dataflow_dlq"},
)
def response_timeout(injection: Injection) -> None:
    for row in injection.choose(injection.purchases()):
        injection.world.server["status"][injection.attempt(row)] = NO_ANSWER


@Leak(
    "server_down_day",
    "hit_ratio",
    "Days (or, below 1, the share of one day) on which nothing was delivered.",
    default=1,
    in_mixed=False,
    whole_days=True,
    days_needed=2,
)
def server_down_day(injection: Injection) -> None:
    world = injection.world
    dates = injection.options.dates
    days = injection.wanted(1)
    if days >= len(dates):
        raise ConfigError("--leak server_down_day must leave at least one day of deliveries.")
    first = (len(dates) - days) // 2
    positions = world.calendar.positions(world.client["at"][world.server["client"]])
    is_down = np.isin(
        positions, [world.calendar.position(day) for day in dates[first : first + days]]
    )
    if injection.rate < 1:
        is_down &= injection.random.random(len(is_down)) < injection.rate
    world.server["alive"] &= ~is_down
    injection.taken.update(world.server["visitor"][is_down].tolist())


@Leak("value_mismatch", "value_consistency", "A purchase sent with another value.")
def value_mismatch(injection: Injection) -> None:
    for row in injection.choose(injection.purchases()):
        injection.world.server["value"][injection.attempt(row)] += 595
        injection.expect(row, "value")


@Leak("currency_mismatch", "value_consistency", "A purchase sent in another currency.")
def currency_mismatch(injection: Injection) -> None:
    for row in injection.choose(injection.purchases()):
        injection.world.server["currency"][injection.attempt(row)] = WRONG_CURRENCY
        injection.expect(row, "currency")


@Leak("value_defaulted", "value_consistency", "A purchase that the tag filled with USD 0.")
def value_defaulted(injection: Injection) -> None:
    rows = injection.purchases()
    for row in injection.choose(rows[injection.world.client["currency"][rows] != "USD"]):
        attempt = injection.attempt(row)
        injection.world.server["value"][attempt] = 0
        injection.world.server["currency"][attempt] = "USD"
        injection.expect(row, "defaulted")


@Leak("ghost", "ghost_conversion", "A server purchase that neither browser nor CRM knows.")
def ghost(injection: Injection) -> None:
    world = injection.world
    rows = injection.without_click(injection.purchases())
    is_american = world.visitors["country"][world.client["visitor"][rows]] == "US"
    for row in injection.choose(rows[~is_american]):
        pattern = injection.attempt(row)
        number = len(world.visitors)
        first_at = int(world.client["at"][row]) - 300 * MICROS
        visitor = world.visitors.append_copy(
            int(world.client["visitor"][row]),
            client_id=f"{injection.random.integers(10**9, 10**10)}.{first_at // MICROS}",
            first_at=first_at,
            fbp_number=int(injection.random.integers(10**9, 2 * 10**9)),
        )
        world.decisions.append(
            Decision(
                at=first_at,
                visitor=visitor,
                with_user=True,
                jurisdiction=world.jurisdiction(visitor),
                gpc=False,
                analytics=True,
                marketing=True,
            )
        )
        world.server.append_copy(
            pattern,
            client=-1,
            visitor=visitor,
            logical=len(world.server),
            event_id=f"purchase_{first_at // 1000}_g{number}",
            order_id=f"X{8_000_000 + number}",
            url=page_url(f"/checkout/thank-you?order=X{8_000_000 + number}"),
            fbp=f"fb.1.{first_at // 1000}.{world.visitors['fbp_number'][visitor]}",
            **new_trace(injection),
        )


@Leak("client_duplicate", "client_duplicate", "A purchase that the browser reported twice.")
def client_duplicate(injection: Injection) -> None:
    client = injection.world.client
    for number, row in enumerate(injection.choose(injection.purchases())):
        changes = {"event_id": f"{client['event_id'][row]}r"} if number % 2 else {}
        injection.world.client.append_copy(
            row, at=int(client["at"][row]) + 90_000 + 700_000 * number, copy_of=row, **changes
        )
        injection.expect(row)


@Leak("order_id_missing", "order_id_missing", "A browser purchase without an order id.")
def order_id_missing(injection: Injection) -> None:
    for row in injection.choose(injection.purchases()):
        injection.world.client["order_id"][row] = None
        injection.expect(row)


@Leak("crm_missing", "ghost_conversion", "A real purchase that never reached the CRM.")
def crm_missing(injection: Injection) -> None:
    for row in injection.choose(injection.purchases()):
        injection.world.orders["alive"][injection.order(row)] = False
