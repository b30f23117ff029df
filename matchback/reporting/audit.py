"""The tracking audit as a document: the same inputs, versions and thresholds give the same bytes.

Nothing in it depends on when or how often the run was made: no run id, no clock, no duration.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import metadata
from typing import Any

from markupsafe import Markup, escape

from matchback.config import Config
from matchback.reporting import figures, pages, words
from matchback.reporting.view import Check, Page, Surface, grouped, meta_coverage
from matchback.warehouse.base import Row

TEST_EVENTS = ("page_view", "view_item", "add_to_cart", "begin_checkout", "purchase",
               "generate_lead")  # fmt: skip
RESULTS = {
    "pass": "PASS", "warn": "WARNING", "fail": "FAIL",
    "insufficient_data": "TOO FEW EVENTS", "unknown": "NOT MEASURED",
}  # fmt: skip
PACKAGES = ("matchback", "dbt-core", "duckdb", "great-expectations")
META_FIGURES = {
    "match_quality": "event match quality, of 10",
    "event_coverage": "browser events that the server sent too, %",
    "dedup_browser": "browser events with the key, %",
    "dedup_server": "server events with the key, %",
    "dedup_overlap": "browser events deduplicated by the key, %",
}
BAR_CELLS = 20
INPUT_CAP = 400
DASHBOARD_DAYS = 7
LINE_BREAKS = re.compile(r"[\s\x00-\x1f]*[\r\n\x85\u2028\u2029]+\s*")
MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
SEVEN_STEPS = (
    ("Server container in place", ("sgtm",)),
    ("Conversions API delivers", ("capi",)),
    ("Browser and server deduplicate", ("dedup",)),
    ("Nothing is lost on the way", ("hit_ratio",)),
    ("Test events validate end to end", ("pixel_debug",)),
    ("Identifiers hashed, nothing plain", ("hash_pii",)),
    ("Consent, identity and contract hold", ("consent", "identity", "schema", "freshness")),
)
CHECKLIST = (
    ("The destination and the consent tier it needs are in the policy, with the fields it may get",
     "consent_violation", "data protection"),
    ("Only the fields of the policy are sent", "field_minimisation", "data protection"),
    ("Consent decides per event, and a withdrawal stops the next delivery", "consent_proof",
     "consent platform"),
    ("Browser and server carry the same event_id", "dedup_rate", "server container"),
    ("Event names are mapped, and the same on both sides", "event_name_consistency",
     "server container"),
    ("Value and currency come from one field", "value_consistency", "shop"),
    ("Identifiers are hashed in the form this destination wants", "hash_mismatch",
     "server container"),
    ("Click id, IP address and user agent are forwarded unhashed", "never_hash",
     "server container"),
    ("No personal data in URLs, titles or custom parameters", "plain_pii", "web"),
    ("The six test events validate end to end", "test_events_validated", "analytics"),
    ("The test event code is switched off before going live", "test_event_in_production",
     "server container"),
    ("Delivery is logged with its response, without tokens", "secret_in_log", "data"),
    ("Retries keep the event_id and stop after a success", "duplicate_server", "data"),
    ("Retention and erasure reach the new log", "retention_overdue", "data protection"),
)  # fmt: skip
SOURCE_NODES = {
    "ga4": ("Browser (GA4 export)", "landing.ga4_events", "analytics"),
    "capi": ("Server delivery logs", "landing.capi_*", "marketing"),
    "crm": ("CRM orders", "landing.crm_orders", "necessary"),
    "consent": ("Consent log", "landing.consent_log", "necessary"),
    "meta_quality": ("Dataset Quality API", "landing.meta_quality", "necessary"),
}


@dataclass(frozen=True)
class Hop:
    """One edge of the data-flow map with its owner and the consent tier it needs."""

    source: str
    transform: str
    sink: str
    owner: str
    tier: str


@dataclass(frozen=True)
class KeyPlan:
    """One customer-information key of the match-quality roadmap."""

    key: str
    label: str
    rank: int
    coverage: float
    in_form: str
    meta_coverage: float | None
    meta_increase: float | None
    gain: float
    expected_effect: str
    advice: str


@dataclass(frozen=True)
class TestLine:
    """On which dates one test event validated end to end."""

    __test__ = False

    canonical_event: str
    pairs: list[int]
    example: str


@dataclass(frozen=True)
class HitLine:
    """The hit ratio of one event over the last days."""

    canonical_event: str
    dataset_id: str
    ratios: list[tuple[float | None, bool]]


@dataclass(frozen=True)
class StepState:
    """One of the seven steps, its worst result and what is open."""

    number: int
    title: str
    result: str
    open_points: list[Check]
    unmeasured_count: int


@dataclass(frozen=True)
class ChecklistItem:
    """One condition for a new destination and how the current ones do."""

    text: str
    owner: str
    check_id: str
    result: str


@dataclass(frozen=True)
class Audit:
    """Everything the audit says."""

    page: Page
    config: Config
    steps: list[StepState]
    test_dates: list[date]
    tests: list[TestLine]
    test_traffic: list[Row]
    hit_dates: list[date]
    hits: list[HitLine]
    roadmap: list[KeyPlan]
    index: float | None
    meta_score: float | None
    meta_figures: list[Row]
    checklist: list[ChecklistItem]
    hops: list[Hop]
    inputs: list[Row]
    hidden_input_count: int
    inputs_digest: str
    versions: list[tuple[str, str]]
    thresholds_digest: str

    @property
    def is_compared(self) -> bool:
        """Whether Meta's own coverage of any key is known."""
        return any(plan.meta_coverage is not None for plan in self.roadmap)


def build_audit(page: Page, config: Config) -> Audit:
    """Return the audit of a page's evidence; pure but for the versions of installed packages."""
    evidence = page.evidence
    inputs = evidence.inputs
    test_dates = _dates(evidence.window_start, evidence.window_end)[-DASHBOARD_DAYS:]
    hit_dates = _dates(
        evidence.window_end - timedelta(days=DASHBOARD_DAYS - 1), evidence.window_end
    )
    roadmap = build_roadmap(page)
    return Audit(
        page=page,
        config=config,
        steps=build_steps(page.surfaces),
        test_dates=test_dates,
        tests=build_tests(evidence.test_events, test_dates),
        test_traffic=evidence.test_traffic,
        hit_dates=hit_dates,
        hits=build_hits(page, hit_dates),
        roadmap=roadmap,
        index=_coverage_index(page),
        meta_score=_meta_score(page),
        meta_figures=[row for row in evidence.meta_quality if row["metric"] in META_FIGURES],
        checklist=build_checklist(page.checks),
        hops=build_hops(page, config),
        inputs=inputs[:INPUT_CAP],
        hidden_input_count=max(0, len(inputs) - INPUT_CAP),
        inputs_digest=_digest(
            f"{row['source']}|{row['file_name']}|{row['digest']}" for row in inputs
        ),
        versions=[(name, _version(name)) for name in PACKAGES],
        thresholds_digest=_digest(
            "|".join("" if row[column] is None else str(row[column]) for column in sorted(row))
            for row in evidence.thresholds
        ),
    )


def build_steps(surfaces: list[Surface]) -> list[StepState]:
    """Return the seven steps with their worst result."""
    by_name = {surface.surface: surface for surface in surfaces}
    states = []
    for number, (title, names) in enumerate(SEVEN_STEPS, start=1):
        checks = [check for name in names if name in by_name for check in by_name[name].checks]
        states.append(
            StepState(
                number,
                title,
                RESULTS[worst_status(checks)],
                [check for check in checks if check.status in ("fail", "warn")],
                sum(check.status in ("unknown", "insufficient_data") for check in checks),
            )
        )
    return states


def worst_status(checks: Iterable[Check]) -> str:
    """Return the worst status of some checks: fail, warn, pass, insufficient_data, unknown."""
    found = {check.status for check in checks}
    return next(
        (name for name in ("fail", "warn", "pass", "insufficient_data") if name in found), "unknown"
    )


def build_tests(rows: list[Row], dates: list[date]) -> list[TestLine]:
    """Return one line per test event with its validated pairs per date."""
    lines = []
    for event in TEST_EVENTS:
        own = [row for row in rows if row["canonical_event"] == event]
        pairs: dict[date, int] = defaultdict(int)
        for row in own:
            pairs[row["event_date"]] += row["pair_count"]
        example = own[-1]["example_event_id"] if own else ""
        lines.append(TestLine(event, [pairs[at] for at in dates], example))
    return lines


def build_hits(page: Page, dates: list[date]) -> list[HitLine]:
    """Return the hit ratios of the last days, one line per trend of the report."""
    lines = []
    for trend in page.trends:
        by_date = {row["event_date"]: row for row in trend.rows}
        ratios = [
            (by_date[at]["hit_ratio"], bool(by_date[at]["is_final"]))
            if at in by_date
            else (None, True)
            for at in dates
        ]
        lines.append(HitLine(trend.canonical_event, trend.dataset_id, ratios))
    return lines


def build_roadmap(page: Page) -> list[KeyPlan]:
    """Return the match keys of purchases, most to gain first; effects are estimates."""
    feedback = {
        row["name"]: row
        for row in page.evidence.meta_quality
        if row["metric"] == "match_key_coverage" and row["event_name"] == "Purchase"
    }
    purchases = [row for row in page.evidence.match_keys if row["canonical_event"] == "purchase"]
    at_meta = meta_coverage(page.evidence)
    plans = [
        _plan(key, rows, at_meta.get(key), feedback.get(key))
        for key, rows in grouped(purchases, "match_key").items()
    ]
    return sorted(plans, key=lambda plan: (-plan.gain, plan.rank))


def _plan(key: str, rows: list[Row], at_meta: float | None, feedback: Row | None) -> KeyPlan:
    events = sum(row["event_count"] for row in rows)
    sent = sum(row["event_with_key_count"] for row in rows)
    hashed = [row["hashed_count"] for row in rows if row["hashed_count"] is not None]
    coverage = sent / events if events else 0.0
    return KeyPlan(
        key=key,
        label=rows[0]["label"],
        rank=rows[0]["rank"],
        coverage=coverage,
        in_form=f"{figures.count(sum(hashed))} of {figures.count(sent)}" if hashed and sent else "",
        meta_coverage=at_meta,
        meta_increase=feedback["potential_increase"] if feedback else None,
        gain=float(rows[0]["index_weight"]) * (1 - coverage),
        expected_effect=rows[0]["expected_effect"],
        advice=rows[0]["advice"],
    )


def _coverage_index(page: Page) -> float | None:
    purchases = [row for row in page.evidence.match_keys if row["canonical_event"] == "purchase"]
    if not purchases:
        return None
    total = 0.0
    for rows in grouped(purchases, "match_key").values():
        events = sum(row["event_count"] for row in rows)
        sent = sum(row["event_with_key_count"] for row in rows)
        total += float(rows[0]["index_weight"]) * sent / events if events else 0.0
    return total


def _meta_score(page: Page) -> float | None:
    scores = [
        row["value"]
        for row in page.evidence.meta_quality
        if row["metric"] == "match_quality" and row["event_name"] == "Purchase"
    ]
    return min(scores) if scores else None


def build_checklist(checks: dict[str, Check]) -> list[ChecklistItem]:
    """Return the pre-launch checklist with the state of today's destinations."""
    return [
        ChecklistItem(
            text,
            owner,
            check_id,
            RESULTS[checks[check_id].status if check_id in checks else "unknown"],
        )
        for text, check_id, owner in CHECKLIST
    ]


def build_hops(page: Page, config: Config) -> list[Hop]:
    """Return the data-flow map: each source into the warehouse, and each destination out."""
    owners = config.flow_map.owners
    configured = [name for name in SOURCE_NODES if getattr(config.sources, name)]
    hops = [
        Hop(SOURCE_NODES[name][0], SOURCE_NODES[name][1], "marts.fct_reconciled_events",
            owners.get(name, "not named"), SOURCE_NODES[name][2])
        for name in configured
    ]  # fmt: skip
    sender = owners.get("capi", "not named")
    has_gateway = any(log.format == "gateway_audit" for log in config.sources.capi)
    decider = "consent gateway" if has_gateway else "tag of the server container"
    hops += [
        Hop("Website", decider, row.destination,
            owners.get(row.destination, sender), row.tier)
        for row in page.consent
    ]  # fmt: skip
    return hops


def audit_markdown(audit: Audit) -> str:
    """Return the audit as Markdown."""
    return pages.render("audit.md.j2", **_values(audit)).rstrip() + "\n"


def audit_html(audit: Audit) -> str:
    """Return the audit as one self-contained page."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    diagram = _flow_figure(audit.hops)
    parser.add_render_rule("fence", lambda _, tokens, index, *__: _fence(tokens[index], diagram))
    body = parser.render(audit_markdown(audit))
    body = body.replace(
        "<table>", '<div class="scroll" role="group" aria-label="Table" tabindex="0"><table>'
    )
    body = body.replace("</table>", "</table></div>").replace("<th>", '<th scope="col">')
    return pages.render(
        "audit.html.j2",
        body=Markup(body),
        style=pages.asset("style.css"),
        window=figures.span(audit.page.evidence.window_start, audit.page.evidence.window_end),
    )


def _fence(token: Any, diagram: Markup) -> str:  # noqa: ANN401 - markdown-it's token
    if token.info.strip() == "mermaid":
        return diagram
    return Markup(
        '<pre class="scroll" role="group" aria-label="Figures" tabindex="0">{}</pre>'
    ).format(token.content)


def _flow_figure(hops: list[Hop]) -> Markup:
    """Return the data-flow map drawn with plain boxes, since Mermaid needs a script to be drawn."""
    cells = Markup("").join(
        Markup(
            '<li><span class="node">{}</span><span class="arrow" aria-hidden="true">→</span>'
            '<span class="node">{}</span><span class="arrow" aria-hidden="true">→</span>'
            '<span class="node sink">{}</span><span class="small soft">{}, {}</span></li>'
        ).format(hop.source, hop.transform, hop.sink, hop.owner, f"tier {hop.tier}")
        for hop in hops
    )
    return Markup('<ul class="flow">{}</ul>').format(cells)


def _values(audit: Audit) -> dict[str, Any]:
    evidence = audit.page.evidence
    return {
        "audit": audit,
        "page": audit.page,
        "evidence": evidence,
        "summary": audit.page.summary,
        "window": figures.span(evidence.window_start, evidence.window_end),
        "results": RESULTS,
        "meta_figures": META_FIGURES,
        "home": audit.config.property.currency,
        "bar": text_bar,
        "md": markdown_text,
        "node": mermaid_text,
        "worst_status": worst_status,
        "beside_title": lambda surface: words.surface_words(surface).title,
    }


def text_bar(share: float | None) -> str:
    """Return a bar of text cells for a share of 1."""
    filled = round((share or 0.0) * BAR_CELLS)
    return "█" * filled + "░" * (BAR_CELLS - filled)


def markdown_text(text: object) -> str:
    """Return text that Markdown shows as it is: no markup, no table break, no link, no e-mail."""
    flat = LINE_BREAKS.sub(" ", figures.masked(str(text or ""))).strip()
    return MARKDOWN_SPECIAL.sub(r"\\\1", flat)


def mermaid_text(text: object) -> str:
    """Return a Mermaid label: quoted, with its special characters as entities."""
    flat = LINE_BREAKS.sub(" ", figures.masked(str(text or ""))).strip()
    safe = str(escape(flat)).replace("&#34;", "#quot;").replace("&", "#")
    safe = safe.replace("`", "'").replace("|", "#124;")
    return f'"{safe}"'


def _dates(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
