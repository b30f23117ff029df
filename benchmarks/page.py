"""docs/performance.md and its chart, from the figures at hand and the template beside this file."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.chart import chart

Figures = Mapping[str, Any]

MIB_PER_GIB = 1024
VOLUMES = {"1 GB": 1e9, "100 GB": 1e11, "10 TB": 1e13}
USD_PER_TIB = 6.25
BYTES_PER_SLOT_SECOND = 50e6
SLOT_SECONDS = 30 * 60
MODELS_SHOWN = 20
COLUMNS_SHOWN = 6
GA4_TABLE = "landing.ga4_events"
RUNS = (
    ("new", "new folder"),
    ("again", "same day again"),
    ("next", "next day"),
)


@dataclass(frozen=True)
class Target:
    """One target: what, at most or at least how much, and what was measured."""

    what: str
    limit: str
    measured: str
    verdict: str


def write_page(figures: Figures, folder: Path) -> None:
    """Write performance.md and performance.svg into a folder."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"number": _number, "share": _share}
    known = {name: part["figures"] for name, part in figures.items()}
    sizes = known.get("size", [])
    text = environment.get_template("performance.md.j2").render(
        parts=figures,
        known=known,
        runs=RUNS,
        targets=targets(known),
        exponent=scaling_exponent(sizes, "new"),
        has_chart=len(sizes) > 1,
        peer_cpu=peer_cpu,
        ours=_compared_cpu(known, "new"),
        floor=_compared_cpu(known, "floor"),
        **bigquery_tables(known.get("bigquery")),
    )
    (folder / "performance.md").write_text(text, encoding="utf-8")
    if len(sizes) > 1:
        lines = {
            name: [(one["events"], one[run]["cpu"]) for one in sizes if run in one]
            for run, name in (*RUNS, ("floor", "floor"))
        }
        title = "CPU seconds by GA4 events a day, both logarithmic"
        (folder / "performance.svg").write_text(chart(title, lines), encoding="utf-8")


def bigquery_tables(paper: Figures | None) -> dict[str, Any]:
    """Return the rows of the tables about BigQuery: totals by volume, the models that read most."""
    if paper is None:
        return {}
    per_event = sum(model["bytes_per_event"] for model in paper["models"])
    times = per_event / paper["export_bytes_per_event"]
    totals = []
    for name, volume in VOLUMES.items():
        read = volume * times
        totals.append(
            {
                "volume": name,
                "events": f"{volume / paper['export_bytes_per_event'] / 1e6:,.1f} million",
                "read": _bytes(read),
                "times": f"{times:.1f}",
                "price": f"{read / 2**40 * USD_PER_TIB:,.2f}",
                "slots": f"{max(1, math.ceil(read / BYTES_PER_SLOT_SECOND / SLOT_SECONDS)):,}",
            }
        )
    shown = [
        {
            **model,
            "columns": _shortened(model["columns"]),
            "read": [
                _bytes(volume * model["bytes_per_event"] / paper["export_bytes_per_event"])
                for volume in VOLUMES.values()
            ],
            "share": f"{model['bytes_per_event'] / per_event:.0%}",
        }
        for model in paper["models"][:MODELS_SHOWN]
    ]
    rest = sum(model["bytes_per_event"] for model in paper["models"][MODELS_SHOWN:])
    readers = [model for model in paper["models"] if model["largest_table"] == GA4_TABLE]
    of_readers = sum(model["bytes_per_event"] for model in readers)
    return {
        "ga4_readers": len(readers),
        "ga4_times": _number(of_readers / paper["export_bytes_per_event"]),
        "all_times": _number(times),
        "paper_totals": totals,
        "paper_models": shown,
        "paper_rest": f"{rest / per_event:.0%}",
    }


def _shortened(columns: Sequence[str]) -> str:
    more = len(columns) - COLUMNS_SHOWN
    shown = ", ".join(f"`{name}`" for name in columns[:COLUMNS_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown


def _bytes(count: float) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{_number(count / size)} {unit}"
    return f"{count / 1e3:.0f} kB"


def scaling_exponent(sizes: Sequence[Figures], run: str) -> float | None:
    """Return the slope of CPU over events, both as logarithms; None below two sizes."""
    points = [(math.log(one["events"]), math.log(one[run]["cpu"])) for one in sizes if run in one]
    if len(points) < 2:
        return None
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return slope / sum((x - mean_x) ** 2 for x, _ in points)


def targets(known: Figures) -> list[Target]:
    """Return every target with its figure and whether it is met."""
    by_events = {one["events"]: one for one in known.get("size", [])}
    return [
        *_ratios(by_events, 1_000_000, 2.0),
        *_ratios(by_events, 5_000_000, 1.5),
        _memory(by_events, 1_000_000, 1.2),
        _memory(by_events, 5_000_000, 3.0),
        _completes(by_events),
        _at_most(
            "scaling exponent of a new folder's run",
            1.05,
            scaling_exponent(list(by_events.values()), "new"),
        ),
        _at_most("CPU of a day after 365 days of history / after 7", 1.1, _history(known)),
        _at_most("CPU from gzipped JSON / from Parquet", 2.5, _json_ratio(known, by_events)),
        _at_most("a day of 1,000 events, first in its folder, s wall", 12, _wall(known, "new")),
        _at_most("a day of 1,000 events, every later day, s wall", 12, _wall(known, "next")),
        _at_most("`matchback explain`, s wall", 1, known.get("explain", {}).get("wall")),
        _at_least("PII scan, million texts a second of wall", 10, _scan_rate(by_events)),
        _at_least("CPU of pandas / of the whole run", 8, _peer_ratio(known, "pandas merge")),
        _at_least("CPU of Soda Core / of the whole run", 4, _peer_ratio(known, "Soda Core")),
    ]


def _ratios(by_events: Mapping[int, Figures], events: int, limit: float) -> Iterable[Target]:
    one = by_events.get(events, {})
    for run, name in (("new", "new folder"), ("next", "next day")):
        ratio = one[run]["cpu"] / one["floor"]["cpu"] if run in one else None
        yield _at_most(f"CPU of a run / of the floor, {events:,} events, {name}", limit, ratio)


def _memory(by_events: Mapping[int, Figures], events: int, limit: float) -> Target:
    one = by_events.get(events, {})
    peaks = [one[run]["peak_mib"] / MIB_PER_GIB for run, _ in RUNS if run in one]
    return _at_most(f"peak memory, {events:,} events, GiB", limit, max(peaks, default=None))


def _completes(by_events: Mapping[int, Figures]) -> Target:
    one = by_events.get(20_000_000)
    measured = f"{one['new']['peak_mib'] / MIB_PER_GIB:.1f} GiB at the peak" if one else "-"
    return Target(
        "20,000,000 events under `memory_limit: 4GB`",
        "completes",
        measured,
        "met" if one else "not measured",
    )


def _history(known: Figures) -> float | None:
    by_days = {one["days"]: one["cpu"] for one in known.get("history", [])}
    return by_days[365] / by_days[7] if {7, 365} <= set(by_days) else None


def _json_ratio(known: Figures, by_events: Mapping[int, Figures]) -> float | None:
    packed = known.get("json")
    if packed is None or packed["events"] not in by_events:
        return None
    return float(packed["new"]["cpu"] / by_events[packed["events"]]["new"]["cpu"])


def _wall(known: Figures, run: str) -> float | None:
    return known["tiny"][run]["wall"] if "tiny" in known else None


def _scan_rate(by_events: Mapping[int, Figures]) -> float | None:
    rates = [
        one["texts"] / one["new"]["steps"]["scan for personal data"]["wall"] / 1e6
        for one in by_events.values()
        if "scan for personal data" in one["new"]["steps"]
    ]
    return max(rates, default=None)


def _peer_ratio(known: Figures, name: str) -> float | None:
    compared, ours = known.get("peers"), _compared_cpu(known, "new")
    if compared is None or ours is None:
        return None
    found = [peer for peer in compared["peers"] if peer["name"] == name and "cpu" in peer]
    return peer_cpu(found[0], compared) / ours if found else None


def _compared_cpu(known: Figures, run: str) -> float | None:
    """Return the CPU of matchback's run or of the floor at the size that the other tools got."""
    events = known.get("peers", {}).get("events")
    found = [one for one in known.get("size", []) if one["events"] == events]
    return found[0][run]["cpu"] if found else None


def peer_cpu(peer: Figures, compared: Figures) -> float:
    """Return a peer's CPU on the whole world: with the flattening it needs, a sample scaled up."""
    found = peer["found"]
    if "sampled" in found:
        return float(found["sample_cpu"] / found["sampled"] * compared["texts"])
    return float(peer["cpu"] + (compared["flattening"]["cpu"] if peer["is_flat"] else 0))


def _at_most(what: str, limit: float, value: float | None) -> Target:
    return _target(what, f"<= {limit:g}", value, is_met=value is not None and value <= limit)


def _at_least(what: str, limit: float, value: float | None) -> Target:
    return _target(what, f">= {limit:g}", value, is_met=value is not None and value >= limit)


def _target(what: str, limit: str, value: float | None, *, is_met: bool) -> Target:
    if value is None:
        return Target(what, limit, "-", "not measured")
    return Target(what, limit, _number(value), "met" if is_met else "**missed**")


def _number(value: float) -> str:
    """Return a figure with as many digits as anyone reads."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _share(value: float, whole: float) -> str:
    return f"{value / whole:.2f}x" if whole else "-"
