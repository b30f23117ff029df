"""Leaks: labelled violations, each injected on purpose and counted into the truth."""

# Importing registers the leaks; a mixed world injects them in this order.
from matchback.simulator.leaks import conversions, dedup  # noqa: F401

# isort: split
from matchback.simulator.leaks import (  # noqa: F401
    capi,
    consent,
    hashes,
    identity,
    personal_data,
    pipeline,
    schema,
)
from matchback.simulator.leaks.registry import LEAKS, Leak, inject_leaks

__all__ = ["LEAKS", "Leak", "inject_leaks"]
