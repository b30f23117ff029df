"""What Meta's Dataset Quality API answers, as flat figures."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

DEDUP_METRICS = {
    "browser_events_with_dedupe_key": "dedup_browser",
    "server_events_with_dedupe_key": "dedup_server",
    "overall_browser_coverage_from_dedupe_key": "dedup_overlap",
}
FIELDS = (
    "web{event_name,"
    "event_match_quality{composite_score,"
    "match_key_feedback{identifier,coverage{percentage},"
    "potential_aly_acr_increase{percentage,description}}},"
    "event_coverage{percentage,goal_percentage,description,"
    "potential_aly_acr_increase{percentage,description}},"
    "dedupe_key_feedback{dedupe_key,browser_events_with_dedupe_key{percentage},"
    "server_events_with_dedupe_key{percentage},"
    "overall_browser_coverage_from_dedupe_key{percentage}},"
    "data_freshness{upload_frequency},acr{percentage}}"
)
# Meta's own names of the keys, as the payload calls them.
KEY_NAMES = {
    "email": "em",
    "phone": "ph",
    "first_name": "fn",
    "last_name": "ln",
    "date_of_birth": "db",
    "gender": "ge",
    "city": "ct",
    "state": "st",
    "zip": "zp",
    "ip_address": "client_ip_address",
    "user_agent": "client_user_agent",
}


@dataclass(frozen=True)
class QualityFigure:
    """One figure about one event; `name` is the key it is about, else empty."""

    event_name: str
    metric: str
    name: str = ""
    value: float | None = None
    goal: float | None = None
    potential_increase: float | None = None
    description: str | None = None


def quality_figures(answer: Mapping[str, Any]) -> list[QualityFigure]:
    """Return the figures of an answer; parts that Meta left out give none."""
    return [
        figure
        for event in _mappings(answer.get("web"))
        if isinstance(event.get("event_name"), str)
        for figure in _event_figures(event["event_name"], event)
    ]


def _event_figures(name: str, event: Mapping[str, Any]) -> Iterator[QualityFigure]:
    quality = _mapping(event.get("event_match_quality"))
    score = _number(quality.get("composite_score"))
    if score is not None:
        yield QualityFigure(name, "match_quality", value=score)
    for key in _mappings(quality.get("match_key_feedback")):
        identifier = str(key.get("identifier") or "")
        yield QualityFigure(
            name,
            "match_key_coverage",
            KEY_NAMES.get(identifier, identifier),
            _percentage(key.get("coverage")),
            potential_increase=_percentage(key.get("potential_aly_acr_increase")),
        )
    coverage = _mapping(event.get("event_coverage"))
    if coverage:
        yield QualityFigure(
            name,
            "event_coverage",
            value=_number(coverage.get("percentage")),
            goal=_number(coverage.get("goal_percentage")),
            potential_increase=_percentage(coverage.get("potential_aly_acr_increase")),
        )
    for key in _mappings(event.get("dedupe_key_feedback")):
        for part, metric in DEDUP_METRICS.items():
            share = _percentage(key.get(part))
            if share is not None:
                yield QualityFigure(name, metric, str(key.get("dedupe_key") or ""), share)
    frequency = _mapping(event.get("data_freshness")).get("upload_frequency")
    if isinstance(frequency, str):
        yield QualityFigure(name, "data_freshness", description=frequency)
    increase = _percentage(event.get("acr"))
    if increase is not None:
        yield QualityFigure(name, "acr", value=increase)


def _mapping(part: object) -> Mapping[str, Any]:
    return part if isinstance(part, Mapping) else {}


def _mappings(part: object) -> Iterable[Mapping[str, Any]]:
    return [item for item in part if isinstance(item, Mapping)] if isinstance(part, list) else []


def _percentage(part: object) -> float | None:
    return _number(_mapping(part).get("percentage"))


def _number(part: object) -> float | None:
    if isinstance(part, bool) or not isinstance(part, int | float | str):
        return None
    try:
        return float(part)
    except ValueError:
        return None
