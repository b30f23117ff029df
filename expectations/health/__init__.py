"""Tolerances of tracking health, over the candidate tables; a failure never blocks."""
