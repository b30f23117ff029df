"""Leaks: labelled violations, each injected on purpose and counted into the truth."""

from matchback.simulator.leaks import (  # noqa: F401 - importing registers the leaks
    capi,
    consent,
    conversions,
    dedup,
    hashes,
    identity,
    personal_data,
    pipeline,
    schema,
)
from matchback.simulator.leaks.registry import LEAKS, Leak, inject_leaks

__all__ = ["LEAKS", "Leak", "inject_leaks"]
