"""Leaks of identity and click ids."""

from matchback.simulator.columns import is_given
from matchback.simulator.leaks.registry import Injection, Leak
from matchback.simulator.meta import IDENTIFYING_KEYS, LEAD_KEYS
from matchback.simulator.world import MICROS, customer_id

LEADS = ("sign_up", "generate_lead")


@Leak("canonical_id_missing", "canonical_id_missing", "A conversion without any identifier.")
def canonical_id_missing(injection: Injection) -> None:
    client = injection.world.client
    for row in injection.choose(injection.without_click(injection.delivered(*LEADS))):
        client["client_id"][row] = None
        client["user_id"][row] = None
        injection.world.client_patches[row].gateway_user = {}
        for key in IDENTIFYING_KEYS:
            injection.change_payload(row, ("user_data", key), None)
        injection.expect(row)


@Leak(
    "canonical_id_conflict",
    "canonical_id_conflict",
    "A conversion that browser and server bind to two customers.",
)
def canonical_id_conflict(injection: Injection) -> None:
    world = injection.world
    rows = injection.without_click(injection.delivered(*LEADS))
    victims = injection.choose(rows)
    for row, other in zip(victims, injection.choose(rows), strict=True):
        visitor = int(world.client["visitor"][other])
        known = world.hashes(visitor)
        for key in LEAD_KEYS:
            injection.change_payload(row, ("user_data", key), known[key])
        world.server["fbp"][injection.attempt(row)] = world.server["fbp"][injection.attempt(other)]
        world.client_patches[row].gateway_user = {
            "user_id": customer_id(visitor),
            "client_id": world.visitors["client_id"][visitor],
        }
        injection.expect(row)


@Leak("click_id_lost", "click_id_lost", "A conversion after a click, sent without fbc.")
def click_id_lost(injection: Injection) -> None:
    server = injection.world.server
    conversions = [
        row
        for row in injection.delivered(*LEADS, "purchase").tolist()
        if server["fbc"][injection.attempt(row)] is not None
    ]
    for row in injection.choose(injection.random.permutation(conversions)):
        server["fbc"][injection.attempt(row)] = None
        injection.expect(row)


@Leak("click_id_malformed", "click_id_malformed", "An fbc or fbp outside Meta's format.")
def click_id_malformed(injection: Injection) -> None:
    world = injection.world
    ordinary = injection.ordinary()
    has_click = is_given(world.visitors["fbclid"][world.client["visitor"][ordinary]])
    wanted = injection.wanted(len(ordinary))
    for number in range(wanted):
        if number % 2:
            (row,) = injection.choose(ordinary, wanted=1)
            world.server["fbp"][injection.attempt(row)] = "FBP-12345"
        else:
            (row,) = injection.choose(ordinary[has_click], wanted=1)
            fbclid = world.visitors["fbclid"][world.client["visitor"][row]]
            seconds = int(world.client["at"][row]) // MICROS
            world.server["fbc"][injection.attempt(row)] = f"fb.1.{seconds}.{fbclid}"
        injection.expect(row)
