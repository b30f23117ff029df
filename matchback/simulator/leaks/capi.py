"""Leaks of the Conversions API: rejections, thin or invalid payloads, test traffic."""

from collections.abc import Callable

from matchback.simulator.columns import Array
from matchback.simulator.leaks.attempts import REPEAT_AFTER, new_trace, send_again
from matchback.simulator.leaks.registry import GTMS_FORMATS, Injection, Leak
from matchback.simulator.meta import PLAIN_KEYS, THIN_KEYS
from matchback.simulator.people import sha256

Error = dict[str, object]
BreakRule = Callable[[Injection, int], None]


def _error(message: str, code: int, **more: object) -> Error:
    return {"message": message, "type": "OAuthException", "code": code, **more}


LOST_ERRORS = (
    (400, _error("Invalid parameter", 100, error_subcode=2804019)),
    (401, _error("Invalid OAuth access token", 190)),
)
RECOVERED_ERRORS = (
    (500, _error("Service temporarily unavailable", 2, is_transient=True)),
    (400, _error("Application request limit reached", 4, is_transient=True)),
)
TOO_OLD = _error("Invalid parameter", 100, error_subcode=2804003)
EIGHT_DAYS = 8 * 86_400


@Leak("rejected_lost", "delivery_rejected", "A purchase that Meta rejected and nobody sent again.")
def rejected_lost(injection: Injection) -> None:
    for number, row in enumerate(injection.choose(injection.purchases())):
        _reject(injection, injection.attempt(row), *LOST_ERRORS[number % 2])
        injection.expect(row, "lost")


@Leak("rejected_recovered", "delivery_rejected", "A purchase rejected first and accepted later.")
def rejected_recovered(injection: Injection) -> None:
    server = injection.world.server
    for number, row in enumerate(injection.choose(injection.purchases())):
        accepted = injection.attempt(row)
        rejected = server.append_copy(accepted, **new_trace(injection))
        _reject(injection, rejected, *RECOVERED_ERRORS[number % 2])
        server["received"][accepted] += REPEAT_AFTER
        server["is_first"][accepted] = False
        injection.expect(row, "recovered")


@Leak("thin_customer_information", "customer_information", "A purchase with fewer than four keys.")
def thin_customer_information(injection: Injection) -> None:
    world = injection.world
    for row in injection.choose(injection.without_click(injection.purchases())):
        known = world.hashes(int(world.client["visitor"][row]))
        for key in {*known, *PLAIN_KEYS} - set(THIN_KEYS):
            injection.change_payload(row, ("user_data", key), None)
        injection.expect(row)


@Leak("action_source_missing", "action_source", "An event without action_source, or a wrong one.")
def action_source_missing(injection: Injection) -> None:
    for number, row in enumerate(injection.choose(injection.ordinary())):
        injection.change_payload(row, ("action_source",), "web" if number % 2 else None)
        injection.expect(row)


@Leak(
    "test_event_in_production",
    "test_event_in_production",
    "A live event sent once more with a test_event_code.",
    formats=GTMS_FORMATS | {"request_response"},
)
def test_event_in_production(injection: Injection) -> None:
    server = injection.world.server
    for row in injection.choose(injection.delivered()):
        send_again(injection, row, logical=len(server), test_code="TEST27182")
        injection.expect(row)


@Leak(
    "payload_contract", "payload_contract", "Events that break Meta's documented rules.", default=7
)
def payload_contract(injection: Injection) -> None:
    broken_rules = list(RULES)
    if "dataflow_dlq" in injection.options.formats:
        broken_rules.remove(_unknown_top_level_key)
    pages = injection.without_click(injection.delivered("page_view"))
    items = injection.delivered("view_item")
    wanted = injection.wanted(len(pages))
    candidates: dict[BreakRule, Array] = {
        _purchase_without_value: injection.purchases(),
        _currency_outside_iso: items,
    }
    for number in range(wanted):
        rule = broken_rules[number % len(broken_rules)]
        (row,) = injection.choose(candidates.get(rule, pages), wanted=1)
        rule(injection, row)
        injection.expect(row)


def _reject(injection: Injection, attempt: int, status: int, error: Error) -> None:
    injection.world.server["status"][attempt] = status
    injection.world.server["error"][attempt] = error


def _website_without_url(injection: Injection, row: int) -> None:
    injection.change_payload(row, ("event_source_url",), None)


def _website_without_user_agent(injection: Injection, row: int) -> None:
    injection.change_payload(row, ("user_data", "client_user_agent"), None)


def _purchase_without_value(injection: Injection, row: int) -> None:
    injection.world.server["value"][injection.attempt(row)] = -1


def _currency_outside_iso(injection: Injection, row: int) -> None:
    injection.world.server["currency"][injection.attempt(row)] = "EURO"


def _too_few_match_keys(injection: Injection, row: int) -> None:
    injection.change_payload(row, ("user_data", "country"), sha256("de"))
    for key in ("client_ip_address", "fbp"):
        injection.change_payload(row, ("user_data", key), None)


def _unknown_top_level_key(injection: Injection, row: int) -> None:
    """Set beside custom_data what belongs in it, as mappings without nesting do."""
    injection.change_payload(row, ("num_items",), 1)


def _older_than_a_week(injection: Injection, row: int) -> None:
    """Meta rejects it, so that it is also a lost delivery."""
    attempt = injection.attempt(row)
    injection.world.server["event_time"][attempt] -= EIGHT_DAYS
    _reject(injection, attempt, 400, TOO_OLD)
    injection.expect(row, "lost", check_id="delivery_rejected")


RULES: tuple[BreakRule, ...] = (
    _website_without_url,
    _website_without_user_agent,
    _purchase_without_value,
    _currency_outside_iso,
    _too_few_match_keys,
    _unknown_top_level_key,
    _older_than_a_week,
)
