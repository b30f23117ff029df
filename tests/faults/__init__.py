"""Faults: what may break around a run, and that nothing is lost, doubled or half published."""
