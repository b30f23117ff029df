"""Per destination: what left rightly, what was rightly kept, and the ways to be wrong."""

from dataclasses import dataclass

from matchback.reporting.run import ReportedRun
from matchback.reporting.totals import counted, grouped, listed

TIERS = ("marketing", "analytics", "necessary")


@dataclass(frozen=True)
class Deliveries:
    """Counts of one destination and required tier."""

    destination: str | None
    required_tier: str | None
    sent_count: int
    blocked_count: int
    leaked_count: int
    over_blocked_count: int
    basis_mismatch_count: int
    missing_decision_count: int


@dataclass(frozen=True)
class Leak:
    """Deliveries of a destination that should not have left, with the reasons."""

    destination: str | None
    violation_reasons: str | None
    delivery_count: int


@dataclass(frozen=True)
class Withdrawal:
    """Deliveries of a destination after a withdrawal."""

    destination: str
    send_count: int
    latency_max_s: float


@dataclass(frozen=True)
class ConsentRow:
    """One destination: what left rightly, what was rightly kept, and the ways to be wrong."""

    destination: str
    tier: str
    sent_count: int
    kept_count: int
    leak_count: int
    over_blocked_count: int
    missing_count: int
    leak_reasons: list[tuple[str, int]]


@dataclass(frozen=True)
class Consent:
    """The destinations, and what went out after a withdrawal."""

    rows: list[ConsentRow]
    withdrawals: list[Withdrawal]


def build(run: ReportedRun) -> Consent | None:
    """Return the consent matrix, where anything was delivered."""
    rows = run.view(destinations)
    return Consent(rows, run.rows(Withdrawal, "withdrawals")) if rows else None


def destinations(run: ReportedRun) -> list[ConsentRow]:
    """Return one row per destination, most personal tier first."""
    leaks = grouped(run.rows(Leak, "consent_leaks"), lambda leak: leak.destination)
    rows = [
        _consent(row, leaks.get(row.destination, []))
        for row in run.rows(Deliveries, "consent_matrix")
    ]
    return sorted(rows, key=lambda row: (_rank(row.tier), row.destination))


def _rank(tier: str) -> int:
    return TIERS.index(tier) if tier in TIERS else len(TIERS)


def _consent(row: Deliveries, leaks: list[Leak]) -> ConsentRow:
    leaked = row.leaked_count + row.basis_mismatch_count
    return ConsentRow(
        destination=row.destination or "unknown",
        tier=row.required_tier or "none",
        sent_count=row.sent_count - leaked,
        kept_count=row.blocked_count - row.over_blocked_count,
        leak_count=leaked,
        over_blocked_count=row.over_blocked_count,
        missing_count=row.missing_decision_count,
        leak_reasons=counted(
            (reason, leak.delivery_count)
            for leak in leaks
            for reason in listed(leak.violation_reasons)
        ),
    )
