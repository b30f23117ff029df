"""Consent, destination by destination."""

from dataclasses import dataclass

from matchback.reporting.run import ReportedRun
from matchback.reporting.totals import counted, grouped, listed

TIERS = ("marketing", "analytics", "necessary")


@dataclass(frozen=True)
class Destination:
    """One destination: what left rightly, what was rightly kept, and the ways to be wrong."""

    destination: str
    tier: str
    sent_count: int
    kept_count: int
    leak_count: int
    over_blocked_count: int
    missing_count: int


@dataclass(frozen=True)
class Leak:
    """Deliveries of a destination that should not have left, with the reasons."""

    destination: str
    violation_reasons: str | None
    delivery_count: int


@dataclass(frozen=True)
class Withdrawal:
    """Deliveries of a destination after a withdrawal."""

    destination: str
    send_count: int
    latency_max_s: float


@dataclass(frozen=True)
class Consent:
    """The destinations, why they leak, and what went out after a withdrawal."""

    rows: list[Destination]
    leak_reasons: dict[str, list[tuple[str, int]]]
    withdrawals: list[Withdrawal]


def build(run: ReportedRun) -> Consent | None:
    """Return the consent matrix, where anything was delivered."""
    rows = run.view(destinations)
    leaks = grouped(run.rows(Leak, "consent_leaks"), lambda leak: leak.destination)
    reasons = {name: _reasons(own) for name, own in leaks.items()}
    return Consent(rows, reasons, run.rows(Withdrawal, "withdrawals")) if rows else None


def destinations(run: ReportedRun) -> list[Destination]:
    """Return the destinations, most personal tier first."""
    rows = run.rows(Destination, "consent_matrix")
    return sorted(rows, key=lambda row: (_rank(row.tier), row.destination))


def _rank(tier: str) -> int:
    return TIERS.index(tier) if tier in TIERS else len(TIERS)


def _reasons(leaks: list[Leak]) -> list[tuple[str, int]]:
    return counted(
        (reason, leak.delivery_count) for leak in leaks for reason in listed(leak.violation_reasons)
    )
