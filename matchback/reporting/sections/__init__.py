"""The sections of the report and of the audit, in their order: a new one is its module and a line.

Each reads its own query, builds its own view and is written by the template part of its name.
"""

from collections.abc import Callable
from dataclasses import dataclass

from matchback.reporting.run import ReportedRun
from matchback.reporting.sections import (
    checklist,
    checks,
    consent,
    drift,
    flow_map,
    forecast,
    hit_ratios,
    identity,
    match_keys,
    provenance,
    runs,
    steps,
    summary,
    test_log,
    trends,
    verdicts,
)


@dataclass(frozen=True)
class Section:
    """A part of a document: its anchor and template, its title, what it shows; None: nothing."""

    name: str
    title: str
    build: Callable[[ReportedRun], object | None]


REPORT = (
    Section("summary", "Summary", summary.build),
    Section("surfaces", "Score", checks.surfaces),
    Section("trends", "Trends", trends.build),
    Section("verdicts", "Verdicts", verdicts.build),
    Section("checks", "Checks", checks.surfaces),
    Section("consent", "Consent", consent.build),
    Section("hashes", "Hashes", match_keys.build),
    Section("identity", "Identity", identity.build),
    Section("forecast", "Double counting", forecast.build),
    Section("drift", "Drift", drift.build),
    Section("runs", "Runs", runs.build),
)
AUDIT = (
    Section("score", "Score", summary.scoreboard),
    Section("steps", "The seven steps", steps.build),
    Section("findings", "Findings by surface", checks.surfaces),
    Section("test_log", "Test-event reproduction log", test_log.build),
    Section("hit_ratios", "Hit-ratio dashboard", hit_ratios.build),
    Section("roadmap", "Match-quality roadmap (EMQ)", match_keys.roadmap),
    Section("checklist", "Before a new destination goes live", checklist.build),
    Section("flow_map", "Data-flow map", flow_map.build),
    Section("provenance", "What this audit is made from", provenance.build),
)
