"""Writes one world to a folder: sources, config, releases and truth."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from matchback.core.errors import ConfigError
from matchback.simulator.generate import generate_clean_world
from matchback.simulator.leaks import inject_leaks
from matchback.simulator.options import WorldOptions
from matchback.simulator.truth import Truth, describe
from matchback.simulator.world import World
from matchback.simulator.write_capi import write_capi_logs
from matchback.simulator.write_ga4 import write_ga4_shards
from matchback.simulator.write_sources import (
    write_config,
    write_consent_log,
    write_crm_orders,
    write_releases,
)


@dataclass(frozen=True)
class WrittenWorld:
    """What was written: counts of rows, and the path of the config."""

    config: Path
    truth: Path
    ga4_rows: int
    delivery_attempts: int
    orders: int
    consent_decisions: int
    findings: dict[str, int]


def simulate_world(options: WorldOptions, out: Path) -> WrittenWorld:
    """Generate a world and write it; refuses a folder that holds anything already."""
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"--out {out} is not empty; name a new or empty folder.")
    world, truth = make_world(options)
    write_ga4_shards(world, out / "data" / "ga4")
    write_capi_logs(world, out / "data" / "capi")
    write_crm_orders(world, out / "data" / "crm" / "orders_all.csv")
    write_consent_log(world, out / "data" / "consent" / "log.jsonl")
    write_releases(options, out / "releases.csv")
    write_config(options, out / "matchback.yml")
    document = describe(world, truth)
    (out / "truth.json").write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
    return WrittenWorld(
        config=out / "matchback.yml",
        truth=out / "truth.json",
        ga4_rows=int(world.in_export().sum()),
        delivery_attempts=int(world.server["alive"].sum()),
        orders=int(world.orders["alive"].sum()),
        consent_decisions=len(world.decisions),
        findings={check_id: count for check_id, count in document["findings"].items() if count},
    )


def make_world(options: WorldOptions) -> tuple[World, Truth]:
    """Return a world in memory with its leaks, and the truth that they declared."""
    world = generate_clean_world(options)
    truth = Truth(options)
    inject_leaks(world, truth)
    return world, truth
