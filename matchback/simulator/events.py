"""The events of a shop: names on both sides, shares of traffic, place within a session."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EventKind:
    """One GA4 event: its Meta name (None when Meta has none), share of rows, second in session."""

    name: str
    meta_name: str | None
    share: float
    second: int
    has_value: bool = False
    is_conversion: bool = False


KINDS = (
    EventKind("session_start", None, 0.15, 0),
    EventKind("page_view", "PageView", 0.30, 1),
    EventKind("scroll", None, 0.04, 22),
    EventKind("user_engagement", None, 0.06, 36),
    EventKind("search", "Search", 0.02, 52),
    EventKind("view_item", "ViewContent", 0.20, 75, has_value=True),
    EventKind("add_to_cart", "AddToCart", 0.10, 165, has_value=True),
    EventKind("begin_checkout", "InitiateCheckout", 0.06, 240, has_value=True),
    EventKind("sign_up", "CompleteRegistration", 0.02, 300, is_conversion=True),
    EventKind("generate_lead", "Lead", 0.02, 320, is_conversion=True),
    EventKind("purchase", "Purchase", 0.03, 400, has_value=True, is_conversion=True),
)
KIND_BY_NAME = {kind.name: kind for kind in KINDS}
RECONCILED = tuple(kind.name for kind in KINDS if kind.meta_name)
CONVERSIONS = tuple(kind.name for kind in KINDS if kind.is_conversion)
VALUED = tuple(kind.name for kind in KINDS if kind.has_value)
ORDINARY = tuple(name for name in RECONCILED if name not in CONVERSIONS)

SECONDS_BETWEEN_REPEATS = 38
WEEKDAY_FACTORS = (0.97, 0.95, 0.98, 1.0, 0.96, 1.04, 1.1)
HOLIDAY_FACTORS = {(12, 25): 0.86, (1, 1): 0.88}
HOUR_WEIGHTS = (2, 1, 1, 1, 1, 2, 3, 5, 7, 8, 9, 9, 10, 9, 9, 9, 9, 10, 11, 13, 14, 12, 8, 4)

SITE = "https://shop.example.com"
PRODUCT_COUNT = 40


def product_price_cents(product: int) -> int:
    """Return a product's price; every tenth is a round amount, which GA4 stores as an integer."""
    return (product % 10 == 0 and 2500 + product * 100) or 1499 + product * 237
