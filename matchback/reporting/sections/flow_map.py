"""The data-flow map: each source into the warehouse, and each destination out."""

from dataclasses import dataclass

from markupsafe import Markup

from matchback.reporting.run import ReportedRun
from matchback.reporting.sections import consent

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


def build(run: ReportedRun) -> list[Hop]:
    """Return the hops of the configured sources and of the destinations that got anything."""
    config = run.config
    owners = config.flow_map.owners
    sender = owners.get("capi", "not named")
    has_gateway = any(log.format == "gateway_audit" for log in config.sources.capi)
    decider = "consent gateway" if has_gateway else "tag of the server container"
    return [
        *(
            Hop(title, table, "marts.fct_reconciled_events", owners.get(name, "not named"), tier)
            for name, (title, table, tier) in SOURCE_NODES.items()
            if getattr(config.sources, name)
        ),
        *(
            Hop("Website", decider, row.destination, owners.get(row.destination, sender), row.tier)
            for row in run.view(consent.destinations)
        ),
    ]


def figure(hops: list[Hop]) -> Markup:
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
