"""What is known of every check and surface but how it is counted: the rows of two dbt seeds."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from matchback.core.resources import SEEDS_DIRECTORY

CHECKS_SEED = SEEDS_DIRECTORY / "checks.csv"
SURFACES_SEED = SEEDS_DIRECTORY / "score_surfaces.csv"
SeedRow = TypeVar("SeedRow")


@dataclass(frozen=True)
class Check:
    """One check: thresholds (half-open, on the unrounded value), words, owner, what explains it."""

    check_id: str
    title: str
    surface: str = ""
    kind: str = ""
    pass_bound: float = 0.0
    warn_bound: float = 0.0
    upper_bound: float | None = None
    weight: int = 0
    heals_late: bool = False
    is_rate: bool = False
    is_critical: bool = False
    is_standing: bool = False
    owner_hop: str = ""
    needs: frozenset[str] = frozenset()
    root_cause: str = ""
    section: str = ""
    launch_position: int | None = None
    launch_condition: str = ""
    launch_owner: str = ""
    formula: str = ""
    fix: str = ""
    evidence: str = ""
    description: str = ""


@dataclass(frozen=True)
class Surface:
    """One graded part of the set-up."""

    surface: str
    title: str
    question: str = ""
    weight: int = 0
    is_graded_beside: bool = False
    audit_step: str = ""


READERS: Mapping[Any, Any] = {
    str: str,
    int: int,
    float: float,
    bool: lambda text: text == "true",
    frozenset[str]: lambda text: frozenset(text.split()),
    float | None: lambda text: float(text) if text else None,
    int | None: lambda text: int(text) if text else None,
}


def read_seed(kind: type[SeedRow], path: Path) -> list[SeedRow]:
    """Return the rows of a seed as objects of a dataclass whose fields name its columns."""
    readers = {field.name: READERS[field.type] for field in fields(kind)}  # type: ignore[arg-type]
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            kind(**{name: read(row[name]) for name, read in readers.items()})
            for row in csv.DictReader(lines)
        ]


@cache
def all_checks() -> Mapping[str, Check]:
    """Return every check by its id, in the order of the seed."""
    return {check.check_id: check for check in read_seed(Check, CHECKS_SEED)}


@cache
def all_surfaces() -> Mapping[str, Surface]:
    """Return every surface by its name, in the order of the seed."""
    return {surface.surface: surface for surface in read_seed(Surface, SURFACES_SEED)}


def check_named(check_id: str) -> Check:
    """Return a check; one that is not in the seed, such as that of a run, is told by its id."""
    return all_checks().get(check_id) or Check(check_id, _words(check_id))


def checks_of_section(section: str) -> list[Check]:
    """Return the checks that a section of the report shows, in the order of the seed."""
    return [check for check in all_checks().values() if check.section == section]


def surface_named(surface: str) -> Surface:
    """Return a surface; one that is not in the seed is told by its name."""
    return all_surfaces().get(surface) or Surface(surface, _words(surface))


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
