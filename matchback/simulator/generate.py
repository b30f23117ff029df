"""Generates the clean world: a shop's week in which every hop keeps its word."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from matchback.simulator.columns import Array, Table, is_given, only_where, texts
from matchback.simulator.events import (
    CONVERSIONS,
    HOLIDAY_FACTORS,
    HOUR_WEIGHTS,
    KIND_BY_NAME,
    KINDS,
    PRODUCT_COUNT,
    RECONCILED,
    SECONDS_BETWEEN_REPEATS,
    VALUED,
    WEEKDAY_FACTORS,
    product_price_cents,
)
from matchback.simulator.meta import ACCEPTED, META_NAMES
from matchback.simulator.options import WorldOptions
from matchback.simulator.people import CURRENCIES
from matchback.simulator.randomness import hex_ids, random_stream
from matchback.simulator.shop import (
    AMERICA,
    CATEGORIES,
    CHANNELS,
    CONSENT_AMERICA_GATEWAY,
    CONSENT_EUROPE,
    DEVICES,
    EUROPE,
    FACEBOOK,
    GOOGLE_ADS,
    GPC_BINDING_REGIONS,
    ORDER_STATUSES,
    SEARCH_TERMS,
)
from matchback.simulator.world import (
    MICROS,
    Calendar,
    Decision,
    World,
    customer_id,
    jurisdiction_of,
    page_url,
)

HOUR = 3600 * MICROS
SESSION_MICROS = 900 * MICROS
SESSIONS_PER_VISITOR = 4
DOUBLE_FIRE_SHARE = 0.004
DOUBLE_FIRE_AFTER = 60_000
NEW_VISITOR_SHARE = 0.65
TEST_ORDER_SHARE = 0.02
FIRST_ORDER_NUMBER = 5_000_001


def generate_clean_world(options: WorldOptions) -> World:
    """Return a world without a single violation."""
    calendar = Calendar(options)
    sessions = _sessions(options, calendar)
    visitors = _visitors(options, sessions)
    client = _client_rows(options, sessions, visitors)
    orders = _orders(options, client, visitors)
    server = _attempts(options, client, visitors)
    return World(
        options=options,
        calendar=calendar,
        visitors=visitors,
        client=client,
        server=server,
        orders=orders,
        decisions=_decisions(options, visitors, client),
    )


def _pick(random: np.random.Generator, count: int, weights: list[float]) -> Array:
    shares = np.array(weights) / sum(weights)
    return random.choice(len(weights), size=count, p=shares)


def _daily_events(options: WorldOptions) -> list[int]:
    random = random_stream(options.seed, "volume")
    events = []
    for day in options.dates:
        season = WEEKDAY_FACTORS[day.weekday()] * HOLIDAY_FACTORS.get((day.month, day.day), 1.0)
        events.append(round(options.events_per_day * season * random.uniform(0.98, 1.02)))
    return events


def _sessions(options: WorldOptions, calendar: Calendar) -> Table:
    """Return sessions in order of time: begin, place among the sessions of its date, visitor."""
    random = random_stream(options.seed, "sessions")
    begins, places, dates = [], [], []
    for number, (day, events) in enumerate(zip(options.dates, _daily_events(options), strict=True)):
        count = round(events * KIND_BY_NAME["session_start"].share)
        hours = _pick(random, count, list(HOUR_WEIGHTS))
        midnight = calendar.midnight(day, options)
        begin = midnight + hours * HOUR + random.integers(0, HOUR, count)
        next_midnight = calendar.midnight(day + timedelta(days=1), options)
        if number == options.days - 1:
            begin = np.minimum(
                begin, next_midnight - SESSION_MICROS - random.integers(0, HOUR, count)
            )
        elif next_midnight - midnight != 24 * HOUR:
            begin = np.where(hours < 4, begin + 6 * HOUR, np.minimum(begin, next_midnight - HOUR))
        begins.append(begin)
        places.append(random.permutation(count))
        dates.append(np.full(count, number))
    begin = np.concatenate(begins)
    order = np.argsort(begin, kind="stable")
    begin, place, date_number = (
        column[order] for column in (begin, np.concatenate(places), np.concatenate(dates))
    )
    visitor, visit = _assign_visitors(random, begin)
    return Table(
        {"begin": begin, "place": place, "date": date_number, "visitor": visitor, "visit": visit}
    )


def _assign_visitors(random: np.random.Generator, begin: Array) -> tuple[Array, Array]:
    count = len(begin)
    is_new = random.random(count) < NEW_VISITOR_SHARE
    back = random.integers(1, max(2, count // 3), count)
    visitor: list[int] = []
    visit: list[int] = []
    seen: list[int] = []
    last: list[int] = []
    for index in range(count):
        earlier = visitor[index - back[index]] if index >= back[index] else None
        if (
            is_new[index]
            or earlier is None
            or seen[earlier] >= SESSIONS_PER_VISITOR
            or begin[index] - last[earlier] < 2 * SESSION_MICROS
        ):
            earlier = len(seen)
            seen.append(0)
            last.append(0)
        seen[earlier] += 1
        last[earlier] = begin[index]
        visitor.append(earlier)
        visit.append(seen[earlier])
    return np.array(visitor), np.array(visit)


def _visitors(options: WorldOptions, sessions: Table) -> Table:
    random = random_stream(options.seed, "visitors")
    count = int(sessions["visitor"].max()) + 1
    countries = EUROPE + AMERICA
    country = _pick(random, count, [share for _, _, share in countries])
    is_american = np.array([countries[index][0] == "US" for index in country])
    europe = np.array([name for name, _ in CONSENT_EUROPE], dtype=object)
    consent = europe[_pick(random, count, [share for _, share in CONSENT_EUROPE])]
    america = np.array([name for name, _ in CONSENT_AMERICA_GATEWAY], dtype=object)
    american = america[_pick(random, count, [share for _, share in CONSENT_AMERICA_GATEWAY])]
    regions = texts([countries[index][1] for index in country])
    american[(american == "gpc") & ~np.isin(regions, GPC_BINDING_REGIONS)] = "unset"
    consent[is_american] = american[is_american] if options.has_gateway else "granted"
    first = np.full(count, -1)
    second = np.full(count, -1)
    first[sessions["visitor"][sessions["visit"] == 1]] = sessions["begin"][sessions["visit"] == 1]
    second[sessions["visitor"][sessions["visit"] == 2]] = sessions["begin"][sessions["visit"] == 2]
    consent[(consent == "withdraws") & (second < 0)] = "granted"
    channel = _pick(random, count, [share for *_, share in CHANNELS])
    click = hex_ids(random, count, 16)
    numbers = random.integers(10**9, 10**10, count)
    host = random.integers(1, 255, count)
    networks = ("203.0.113.", "198.51.100.", "192.0.2.")
    return Table(
        {
            "country": texts([countries[index][0] for index in country]),
            "region": regions,
            "consent": consent,
            "first_at": first,
            "withdrawn_at": np.where(consent == "withdraws", second - 2 * MICROS, np.int64(2**62)),
            "device": _pick(random, count, [share for *_, share in DEVICES]),
            "channel": channel,
            "fbclid": texts(
                [
                    f"IwAR2{click[index]}_aQ" if channel[index] == FACEBOOK else None
                    for index in range(count)
                ]
            ),
            "gclid": texts(
                [
                    f"Cj0KCQ{click[index][:20]}" if channel[index] == GOOGLE_ADS else None
                    for index in range(count)
                ]
            ),
            "client_id": texts(
                [f"{numbers[index]}.{first[index] // MICROS}" for index in range(count)]
            ),
            "fbp_number": random.integers(10**9, 2 * 10**9, count),
            "address": texts(
                [
                    f"2001:db8:{index % 65536:x}::{host[index]:x}"
                    if index % 7 == 3
                    else f"{networks[index % 3]}{host[index]}"
                    for index in range(count)
                ]
            ),
            "membership": texts(
                [(None, "bronze", None, "silver", "gold")[index % 5] for index in range(count)]
            ),
        }
    )


def _placed_sessions(options: WorldOptions, sessions: Table) -> tuple[Array, Array, Array]:
    """Return for each event its kind, session and repeat within the session."""
    kinds, owners, repeats = [], [], []
    for number, events in enumerate(_daily_events(options)):
        of_date = np.flatnonzero(sessions["date"] == number)
        by_place = of_date[np.argsort(sessions["place"][of_date], kind="stable")]
        count = len(by_place)
        buyers = round(events * KIND_BY_NAME["purchase"].share)
        registrations = round(events * KIND_BY_NAME["sign_up"].share)
        offsets = {
            "sign_up": buyers,
            "generate_lead": buyers + registrations,
            "search": count // 2,
            "scroll": count // 3,
            "user_engagement": count // 5,
        }
        for kind_number, kind in enumerate(KINDS):
            wanted = count if kind.name == "session_start" else round(events * kind.share)
            sequence = np.arange(wanted)
            kinds.append(np.full(wanted, kind_number))
            owners.append(by_place[(sequence + offsets.get(kind.name, 0)) % count])
            repeats.append(sequence // count)
    return np.concatenate(kinds), np.concatenate(owners), np.concatenate(repeats)


def _client_rows(options: WorldOptions, sessions: Table, visitors: Table) -> Table:
    random = random_stream(options.seed, "events")
    kind, session, repeat = _placed_sessions(options, sessions)
    pace = random.uniform(0.7, 1.4, len(sessions))
    second = np.array([entry.second for entry in KINDS])[kind] + repeat * SECONDS_BETWEEN_REPEATS
    late_page = (kind == _kind_number("page_view")) & (repeat > 0)
    second = np.where(late_page, 210 + 16 * repeat, second)
    at = sessions["begin"][session] + (second * pace[session] * MICROS).astype(np.int64)
    at = at + random.integers(0, 2 * MICROS, len(at))
    order = np.argsort(at, kind="stable")
    kind, session, repeat, at = (column[order] for column in (kind, session, repeat, at))
    visitor = sessions["visitor"][session]
    names = np.array([entry.name for entry in KINDS], dtype=object)[kind]
    product = random.integers(0, PRODUCT_COUNT, len(at))
    quantity = np.where(names == "purchase", random.integers(1, 4, len(at)), 1)
    prices = np.array([product_price_cents(number) for number in range(PRODUCT_COUNT)])
    is_valued = np.isin(names, VALUED)
    ads, analytics = _storage_values(visitors, visitor, at)
    is_known = analytics != "No"
    is_landing = (names == "page_view") & (repeat == 0) & (sessions["visit"][session] == 1)
    first_page_at = np.full(len(visitors), np.int64(2**62))
    np.minimum.at(first_page_at, visitor[is_landing], at[is_landing])
    visitors["first_page_at"] = first_page_at
    is_conversion = np.isin(names, CONVERSIONS) & is_known
    country = visitors["country"][visitor]
    client = Table(
        {
            "at": at,
            "name": names,
            "visitor": visitor,
            "session_begin": sessions["begin"][session],
            "visit": sessions["visit"][session],
            "is_landing": is_landing,
            "event_id": texts(
                [
                    f"{name}_{moment // 1000}_{row}"
                    for row, (name, moment) in enumerate(zip(names, at.tolist(), strict=True))
                ]
            ),
            "order_id": _order_ids(names),
            "value": np.where(is_valued, prices[product] * quantity, -1),
            "currency": only_where(is_valued, texts([CURRENCIES[code] for code in country])),
            "product": product,
            "quantity": quantity,
            "ads": ads,
            "analytics": analytics,
            "user_id": only_where(
                is_conversion, texts([customer_id(number) for number in visitor.tolist()])
            ),
            "client_id": only_where(is_known, visitors["client_id"][visitor]),
            "alive": np.ones(len(at), dtype=bool),
            "exported": np.ones(len(at), dtype=bool),
            "copy_of": np.full(len(at), -1),
        }
    )
    client["url"] = _urls(client, visitors)
    _fire_some_pages_twice(random, client)
    return client


def _fire_some_pages_twice(random: np.random.Generator, client: Table) -> None:
    """Add rows that repeat a page_view under its event id: one event of two rows, no finding."""
    pages = np.flatnonzero(client["name"] == "page_view")
    repeated = random.choice(pages, max(1, round(len(pages) * DOUBLE_FIRE_SHARE)), replace=False)
    client.append(
        [
            client.row(row) | {"at": client["at"][row] + DOUBLE_FIRE_AFTER, "copy_of": row}
            for row in np.sort(repeated).tolist()
        ]
    )


def _kind_number(name: str) -> int:
    return next(number for number, kind in enumerate(KINDS) if kind.name == name)


def _storage_values(visitors: Table, visitor: Array, at: Array) -> tuple[Array, Array]:
    """Return ads_storage and analytics_storage of each row; None is GA4's unset."""
    consent = visitors["consent"][visitor].copy()
    consent[at >= visitors["withdrawn_at"][visitor]] = "denied"
    consent[consent == "withdraws"] = "granted"
    ads = np.where(np.isin(consent, ("denied", "analytics_only", "gpc")), "No", "Yes")
    analytics = np.where(consent == "denied", "No", "Yes")
    is_set = consent != "unset"
    return only_where(is_set, ads), only_where(is_set, analytics)


def _order_ids(names: Array) -> Array:
    ids = np.full(len(names), None, dtype=object)
    for sequence, row in enumerate(np.flatnonzero(names == "purchase")):
        number = FIRST_ORDER_NUMBER + sequence
        ids[row] = str(number) if sequence % 20 == 7 else f"W{number}"
    return ids


def _urls(client: Table, visitors: Table) -> Array:
    urls = []
    columns = ("name", "visitor", "is_landing", "product", "order_id")
    for name, visitor, is_landing, product, order_id in zip(
        *(client[column].tolist() for column in columns), strict=True
    ):
        if is_landing:
            fbclid, gclid = visitors["fbclid"][visitor], visitors["gclid"][visitor]
            query = ""
            if fbclid:
                query = f"?utm_source=facebook&utm_medium=paid&fbclid={fbclid}"
            elif gclid:
                query = f"?utm_source=google&utm_medium=cpc&gclid={gclid}"
            urls.append(page_url(f"/{query}"))
        elif name == "purchase":
            urls.append(page_url(f"/checkout/thank-you?order={order_id}"))
        elif name in ("view_item", "add_to_cart"):
            urls.append(page_url(f"/p/sku-{product}"))
        elif name == "begin_checkout":
            urls.append(page_url("/checkout"))
        elif name == "sign_up":
            urls.append(page_url("/account/new"))
        elif name == "generate_lead":
            urls.append(page_url("/contact"))
        elif name == "search":
            urls.append(page_url(f"/search?q={SEARCH_TERMS[product % 5].replace(' ', '+')}"))
        else:
            urls.append(page_url(f"/c/{CATEGORIES[product % 4]}"))
    return texts(urls)


def _attempts(options: WorldOptions, client: Table, visitors: Table) -> Table:
    """Return one accepted attempt per consented event that Meta has a name for."""
    random = random_stream(options.seed, "attempts")
    is_sent = np.isin(client["name"], RECONCILED) & (client["ads"] != "No")
    is_sent &= client["copy_of"] < 0
    row = np.flatnonzero(is_sent)
    count = len(row)
    visitor = client["visitor"][row]
    sent_at = client["at"][row] + random.integers(900_000, 2_400_000, count)
    received = sent_at + random.integers(200_000, 900_000, count)
    clicked_at = visitors["first_page_at"][visitor] // 1000
    after_click = (client["at"][row] >= visitors["first_page_at"][visitor]) & is_given(
        visitors["fbclid"][visitor]
    )
    cookie_ms = (visitors["first_at"][visitor] // 1000).tolist()
    return Table(
        {
            "client": row,
            "visitor": visitor,
            "logical": np.arange(count),
            "event_name": texts([META_NAMES[name] for name in client["name"][row]]),
            "event_id": client["event_id"][row],
            "event_time": sent_at // MICROS,
            "received": received,
            "order_id": client["order_id"][row],
            "value": client["value"][row],
            "currency": client["currency"][row],
            "url": client["url"][row],
            "fbp": texts(
                [
                    f"fb.1.{moment}.{number}"
                    for moment, number in zip(
                        cookie_ms, visitors["fbp_number"][visitor].tolist(), strict=True
                    )
                ]
            ),
            "fbc": texts(
                [
                    f"fb.1.{moment}.{fbclid}" if known else None
                    for moment, fbclid, known in zip(
                        clicked_at.tolist(), visitors["fbclid"][visitor], after_click, strict=True
                    )
                ]
            ),
            "has_contact": np.isin(client["name"][row], CONVERSIONS),
            "status": np.full(count, ACCEPTED),
            "error": np.full(count, None, dtype=object),
            "test_code": np.full(count, None, dtype=object),
            "token": np.full(count, None, dtype=object),
            "trace": texts(hex_ids(random, count, 16)),
            "fbtrace": texts([f"A{text}" for text in hex_ids(random, count, 11)]),
            "alive": np.ones(count, dtype=bool),
            "is_first": np.ones(count, dtype=bool),
        }
    )


def _orders(options: WorldOptions, client: Table, visitors: Table) -> Table:
    """Return the CRM's orders: one per purchase, and a few test orders that no browser saw."""
    random = random_stream(options.seed, "orders")
    purchases = np.flatnonzero(client["name"] == "purchase")
    tests = random.choice(
        purchases, max(1, round(len(purchases) * TEST_ORDER_SHARE)), replace=False
    )
    statuses = np.array([name for name, _ in ORDER_STATUSES], dtype=object)
    status = statuses[_pick(random, len(purchases), [share for _, share in ORDER_STATUSES])]
    written = [
        _as_the_crm_writes(order_id, number)
        for number, order_id in enumerate(client["order_id"][purchases])
    ]
    source = np.concatenate([purchases, tests])
    is_test = np.arange(len(source)) >= len(purchases)
    return Table(
        {
            "client": np.where(is_test, -1, source),
            "visitor": client["visitor"][source],
            "order_id": texts(written + [f"T{9_000_000 + number}" for number in range(len(tests))]),
            "ordered_at": client["at"][source] // MICROS * MICROS,
            "status": texts([*status, *["paid"] * len(tests)]),
            "value": client["value"][source],
            "currency": client["currency"][source],
            "is_test": is_test,
            "note": texts(
                [("", "", "gift wrap please", "", "leave at the door")[row % 5] for row in source]
            ),
            "alive": np.ones(len(source), dtype=bool),
        }
    )


def _as_the_crm_writes(order_id: str, number: int) -> str:
    forms = (order_id, f"#{order_id}", order_id.lower(), f" {order_id} ", order_id, f"#{order_id}")
    return forms[number % len(forms)]


def _decisions(options: WorldOptions, visitors: Table, client: Table) -> list[Decision]:
    """Return the consent log: each choice some seconds before the visitor's first event."""
    random = random_stream(options.seed, "consent")
    is_customer = np.zeros(len(visitors), dtype=bool)
    is_customer[client["visitor"][is_given(client["user_id"])]] = True
    lead = random.integers(2 * MICROS, 5 * MICROS, len(visitors))
    decisions = []
    for visitor, consent in enumerate(visitors["consent"].tolist()):
        if consent in ("unset", "gpc"):
            continue
        jurisdiction = jurisdiction_of(visitors, visitor)
        first = Decision(
            at=int(visitors["first_at"][visitor] - lead[visitor]),
            visitor=visitor,
            with_user=bool(is_customer[visitor]),
            jurisdiction=jurisdiction,
            gpc=False,
            analytics=consent != "denied",
            marketing=consent not in ("denied", "analytics_only"),
        )
        decisions.append(first)
        if consent == "withdraws":
            at = int(visitors["withdrawn_at"][visitor])
            decisions.append(
                replace(first, at=at, analytics=False, marketing=False, action="withdrawn")
            )
    return decisions
