"""The bounds of every check, read from the dbt seed: the one place that holds them."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from matchback.core.resources import SEEDS_DIRECTORY

SEED = SEEDS_DIRECTORY / "check_thresholds.csv"


@dataclass(frozen=True)
class Threshold:
    """How a check's value becomes a status; bounds are half-open on the unrounded value."""

    check_id: str
    surface: str
    kind: str
    pass_bound: float
    warn_bound: float
    upper_bound: float | None
    heals_late: bool
    is_rate: bool


Thresholds = Mapping[str, Threshold]


def read_thresholds(seed: Path = SEED) -> dict[str, Threshold]:
    """Return the threshold of each check by its id, in the order of the seed."""
    with seed.open(encoding="utf-8", newline="") as lines:
        return {row["check_id"]: _threshold(row) for row in csv.DictReader(lines)}


def _threshold(row: Mapping[str, str]) -> Threshold:
    return Threshold(
        check_id=row["check_id"],
        surface=row["surface"],
        kind=row["kind"],
        pass_bound=float(row["pass_bound"]),
        warn_bound=float(row["warn_bound"]),
        upper_bound=float(row["upper_bound"]) if row["upper_bound"] else None,
        heals_late=row["heals_late"] == "true",
        is_rate=row["is_rate"] == "true",
    )
