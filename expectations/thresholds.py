"""The bounds of every check, as the suites read them."""

from collections.abc import Mapping

from matchback.quality.checks import CHECKS_SEED, all_checks
from matchback.quality.checks import Check as Threshold

__all__ = ["SEED", "Threshold", "Thresholds", "read_thresholds"]

SEED = CHECKS_SEED
Thresholds = Mapping[str, Threshold]


def read_thresholds() -> Thresholds:
    """Return the threshold of each check by its id, in the order of the seed."""
    return all_checks()
