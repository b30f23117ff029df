"""How far conversions can be tied to a journey and to each other."""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from matchback.reporting import charts
from matchback.reporting.run import ReportedRun
from matchback.reporting.sections import verdicts


@dataclass(frozen=True)
class Conversions:
    """Conversions of a dataset, match method, identity, links between the sides and presence."""

    dataset_id: str
    match_method: str | None
    has_canonical_id: bool
    has_unlinked_identities: bool
    in_client: bool
    in_server: bool
    event_count: int


@dataclass(frozen=True)
class Identifiers:
    """Identifiers of one type, and the journeys they belong to."""

    identifier_type: str
    identifier_count: int
    journey_count: int
    shared_count: int


@dataclass(frozen=True)
class Step:
    """One step of the funnel."""

    title: str
    meaning: str
    count: int
    share: float
    bar: Markup


@dataclass(frozen=True)
class Identity:
    """The funnel of the busiest dataset, and the identifiers seen."""

    dataset_id: str
    funnel: list[Step]
    identifiers: list[Identifiers]


def build(run: ReportedRun) -> Identity | None:
    """Return how far conversions of the busiest dataset can be identified and matched."""
    dataset_id = next(iter(run.view(verdicts.busiest_datasets)), "")
    all_rows = run.rows(Conversions, "identity_funnel")
    rows = [row for row in all_rows if row.dataset_id == dataset_id]
    total = sum(row.event_count for row in rows)
    if not total:
        return None

    def step(title: str, meaning: str, holds: Callable[[Conversions], bool]) -> Step:
        size = sum(row.event_count for row in rows if holds(row))
        return Step(title, meaning, size, size / total, charts.share_bar(size / total))

    def matched(method: str) -> Callable[[Conversions], bool]:
        return lambda row: row.match_method == method

    funnel = [
        step("Conversions", "Reconciled purchases, leads and sign-ups.", lambda row: True),
        step("With an identity", "Tied to one journey by any identifier.",
             lambda row: row.has_canonical_id),
        step("Sides not linked",
             "Two sides share no type of identifier, as of a guest order; no conflict.",
             lambda row: row.has_unlinked_identities),
        step("Seen on both sides", "In the browser and on the server.",
             lambda row: row.in_client and row.in_server),
        step("Matched by event id", "The id Meta deduplicates by.", matched("event_id")),
        step("Matched by order id", "Same order, different or no event id.", matched("order_id")),
        step("Matched by journey", "Same journey and time only; probable.",
             matched("canonical_id")),
    ]  # fmt: skip
    identifiers = sorted(run.rows(Identifiers, "identities"), key=lambda row: row.identifier_type)
    return Identity(dataset_id, funnel, identifiers)
